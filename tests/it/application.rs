//! Code that is specific to Kallithea is in one module tree of the compiler and in one of the engine, and nowhere else.
//!
//! In: the sources. Out: files outside of the trees that use something that they are not listed for, and files that mention
//! internals of Kallithea. Absent: the product's name in prose, keys of the spec, and examples, which may be anywhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kallithea_iisc::kallithea::{ini_keys, node_keys};
use regex::Regex;

use crate::layers::{Module, arrows, sources};
use crate::support;

/// Files outside of the tree that need only the constants of `src/kallithea/facts.rs`.
const ASK_FACTS: [&str; 18] = [
    "check/rules/paths",
    "defaults",
    "emit/application_host",
    "emit/farm",
    "emit/runbook",
    "emit/scripts",
    "emit/sections",
    "import/left",
    "import/program",
    "import/server",
    "import/site",
    "ini",
    "ini/faults",
    "ini/mask",
    "init/question",
    "probe/before",
    "spec/farm",
    "spec/server",
];

/// Files outside of the tree that use what `src/kallithea.rs` makes public.
const ASK_THE_MODULE: [&str; 14] = [
    "check/rules",
    "cli/answer/explained",
    "cli/explain",
    "cli/ini",
    "emit",
    "emit/runbook",
    "emit/scripts",
    "probe/run",
    "probe/verdict",
    "verify/checks/farm",
    "verify/checks/files",
    "verify/checks/pages_of_others",
    "verify/checks/repositories",
    "verify/checks/sizes",
];

/// The folders of the bridge and of its host. In these, only the engine's folder `kallithea` may know the application.
const BRIDGE: [&str; 4] = [
    "crates/bridge/isapi/src",
    "crates/bridge/loader/src",
    "crates/bridge/engine/src",
    "crates/isapi-host/src",
];

/// Packages that any WSGI application may have, and packages whose names are everyday words or the product's name.
const ANYBODYS: [&str; 16] = [
    "Kallithea",
    "Paste",
    "PasteDeploy",
    "click",
    "crank",
    "decorator",
    "Markdown",
    "markdown",
    "packaging",
    "pip",
    "setuptools",
    "six",
    "vine",
    "wheel",
    "paginate",
    "bcrypt",
];

fn is_of_the_tree(file: &Module) -> bool {
    file[0] == "kallithea"
}

#[test]
fn only_named_files_ask_what_is_kallitheas_own() {
    let (mut facts, mut module) = (BTreeSet::new(), BTreeSet::new());
    for (file, needed) in arrows(Path::new("src")).iter().filter(|(file, _)| !is_of_the_tree(file)) {
        for other in needed.iter().filter(|other| is_of_the_tree(other)) {
            let asked =
                if other.get(1).is_some_and(|part| part == "facts") { &mut facts } else { &mut module };
            asked.insert(file.join("/"));
        }
    }
    assert_eq!(facts.iter().map(String::as_str).collect::<Vec<_>>(), ASK_FACTS);
    assert_eq!(module.iter().map(String::as_str).collect::<Vec<_>>(), ASK_THE_MODULE);
}

#[test]
fn only_the_engines_start_asks_its_module() {
    let engine = arrows(Path::new("crates/bridge/engine/src"));
    let asking =
        engine.iter().filter(|(file, needed)| !is_of_the_tree(file) && needed.iter().any(is_of_the_tree));
    assert_eq!(asking.map(|(file, _)| file.join("/")).collect::<Vec<_>>(), ["python/start"]);
    let import = Regex::new(r"(?m)^import kallithea_bridge_(\w+)").expect("a pattern");
    let bootstrap = fs::read_to_string("crates/bridge/engine/src/bootstrap.py").expect("a module");
    let imported: Vec<&str> =
        import.captures_iter(&bootstrap).filter_map(|found| Some(found.get(1)?.as_str())).collect();
    assert_eq!(imported, ["adjustments"]);
}

/// A reader finds each fact in one place.
#[test]
fn no_other_file_mentions_internals_of_kallithea() {
    let internals = internals();
    let mut found = Vec::new();
    for (file, text) in generic() {
        let said = internals.iter().filter(|word| mentions(&text, word));
        found.extend(said.map(|word| format!("{}: {word}", file.display())));
    }
    assert!(found.is_empty(), "move these into src/kallithea or engine/src/kallithea:\n{}", found.join("\n"));
}

#[test]
fn internals_are_found() {
    let internals = internals();
    for one in [
        "sqlalchemy.url",
        "beaker.cache.data_dir",
        "auth_ldap_filter",
        "mercurial.extensions",
        "SQLAlchemy",
        "/_admin/login",
        "apply_settings.py",
        "my.ini",
        "hg.create.none",
    ] {
        assert!(internals.contains(one), "{one} is not in {internals:#?}");
    }
    assert!(mentions("look at `sqlalchemy.url`.", "sqlalchemy.url") && !mentions("my.initial", "my.ini"));
}

/// Names of ini keys, rows of the database, modules, packages, pages and files that are Kallithea's.
fn internals() -> BTreeSet<String> {
    let mut all = keys_and_files();
    all.insert("0.7.0".to_owned());
    all.extend(literals("src/kallithea/facts.rs").into_iter().chain(literals("src/kallithea/page.rs")));
    all.extend(literals("src/kallithea/settings.rs").into_iter().filter(|text| text.starts_with("hg.")));
    let module = Regex::new(r#"(?:Guard\(|wrap\()\s*"([\w.]+)""#).expect("a pattern");
    for path in support::paths_ending("crates/bridge/engine/src/kallithea", ".py") {
        let text = fs::read_to_string(path).expect("a module");
        all.extend(module.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    for path in support::paths_ending("src/kallithea/requirements", ".txt") {
        let text = fs::read_to_string(path).expect("a table");
        let pins = text.lines().filter(|line| !line.starts_with(['#', ' ']));
        all.extend(pins.filter_map(|pin| Some(pin.split_once("==")?.0.to_owned())));
    }
    // A format placeholder or an everyday word would be found everywhere.
    all.retain(|text| text.len() > 4 && !text.contains('{') && !ANYBODYS.contains(&text.as_str()));
    all
}

/// What the examples' deployments set in Kallithea: keys of the ini file, rows of the database, and files.
fn keys_and_files() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for spec in support::examples().iter().map(|name| support::example(name)) {
        let deployment = support::deployment(&fs::read_to_string(spec).expect("an example"));
        let nodes = deployment.farm.iter().flat_map(|farm| &farm.nodes);
        let keys =
            ini_keys(&deployment).into_iter().chain(nodes.flat_map(|node| node_keys(&deployment, node)));
        all.extend(keys.map(|key| key.name.to_owned()).filter(|name| name.contains(['.', '_'])));
        for (path, text) in kallithea_iisc::emit::emit(&deployment).iter() {
            let Some((_, name)) = path.split_once("kallithea/").filter(|_| !path.starts_with("dispatch/"))
            else {
                continue;
            };
            all.insert(name.to_owned());
            if name == "settings.json" {
                let settings: serde_json::Value = serde_json::from_str(text).expect("JSON");
                all.extend(settings["settings"].as_object().expect("rows").keys().cloned());
            }
        }
    }
    all
}

/// The string literals of a file.
fn literals(path: &str) -> Vec<String> {
    let literal = Regex::new(r#"r?"([^"]*)""#).expect("a pattern");
    let text = fs::read_to_string(path).expect("a source");
    let code =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let known = ["Kallithea", "kallithea"];
    literal
        .captures_iter(&code)
        .map(|found| found[1].to_owned())
        .filter(|text| !known.contains(&&**text))
        .collect()
}

/// The code of every file that serves any application, without comments and the help's examples.
fn generic() -> Vec<(PathBuf, String)> {
    let examples = Regex::new(r#"(?s)"Examples?:.*?""#).expect("a pattern");
    let prose = Regex::new(r#"(?ms)"""[^"]*"""|^\s*#.*?$"#).expect("a pattern");
    let rust = |folder: &'static str| {
        // The settings of the bridge belong to a deployment.
        let is_settings = |file: &Module| folder == "crates/bridge/isapi/src" && file[0] == "config";
        let files = sources(Path::new(folder)).into_iter();
        let files = files.filter(move |(file, _)| !is_of_the_tree(file) && !is_settings(file));
        files.map(move |(file, text)| (Path::new(folder).join(file.join("/")), text)).collect::<Vec<_>>()
    };
    let folders = ["src"].into_iter().chain(BRIDGE);
    let mut all: Vec<(PathBuf, String)> = folders.flat_map(rust).collect();
    all.iter_mut().for_each(|(_, text)| *text = examples.replace_all(text, "").into_owned());
    let tree = Path::new("crates/bridge/engine/src/kallithea");
    for path in support::paths_ending("crates/bridge/engine/src", ".py")
        .into_iter()
        .filter(|path| !path.starts_with(tree))
    {
        let text = fs::read_to_string(&path).expect("a module");
        all.push((path, prose.replace_all(&text, "").into_owned()));
    }
    for path in support::paths_ending("src/templates", "") {
        let text = fs::read_to_string(&path).expect("a template");
        all.push((path, text));
    }
    assert!(all.len() > 200, "only {} files were read", all.len());
    all
}

/// Whether a text contains a word, as a word of its own.
fn mentions(text: &str, word: &str) -> bool {
    let is_inner =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    text.match_indices(word).any(|(at, _)| {
        !is_inner(text[..at].chars().next_back()) && !is_inner(text[at + word.len()..].chars().next())
    })
}
