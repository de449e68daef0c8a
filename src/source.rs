//! A text with a name, and places in it.
//!
//! What enters: a text. What leaves: lines and columns. Absent: what the text means.

use std::ops::Range;

/// A place in a source: a range of byte offsets.
pub type Span = Range<usize>;

/// One spec's text, with the name that its author uses.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file's name as it was given.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A source from a name and a text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The file's name without its folder.
    pub fn file_name(&self) -> &str {
        let name = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        // `C:deploy.yaml` is in the current folder of that drive.
        let drive = |rest: &&str| cfg!(windows) && rest.len() + 2 == name.len();
        name.split_once(':').map(|(_, rest)| rest).filter(drive).unwrap_or(name)
    }

    /// Line and column of a byte offset, both from 1; columns count characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.floor(offset)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// A span within the text and on character boundaries, whatever `span` was.
    pub(crate) fn clamp(&self, span: &Span) -> Span {
        let start = self.floor(span.start);
        start..self.floor(span.end.max(start))
    }

    fn floor(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset.min(self.text.len()))
    }
}

/// Turns byte offsets into lines and columns. It reads the text only once for places that come in order.
#[derive(Debug)]
pub struct Positions<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
    /// The place of the last call: its offset, line and column.
    last: (usize, usize, usize),
}

impl<'a> Positions<'a> {
    /// The lines of a text.
    pub fn of(text: &'a str) -> Self {
        let after_each_break = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, line_starts: std::iter::once(0).chain(after_each_break).collect(), last: (0, 1, 1) }
    }

    /// Line and column of a byte offset, both from 1; columns count characters.
    pub fn at(&mut self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let line = self.line(offset);
        let (known, in_line, at_column) = self.last;
        let (from, column) = match in_line == line && known <= offset {
            true => (known, at_column),
            false => (self.line_start(line), 1),
        };
        let column = column + self.text[from..offset].chars().count();
        self.last = (offset, line, column);
        (line, column)
    }

    /// The line of a byte offset, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// Where a line begins.
    pub(crate) fn line_start(&self, line: usize) -> usize {
        self.line_starts[line - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_any_order() {
        let source = Source::new("deploy.yaml", "a\u{e4}b\n\nc\u{1f980}d");
        let mut positions = Positions::of(&source.text);
        let offsets = (0..=source.text.len() + 2).chain((0..source.text.len()).rev()).chain([3, 1, 7, 2]);
        for offset in offsets {
            assert_eq!(positions.at(offset), source.position(offset), "{offset}");
        }
    }
}
