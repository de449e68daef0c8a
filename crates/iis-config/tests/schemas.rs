//! Compares our tables with Microsoft's own files.
//!
//! `KALLITHEA_IISC_IIS_SCHEMAS` names a folder with one folder of schema files per version (`7.0` to `10.0`).
//! `KALLITHEA_IISC_IIS_SAMPLES` names one with applicationHost.config files, among them `server-original.config`.
//! These files belong to Microsoft or other people, so they are not part of this project. Without them the tests
//! fail; the feature `schemas` turns the tests on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use iis_config::check::{Fault, Kind, document};
use iis_config::schema::{Attribute, Bounds, Definition, Element, Key, Order, OverrideMode, TextRule, Value};
use iis_config::{TimeSpan, Version, sections};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Sections of extensions, which not every server has. They are the same for every version of IIS.
const EXTENSIONS: [&str; 4] = [
    "system.webServer/proxy",
    "system.webServer/rewrite/allowedServerVariables",
    "system.webServer/rewrite/globalRules",
    "webFarms",
];

/// What URL Rewrite 2.1 added: the schema files are those of 2.0.
const NEWER: [&str; 2] = [
    "system.webServer/rewrite/globalRules/rule@responseCacheDirective",
    "system.webServer/rewrite/globalRules@useOriginalURLEncoding",
];

/// Every fact that a schema states about a version's sections: a path, and a line of text.
type Facts = BTreeMap<String, String>;

#[test]
fn every_fact_is_microsofts_and_none_of_theirs_is_missing() {
    for version in Version::ALL {
        let (mut ours, theirs) = (our_facts(version), their_facts(version));
        for extension in EXTENSIONS {
            let is_of = |path: &String| path.starts_with(extension);
            let absent = !theirs.keys().any(is_of);
            assert!(!absent || version < Version::V10_0, "the newest files lack {extension}");
            ours.retain(|path, _| !(absent && is_of(path)));
        }
        ours.retain(|path, _| theirs.contains_key(path) || !NEWER.contains(&path.as_str()));
        assert!(ours.len() > 150, "IIS {version}: the tables have become thin");
        let mut differences = Vec::new();
        for path in ours.keys().chain(theirs.keys()) {
            let (our, their) = (ours.get(path), theirs.get(path));
            if our != their {
                differences.push(format!("{path}\n    ours:   {our:?}\n    theirs: {their:?}"));
            }
        }
        differences.sort();
        differences.dedup();
        assert!(differences.is_empty(), "IIS {version}:\n{}", differences.join("\n"));
    }
}

#[test]
fn locks_are_those_of_a_real_server() {
    let text = fs::read_to_string(samples().join("server-original.config")).expect("a sample");
    let declared = declared_sections(&parse(&text));
    for section in sections() {
        let definition = match section.definition {
            Definition::AppHostOnly => "AppHostOnly",
            Definition::MachineToApplication => "MachineToApplication",
            Definition::Everywhere => "Everywhere",
        };
        let mode = match section.override_mode {
            OverrideMode::Allow => "Allow",
            OverrideMode::Deny => "Deny",
        };
        let is_there = declared.contains_key(section.path);
        if EXTENSIONS.contains(&section.path) && !is_there {
            continue;
        }
        assert_eq!(declared.get(section.path), Some(&format!("{definition} {mode}")), "{}", section.path);
    }
}

#[test]
fn nothing_is_wrong_with_the_sections_of_real_files() {
    let mut files = 0;
    for entry in fs::read_dir(samples()).expect("a folder of samples") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a sample in UTF-8");
        let problems = document(&text, Kind::HostFragment, Version::V10_0);
        let wrong: Vec<_> = problems.iter().filter(|problem| problem.what != Fault::UnknownSection).collect();
        files += 1;
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("malformed")) {
            assert!(matches!(&wrong[..], [only] if matches!(only.what, Fault::Malformed(_))), "{wrong:?}");
            assert!(wrong[0].line > 1, "{}", wrong[0]);
        } else {
            assert!(wrong.is_empty(), "{}: {}", path.display(), wrong[0]);
        }
    }
    assert!(files > 1, "the folder holds no samples");
}

fn folder(variable: &str) -> PathBuf {
    PathBuf::from(env::var_os(variable).unwrap_or_else(|| panic!("{variable} must name a folder")))
}

fn samples() -> PathBuf {
    folder("KALLITHEA_IISC_IIS_SAMPLES")
}

// ---- our side

fn our_facts(version: Version) -> Facts {
    let mut facts = Facts::new();
    for section in sections().filter(|section| section.body.since <= version) {
        our_element(&section.body, section.path, version, &mut facts);
    }
    facts
}

fn our_element(element: &Element, path: &str, version: Version, facts: &mut Facts) {
    for attribute in element.attributes().filter(|attribute| attribute.since <= version) {
        facts.insert(format!("{path}@{}", attribute.name), our_attribute(attribute, version));
    }
    for child in element.elements.iter().filter(|child| child.since <= version) {
        let path = format!("{path}/{}", child.name);
        facts.insert(path.clone(), "element".to_owned());
        our_element(child, &path, version, facts);
    }
    if let Some(collection) = element.collection {
        let path = format!("{path}/{}", collection.entry.name);
        let (remove, clear) = (collection.remove.unwrap_or("-"), collection.clear.unwrap_or("-"));
        let append = collection.order == Order::Append;
        facts.insert(path.clone(), format!("entry remove={remove} clear={clear} append={append}"));
        our_element(&collection.entry, &path, version, facts);
    }
}

fn our_attribute(attribute: &Attribute, version: Version) -> String {
    let value = attribute.value(version);
    let kind = match value {
        Value::Bool => "bool".to_owned(),
        Value::Enum(names) => format!("enum {}", numbered(names)),
        Value::Flags(names) => format!("flags {}", numbered(names)),
        Value::Uint(bounds) => format!("uint {}", our_bounds("integerRange", bounds, false)),
        Value::Int(bounds) => format!("int {}", our_bounds("integerRange", bounds, false)),
        Value::Int64(bounds) => format!("int64 {}", our_bounds("integerRange", bounds, false)),
        Value::TimeSpan(bounds) => format!("timeSpan {}", our_bounds("timeSpanRange", bounds, true)),
        Value::Text(rule) => format!("string {}", our_rule(rule)),
    };
    let is_text = matches!(value, Value::Text(_));
    let default = attribute.default(version).map(|default| comparable(default, is_text));
    let key = match attribute.key {
        Key::No => "",
        Key::Unique => "unique",
        Key::Combined => "combined",
    };
    line(kind.trim_end(), default, attribute.required, key, attribute.case_sensitive)
}

fn line(kind: &str, default: Option<String>, required: bool, key: &str, exact: bool) -> String {
    format!("{kind} default={default:?} required={required} key={key} caseSensitive={exact}")
}

/// A default in a normalized form: two texts of the same time span are equal.
fn comparable(default: &str, is_text: bool) -> String {
    match default.parse::<TimeSpan>() {
        Ok(span) if !is_text => span.to_string(),
        _ => default.to_owned(),
    }
}

fn numbered(names: &[(&str, u32)]) -> String {
    names.iter().map(|(name, number)| format!("{name}={number}")).collect::<Vec<_>>().join(" ")
}

fn our_bounds(name: &str, bounds: Bounds, has_step: bool) -> String {
    match bounds {
        Bounds::Any => String::new(),
        Bounds::Within { low, high, step } if has_step => format!("{name} {low},{high},{step}"),
        Bounds::Within { low, high, .. } => format!("{name} {low},{high}"),
        Bounds::Outside { low, high } => format!("{name} {low},{high},exclude"),
    }
}

fn our_rule(rule: TextRule) -> &'static str {
    match rule {
        TextRule::Any => "",
        TextRule::NonEmpty => "nonEmptyString",
        TextRule::Trimmed => "requireTrimmedString",
        TextRule::ApplicationPoolName => "applicationPoolName",
        TextRule::SiteName => "siteName",
        TextRule::ApplicationPath => "applicationPath",
        TextRule::VirtualDirectoryPath => "virtualDirectoryPath",
    }
}

// ---- their side

fn their_facts(version: Version) -> Facts {
    let mut facts = Facts::new();
    let folder = folder("KALLITHEA_IISC_IIS_SCHEMAS").join(version.number());
    for file in schema_files(&folder) {
        let root = parse(&fs::read_to_string(&file).expect("a schema file"));
        for section in root.children.iter().filter(|child| child.name == "sectionSchema") {
            let path = section.get("name");
            if sections().any(|known| known.path == path) {
                their_element(section, path, &mut facts);
            }
        }
    }
    facts
}

fn schema_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    files.sort();
    files
}

/// Values that the running server computes and no file holds.
fn is_runtime(node: &Node) -> bool {
    node.has("extension") || node.name == "method"
}

fn their_element(node: &Node, path: &str, facts: &mut Facts) {
    for child in node.children.iter().filter(|child| !is_runtime(child)) {
        match child.name.as_str() {
            "attribute" => {
                facts.insert(format!("{path}@{}", child.get("name")), their_attribute(child));
            }
            "element" => {
                let path = format!("{path}/{}", child.get("name"));
                facts.insert(path.clone(), "element".to_owned());
                their_element(child, &path, facts);
            }
            "collection" => {
                let path = format!("{path}/{}", child.get("addElement"));
                let name = |name| if child.has(name) { child.get(name) } else { "-" };
                let append = child.get("mergeAppend") != "false";
                let (remove, clear) = (name("removeElement"), name("clearElement"));
                // A later file extends a collection without repeating its directives.
                facts
                    .entry(path.clone())
                    .or_insert(format!("entry remove={remove} clear={clear} append={append}"));
                their_element(child, &path, facts);
            }
            other => panic!("{path}: <{other}> in a schema"),
        }
    }
}

fn their_attribute(node: &Node) -> String {
    let names = node.children.iter().map(|name| format!("{}={}", name.get("name"), name.get("value")));
    let names = names.collect::<Vec<_>>().join(" ");
    let kind = format!("{} {names}", node.get("type"));
    // A parameter has no meaning without its validation.
    let rule = match node.get("validationType") {
        "" => String::new(),
        kind => format!("{kind} {}", node.get("validationParameter")),
    };
    let kind = format!("{} {}", kind.trim_end(), rule.trim_end());
    let is_text = node.get("type") == "string";
    let default = node.has("defaultValue").then(|| comparable(node.get("defaultValue"), is_text));
    let key = match (node.get("isUniqueKey"), node.get("isCombinedKey")) {
        ("true", _) => "unique",
        (_, "true") => "combined",
        _ => "",
    };
    let (required, exact) = (node.get("required") == "true", node.get("caseSensitive") == "true");
    line(kind.trim_end(), default, required, key, exact)
}

/// Each section of `<configSections>` by its path, with the files that may hold it.
fn declared_sections(root: &Node) -> BTreeMap<String, String> {
    let mut declared = BTreeMap::new();
    for child in root.children.iter().filter(|child| child.name == "configSections") {
        declare(child, "", &mut declared);
    }
    declared
}

fn declare(group: &Node, path: &str, declared: &mut BTreeMap<String, String>) {
    for child in &group.children {
        let path = format!("{path}/{}", child.get("name")).trim_start_matches('/').to_owned();
        if child.name == "sectionGroup" {
            declare(child, &path, declared);
        } else {
            let definition =
                if child.has("allowDefinition") { child.get("allowDefinition") } else { "Everywhere" };
            declared.insert(path, format!("{definition} {}", child.get("overrideModeDefault")));
        }
    }
}

/// An XML element, read without any knowledge of its meaning.
#[derive(Default)]
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
}

impl Node {
    fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|(known, _)| known == name)
    }

    fn get(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn of(start: &BytesStart<'_>) -> Self {
        let attributes = start.attributes().map(|attribute| {
            let attribute = attribute.expect("an attribute");
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).expect("a value");
            (attribute.key.into_inner().to_owned(), value.into_owned())
        });
        Self {
            name: start.name().into_inner().to_owned(),
            attributes: attributes.collect(),
            children: Vec::new(),
        }
    }
}

/// The root element of a well-formed text.
fn parse(text: &str) -> Node {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Node::default()];
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(start) => open.push(Node::of(&start)),
            Event::Empty(start) => open.last_mut().expect("a parent").children.push(Node::of(&start)),
            Event::End(_) => {
                let node = open.pop().expect("an open element");
                open.last_mut().expect("a parent").children.push(node);
            }
            Event::Eof => return open.remove(0).children.remove(0),
            _ => {}
        }
    }
}
