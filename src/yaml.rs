//! A spec as YAML for people: sections in the order of the schema, comments before keys; and the places that its author must
//! complete.
//!
//! What enters: the spec as JSON, and comments by JSON pointer. What leaves: text that the project's own reader reads back to
//! the same values. Absent: YAML features that a spec does not need.

mod open;
pub(crate) mod scalar;

pub use open::Open;
pub(crate) use open::{open, problems};
pub use scalar::text;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::schema::{self, SCHEMA};
pub use crate::spec::BLANK;
use crate::spec::Spec;
use scalar::{is_printable, written};

/// The widest line of a comment.
const WIDTH: usize = 110;

/// Comments by the JSON pointer of their key.
pub(crate) type Remarks = BTreeMap<String, Vec<String>>;

static USUAL: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(Spec::default()).expect("it is JSON"));

/// Words as comment lines, broken between words.
pub(crate) fn comment(indent: &str, words: &str) -> String {
    let shown: String = words
        .chars()
        .map(|found| if is_printable(found) { found.to_string() } else { found.escape_unicode().to_string() })
        .collect();
    let inner = " ".repeat(shown.len() - shown.trim_start().len());
    let (mut text, mut line) = (String::new(), format!("{indent}# {inner}"));
    let mut is_fresh = true;
    for word in shown.split_whitespace() {
        if !is_fresh && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&format!("{line}\n"));
            line = format!("{indent}# {inner}{}", if inner.is_empty() { "" } else { "  " });
            is_fresh = true;
        }
        line.push_str(if is_fresh { "" } else { " " });
        line.push_str(word);
        is_fresh = false;
    }
    text + &line + "\n"
}

/// A whole spec, without the keys that are at their defaults.
pub(crate) fn without_defaults(json: Value, remarks: &Remarks) -> String {
    document(&pruned(json, ""), remarks)
}

/// The whole document.
pub(crate) fn document(json: &Value, remarks: &Remarks) -> String {
    written_by(json, Writer { remarks: placed(remarks, json), ..Writer::default() })
}

/// The whole document, with a comment at the end of the line of a value or a list, by its JSON pointer.
pub(crate) fn with_ends(json: &Value, ends: BTreeMap<String, String>) -> String {
    written_by(json, Writer { ends, ..Writer::default() })
}

fn written_by(json: &Value, mut writer: Writer) -> String {
    let sections = SCHEMA.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    for key in sections {
        match json.get(key) {
            Some(value) => {
                writer.text.push_str(if value.is_object() { "\n" } else { "" });
                writer.entry("", key, value, "", "");
            }
            // Comments on a section that is left out are written where it would be.
            None => {
                let words = writer.remarks.remove(&below("", key)).unwrap_or_default();
                words.iter().for_each(|words| writer.text.push_str(&format!("\n{}", comment("", words))));
            }
        }
    }
    writer.text
}

pub(crate) fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Comments on keys that are left out go to the nearest key around them, and finally to their section.
fn placed(remarks: &Remarks, json: &Value) -> Remarks {
    let mut placed = Remarks::new();
    for (pointer, words) in remarks {
        let mut pointer = pointer.as_str();
        while let (Some((around, _)), None) = (pointer[1..].rsplit_once('/'), json.pointer(pointer)) {
            pointer = &pointer[..=around.len()];
        }
        placed.entry(pointer.to_owned()).or_default().extend(words.iter().cloned());
    }
    placed
}

/// A value without the keys that are at their defaults. An optional mapping stays whole, since its presence means
/// something.
fn pruned(value: Value, pointer: &str) -> Value {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    let here = schema::at(&SCHEMA, &steps);
    match value {
        Value::Object(entries) => {
            let kept = entries.into_iter().filter_map(|(key, value)| {
                let place = below(pointer, &key);
                let property = here.and_then(|here| here.get("properties")?.get(&key));
                if property.is_some_and(|property| property.get("default") == Some(&value)) {
                    return None;
                }
                let smaller = pruned(value.clone(), &place);
                let is_empty = smaller.as_object().is_some_and(Map::is_empty);
                match (is_empty, USUAL.pointer(&place).is_some()) {
                    (true, true) => None,
                    (true, false) => Some((key, value)),
                    _ => Some((key, smaller)),
                }
            });
            Value::Object(kept.collect())
        }
        Value::Array(items) => {
            let items = items.into_iter().enumerate();
            items.map(|(index, item)| pruned(item, &format!("{pointer}/{index}"))).collect()
        }
        other => other,
    }
}

#[derive(Default)]
struct Writer {
    /// What stands before a key.
    remarks: Remarks,
    /// What stands at the end of its line.
    ends: BTreeMap<String, String>,
    text: String,
}

impl Writer {
    /// A key and its value; `dash` begins the first line of a list's entry.
    fn entry(&mut self, around: &str, key: &str, value: &Value, indent: &str, dash: &str) {
        let pointer = below(around, key);
        for words in self.remarks.remove(&pointer).unwrap_or_default() {
            self.text.push_str(&comment(indent, &words));
        }
        let lead = format!("{indent}{dash}{}:", text(key));
        let inner = format!("{indent}{}  ", " ".repeat(dash.len()));
        let end = self.ends.get(&pointer).map(|words| format!("  # {words}")).unwrap_or_default();
        match value {
            Value::Object(entries) if !entries.is_empty() => {
                self.text.push_str(&format!("{lead}{end}\n"));
                entries.iter().for_each(|(key, value)| self.entry(&pointer, key, value, &inner, ""));
            }
            Value::Array(items) if !items.is_empty() => {
                self.text.push_str(&format!("{lead}{end}\n"));
                let numbered = items.iter().enumerate();
                numbered.for_each(|(index, item)| self.item(&format!("{pointer}/{index}"), item, &inner));
            }
            // An empty mapping or list is written as in JSON, which YAML reads.
            scalar => self.text.push_str(&format!("{lead} {}{end}\n", written(scalar))),
        }
    }

    fn item(&mut self, pointer: &str, item: &Value, indent: &str) {
        for words in self.remarks.remove(pointer).unwrap_or_default() {
            self.text.push_str(&comment(indent, &words));
        }
        let Value::Object(entries) = item else {
            self.text.push_str(&format!("{indent}- {}\n", written(item)));
            return;
        };
        for (index, (key, value)) in entries.iter().enumerate() {
            match index {
                0 => self.entry(pointer, key, value, indent, "- "),
                _ => self.entry(pointer, key, value, &format!("{indent}  "), ""),
            }
        }
    }
}
