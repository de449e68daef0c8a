//! Checks a configuration document against the tables, and reports everything that IIS would refuse.
//!
//! In: a text, the kind of file and a version of IIS. Out: the problems, in the order of the document. [`case`](crate::case) decides
//! which names and values are the same. `lockItem` and the other lock attributes are
//! allowed on every element.
//!
//! With [`Unknown::Refused`] it is stricter than IIS in one point: a section that the tables do not know is a problem. A tool
//! that writes configuration must not write a section that it does not know.
//! Absent: whether a value makes sense on the machine (a path exists, a pool exists), and whether the sections of several files
//! fit together.

mod declarations;
mod fault;
mod frame;
mod handling;
mod held;
mod inherited;
mod installed;
mod keys;
mod levels;
mod odds;
mod sections;
mod sites;
mod value;
mod within;
mod words;

pub use super::level::{Level, LevelKind};
pub use fault::{Fault, Problem};
pub use value::is_boolean;

use std::collections::HashSet;

use super::declared::{self, is_declared};
use super::schema::Tables;
use super::{Version, markup};

/// What kind of file a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A web.config on a server that has changed these locks. Each section is named by its full path.
    WebConfig {
        /// Sections that are locked by default and unlocked on that server.
        unlocked: &'a [&'a str],
        /// Sections that are open by default and locked on that server.
        locked: &'a [&'a str],
    },
    /// applicationHost.config, or a `<configuration>` document with a part of it.
    HostFragment,
}

/// What to do with sections that the tables do not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// They are refused, as in a file that a tool has just written from its own tables.
    Refused,
    /// They belong to another product and are skipped, unless the tables are complete.
    Passed,
}

/// Every problem of a document that may hold only sections of the tables, in document order. A malformed document has exactly
/// one.
///
/// ```
/// use iis_config::Version;
/// use iis_config::check::{Kind, document};
///
/// let text = r#"<configuration><system.webServer>
///   <security><requestFiltering><requestLimits maxUrl="many" /></requestFiltering></security>
/// </system.webServer></configuration>"#;
/// let problems = document(text, Kind::WebConfig { unlocked: &[], locked: &[] }, Version::V10_0);
/// assert_eq!(problems.len(), 1);
/// assert_eq!(problems[0].line, 2);
/// ```
pub fn document(text: &str, kind: Kind<'_>, version: Version) -> Vec<Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let places = Places::of(text);
    let found = findings(text, kind, version, (&Tables::own(), Unknown::Refused));
    found.into_iter().map(|finding| places.problem(finding)).collect()
}

/// Every problem of a document without a byte-order mark, in document order, checked against these tables.
pub fn findings(text: &str, kind: Kind<'_>, version: Version, tables: (&Tables, Unknown)) -> Vec<Finding> {
    let mut found = match markup::parse(text) {
        Ok(document) if document.root().is_named("configuration") => {
            let mut found = sections::check(&document, kind, version, tables);
            found.extend(frame::check(&document, kind, tables.0));
            // A part that a tool has just written is not a whole site.
            if tables.1 == Unknown::Passed {
                found.extend(declarations::check(&document));
                found.extend(odds::check(&document, kind));
                found.extend(within::check(&document, tables.0));
                found.extend(sites::check(&document).into_iter().filter(|_| kind == Kind::HostFragment));
            }
            found
        }
        Ok(document) => {
            let root = document.root();
            vec![Finding::new(root.offset, root.name, Fault::NotConfiguration)]
        }
        Err(markup::Flaw { offset, detail, opened }) => {
            let finding = Finding::new(offset, "configuration", Fault::Malformed(detail));
            vec![Finding { first: opened.map(First::Here), ..finding }]
        }
    };
    found.sort_by_key(|finding| finding.offset);
    each_section_once(&mut found, &[]);
    found
}

/// Of two findings about one section, keeps the one that knows the server: nobody declares it. What a level above declares is not
/// unknown, whether there is a schema of it or not.
pub fn each_section_once(found: &mut Vec<Finding>, levels: &[Level<'_, '_>]) {
    let not_declared: HashSet<usize> = found
        .iter()
        .filter(|finding| finding.fault == Fault::NotDeclared)
        .map(|finding| finding.offset)
        .collect();
    let above: Vec<String> = levels
        .iter()
        .flat_map(|level| declared::declarations(level.document))
        .map(|known| known.path)
        .collect();
    found.retain(|finding| {
        finding.fault != Fault::UnknownSection
            || (!not_declared.contains(&finding.offset) && !is_declared(&finding.path, &above))
    });
}

/// A file that `configSource` names.
#[derive(Debug)]
pub enum Beside {
    /// It does not exist.
    Missing,
    /// Nobody looks at it.
    Unread,
    /// Its text, without a byte-order mark.
    Text(String),
}

/// What is wrong with the files that the `configSource`s of a document name. `read` gets the path of the file, as it is written.
pub fn sources(document: &markup::Document<'_>, read: &dyn Fn(&str) -> Beside) -> Vec<Finding> {
    odds::sources(document, read)
}

/// The sections of a document that the tables do not have, in order and once each: nobody has looked at their content.
pub fn not_looked_at(document: &markup::Document<'_>, tables: &Tables) -> Vec<String> {
    let is_section = |path: &str| tables.section(path).is_some();
    let mut known = HashSet::new();
    let unknown = held::held(document, &is_section).into_iter().filter(|held| held.is_section);
    let unknown = unknown.map(|held| held.path).filter(|path| !is_section(path));
    let is_there = |path: &&str| {
        let parts: Vec<&str> = path.split('/').collect();
        tables.element(path).is_none() && document.descend(document.root(), &parts).is_some()
    };
    let in_sites = sections::IN_SITES.into_iter().filter(is_there).map(str::to_owned);
    unknown.chain(in_sites).filter(|path| known.insert(path.clone())).collect()
}

/// Every problem of a web.config without a byte-order mark that the files above it cause, outermost first.
pub fn findings_below(
    document: &markup::Document<'_>,
    tables: &Tables,
    levels: &[Level<'_, '_>],
) -> Vec<Finding> {
    let mut found = levels::check(document, tables, levels);
    found.extend(handling::check(document, levels));
    found
}

/// What a new installation of IIS refuses of a web.config without a byte-order mark, as far as sections without a table of this
/// project go. With the file of the server, [`findings_below`] knows it.
pub fn findings_as_installed(document: &markup::Document<'_>) -> Vec<Finding> {
    installed::check(document)
}

/// A fault and the byte where it occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The start of the element's start tag, or of the attribute.
    pub offset: usize,
    /// The element's path, followed by `@` and the name if the fault is about an attribute.
    pub path: String,
    /// What is wrong.
    pub fault: Fault,
    /// The place that it contradicts: the first of two entries, or a lock.
    pub first: Option<First>,
}

/// The place that a finding contradicts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum First {
    /// A byte of the same file.
    Here(usize),
    /// A line of a file above.
    Above {
        /// How messages call the file.
        file: String,
        /// The line, counted from 1.
        line: usize,
    },
}

impl Finding {
    fn new(offset: usize, path: impl Into<String>, fault: Fault) -> Self {
        Self { offset, path: path.into(), fault, first: None }
    }

    /// Adds the place on a level above that it contradicts.
    fn first(mut self, level: &Level<'_, '_>, offset: usize) -> Self {
        if level.kind == LevelKind::Own {
            return Self { first: Some(First::Here(offset)), ..self };
        }
        self.first = Some(First::Above { file: level.name.clone(), line: level.document.line(offset) });
        self
    }
}

/// Turns bytes into lines and columns.
struct Places<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> Places<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, line_starts: markup::line_starts(text) }
    }

    fn problem(&self, Finding { offset, path, fault, .. }: Finding) -> Problem {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        let column = self.text.get(start..offset).map_or(1, |before| before.chars().count() + 1);
        Problem { line, column, path, what: fault }
    }
}
