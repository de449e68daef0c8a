//! One section against the same section of the levels above: single locks, and keys that are there already.
//!
//! In: an element and the elements above it, outermost first. Out: what IIS refuses. Absent: locks on whole sections.

use std::collections::HashMap;

use super::keys::keys_of;
use super::level::{Level, LevelKind};
use super::{Fault, Finding};
use crate::markup::{Document, Element};
use crate::schema::{self, Collection};

/// An element that is compared, with its table if there is one.
pub(super) struct Compared<'c, 'd, 'a> {
    pub(super) document: &'d Document<'a>,
    pub(super) element: &'d Element<'a>,
    pub(super) table: Option<&'static schema::Element>,
    pub(super) path: &'c str,
}

/// An element above, and the file that has it.
type Above<'l, 'd, 'a> = (&'l Level<'d, 'a>, &'d Element<'a>);

/// Compares an element with those above it.
pub(super) fn compare(own: &Compared<'_, '_, '_>, above: &[Above<'_, '_, '_>], found: &mut Vec<Finding>) {
    for (level, element) in above.iter().filter(|(level, _)| level.kind != LevelKind::Own) {
        locked_attributes(own, level, element, found);
        locked_children(own, level, element, found);
    }
    let mut entries = Entries::default();
    let collection = own.table.and_then(|table| table.collection);
    if let Some(collection) = collection.filter(|_| !own.element.children.is_empty()) {
        for (level, element) in above {
            for child in level.document.children(element) {
                entries.inherit(child, collection, level);
            }
        }
    }
    for index in &own.element.children {
        let child = &own.document.elements[*index];
        let path = format!("{}/{}", own.path, child.name);
        let table =
            own.table.and_then(|table| table.elements.iter().find(|known| child.is_named(known.name)));
        match collection {
            Some(collection) if table.is_none() => entries.meet(child, collection, &path, found),
            _ => {
                let above: Vec<Above<'_, '_, '_>> = above
                    .iter()
                    .flat_map(|(level, element)| {
                        let same = element.children.iter().map(|index| &level.document.elements[*index]);
                        same.filter(|above| above.is_named(child.name)).map(|above| (*level, above))
                    })
                    .collect();
                if !above.is_empty() {
                    let inner = Compared { document: own.document, element: child, table, path: &path };
                    compare(&inner, &above, found);
                }
            }
        }
    }
}

/// The names in a list such as `lockAttributes`.
fn names<'e>(element: &'e Element<'_>, list: &str) -> Option<Vec<&'e str>> {
    element.value(list).map(|value| value.split(',').map(str::trim).collect())
}

/// Whether an element locks a name by one of its two lists.
fn locks(element: &Element<'_>, [list, all_except]: [&str; 2], name: &str) -> bool {
    names(element, list).is_some_and(|names| names.contains(&"*") || names.contains(&name))
        || names(element, all_except).is_some_and(|names| !names.contains(&name))
}

const ATTRIBUTES: [&str; 2] = ["lockAttributes", "lockAllAttributesExcept"];
const ELEMENTS: [&str; 2] = ["lockElements", "lockAllElementsExcept"];

fn locked_attributes(
    own: &Compared<'_, '_, '_>,
    level: &Level<'_, '_>,
    above: &Element<'_>,
    found: &mut Vec<Finding>,
) {
    let is_locked = |name: &str| above.says("lockItem", "true") || locks(above, ATTRIBUTES, name);
    for attribute in own.element.attributes.iter().filter(|attribute| is_locked(attribute.name)) {
        let path = format!("{}@{}", own.path, attribute.name);
        found.push(Finding::new(attribute.offset, &path, Fault::LockedPart).first(level, above.offset));
    }
}

fn locked_children(
    own: &Compared<'_, '_, '_>,
    level: &Level<'_, '_>,
    above: &Element<'_>,
    found: &mut Vec<Finding>,
) {
    for child in own.document.children(own.element).filter(|child| locks(above, ELEMENTS, child.name)) {
        let path = format!("{}/{}", own.path, child.name);
        found.push(Finding::new(child.offset, &path, Fault::LockedPart).first(level, above.offset));
    }
}

/// The entries of a collection that a file inherits, by their keys.
#[derive(Default)]
struct Entries<'l, 'd, 'a>(HashMap<(&'static str, String), Above<'l, 'd, 'a>>);

impl<'l, 'd, 'a> Entries<'l, 'd, 'a> {
    fn inherit(&mut self, child: &'d Element<'a>, collection: &'static Collection, level: &'l Level<'d, 'a>) {
        let keys = keys_of(child, &collection.entry).into_iter();
        if collection.is_entry(child.name) {
            self.0.extend(keys.map(|key| ((key.attribute, key.value), (level, child))));
        } else if collection.remove.is_some_and(|name| child.is_named(name)) {
            for key in keys {
                self.0.remove(&(key.attribute, key.value));
            }
        } else if collection.clear.is_some_and(|name| child.is_named(name)) {
            self.0.clear();
        }
    }

    /// Takes one child of the file into account, as IIS reads it.
    fn meet(
        &mut self,
        child: &Element<'_>,
        collection: &'static Collection,
        path: &str,
        found: &mut Vec<Finding>,
    ) {
        let at = |fault, (level, first): &Above<'_, '_, '_>| {
            Finding::new(child.offset, path, fault).first(level, first.offset)
        };
        let is_locked = |(level, entry): &&Above<'_, '_, '_>| {
            level.kind != LevelKind::Own && entry.says("lockItem", "true")
        };
        if collection.is_entry(child.name) && !collection.duplicates {
            let keys = keys_of(child, &collection.entry).into_iter();
            found.extend(keys.filter_map(|key| {
                let first = self.0.get(&(key.attribute, key.value))?;
                Some(at(Fault::RepeatedKey { key: key.written }, first))
            }));
        } else if collection.remove.is_some_and(|name| child.is_named(name)) {
            for key in keys_of(child, &collection.entry) {
                let removed = self.0.remove(&(key.attribute, key.value));
                found.extend(removed.iter().filter(is_locked).map(|entry| at(Fault::LockedPart, entry)));
            }
        } else if collection.clear.is_some_and(|name| child.is_named(name)) {
            let locked = self.0.values().filter(is_locked).min_by_key(|(_, entry)| entry.offset);
            found.extend(locked.map(|entry| at(Fault::LockedPart, entry)));
            self.0.clear();
        }
    }
}
