//! Real files, and Microsoft's own schema of IIS 10.

mod below;
mod layout;
mod mistakes;
mod names;
mod sample;
mod xml;

use std::env;
use std::path::PathBuf;

use iis_config::Version;
use iis_config::schema::{Tables, read_folder};
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

/// What is wrong in the files as they are: one caches for zero seconds, but the schema requires at least one; one has an empty
/// site, and one the text [PORT] in place of a port.
const MISTAKES: [&str; 4] =
    ["caching/profiles/add@duration: 00:00:00", "has no application with", "has no binding", "the port must"];

#[test]
fn real_files_have_no_other_mistakes_than_their_own() {
    let (schema, files) = real();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a sample");
        for tables in [&schema, &Tables::own()] {
            let found = lint(&text, Kind::HostConfig, Version::V10_0, tables, None);
            let other = |one: &&Diagnostic| !MISTAKES.iter().any(|mistake| one.message.contains(mistake));
            let found: Vec<_> = found.iter().filter(other).map(|one| &one.message).collect();
            assert!(found.is_empty(), "{}: {found:?}", file.display());
        }
    }
}
