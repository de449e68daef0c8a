//! A spec that was written for the first time: what it needs from its author, and how it gets its place.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use crate::yaml::Open;

/// What a spec that was written needs from its author, in words; `more` stands behind the first line's.
pub fn needs(name: &str, open: &[Open], more: &str) -> String {
    let mut text = match open.len() {
        0 => format!("{name}: complete"),
        1 => format!("{name}: one place needs you"),
        count => format!("{name}: {count} places need you"),
    };
    text.push_str(more);
    open.iter().for_each(|open| text.push_str(&format!("\n  line {}: {}", open.line, open.what)));
    text
}

/// The same for programs.
pub fn open_as_json(open: &[Open]) -> Vec<Value> {
    open.iter().map(|open| json!({ "line": open.line, "what": open.what })).collect()
}

/// Writes a file that is not there yet, whole or not at all: it is complete under another name before it gets its own.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let taken =
        || io::Error::new(io::ErrorKind::AlreadyExists, "it is there already, and is not overwritten");
    if path.symlink_metadata().is_ok() {
        return Err(taken());
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy().into_owned();
    let new = path.with_file_name(format!(".{name}.kallithea-iisc-new"));
    let written = fs::File::create(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let placed = written.and_then(|()| match path.symlink_metadata() {
        Ok(_) => Err(taken()),
        Err(_) => fs::rename(&new, path),
    });
    if placed.is_err() {
        fs::remove_file(&new).ok();
    }
    placed
}
