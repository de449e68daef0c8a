//! The files of an archive.
//!
//! In: built programs, files of the checkout, and what the program itself prints. Out: the files with their paths, sorted.
//! Absent: how they are packed.

use std::path::Path;

use super::{
    LINUX, PROGRAMS, Programs, Release, WINDOWS, answer, dependencies, files_of, licences, materials,
};
use crate::command::command;
use crate::workshop::{Result, Workshop, fresh_folder};

/// The path of the bill of materials.
pub const MATERIALS: &str = "sbom.cdx.json";

/// The manifest of the resource of DSC. It works beside the program only.
pub const RESOURCE: &str = "kallithea-iisc.dsc.resource.json";

/// The licences of the crates that are compiled in.
pub const LICENCES: &str = "THIRD-PARTY-LICENSES.txt";

/// The licences of Rust's standard library, as Rust's installation has them.
pub const OF_RUST: &str = "RUST-LICENSES.html";

/// The completions, by shell.
const COMPLETIONS: [(&str, &str); 4] = [
    ("bash", "completions/kallithea-iisc.bash"),
    ("fish", "completions/kallithea-iisc.fish"),
    ("powershell", "completions/kallithea-iisc.ps1"),
    ("zsh", "completions/_kallithea-iisc"),
];

/// The files that are taken from the checkout.
const FILES: [&str; 5] = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "SECURITY.md"];

/// The folders that are taken from the checkout.
const FOLDERS: [&str; 3] = ["docs", "examples", "schema"];

/// A file of an archive.
pub struct Entry {
    /// Its path in the archive's folder, with `/`.
    pub path: String,
    pub bytes: Vec<u8>,
    pub kind: Kind,
}

/// What a file is, which decides its rights.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Program,
    Other,
}

/// The files for a target.
pub fn gather(
    workshop: &Workshop,
    release: &Release,
    programs: &Programs,
    triple: &str,
) -> Result<Vec<Entry>> {
    let (folder, end) = match triple {
        WINDOWS => (&programs.windows, ".exe"),
        _ => (&programs.linux, ""),
    };
    let mut entries = Vec::new();
    for name in PROGRAMS.map(|program| format!("{program}{end}")) {
        let bytes = read(&folder.join(&name))?;
        entries.push(Entry { path: name, bytes, kind: Kind::Program });
    }
    let mut add = |path: &str, bytes: Vec<u8>| {
        entries.push(Entry { path: path.to_owned(), bytes, kind: Kind::Other });
    };
    for path in FILES {
        add(path, read(&workshop.root().join(path))?);
    }
    for folder in FOLDERS {
        for (path, bytes) in files_of(&workshop.root().join(folder))? {
            // Outputs of the examples are not a part of the checkout.
            if !path.split('/').any(|name| name == "out") {
                add(&format!("{folder}/{path}"), bytes);
            }
        }
    }
    let dependencies = dependencies::of(workshop, triple)?;
    add(LICENCES, licences::text(&dependencies)?.into_bytes());
    add(OF_RUST, licences::of_rust()?);
    add(MATERIALS, materials::text(release, triple, &dependencies).into_bytes());
    printed(workshop, &programs.linux, &mut add)?;
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(entries)
}

/// What the program prints about itself, which is the same for every target: completions, manual, manifest of DSC.
fn printed(workshop: &Workshop, folder: &Path, add: &mut impl FnMut(&str, Vec<u8>)) -> Result<()> {
    let ask = |arguments: &[&str]| {
        answer(command(folder.join("kallithea-iisc"), arguments)).map_err(|error| {
            format!("{error}\nThe texts of a release are printed by the program for {LINUX}.")
        })
    };
    for (shell, path) in COMPLETIONS {
        add(path, ask(&["completions", shell])?.into_bytes());
    }
    add(RESOURCE, ask(&["dsc", "manifest"])?.into_bytes());
    let manual = workshop.machines().join("manual");
    fresh_folder(&manual)?;
    ask(&["man", "--out", &manual.to_string_lossy()])?;
    for (name, bytes) in files_of(&manual)? {
        add(&format!("man/man1/{name}"), bytes);
    }
    Ok(())
}

/// The bytes of one of the files.
pub fn bytes<'e>(entries: &'e [Entry], path: &str) -> Result<&'e [u8]> {
    let found = entries.iter().find(|entry| entry.path == path);
    found.map(|entry| &*entry.bytes).ok_or_else(|| format!("the release has no {path}"))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
