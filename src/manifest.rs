//! Names in the output folder, and the manifest as text.
//!
//! What enters: a manifest. What leaves: the same manifest with or without what cargo built. Absent: what else a
//! manifest contains, which [`emit`](crate::emit) decides.

use serde_json::{Map, Value};

/// The manifest's place in the output folder.
pub const MANIFEST: &str = "manifest.json";
/// What makes outputs: this program with its version.
pub(crate) const OURS: &str = concat!("kallithea-iisc ", env!("CARGO_PKG_VERSION"));
/// The folder of what cargo built.
pub const BINARIES: &str = "bin";
/// The section of what cargo built.
pub(crate) const BINARIES_KEY: &str = "binaries";
/// The library that IIS loads.
pub(crate) const DISPATCH_DLL: &str = "_dispatch.dll";

/// A manifest's text with the section of what cargo built.
pub fn with_binaries(manifest: &str, binaries: Map<String, Value>) -> Option<String> {
    let mut value: Value = serde_json::from_str(manifest).ok()?;
    value.as_object_mut()?.insert(BINARIES_KEY.to_owned(), binaries.into());
    Some(text(&value))
}

/// A manifest's text without that section; unchanged if it is not a valid manifest.
pub(crate) fn without_binaries(manifest: &str) -> String {
    without(manifest, BINARIES_KEY)
}

fn without(manifest: &str, key: &str) -> String {
    match serde_json::from_str::<Value>(manifest) {
        Ok(Value::Object(mut value)) if value.contains_key(key) => {
            value.shift_remove(key);
            text(&value.into())
        }
        _ => manifest.to_owned(),
    }
}

/// The program that made the outputs of a manifest, with its version: `kallithea-iisc 0.1.0`.
pub(crate) fn compiler(manifest: &str) -> Option<String> {
    text_at(manifest, "/compiler")
}

/// The file name of the engine in a manifest. It contains a hash of all that the engine is built from, comments too.
pub(crate) fn engine(manifest: &str) -> Option<String> {
    text_at(manifest, "/server/engine")
}

fn text_at(manifest: &str, pointer: &str) -> Option<String> {
    let value: Value = serde_json::from_str(manifest).ok()?;
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

/// A manifest's text without the hashes of the files; unchanged if it is not a valid manifest.
pub(crate) fn without_hashes(manifest: &str) -> String {
    without(manifest, "files")
}

/// The manifest in the form in which it is written.
pub(crate) fn text(value: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).expect("a manifest is always JSON"))
}
