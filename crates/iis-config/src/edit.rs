//! Changes to a text that leave every other byte as it was, and the text's own layout.
//!
//! In: ranges of bytes and what to put there. Out: the new text. Absent: XML; the caller knows what its ranges mean.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::markup::{Document, Element};

/// Changes that have not been applied yet.
#[derive(Debug, Default, Clone)]
pub struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Replaces a range with a text. Several changes at one place keep their order.
    pub fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push((range, text.into()));
    }

    /// Inserts a text between two bytes.
    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Deletes a range.
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

    /// Applies the changes to a part of the text. All of them must be inside that part.
    pub fn within(self, text: &str, part: Range<usize>) -> String {
        let shifted = |range: Range<usize>| range.start - part.start..range.end - part.start;
        let own = self.0.into_iter().map(|(range, new)| (shifted(range), new)).collect();
        Self(own).apply(&text[part.clone()])
    }

    /// The text with all changes applied. Of two changes that overlap, the later one is dropped: its place no longer exists. An
    /// insertion at the start of another change's range does not overlap it.
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
    /// The line ending.
    pub newline: &'static str,
    /// The indentation of one level.
    pub unit: String,
}

impl Layout {
    /// The layout of most of the text. The default is carriage return with line feed, and four spaces.
    pub fn of(document: &Document<'_>) -> Self {
        let text = document.text;
        let ends = text.matches('\n').count();
        let newline = if ends > 0 && text.matches("\r\n").count() * 2 < ends { "\n" } else { "\r\n" };
        let mut units: BTreeMap<&str, usize> = BTreeMap::new();
        for element in &document.elements {
            let Some(parent) = document.parent(element) else { continue };
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

    /// The lines, each on a new line and indented.
    pub fn block(&self, indent: &str, lines: &[String]) -> String {
        lines.iter().flat_map(|line| [self.newline, indent, line]).collect()
    }

    /// Puts lines into an element that is empty, without even white space.
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

    /// The indentation of an element's content: that of the present content, or one level more than the element.
    pub fn inner_indent(&self, document: &Document<'_>, element: &Element<'_>) -> String {
        let present = document.children(element).find_map(|child| indent(document.text, child.offset));
        let own = || indent(document.text, element.offset).unwrap_or_default();
        present.map_or_else(|| format!("{}{}", own(), self.unit), ToOwned::to_owned)
    }
}

/// The white space before a place, if nothing else precedes it on its line.
pub fn indent(text: &str, offset: usize) -> Option<&str> {
    let before = &text[..offset];
    // It does not search for the start of the line: a whole file may be one line.
    let line = before.trim_end_matches([' ', '\t']);
    (line.is_empty() || line.ends_with(['\n', '\r'])).then(|| &before[line.len()..])
}

/// A place, moved to before its line break and indentation: what [`Layout::block`] puts before a line.
pub fn with_line_break(text: &str, offset: usize) -> usize {
    let Some(space) = indent(text, offset) else { return offset };
    let line = &text[..offset - space.len()];
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line).len()
}
