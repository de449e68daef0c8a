//! Changes an ini file's text without touching the lines of others.
//!
//! What enters: a parsed file and keys. What leaves: the changed text. A new line is indented like the key before it;
//! otherwise configparser would read it, or a line after it, as part of another value.

use std::fmt::Write;
use std::io;
use std::ops::Range;

use super::read::{Entry, Ini, Section};
use super::{Key, Wanted};

/// What is inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// A secret that does not exist yet.
    Secret,
}

/// Where a change belongs. A change within a line comes before an insertion after it, even if the file ends without a
/// line end and both are at the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    In(usize),
    Behind(usize),
    AtTheEnd,
}

impl Place {
    fn order(self) -> (usize, bool) {
        match self {
            Place::In(line) => (line, false),
            Place::Behind(line) => (line, true),
            Place::AtTheEnd => (usize::MAX, true),
        }
    }
}

/// Changes, each for a range of the old text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edits {
    /// The file's line end.
    line_end: &'static str,
    changes: Vec<(Place, Range<usize>, Vec<Piece>)>,
    /// Sections that the file lacked and that are added.
    appended: Vec<&'static str>,
}

impl Edits {
    /// No changes to a text yet.
    pub(super) fn of(text: &str) -> Self {
        let line_end = match text.find(['\r', '\n']).map(|at| &text[at..]) {
            Some(rest) if rest.starts_with("\r\n") => "\r\n",
            Some(rest) if rest.starts_with('\r') => "\r",
            _ => "\n",
        };
        Self { line_end, changes: Vec::new(), appended: Vec::new() }
    }

    /// The new text.
    pub(super) fn apply(
        &self,
        text: &str,
        mut secret: impl FnMut() -> io::Result<String>,
    ) -> io::Result<String> {
        let mut changes: Vec<_> = self.changes.iter().collect();
        changes.sort_by_key(|(place, _, _)| place.order());
        let mut changed = String::with_capacity(text.len());
        let mut done = 0;
        for (_, range, pieces) in changes {
            changed.push_str(&text[done..range.start]);
            for piece in pieces {
                match piece {
                    Piece::Text(text) => changed.push_str(text),
                    Piece::Secret => changed.push_str(&secret()?),
                }
            }
            done = range.end;
        }
        changed.push_str(&text[done..]);
        Ok(changed)
    }

    /// Gives a key another value; removes lines that continued the old one.
    pub(super) fn replace(&mut self, ini: &Ini<'_>, entry: &Entry, key: &Key) {
        let place = Place::In(entry.first);
        match entry.value.is_empty() {
            false => self.changes.push((place, entry.value.clone(), vec![value(key)])),
            // The space after the delimiter is then trailing space, and is replaced.
            true => {
                let line = ini.line(entry.first);
                let end = ini.lines[entry.first].text.end;
                let delimiter = end - (line.len() - line.trim_end().len());
                self.changes.push((place, delimiter..end, vec![Piece::Text(" ".to_owned()), value(key)]));
            }
        }
        for number in &entry.more {
            let line = ini.lines[*number].text.start..ini.lines[*number].next;
            self.changes.push((Place::In(*number), line, Vec::new()));
        }
    }

    /// Turns every line of a key into a comment.
    pub(super) fn comment_out(&mut self, ini: &Ini<'_>, entry: &Entry) {
        for number in std::iter::once(&entry.first).chain(&entry.more) {
            let start = ini.lines[*number].text.start;
            self.changes.push((Place::In(*number), start..start, vec![Piece::Text("#".to_owned())]));
        }
    }

    /// Inserts a key into a section: after the last line that contains it as a comment, else after the last key.
    pub(super) fn insert(&mut self, ini: &Ini<'_>, section: &Section, key: &Key) {
        let end = ini.sections.iter().map(|other| other.header).find(|header| *header > section.header);
        let lines = section.header + 1..end.unwrap_or(ini.lines.len());
        let inside =
            |number: usize| section.entries.iter().any(|one| (one.first..one.last()).contains(&number));
        let stands = |number: &usize| is_commented_out(ini.line(*number), key.name) && !inside(*number);
        let commented_out = lines.clone().rev().find(stands);
        let last = section.entries.last().map_or(section.header, Entry::last);
        let line = commented_out.unwrap_or(last);
        let before = section.entries.iter().rev().find(|entry| entry.first <= line).map(|entry| entry.first);
        let behind = (line + 1..ini.lines.len()).find(|number| ini.is_live(*number));
        let indentation = before.or(behind).map_or("", |number| ini.indentation(number));
        self.put(ini, line, indentation, key, commented_out.is_none());
    }

    /// Adds a key to a section that the file lacks.
    pub(super) fn append(&mut self, ini: &Ini<'_>, key: &Key) {
        let line_end = self.line_end;
        let mut text = String::new();
        if !self.appended.contains(&key.section) {
            self.appended.push(key.section);
            let begun = ini.lines.last().is_some_and(|line| line.text.end == line.next && line.next > 0);
            let gap = if begun { format!("{line_end}{line_end}") } else { line_end.to_owned() };
            write!(text, "{gap}[{}]{line_end}", key.section).expect("writing to memory does not fail");
        }
        write!(text, "{line_end}# {}{line_end}{} = ", key.why, key.name)
            .expect("writing to memory does not fail");
        let pieces = vec![Piece::Text(text), value(key), Piece::Text(line_end.to_owned())];
        self.changes.push((Place::AtTheEnd, ini.text.len()..ini.text.len(), pieces));
    }

    /// Inserts a key after a line.
    fn put(&mut self, ini: &Ini<'_>, number: usize, indentation: &str, key: &Key, explained: bool) {
        let line = &ini.lines[number];
        let has_end = line.text.end < line.next;
        // If the file mixes line ends, this uses that of the line before: the CR and LF of two lines would become one line
        // end.
        let line_end = if has_end { &ini.text[line.text.end..line.next] } else { self.line_end };
        let mut text = String::new();
        if !has_end {
            text.push_str(line_end);
        }
        if explained {
            write!(text, "{line_end}{indentation}# {}{line_end}", key.why)
                .expect("writing to memory does not fail");
        }
        write!(text, "{indentation}{} =", key.name).expect("writing to memory does not fail");
        let value = value(key);
        if value != Piece::Text(String::new()) {
            text.push(' ');
        }
        let end = Piece::Text(if has_end { line_end } else { "" }.to_owned());
        self.changes.push((Place::Behind(number), line.next..line.next, vec![Piece::Text(text), value, end]));
    }
}

fn value(key: &Key) -> Piece {
    match &key.wanted {
        Wanted::Secret => Piece::Secret,
        known => Piece::Text(known.written().unwrap_or_default()),
    }
}

/// Whether a line is a comment such as `#name = value`.
fn is_commented_out(line: &str, name: &str) -> bool {
    let comment = line.trim().strip_prefix(['#', ';']).map(str::trim_start);
    let rest = comment.and_then(|comment| comment.strip_prefix(name));
    rest.is_some_and(|rest| rest.trim_start().starts_with(['=', ':']))
}
