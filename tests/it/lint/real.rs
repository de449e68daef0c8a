//! Real files, and Microsoft's own schema of IIS 10.

use std::env;
use std::path::PathBuf;

use iis_config::Version;
use iis_config::markup;
use iis_config::schema::{Tables, Value, read_folder};
use kallithea_iisc::diagnostic::Diagnostic;
use kallithea_iisc::lint::{Kind, lint};

/// Microsoft's schema files, and real applicationHost.config files.
fn real() -> (Tables, Vec<PathBuf>) {
    let folder = |variable| {
        PathBuf::from(env::var_os(variable).unwrap_or_else(|| panic!("{variable} must name a folder")))
    };
    let tables = read_folder(&folder("KALLITHEA_IISC_IIS_SCHEMAS").join("10.0")).expect("schemas");
    let files = std::fs::read_dir(folder("KALLITHEA_IISC_IIS_SAMPLES")).expect("samples");
    let files = files.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = files.filter(|path| !path.to_string_lossy().contains("malformed")).collect();
    files.sort();
    assert!(files.len() > 4);
    (tables, files)
}

#[test]
fn real_files_are_as_the_servers_own_schema_wants_them() {
    let (tables, files) = real();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a sample");
        let found = lint(&text, Kind::HostConfig, Version::V10_0, &tables, None);
        // One of the files caches for zero seconds, but the schema requires at least one. One has an empty site, and one the
        // text [PORT] in place of a port.
        let mistakes = [
            "caching/profiles/add@duration: 00:00:00",
            "has no application with",
            "has no binding",
            "the port must",
        ];
        let known = |one: &&Diagnostic| !mistakes.iter().any(|mistake| one.message.contains(mistake));
        let found: Vec<_> = found.iter().filter(known).map(|one| &one.message).collect();
        assert!(found.is_empty(), "{}: {found:?}", file.display());
    }
}

/// Texts with one fault each.
fn mutations(text: &str, tables: &Tables) -> Vec<(String, String)> {
    let document = markup::parse(text).expect("XML");
    let mut mutations = Vec::new();
    let mut put = |what: String, range: std::ops::Range<usize>, new: &str| {
        let mut changed = text.to_owned();
        changed.replace_range(range, new);
        mutations.push((what, changed));
    };
    for element in document.elements.iter().step_by(3) {
        let mut path = vec![element.name];
        let mut around = element.parent;
        while let Some(index) = around {
            let outer = &document.elements[index];
            around = outer.parent;
            if around.is_some() && outer.name != "location" {
                path.insert(0, outer.name);
            }
        }
        let path = path.join("/");
        let Some(table) = tables.element(&path) else { continue };
        if table.open {
            continue;
        }
        for attribute in &element.attributes {
            let Some(known) = table.attribute(attribute.name) else { continue };
            let name = attribute.offset..attribute.offset + attribute.name.len();
            put(format!("{path}: {} misspelt", attribute.name), name, &format!("{}x", attribute.name));
            let wrong = match known.value(Version::V10_0) {
                Value::Bool => "maybe",
                Value::Enum(_) | Value::Flags(_) => "Sideways",
                Value::Uint(_) => "4294967296",
                Value::Int(_) => "2147483648",
                Value::Int64(_) | Value::TimeSpan(_) => "soon",
                Value::Text(_) => "",
            };
            if !wrong.is_empty() {
                put(format!("{path}@{}: {wrong}", attribute.name), attribute.written.clone(), wrong);
            }
            if known.required {
                put(
                    format!("{path}@{}: dropped", attribute.name),
                    attribute.offset..attribute.written.end + 1,
                    "",
                );
            }
        }
        if element.is_one_tag() {
            let name = element.offset + 1..element.offset + 1 + element.name.len();
            put(format!("{path}: misspelt"), name, &format!("{}x", element.name));
        }
    }
    mutations
}

#[test]
fn one_thing_wrong_is_found() {
    let (tables, files) = real();
    let (mut all, mut missed) = (0, Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a sample");
        let usual = lint(&text, Kind::HostConfig, Version::V10_0, &tables, None).len();
        // Every mutation of every file would take minutes, and show the same.
        for (what, changed) in mutations(&text, &tables).into_iter().step_by(11) {
            all += 1;
            if lint(&changed, Kind::HostConfig, Version::V10_0, &tables, None).len() <= usual {
                missed.push(what);
            }
        }
    }
    eprintln!("{all} mutations, {} missed", missed.len());
    assert!(all > 300 && missed.len() * 50 <= all, "{} of {all} missed: {missed:#?}", missed.len());
}
