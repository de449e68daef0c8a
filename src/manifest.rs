//! Names in the output folder, and the manifest as text.
//!
//! What enters: a manifest. What leaves: the same manifest with or without what cargo built. Absent: what else a
//! manifest contains, which [`emit`](crate::emit) decides.

use serde_json::{Map, Value};

/// The manifest's place in the output folder.
pub const MANIFEST: &str = "manifest.json";
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
    match serde_json::from_str::<Value>(manifest) {
        Ok(Value::Object(mut value)) if value.contains_key(BINARIES_KEY) => {
            value.shift_remove(BINARIES_KEY);
            text(&value.into())
        }
        _ => manifest.to_owned(),
    }
}

/// The manifest in the form in which it is written.
pub(crate) fn text(value: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).expect("a manifest is always JSON"))
}
