//! `docs/iis.md`: what the tables know about every section, element and attribute that the goldens have.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use iis_config::schema::{self, Attribute, Bounds, Definition, OverrideMode, Section, TextRule, Value};
use iis_config::{Version, markup, sections};

use crate::support;

#[test]
fn the_page_of_iis_lists_every_fact_that_the_outputs_stand_on() {
    let mut page = String::from(
        "# Facts about IIS\n\nEvery section of IIS in the examples' outputs, and every attribute in them: the version that introduced it, the values that it \
         accepts, its default, and which file may hold the section in a new installation. The facts come from the tables in `crates/iis-config/src/tables/`. Tests \
         compare the tables with Microsoft's schema files of each version. The links lead to \
         [Microsoft's reference](https://learn.microsoft.com/en-us/iis/configuration/).\n\n\
         The updates of a server decide what IIS answers above two limits: 404.13 or 413.1 to a body above `maxAllowedContentLength`, 404.10 or 431 to a header above \
         its `sizeLimit`. Microsoft's pages have both, and no version changed the element. `route` and `explain` name both.\n",
    );
    let used = used();
    for section in sections() {
        let own: Vec<_> = used.iter().filter(|((path, _), _)| belongs(path, section)).collect();
        if own.is_empty() {
            continue;
        }
        write!(
            page,
            "\n## {}\n\nSince IIS {}. {} [Reference]({})\n\n\
             | attribute | since | accepts | default |\n|---|---|---|---|\n",
            section.path,
            section.body.since,
            holder(section),
            reference(section.page)
        )
        .expect("writing to memory");
        for ((path, name), (attribute, since)) in own {
            let below = path[section.path.len()..].trim_start_matches('/');
            let place = if below.is_empty() { name.clone() } else { format!("{below}@{name}") };
            writeln!(
                page,
                "| `{place}` | {since} | {} | {} |",
                dated(attribute, takes),
                dated(attribute, default)
            )
            .expect("writing to memory");
        }
    }
    assert!(
        support::matches(Path::new("docs/iis.md"), &page),
        "docs/iis.md is out of date; BLESS=1 cargo test --test it docs:: rewrites it"
    );
}

/// The address of a section's page. The pages of extensions are not in the reference, but beside it.
fn reference(page: &str) -> String {
    const IIS: &str = "https://learn.microsoft.com/en-us/iis/";
    page.strip_prefix("../")
        .map_or_else(|| format!("{IIS}configuration/{page}"), |beside| format!("{IIS}{beside}"))
}

type Used = BTreeMap<(String, String), (&'static Attribute, Version)>;

/// Every attribute in the goldens, by the path of its element and its name.
fn used() -> Used {
    let mut used = Used::new();
    for example in support::examples() {
        let golden = Path::new("golden").join(example);
        let front = fs::read_dir(golden.join("arr/applicationHost")).into_iter().flatten();
        let parts = fs::read_dir(golden.join("applicationHost")).expect("the golden").chain(front);
        let parts = parts.map(|entry| entry.expect("an entry").path());
        for file in parts.chain([golden.join("web.config")]) {
            let text = fs::read_to_string(&file).expect("a file");
            let document = markup::parse(&text).expect("XML");
            document.elements.iter().for_each(|element| note(&document, element, &mut used));
        }
    }
    used
}

fn note(document: &markup::Document<'_>, element: &markup::Element<'_>, used: &mut Used) {
    let around = |index: &usize| document.elements[*index].parent;
    let mut names: Vec<&str> = std::iter::successors(Some(element.index), around)
        .map(|index| document.elements[index].name)
        .filter(|name| !["configuration", "location"].contains(name))
        .collect();
    names.reverse();
    let path = names.join("/");
    for written in &element.attributes {
        let place = format!("{path}@{}", written.name);
        if let (Some(attribute), Some(since)) = (schema::attribute(&place), schema::since(&place)) {
            used.insert((path.clone(), attribute.name.to_owned()), (attribute, since));
        }
    }
}

fn belongs(path: &str, section: &Section) -> bool {
    path.strip_prefix(section.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn holder(section: &Section) -> &'static str {
    match (section.definition, section.override_mode) {
        (Definition::AppHostOnly, _) => "Only applicationHost.config may hold it.",
        (_, OverrideMode::Deny) => {
            "Locked: applicationHost.config holds it, unless the server has unlocked it."
        }
        (_, OverrideMode::Allow) => "Open: a web.config may hold it.",
    }
}

/// A fact in words, with the version that changed it.
fn dated(attribute: &'static Attribute, fact: fn(&'static Attribute, Version) -> String) -> String {
    let mut said: Vec<(Version, String)> = Vec::new();
    for version in Version::ALL.into_iter().filter(|version| *version >= attribute.since) {
        let now = fact(attribute, version);
        if said.last().is_none_or(|(_, before)| *before != now) {
            said.push((version, now));
        }
    }
    let (first, later) = said.split_first().expect("there is a version");
    let later = later.iter().map(|(version, now)| format!("; since {version}: {now}"));
    [first.1.clone()].into_iter().chain(later).collect()
}

fn default(attribute: &'static Attribute, version: Version) -> String {
    match attribute.default(version) {
        Some("") => "empty".to_owned(),
        Some(default) => format!("`{default}`"),
        None if attribute.required => "required".to_owned(),
        None => String::new(),
    }
}

fn takes(attribute: &'static Attribute, version: Version) -> String {
    let names = |names: &[(&str, u32)]| {
        names.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    match attribute.value(version) {
        Value::Bool => "`true`, `false`".to_owned(),
        Value::Enum(known) => names(known),
        Value::Flags(known) => format!("any of {}", names(known)),
        Value::Uint(bounds) => format!("number{}", within(bounds)),
        Value::Int(bounds) => format!("number, with a sign{}", within(bounds)),
        Value::Int64(bounds) => format!("number of 64 bits{}", within(bounds)),
        Value::TimeSpan(Bounds::Any) => "time span".to_owned(),
        Value::TimeSpan(bounds) => format!("time span, seconds{}", within(bounds)),
        Value::Text(TextRule::Any) => "text".to_owned(),
        Value::Text(TextRule::NonEmpty) => "text, not empty".to_owned(),
        Value::Text(TextRule::Trimmed) => "text without spaces around it".to_owned(),
        Value::Text(TextRule::ApplicationPoolName) => "name of an application pool".to_owned(),
        Value::Text(TextRule::SiteName) => "name of a site".to_owned(),
        Value::Text(TextRule::ApplicationPath) => "path of an application".to_owned(),
        Value::Text(TextRule::VirtualDirectoryPath) => "path of a virtual directory".to_owned(),
    }
}

fn within(bounds: Bounds) -> String {
    match bounds {
        Bounds::Any => String::new(),
        Bounds::Within { low, high, step: 1 } => format!(", {low} to {high}"),
        Bounds::Within { low, high, step } => format!(", {low} to {high} in steps of {step}"),
        Bounds::Outside { low, high } => format!(", not {low} to {high}"),
    }
}
