//! The keys of a collection's entries, as IIS compares them.
//!
//! In: entries and the table of their collection. Out: their keys, and which were there already. Absent: which files they come from.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::Version;
use crate::markup::Element;
use crate::schema::{self, Key};

/// The keys of a collection's entries so far: the names of the key attributes, and their values.
#[derive(Default)]
pub(super) struct Keys(HashMap<(&'static str, String), usize>);

impl Keys {
    /// Adds an entry's keys; returns those that an earlier entry already has, with the place of that entry.
    pub(super) fn add(
        &mut self,
        entry: &Element<'_>,
        table: &'static schema::Element,
    ) -> Vec<(String, usize)> {
        let mut repeated = Vec::new();
        for key in keys_of(entry, table) {
            match self.0.entry((key.attribute, key.value)) {
                Entry::Occupied(first) => repeated.push((key.written, *first.get())),
                Entry::Vacant(place) => drop(place.insert(entry.offset)),
            }
        }
        repeated
    }

    /// Forgets every key.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Forgets the keys of an entry.
    pub(super) fn remove(&mut self, entry: &Element<'_>, table: &'static schema::Element) {
        for key in keys_of(entry, table) {
            self.0.remove(&(key.attribute, key.value));
        }
    }
}

/// Each unique key of an entry separately, and the parts of its combined key as one. An attribute that is not written
/// and has no default is not a key.
pub(super) fn keys_of(entry: &Element<'_>, table: &'static schema::Element) -> Vec<KeyValue> {
    let part = |known: &schema::Attribute| entry.value(known.name).or(known.default(Version::V10_0));
    let of_kind = |key| table.attributes().filter(move |known| known.key == key);
    let unique = of_kind(Key::Unique).filter_map(|known| {
        let text = part(known)?;
        let value = known.compared(text).into_owned();
        Some(KeyValue { attribute: known.name, value, written: text.to_owned() })
    });
    let combined: Vec<_> =
        of_kind(Key::Combined).map(|known| (known, part(known).unwrap_or_default())).collect();
    let values: Vec<_> = combined.iter().map(|(known, text)| known.compared(text)).collect();
    let written: Vec<&str> = combined.iter().map(|(_, text)| *text).collect();
    let combined = (!combined.is_empty()).then(|| KeyValue {
        attribute: "",
        value: values.join(", "),
        written: written.join(", "),
    });
    unique.chain(combined).collect()
}

/// A key of an entry: the attribute that holds it, its value as IIS compares it, and as the file has it. A combined key has no
/// attribute of its own.
pub(super) struct KeyValue {
    pub(super) attribute: &'static str,
    pub(super) value: String,
    pub(super) written: String,
}
