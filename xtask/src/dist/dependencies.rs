//! The crates that are compiled into the programs for a target.
//!
//! In: `cargo tree`, which says which; `cargo metadata`, which says what they are; and Cargo.lock with their hashes. Out: a list,
//! sorted by name. Absent: crates that only tests or build scripts use.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::answer;
use crate::lane::cargo;
use crate::workshop::{Result, Workshop};

/// The name and the version of a crate.
pub type Name = (String, String);

/// A crate.
pub struct Dependency {
    pub name: Name,
    /// An SPDX expression.
    pub licence: String,
    /// The address of its sources, if it says one.
    pub repository: Option<String>,
    /// The SHA-256 of its package; none for a crate of this project.
    pub hash: Option<String>,
    /// The folder of its sources.
    pub folder: PathBuf,
    /// The crates among the others that it uses itself.
    pub uses: Vec<Name>,
}

/// The crates of the programs for a target, and the compiler itself.
pub fn of(workshop: &Workshop, triple: &str) -> Result<Vec<Dependency>> {
    let tree = ["tree", "--locked", "--package", "kallithea-iisc", "--edges", "normal", "--prefix", "none"];
    let mut tree = cargo(workshop, &tree);
    tree.args(["--format", "{p}", "--target", triple]);
    let tree = answer(tree)?;
    let mut names: Vec<Name> = tree.lines().filter_map(in_tree).collect();
    names.sort();
    names.dedup();
    let metadata =
        cargo(workshop, &["metadata", "--locked", "--format-version", "1", "--filter-platform", triple]);
    let metadata = answer(metadata)?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let hashes = hashes(include_str!("../../../Cargo.lock"))?;
    let packages = list(&metadata["packages"]);
    let found = |name: &Name| packages.iter().find(|package| &name_of(package) == name);
    let ids: BTreeMap<&str, Name> =
        packages.iter().map(|package| (text(&package["id"]), name_of(package))).collect();
    let nodes = list(&metadata["resolve"]["nodes"]);
    let uses = |package: &Value| {
        let node = nodes.iter().find(|node| node["id"] == package["id"]);
        let ids =
            list(&node.unwrap_or(&Value::Null)["dependencies"]).iter().filter_map(|id| ids.get(text(id)));
        ids.filter(|name| names.contains(name)).cloned().collect()
    };
    let dependency = |name: &Name| {
        let package = found(name).ok_or_else(|| format!("cargo metadata does not know {name:?}"))?;
        let licence = package["license"].as_str().ok_or_else(|| format!("{name:?} names no licence"))?;
        let manifest = PathBuf::from(text(&package["manifest_path"]));
        Ok(Dependency {
            name: name.clone(),
            // The old form of crates.io.
            licence: licence.replace('/', " OR "),
            repository: package["repository"].as_str().map(str::to_owned),
            hash: hashes.get(name).cloned(),
            folder: manifest.parent().map(PathBuf::from).unwrap_or_default(),
            uses: uses(package),
        })
    };
    names.iter().map(dependency).collect()
}

/// `serde v1.0.0 (*)`.
fn in_tree(line: &str) -> Option<Name> {
    let mut words = line.split(' ');
    Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
}

/// The hashes in a Cargo.lock.
fn hashes(lock: &str) -> Result<BTreeMap<Name, String>> {
    let lock: toml::Table = toml::from_str(lock).map_err(|error| format!("Cargo.lock: {error}"))?;
    let packages = lock["package"].as_array().into_iter().flatten();
    let text = |package: &toml::Value, key: &str| package.get(key)?.as_str().map(str::to_owned);
    let hash =
        |package| Some(((text(package, "name")?, text(package, "version")?), text(package, "checksum")?));
    Ok(packages.filter_map(hash).collect())
}

fn name_of(package: &Value) -> Name {
    (text(&package["name"]).to_owned(), text(&package["version"]).to_owned())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
