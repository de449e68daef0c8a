//! Values as YAML on one line.
//!
//! What enters: a text or a JSON value. What leaves: a spelling that every reader of YAML reads back to the same. Absent: a
//! spec's layout.

use serde_json::Value;

use crate::characters::is_hidden;

/// A text as a YAML scalar: plain if no reader can misread it, else in quotes.
pub fn text(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    if text.contains(['\\', '"']) && text.chars().all(is_printable) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            found if is_printable(found) => quoted.push(found),
            found => quoted.push_str(&format!("\\U{:08X}", u32::from(found))),
        }
    }
    quoted + "\""
}

/// Whether a text begins with a letter or a slash and contains nothing with a meaning in YAML (chapter 7.3.3).
fn is_plain(text: &str) -> bool {
    let first = |found: char| found.is_ascii_alphabetic() || matches!(found, '/' | '\\');
    let inner = |found: char| found.is_ascii_alphanumeric() || " ._\\/()+=@%$~:-".contains(found);
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    text.starts_with(first)
        && text.chars().all(inner)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !words.contains(&text.to_ascii_lowercase().as_str())
}

/// Whether YAML allows a character unescaped, and an editor shows it as what it is.
pub(super) fn is_printable(found: char) -> bool {
    !is_hidden(found)
}

/// A single value; a list or a mapping as in JSON, which YAML reads.
pub(super) fn written(scalar: &Value) -> String {
    match scalar {
        Value::String(words) => text(words),
        other => other.to_string(),
    }
}

/// A value on one line, lists and mappings in brackets.
pub(crate) fn line(value: &Value) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Array(items) => format!("[{}]", joined(items.iter().map(line).collect())),
        Value::Object(entries) => {
            let pairs = entries.iter().map(|(key, value)| format!("{}: {}", text(key), line(value)));
            format!("{{ {} }}", joined(pairs.collect()))
        }
        scalar => written(scalar),
    }
}
