//! Holds a configuration document against the tables, and reports everything that IIS would refuse.
//!
//! A text, the kind of file and a version of IIS enter; the problems leave, in the order of the document. Names and
//! the names of enum values match without regard to case. `lockItem` and its kin are allowed on every element.
//!
//! Stricter than IIS in one point: a section that the tables do not know is a problem, for no output may hold one.
//! Absent: whether a value makes sense on the machine (a path exists, a pool is there), and whether the sections of
//! several files fit together.

mod fault;
mod markup;
mod sections;
mod value;

pub use fault::{Fault, Problem};

use super::Version;

/// What kind of file a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A web.config on a server that has unlocked these sections, each named by its full path.
    WebConfig {
        /// Sections that are locked by default and unlocked on that server.
        unlocked: &'a [&'a str],
    },
    /// applicationHost.config, or a `<configuration>` document with a part of it.
    HostFragment,
}

/// Every problem of the document, in its order. A malformed document has exactly one.
pub fn document(text: &str, kind: Kind<'_>, version: Version) -> Vec<Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let places = Places::of(text);
    let mut found = match markup::parse(text) {
        Ok(document) => sections::check(&document, kind, version),
        Err(flaw) => vec![flaw],
    };
    found.sort_by_key(|finding| finding.offset);
    found.into_iter().map(|finding| places.problem(finding)).collect()
}

/// A fault and the byte where it stands.
#[derive(Debug)]
struct Finding {
    offset: usize,
    path: String,
    fault: Fault,
}

/// Turns bytes into lines and columns.
struct Places<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> Places<'a> {
    fn of(text: &'a str) -> Self {
        let after_each_break = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, line_starts: std::iter::once(0).chain(after_each_break).collect() }
    }

    fn problem(&self, Finding { offset, path, fault }: Finding) -> Problem {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        let column = self.text.get(start..offset).map_or(1, |before| before.chars().count() + 1);
        Problem { line, column, path, what: fault }
    }
}
