//! Places as editors count them: lines from 0, and UTF-16 code units in a line.
//!
//! What enters: a text, and byte offsets or places. What leaves: the other of both, for any number. Absent: what the text means.

use std::cell::Cell;

use lsp_types::{Position, Range};

use crate::source::Span;

/// The lines of a text. They end where editors end them: at a line feed, a carriage return, or both.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// The last place that was counted: its offset and code units. Places come in order, and a line can be long.
    last: Cell<(usize, u32)>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let is_end =
            |at: &usize| bytes[*at] == b'\n' || bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        let after = (0..bytes.len()).filter(is_end).map(|at| at + 1);
        Self { text, starts: std::iter::once(0).chain(after).collect(), last: Cell::new((0, 0)) }
    }

    /// The place of a byte offset.
    pub(super) fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let (from, units) = match self.last.get() {
            (known, units) if (self.starts[line]..=offset).contains(&known) => (known, units),
            _ => (self.starts[line], 0),
        };
        let units = units + self.text[from..offset].encode_utf16().count() as u32;
        self.last.set((offset, units));
        Position { line: line as u32, character: units }
    }

    /// The places of a span.
    pub(super) fn range(&self, span: &Span) -> Range {
        let start = self.position(span.start);
        Range { start, end: self.position(span.end.max(span.start)) }
    }

    /// The byte offset of a place. One behind the end of a line is at its end, as the protocol says.
    pub(super) fn offset(&self, place: Position) -> usize {
        let Some(start) = self.starts.get(place.line as usize).copied() else { return self.text.len() };
        let line = self.text[start..].split(['\n', '\r']).next().unwrap_or_default();
        let mut units = 0;
        let before = line.char_indices().find(|(_, letter)| {
            units += letter.len_utf16() as u64;
            units > u64::from(place.character)
        });
        start + before.map_or(line.len(), |(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn each_offset_has_its_place_and_each_place_its_offset() {
        let text = "a\u{1f980}b\r\nc\rd\u{e4}\n";
        let lines = Lines::of(text);
        for (offset, line, character) in [
            (0, 0, 0),
            (1, 0, 1),
            (5, 0, 3),
            (6, 0, 4),
            (8, 1, 0),
            (9, 1, 1),
            (10, 2, 0),
            (11, 2, 1),
            (13, 2, 2),
            (14, 3, 0),
        ] {
            assert_eq!(lines.position(offset), place(line, character), "{offset}");
            assert_eq!(lines.offset(place(line, character)), offset, "{line}:{character}");
        }
        assert_eq!(lines.position(3), place(0, 1), "within a character");
        assert_eq!(lines.offset(place(0, 2)), 1, "within a pair of code units");
        assert_eq!(lines.offset(place(1, 99)), 9, "behind the end of a line");
        assert_eq!(lines.offset(place(9, 0)), text.len(), "behind the end of the text");
        assert_eq!(lines.position(99), place(3, 0));
    }
}
