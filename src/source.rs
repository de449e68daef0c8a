//! Texts with names, and places in them.
//!
//! What enters: a file's text, and the texts of the files that it extends. What leaves: files, lines and columns. Absent: what
//! the texts mean.

use std::ops::Range;

/// A place in a source: a range of byte offsets. An offset says which file it is in, too: the texts of a source have one
/// numbering.
pub type Span = Range<usize>;

/// A place, counted from further before.
pub(crate) fn shifted(span: &Span, by: usize) -> Span {
    span.start + by..span.end + by
}

/// One spec's text, with the name that its author uses; behind it the texts of the files that it extends, the nearest first.
#[derive(Debug, Clone)]
pub struct Source {
    /// The spec's name as it was given.
    pub name: String,
    /// The whole text: that of the spec, then a line end and that of each file that it extends.
    pub text: String,
    bases: Vec<Base>,
}

/// A file that a spec extends.
#[derive(Debug, Clone)]
struct Base {
    name: String,
    path: String,
    start: usize,
}

/// One of a source's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// The file's name, for a person.
    pub name: &'a str,
    /// Its path from the spec's folder, with forward slashes: the same wherever the specs are.
    pub path: &'a str,
    /// Where its text begins in the source.
    pub start: usize,
    /// Its text.
    pub text: &'a str,
}

impl Source {
    /// A source from a name and a text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), bases: Vec::new() }
    }

    /// Adds the text of a file that the spec extends.
    pub(crate) fn add(&mut self, name: String, path: String, text: &str) {
        self.text.push('\n');
        self.bases.push(Base { name, path, start: self.text.len() });
        self.text.push_str(text);
    }

    /// The same files with another text of the same length.
    pub(crate) fn with_text(&self, text: String) -> Self {
        debug_assert_eq!(text.len(), self.text.len(), "places stay the same");
        Self { text, ..self.clone() }
    }

    /// The spec, then the files that it extends.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = Part<'_>> {
        (0..=self.bases.len()).map(|number| {
            let (name, path, start) = match number.checked_sub(1).map(|number| &self.bases[number]) {
                None => (self.name.as_str(), self.file_name(), 0),
                Some(base) => (base.name.as_str(), base.path.as_str(), base.start),
            };
            // A line end is between two files.
            let end = self.bases.get(number).map_or(self.text.len(), |next| next.start - 1);
            Part { name, path, start, text: &self.text[start..end] }
        })
    }

    /// The last of the files: the spec itself if it extends none.
    pub(crate) fn last(&self) -> Part<'_> {
        self.parts().next_back().expect("a source has a file")
    }

    /// The file that an offset is in.
    pub fn part(&self, offset: usize) -> Part<'_> {
        self.parts().rfind(|part| part.start <= offset).expect("the first part starts at 0")
    }

    /// The file's name without its folder.
    pub fn file_name(&self) -> &str {
        let name = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        // `C:deploy.yaml` is in the current folder of that drive.
        let drive = |rest: &&str| cfg!(windows) && rest.len() + 2 == name.len();
        name.split_once(':').map(|(_, rest)| rest).filter(drive).unwrap_or(name)
    }

    /// Line and column of a byte offset in its file, both from 1; columns count characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let offset = self.floor(offset);
        let before = &self.text[self.part(offset).start..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// File and line of a byte offset, as in `deploy.yaml:4`.
    pub(crate) fn line_of(&self, offset: usize) -> String {
        format!("{}:{}", self.part(offset).name, self.position(offset).0)
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
        let count = |from, to| self.text[from..to].chars().count();
        let column = match in_line == line {
            true if offset < known => at_column - count(offset, known),
            true => at_column + count(known, offset),
            false => 1 + count(self.line_start(line), offset),
        };
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

    /// Where a line ends, before its line feed.
    pub(crate) fn line_end(&self, line: usize) -> usize {
        self.line_starts.get(line).map_or(self.text.len(), |next| next - 1)
    }
}

/// A path that leads from the folder of one file to another, without the `.` and `..` that can be left out. Both separators
/// of Windows are read, and `/` is written.
pub(crate) fn beside(file: &str, path: &str) -> String {
    let separators: &[char] = if cfg!(windows) { &['/', '\\'] } else { &['/'] };
    let folder = file.rsplit_once(separators).map(|(folder, _)| folder);
    let mut steps: Vec<&str> = folder.into_iter().flat_map(|folder| folder.split(separators)).collect();
    for step in path.split('/') {
        match (step, steps.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if !matches!(*last, ".." | "." | "") && !last.ends_with(':') => {
                steps.truncate(steps.len() - 1);
            }
            _ => steps.push(step),
        }
    }
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_from_one_file_to_another_has_no_detours() {
        for (file, path, whole) in [
            ("deploy.yaml", "base.yaml", "base.yaml"),
            ("prod/deploy.yaml", "../base/k.yaml", "base/k.yaml"),
            ("deploy.yaml", "../base/k.yaml", "../base/k.yaml"),
            ("../a/deploy.yaml", "../../k.yaml", "../../k.yaml"),
            ("/srv/a/deploy.yaml", "./../b//k.yaml", "/srv/b/k.yaml"),
            ("/deploy.yaml", "../k.yaml", "/../k.yaml"),
        ] {
            assert_eq!(beside(file, path), whole, "{file} and {path}");
        }
    }

    #[test]
    fn each_file_of_a_source_counts_its_own_lines() {
        let mut source = Source::new("prod/deploy.yaml", "a\nb");
        source.add("base/k.yaml".to_owned(), "../base/k.yaml".to_owned(), "c\nd\n");
        let place = |word: &str| source.text.find(word).expect("a word");
        let told = |at: usize| (source.part(at).name, source.position(at));
        assert_eq!(told(place("b")), ("prod/deploy.yaml", (2, 1)));
        assert_eq!(told(place("c")), ("base/k.yaml", (1, 1)));
        assert_eq!(told(place("d")), ("base/k.yaml", (2, 1)));
        assert_eq!(told(place("c") - 1), ("prod/deploy.yaml", (2, 2)));
        assert_eq!(source.parts().map(|part| part.text).collect::<Vec<_>>(), ["a\nb", "c\nd\n"]);
    }

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
