//! The compiled folder that the scripts run in. In: a deployment, what the scripts' copies have instead of their own lines, and libraries.
//! Out: the files, with a manifest that fits them. Absent: the sources of the libraries, which no script needs.

use kallithea_iisc::emit::emit;
use kallithea_iisc::hash::sha256;
use kallithea_iisc::manifest::{MANIFEST, with_binaries};
use kallithea_iisc::model::Deployment;
use serde_json::{Map, Value};

/// What a copy of a script has instead: the text, the other text, and how often the script has it at least.
pub type Change<'a> = (&'a str, &'a str, usize);

/// The files of the folder by their paths, and its libraries in `bin`.
pub fn compiled(
    deployment: &Deployment,
    changes: &[Change<'_>],
    libraries: &[(&str, Vec<u8>)],
) -> Vec<(String, Vec<u8>)> {
    let tree = emit(deployment);
    let manifest = tree.get(MANIFEST).expect("a manifest");
    let mut manifest: Value = serde_json::from_str(manifest).expect("JSON");
    let mut files = Vec::new();
    for (path, text) in tree.iter().filter(|(path, _)| *path != MANIFEST) {
        let text = if path.ends_with(".ps1") { changed(text, changes) } else { text.to_owned() };
        manifest["files"][path] = sha256(text.as_bytes()).into();
        // The scripts look at every file here, and need no source of a library.
        if !path.starts_with("dispatch/") {
            files.push((path.to_owned(), text.into_bytes()));
        }
    }
    let mut binaries = Map::new();
    for (name, bytes) in libraries {
        binaries.insert(format!("bin/{name}"), sha256(bytes).into());
        files.push((format!("bin/{name}"), bytes.clone()));
    }
    let manifest = with_binaries(&manifest.to_string(), binaries).expect("a manifest");
    files.push((MANIFEST.to_owned(), manifest.into_bytes()));
    files
}

fn changed(script: &str, changes: &[Change<'_>]) -> String {
    changes.iter().fold(script.to_owned(), |script, (here, there, least)| {
        assert!(script.matches(here).count() >= *least, "{here}");
        script.replace(here, there)
    })
}

/// A program or library for 64 or 32 bits, as far as its header tells.
pub fn library(bits: &str, content: &str) -> Vec<u8> {
    let machine: u16 = if bits == "32" { 0x014c } else { 0x8664 };
    let mut bytes = vec![0; 0x46];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[0x3c] = 0x40;
    bytes[0x40..0x44].copy_from_slice(b"PE\0\0");
    bytes[0x44..].copy_from_slice(&machine.to_le_bytes());
    bytes.extend(content.bytes());
    bytes
}
