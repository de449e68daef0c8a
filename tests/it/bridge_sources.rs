//! The sources that are shipped as the bridge are the ones that are linted and tested in this repository.

use std::fs;
use std::path::PathBuf;

use kallithea_iisc::bridge::FILES;

use crate::support;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shipped(path: &str) -> &'static str {
    let found = FILES.iter().find(|(found, _)| *found == path);
    found.unwrap_or_else(|| panic!("{path} is not shipped")).1
}

#[test]
fn every_source_is_shipped_but_the_settings() {
    for package in ["isapi", "loader", "engine"] {
        let mut sources = support::files_below(&root().join("crates/bridge").join(package).join("src"));
        sources.retain(|source, _| !(package == "isapi" && source == "config.rs"));
        let begin = format!("{package}/src/");
        let shipped: Vec<&str> = FILES.iter().filter_map(|(path, _)| path.strip_prefix(&begin)).collect();
        assert_eq!(shipped, sources.into_keys().collect::<Vec<_>>());
    }
}

#[test]
fn files_are_sorted_and_end_in_a_newline() {
    assert!(FILES.is_sorted_by(|(one, _), (other, _)| one < other));
    for (path, contents) in FILES {
        assert!(contents.ends_with('\n') && !contents.contains('\r'), "{path}");
    }
}

#[test]
fn what_the_bridge_depends_on_is_pinned() {
    for package in ["isapi", "loader", "engine"] {
        let manifest: toml::Table =
            shipped(&format!("{package}/Cargo.toml")).parse().expect("a manifest is TOML");
        assert!(
            !manifest.contains_key("dev-dependencies"),
            "{package}: the lock that goes out has none of them"
        );
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
        for (name, wanted) in dependencies.into_iter().flatten() {
            let is_here = wanted.get("path").is_some();
            let version = wanted.get("version").or(Some(wanted)).and_then(toml::Value::as_str);
            assert!(is_here || version.is_some_and(|version| version.starts_with('=')), "{package}: {name}");
        }
    }
}

/// The crates inherit the lints and the versions of this workspace.
#[test]
fn both_workspaces_say_the_same() {
    let read = |text: &str| text.parse::<toml::Table>().expect("a manifest is TOML")["workspace"].clone();
    let here = read(&fs::read_to_string(root().join("Cargo.toml")).expect("the manifest can be read"));
    let there = read(shipped("Cargo.toml"));
    for table in ["package", "lints", "resolver"] {
        assert_eq!(here[table], there[table], "{table}");
    }
}

#[test]
fn both_workspaces_lock_the_same_versions() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("the lock can be read");
    let packages = |lock: &str| {
        let table: toml::Table = lock.parse().expect("a lock is TOML");
        let packages = table["package"].as_array().cloned().unwrap_or_default();
        let text =
            |package: &toml::Value, key: &str| package.get(key).map(ToString::to_string).unwrap_or_default();
        packages.iter().map(|package| (text(package, "name"), text(package, "version"))).collect::<Vec<_>>()
    };
    let here = packages(&lock);
    for package in packages(shipped("Cargo.lock")) {
        assert!(here.contains(&package), "{package:?} is locked for the bridge only");
    }
}

#[test]
fn sources_name_nothing_of_this_machine() {
    let home = std::env::var("HOME").unwrap_or_else(|_| "/home".to_owned());
    let temporary = std::env::temp_dir().display().to_string();
    for (path, contents) in FILES {
        for word in [env!("CARGO_MANIFEST_DIR"), home.as_str(), temporary.as_str()] {
            assert!(!contents.contains(&format!("{word}/")), "{path} names {word}");
        }
    }
}
