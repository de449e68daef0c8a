//! Changes to a text that leave every other byte as it was, and the text's own way of being laid out.
//!
//! What enters: ranges of bytes and what to put there. What leaves: the new text. Absent: XML; who calls knows what
//! its ranges mean.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::markup::{Document, Element};

/// Changes that have not been made yet.
#[derive(Debug, Default, Clone)]
pub struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Puts a text in place of a range; several at one place stay in their order.
    pub fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push((range, text.into()));
    }

    /// Puts a text between two bytes.
    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Takes a range away.
    pub fn delete(&mut self, range: Range<usize>) {
        self.replace(range, "");
    }

    /// Several changes as one.
    pub fn all(several: impl IntoIterator<Item = Self>) -> Self {
        Self(several.into_iter().flat_map(|edits| edits.0).collect())
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A part of the text with the changes made that lie in it, which has to be all of them.
    pub fn within(self, text: &str, part: Range<usize>) -> String {
        let shifted = |range: Range<usize>| range.start - part.start..range.end - part.start;
        let own = self.0.into_iter().map(|(range, new)| (shifted(range), new)).collect();
        Self(own).apply(&text[part.clone()])
    }

    /// The text with all changes made. Of two that overlap, the later one is dropped: it lies in what is gone. What is put in
    /// where something else begins to go is in no such place.
    pub fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|(range, _)| (range.start, !range.is_empty()));
        let mut changed = String::with_capacity(text.len() + 4096);
        let mut from = 0;
        for (range, new) in self.0 {
            if range.start >= from {
                changed.push_str(&text[from..range.start]);
                changed.push_str(&new);
                from = range.end;
            }
        }
        changed.push_str(&text[from..]);
        changed
    }
}

/// How a text is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// What ends its lines.
    pub newline: &'static str,
    /// What sets a level in.
    pub unit: String,
}

impl Layout {
    /// What most of the text does; carriage return with line feed, and four spaces, where it does not say.
    pub fn of(document: &Document<'_>) -> Self {
        let text = document.text;
        let ends = text.matches('\n').count();
        let newline = if ends > 0 && text.matches("\r\n").count() * 2 < ends { "\n" } else { "\r\n" };
        let mut units: BTreeMap<&str, usize> = BTreeMap::new();
        for element in &document.elements {
            let Some(parent) = element.parent.map(|parent| &document.elements[parent]) else { continue };
            let indents = (indent(text, element.offset), indent(text, parent.offset));
            if let (Some(inner), Some(outer)) = indents
                && let Some(unit) = inner.strip_prefix(outer).filter(|unit| !unit.is_empty())
            {
                *units.entry(unit).or_default() += 1;
            }
        }
        let unit = units.into_iter().max_by_key(|(unit, count)| (*count, std::cmp::Reverse(unit.len())));
        Self { newline, unit: unit.map_or("    ", |(unit, _)| unit).to_owned() }
    }

    /// Lines, each on a new line and set in.
    pub fn block(&self, indent: &str, lines: &[String]) -> String {
        lines.iter().flat_map(|line| [self.newline, indent, line]).collect()
    }

    /// Puts lines into an element that has nothing in it, not even white space.
    pub fn fill(&self, document: &Document<'_>, element: &Element<'_>, lines: &str) -> Edits {
        let closing =
            format!("{}{}", self.newline, indent(document.text, element.offset).unwrap_or_default());
        let mut edits = Edits::default();
        if element.is_one_tag() {
            let slash = element.end - "/>".len();
            let begin = slash - usize::from(document.text[..slash].ends_with(' '));
            edits.replace(begin..element.end, format!(">{lines}{closing}</{}>", element.name));
        } else {
            edits.insert(element.opened, format!("{lines}{closing}"));
        }
        edits
    }

    /// How far what is in an element is set in: as what is there already, or one level more than the element.
    pub fn inner_indent(&self, document: &Document<'_>, element: &Element<'_>) -> String {
        let present = document.children(element).find_map(|child| indent(document.text, child.offset));
        let own = || indent(document.text, element.offset).unwrap_or_default();
        present.map_or_else(|| format!("{}{}", own(), self.unit), ToOwned::to_owned)
    }
}

/// The white space before a place, if nothing else stands before it on its line.
pub fn indent(text: &str, offset: usize) -> Option<&str> {
    let before = &text[..offset];
    // Not from the line's beginning: a whole file may be one line.
    let line = before.trim_end_matches([' ', '\t']);
    (line.is_empty() || line.ends_with(['\n', '\r'])).then(|| &before[line.len()..])
}

/// A place and the line break and indentation before it: what [`Layout::block`] puts before a line.
pub fn with_line_break(text: &str, offset: usize) -> usize {
    let Some(space) = indent(text, offset) else { return offset };
    let line = &text[..offset - space.len()];
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line).len()
}
