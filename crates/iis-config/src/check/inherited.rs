//! One section against the same section of the levels above: single locks, and keys that are there already.
//!
//! In: an element and the elements above it, outermost first. Out: what IIS refuses. Absent: locks on whole sections.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::keys::keys_of;
use super::{Fault, Finding};
use crate::level::{Level, LevelKind};
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
pub(super) fn compare<'l, 'd, 'a>(
    own: &Compared<'_, '_, '_>,
    above: &[Above<'l, 'd, 'a>],
    inherited: &mut Inherited<'l, 'd, 'a>,
    found: &mut Vec<Finding>,
) {
    for (level, element) in above.iter().filter(|(level, _)| level.kind != LevelKind::Own) {
        locked_attributes(own, level, element, found);
        locked_children(own, level, element, found);
    }
    let collection = own.table.and_then(|table| table.collection);
    let needed = collection.filter(|_| !own.element.children.is_empty());
    let mut entries = needed.map(|collection| Entries::of(inherited.entries(above, collection)));
    for index in &own.element.children {
        let child = &own.document.elements[*index];
        let path = format!("{}/{}", own.path, child.name);
        let table =
            own.table.and_then(|table| table.elements.iter().find(|known| child.is_named(known.name)));
        match (collection, &mut entries) {
            (Some(collection), Some(entries)) if table.is_none() => {
                entries.meet(child, collection, &path, found);
            }
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
                    compare(&inner, &above, inherited, found);
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

/// The name of a key attribute, and the value as IIS compares it.
type KeyOf = (&'static str, String);

/// The entries that several elements, one after the other, leave to those below them.
type Left<'l, 'd, 'a> = HashMap<KeyOf, Above<'l, 'd, 'a>>;

/// What was already read of the elements above. Thousands of `<location>`s may inherit from the same ones.
#[derive(Default)]
pub(super) struct Inherited<'l, 'd, 'a>(HashMap<Vec<*const Element<'a>>, Rc<Left<'l, 'd, 'a>>>);

impl<'l, 'd, 'a> Inherited<'l, 'd, 'a> {
    fn entries(
        &mut self,
        above: &[Above<'l, 'd, 'a>],
        collection: &'static Collection,
    ) -> Rc<Left<'l, 'd, 'a>> {
        let elements = above.iter().map(|(_, element)| std::ptr::from_ref(*element)).collect();
        let read = || {
            let mut left = Left::new();
            for (level, element) in above {
                level.document.children(element).for_each(|child| leave(&mut left, child, collection, level));
            }
            Rc::new(left)
        };
        self.0.entry(elements).or_insert_with(read).clone()
    }
}

/// Takes one child of an element above into account.
fn leave<'l, 'd, 'a>(
    left: &mut Left<'l, 'd, 'a>,
    child: &'d Element<'a>,
    collection: &'static Collection,
    level: &'l Level<'d, 'a>,
) {
    let keys = keys_of(child, &collection.entry).into_iter();
    if collection.is_entry(child.name) {
        left.extend(keys.map(|key| ((key.attribute, key.value), (level, child))));
    } else if collection.remove.is_some_and(|name| child.is_named(name)) {
        for key in keys {
            left.remove(&(key.attribute, key.value));
        }
    } else if collection.clear.is_some_and(|name| child.is_named(name)) {
        left.clear();
    }
}

/// The entries of a collection that a file inherits, without those that it has taken away so far.
struct Entries<'l, 'd, 'a> {
    left: Rc<Left<'l, 'd, 'a>>,
    removed: HashSet<KeyOf>,
    is_cleared: bool,
}

impl<'l, 'd, 'a> Entries<'l, 'd, 'a> {
    fn of(left: Rc<Left<'l, 'd, 'a>>) -> Self {
        Self { left, removed: HashSet::new(), is_cleared: false }
    }

    fn get(&self, key: &KeyOf) -> Option<Above<'l, 'd, 'a>> {
        let is_there = !self.is_cleared && !self.removed.contains(key);
        self.left.get(key).filter(|_| is_there).copied()
    }

    /// Takes one child of the file into account, as IIS reads it.
    fn meet(
        &mut self,
        child: &Element<'_>,
        collection: &'static Collection,
        path: &str,
        found: &mut Vec<Finding>,
    ) {
        let at = |fault, (level, first): Above<'_, '_, '_>| {
            Finding::new(child.offset, path, fault).first(level, first.offset)
        };
        let is_locked = |(level, entry): &Above<'_, '_, '_>| {
            level.kind != LevelKind::Own && entry.says("lockItem", "true")
        };
        let keys = || keys_of(child, &collection.entry).into_iter();
        if collection.is_entry(child.name) && !collection.duplicates {
            found.extend(keys().filter_map(|key| {
                let first = self.get(&(key.attribute, key.value))?;
                Some(at(Fault::RepeatedKey { key: key.written }, first))
            }));
        } else if collection.remove.is_some_and(|name| child.is_named(name)) {
            for key in keys() {
                let key = (key.attribute, key.value);
                let removed = self.get(&key).filter(is_locked);
                found.extend(removed.map(|entry| at(Fault::LockedPart, entry)));
                self.removed.insert(key);
            }
        } else if collection.clear.is_some_and(|name| child.is_named(name)) {
            let there = self.left.keys().filter_map(|key| self.get(key));
            let locked = there.filter(is_locked).min_by_key(|(_, entry)| entry.offset);
            found.extend(locked.map(|entry| at(Fault::LockedPart, entry)));
            self.is_cleared = true;
        }
    }
}
