//! Changes an existing node to what the spec says.
//!
//! What enters: the node as it should be and as it is. What leaves: edits of the attributes and elements that differ, in
//! words, too; and what the spec does not contain, which stays. Attributes keep their order, comments their place.
//! Absent: who added what the spec does not contain.

use iis_config::edit::{Edits, Layout, with_line_break};
use iis_config::markup::{Document, Element};
use quick_xml::escape::escape;

use super::keys::Place;
use crate::emit::xml;

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Difference {
    /// The changes.
    pub edits: Edits,
    /// The same in words: `processModel@idleTimeout: 00:20:00 becomes 00:00:00`.
    pub changes: Vec<String>,
    /// What the spec does not contain, and what stays.
    pub others: Vec<Other>,
}

/// Something in a node that the spec does not contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Other {
    /// An attribute of the node or of an element in it: `processModel@pingInterval`.
    Attribute(String),
    /// An element with its whole content.
    Element {
        /// In words: `application /wiki`.
        words: String,
        /// The names of the elements from the node to it, in lower case.
        trail: Vec<String>,
        /// Its place in the document's list.
        index: usize,
    },
}

impl Other {
    /// The same in words.
    pub fn words(&self) -> &str {
        match self {
            Self::Attribute(words) | Self::Element { words, .. } => words,
        }
    }
}

/// Compares a node with what it should be.
pub(super) fn reconcile(
    document: &Document<'_>,
    layout: &Layout,
    place: &Place,
    wanted: &xml::Element,
    present: &Element<'_>,
) -> Difference {
    let mut walk = Walk { document, layout, trail: Vec::new(), found: Difference::default() };
    walk.node(place, "", wanted, present);
    walk.found
}

struct Walk<'d, 'a> {
    document: &'d Document<'a>,
    layout: &'d Layout,
    /// The names of the elements from the node on.
    trail: Vec<String>,
    found: Difference,
}

impl<'a> Walk<'_, 'a> {
    fn node(&mut self, place: &Place, path: &str, wanted: &xml::Element, present: &Element<'a>) {
        self.attributes(place, path, wanted, present);
        self.elements(place, path, wanted, present);
    }

    fn attributes(&mut self, place: &Place, path: &str, wanted: &xml::Element, present: &Element<'a>) {
        for (name, value) in wanted.attributes() {
            let Some(found) = present.attribute(name) else {
                let last = present.attributes.last().map(|attribute| attribute.written.end + 1);
                let at = last.unwrap_or(present.offset + 1 + present.name.len());
                self.found.edits.insert(at, format!(" {name}=\"{}\"", escape(value)));
                self.found.changes.push(format!("{path}@{name}: becomes {value:?}"));
                continue;
            };
            if !place.says_the_same(name, &found.value, value) {
                self.found.edits.replace(found.written.clone(), escape(value));
                // A user who gave an environment variable another value may have put a secret there.
                let former = match path.contains("environmentVariables/") {
                    true => "another value".to_owned(),
                    false => format!("{:?}", found.value),
                };
                self.found.changes.push(format!("{path}@{name}: {former} becomes {value:?}"));
            }
        }
        let is_other = |name: &str| !wanted.attributes().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let others = present.attributes.iter().filter(|attribute| is_other(attribute.name));
        let others = others.map(|attribute| Other::Attribute(format!("{path}@{}", attribute.name)));
        self.found.others.extend(others);
    }

    /// The elements in a node. Their order matters only if there are directives: `clear` removes only what is before it. Then
    /// an element that comes too early moves to its place, with everything that others wrote into it.
    fn elements(&mut self, place: &Place, path: &str, wanted: &xml::Element, present: &Element<'a>) {
        let is_ordered = wanted.elements().iter().any(|child| place.child(child.name()).is_directive());
        let (mut seen, mut missing) = (Vec::new(), Vec::new());
        let mut turn = present.opened;
        for child in wanted.elements() {
            let inner = place.child(child.name());
            let called = inner.call(child.name(), |name| child.value(name).map(ToOwned::to_owned));
            let below = format!("{path}/{called}").trim_start_matches('/').to_owned();
            let found = self.document.children(present).find(|known| inner.is_same(child, known));
            let Some(found) = found else {
                self.found.changes.push(format!("{below}: is added"));
                missing.push((turn, child.lines(&self.layout.unit)));
                continue;
            };
            seen.push(found.index);
            if is_ordered && found.offset < turn {
                self.found.changes.push(format!("{below}: is moved to its place"));
                let moved = self.moved(&inner, &below, child, found);
                missing.push((turn, vec![moved]));
            } else {
                turn = turn.max(found.end);
                self.child(&inner, &below, child, found);
            }
        }
        for other in self.document.children(present).filter(|child| !seen.contains(&child.index)) {
            let called =
                place.child(other.name).call(other.name, |name| other.value(name).map(ToOwned::to_owned));
            let words = format!("{path}/{called}").trim_start_matches('/').to_owned();
            let trail = self.trail.iter().cloned().chain([other.name.to_owned()]).collect();
            self.found.others.push(Other::Element { words, trail, index: other.index });
        }
        self.add(present, missing);
    }

    fn child(&mut self, place: &Place, path: &str, wanted: &xml::Element, present: &Element<'a>) {
        self.trail.push(present.name.to_owned());
        self.node(place, path, wanted, present);
        self.trail.pop();
    }

    /// Removes an element, and returns its text as it should be.
    fn moved(&mut self, place: &Place, path: &str, wanted: &xml::Element, present: &Element<'a>) -> String {
        let around = std::mem::take(&mut self.found.edits);
        self.child(place, path, wanted, present);
        let inner = std::mem::replace(&mut self.found.edits, around);
        self.found.edits.delete(with_line_break(self.document.text, present.offset)..present.end);
        inner.within(self.document.text, present.offset..present.end)
    }

    fn add(&mut self, present: &Element<'a>, missing: Vec<(usize, Vec<String>)>) {
        if missing.is_empty() {
            return;
        }
        let inside = self.layout.inner_indent(self.document, present);
        let block = |lines: Vec<String>| self.layout.block(&inside, &lines);
        if !present.is_one_tag() && present.closing > present.opened {
            return missing.into_iter().for_each(|(at, lines)| self.found.edits.insert(at, block(lines)));
        }
        let inner: String = missing.into_iter().map(|(_, lines)| block(lines)).collect();
        let filled = self.layout.fill(self.document, present, &inner);
        self.found.edits = Edits::all([std::mem::take(&mut self.found.edits), filled]);
    }
}
