//! A spec with all that it extends, and where each value comes from.
//!
//! What enters: a sound spec, the tree that it was read from, its source. What leaves: YAML with comments, or the same as data.
//! Absent: defaults that depend on other keys, which [`lower`](crate::lower) decides.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::characters::shown;
use crate::check::Sound;
use crate::node::{self, Node};
use crate::source::Source;
use crate::yaml;

/// What the place of a value is called that no file gives.
const DEFAULT: &str = "default";

/// A spec as its files say it together.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Shown {
    /// The values.
    pub spec: Value,
    /// Where each value or list comes from, by its JSON pointer: `base/kallithea.yaml:4`, or `default`.
    #[serde(rename = "from")]
    pub places: BTreeMap<String, String>,
}

/// Finds the places. With `defaults` the spec has every key that has a fixed default, too.
pub fn show(spec: &Sound, root: &Node, source: &Source, defaults: bool) -> Shown {
    let mut places = BTreeMap::new();
    let values = match defaults {
        true => serde_json::to_value(&**spec).expect("a spec is JSON"),
        false => spec.written().clone(),
    };
    walk(&values, Some(root), String::new(), source, &mut places);
    Shown { spec: values, places }
}

fn walk(
    value: &Value,
    node: Option<&Node>,
    pointer: String,
    source: &Source,
    places: &mut BTreeMap<String, String>,
) {
    if let Value::Object(entries) = value
        && !entries.is_empty()
    {
        for (key, value) in entries {
            let node = node.and_then(|node| node.get(key)).map(|entry| &entry.node);
            walk(value, node, yaml::below(&pointer, key), source, places);
        }
        return;
    }
    let place = node.map(|node| {
        // A list begins at its first entry; its key is on the line before, or on the same.
        let start = match &node.value {
            node::Value::Sequence(items) => items.first().map_or(node.span.start, |item| item.span.start),
            _ => node.span.start,
        };
        source.line_of(start)
    });
    places.insert(pointer, place.unwrap_or_else(|| DEFAULT.to_owned()));
}

impl Shown {
    /// As YAML that is a spec itself: each place is a comment.
    pub fn yaml(&self) -> String {
        let places = self.places.iter().map(|(pointer, place)| (pointer.clone(), shown(place)));
        yaml::with_ends(&self.spec, places.collect())
    }
}
