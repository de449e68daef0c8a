//! `docs/architecture.md`: the map has every crate and every module, and everything that it names exists.

use std::fs;
use std::path::{Path, PathBuf};

use super::pages::{Page, pages};
use crate::layers::{LAYERS, members};

const MAP: &str = "docs/architecture.md";

/// Modules that are the program and the library themselves.
const ROOTS: [&str; 2] = ["lib.rs", "main.rs"];

/// The texts between backticks, outside of blocks.
fn quoted(page: &Page) -> Vec<String> {
    let prose = page.prose().join("\n");
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_map_has_every_module_of_the_compiler() {
    let map = quoted(&Page::read(PathBuf::from(MAP)));
    for entry in fs::read_dir("src").expect("the sources") {
        let name = entry.expect("an entry").file_name().into_string().expect("a plain name");
        if name.ends_with(".rs") && !ROOTS.contains(&name.as_str()) {
            assert!(map.contains(&format!("src/{name}")), "{MAP} says nothing of src/{name}");
        }
    }
}

#[test]
fn the_map_has_the_layers_as_they_are() {
    let map = Page::read(PathBuf::from(MAP)).text;
    for (index, layer) in LAYERS.iter().enumerate() {
        let modules: Vec<String> = layer.iter().map(|module| format!("`{module}`")).collect();
        let line = format!("{}. {}\n", index + 1, modules.join(", "));
        assert!(map.contains(&line), "{MAP} needs the line {line}");
    }
}

#[test]
fn the_map_has_every_package() {
    let map = quoted(&Page::read(PathBuf::from(MAP)));
    let members = members();
    for member in &members {
        // A package inside another one, such as a test's own package, is that package's business.
        let is_inner = |other: &&String| *other != member && Path::new(member).starts_with(other);
        let is_inner = members.iter().any(|other| is_inner(&other));
        assert!(is_inner || map.iter().any(|named| named == member), "{MAP} says nothing of {member}");
    }
}

#[test]
fn every_place_of_the_sources_that_a_page_names_is_there() {
    const FOLDERS: [&str; 12] = [
        "src/",
        "crates/",
        "tests/",
        "xtask/",
        "benches/",
        "fuzz/",
        "docs/",
        "schema/",
        "golden/",
        "examples/",
        ".ci/",
        ".cargo/",
    ];
    let mut seen = 0;
    for page in pages() {
        for name in quoted(&page) {
            let is_path = FOLDERS.iter().any(|folder| name.starts_with(folder))
                && !name.contains([' ', ':'])
                && !name.contains("NAME");
            if is_path {
                // For a pattern, only the folder is checked.
                let fixed = name.split('*').next().unwrap_or_default();
                let place = if fixed == name {
                    &name
                } else {
                    fixed.rsplit_once('/').map_or("", |(folder, _)| folder)
                };
                assert!(Path::new(place).exists(), "{}: there is no {name}", page.path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 60, "only {seen} names were found");
}
