//! Which key each line of a spec is about, by its indentation alone: while somebody types, the text is rarely valid YAML.
//!
//! What enters: a text. What leaves: for each line the keys around it, its own key, and its value. Absent: lists and mappings in
//! brackets, and what the keys mean.

use crate::node::slips::uncommented;
use crate::source::Span;

/// A line with a key or the entry of a list, or the empty one that somebody types in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The keys around it, and the numbers of list entries.
    pub(super) around: Vec<String>,
    /// Its key; `None` if it has no colon.
    pub(super) key: Option<(String, Span)>,
    /// What is behind the colon, or the whole of a line that has none, without spaces and comment.
    pub(super) value: Span,
    /// Where the line ends.
    end: usize,
}

/// A key or a dash that later lines may be inside of.
struct Open {
    column: usize,
    step: Step,
}

enum Step {
    Key(String),
    Entry(usize),
}

/// The lines of a text. The line of `at` is one of them even if nothing is in it yet.
pub(super) fn lines(text: &str, at: usize) -> Vec<Line> {
    let (mut open, mut found, mut start) = (Vec::new(), Vec::new(), 0);
    for line in text.split('\n') {
        let is_here = (start..=start + line.len()).contains(&at);
        let indented = line.trim_start_matches(' ');
        if is_here && line.trim().is_empty() {
            // What will be typed is where the cursor is.
            leave(&mut open, at - start, false);
            found.push(Line { around: steps(&open), key: None, value: at..at, end: start + line.len() });
        } else if !indented.trim().is_empty() && !indented.starts_with(['#', '%']) && !line.starts_with("---")
        {
            found.push(read(line, start, &mut open));
        }
        start += line.len() + 1;
    }
    found
}

/// The line that an offset is in.
pub(super) fn line_at(lines: &[Line], at: usize) -> Option<&Line> {
    lines
        .iter()
        .find(|line| at <= line.end)
        .filter(|line| line.key.as_ref().map_or(line.value.start, |(_, span)| span.start) <= at)
}

/// Reads a line, and opens what it opens.
fn read(line: &str, start: usize, open: &mut Vec<Open>) -> Line {
    let mut column = line.len() - line.trim_start_matches(' ').len();
    while line[column..].starts_with("- ") || line[column..].trim_end() == "-" {
        let number = leave(open, column, true);
        open.push(Open { column, step: Step::Entry(number) });
        column += 1;
        column += line[column..].len() - line[column..].trim_start_matches(' ').len();
    }
    let rest = uncommented(&line[column..]);
    let end = start + line.len();
    leave(open, column, false);
    let around = steps(open);
    let colon = rest.find(": ").or_else(|| rest.ends_with(':').then(|| rest.len() - 1));
    let Some(colon) = colon else {
        return Line { around, key: None, value: start + column..start + column + rest.len(), end };
    };
    let name = rest[..colon].trim_matches(['"', '\'']).to_owned();
    open.push(Open { column, step: Step::Key(name.clone()) });
    let value = &rest[colon + 1..];
    let value_start = start + column + colon + 1 + (value.len() - value.trim_start().len());
    let key = Some((name, start + column..start + column + colon));
    Line { around, key, value: value_start..value_start + value.trim().len(), end }
}

/// Leaves everything that a line at a column is not inside of. For a dash, its number in the list.
fn leave(open: &mut Vec<Open>, column: usize, is_dash: bool) -> usize {
    let mut number = 0;
    while let Some(last) = open.last() {
        // A list may begin in the column of its key.
        let is_outside = match (&last.step, last.column.cmp(&column)) {
            (_, std::cmp::Ordering::Less) => false,
            (Step::Key(_), std::cmp::Ordering::Equal) => !is_dash,
            _ => true,
        };
        if !is_outside {
            break;
        }
        if let (Step::Entry(before), true) = (&last.step, last.column == column) {
            number = before + 1;
        }
        open.pop();
    }
    number
}

fn steps(open: &[Open]) -> Vec<String> {
    let step = |open: &Open| match &open.step {
        Step::Key(name) => name.clone(),
        Step::Entry(number) => number.to_string(),
    };
    open.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, at: usize) -> (String, Option<String>, String) {
        let lines = lines(text, at);
        let line = line_at(&lines, at).expect("a line");
        let key = line.key.as_ref().map(|(key, _)| key.clone());
        (line.around.join("."), key, text[line.value.clone()].to_owned())
    }

    #[test]
    fn the_keys_around_a_line_are_found_in_broken_text() {
        let text = "\
site:
  name: X # a comment
  bindings:
    - protocol: https
      port: 1
    -
      hostName: 'a
  other: [
tls:
unset:
- a.b
-  c
";
        for (word, around, key, value) in [
            ("site", "", Some("site"), ""),
            ("X", "site", Some("name"), "X"),
            ("https", "site.bindings.0", Some("protocol"), "https"),
            ("port", "site.bindings.0", Some("port"), "1"),
            ("hostName", "site.bindings.1", Some("hostName"), "'a"),
            ("other", "site", Some("other"), "["),
            ("a.b", "unset.0", None, "a.b"),
            ("c\n", "unset.1", None, "c"),
        ] {
            let at = text.find(word).expect(word);
            let key = key.map(str::to_owned);
            assert_eq!(told(text, at), (around.to_owned(), key, value.to_owned()), "{word}");
        }
    }

    #[test]
    fn an_empty_line_is_where_the_cursor_is() {
        let text = "site:\n  bindings:\n    - protocol: http\n      \n";
        let at = text.rfind('\n').expect("an end");
        assert_eq!(told(text, at).0, "site.bindings.0");
        assert_eq!(told(text, at - 2).0, "site.bindings", "where the next dash is");
        assert_eq!(told(text, at - 4).0, "site");
        assert_eq!(told(text, at + 1).0, "");
        assert!(line_at(&lines("# site:\nname: x", 3), 3).is_none(), "a comment");
    }
}
