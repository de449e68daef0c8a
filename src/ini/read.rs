//! An ini file's lines, sections and keys, each with its place, as Python's configparser finds them.
//!
//! The dialect is that of `configparser.ConfigParser()` with its defaults (CPython 3.11, `Lib/configparser.py`,
//! `RawConfigParser._read` and `BasicInterpolation`), which `paste/deploy/loadwsgi.py` and the bridge's
//! `bootstrap.py` both use:
//!
//! - lines end with LF, CR LF or CR; `#` and `;` begin a comment only as the first character of a line;
//! - `[name]` opens a section, whatever follows the last bracket; `=` or `:`, whichever is first, ends a key's name;
//! - a line that is indented further than the key before it continues that key's value, whatever it looks like, and
//!   whatever comments and empty lines are between;
//! - `[DEFAULT]` may occur several times, every other section once; a key occurs once in its section;
//! - `%%` is a percent sign, `%(name)s` another key's value, any other `%` an error when the value is read.
//!
//! The two treat case differently: PasteDeploy distinguishes `Key` from `key`; the reader of the logging sections does
//! not, and refuses a section that has both. So does this reader.

use std::collections::HashMap;
use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic};

/// The section whose keys apply to every section.
pub(crate) const DEFAULT: &str = "DEFAULT";

/// A line.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Its text, without the line end.
    pub text: Range<usize>,
    /// Where the next one begins.
    pub next: usize,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Its name.
    pub name: Range<usize>,
    /// What follows the delimiter in its own line, without the space around it.
    pub value: Range<usize>,
    /// Number of its own line.
    pub first: usize,
    /// Numbers of the lines that continue its value.
    pub more: Vec<usize>,
}

impl Entry {
    /// Number of its last line.
    pub(crate) fn last(&self) -> usize {
        self.more.last().copied().unwrap_or(self.first)
    }
}

/// A section.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    /// Its name.
    pub name: Range<usize>,
    /// Number of the line that opens it.
    pub header: usize,
    /// Its keys, in their order.
    pub entries: Vec<Entry>,
}

impl Section {
    /// The key with a name.
    pub(crate) fn entry<'a>(&'a self, ini: &Ini<'_>, name: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| &ini.text[entry.name.clone()] == name)
    }
}

/// An ini file.
#[derive(Debug, Clone)]
pub(crate) struct Ini<'a> {
    /// The whole text.
    pub text: &'a str,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Its sections, in their order.
    pub sections: Vec<Section>,
}

impl Ini<'_> {
    /// The section with a name.
    pub(crate) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| &self.text[section.name.clone()] == name)
    }

    /// A line's text.
    pub(crate) fn line(&self, number: usize) -> &str {
        &self.text[self.lines[number].text.clone()]
    }

    /// A key's value as configparser has it before interpolation: its lines, each without the space around it.
    pub(crate) fn value(&self, entry: &Entry) -> String {
        let first = self.text[entry.value.clone()].to_owned();
        let more = |number: usize| self.text[trimmed(self.text, self.lines[number].text.clone())].to_owned();
        let lines: Vec<String> = std::iter::once(first).chain(entry.more.iter().copied().map(more)).collect();
        lines.join("\n").trim_end_matches(is_space).to_owned()
    }

    /// Whether a line is neither empty nor a comment.
    pub(crate) fn is_live(&self, number: usize) -> bool {
        let line = self.line(number).trim_matches(is_space);
        !line.is_empty() && !line.starts_with(['#', ';'])
    }

    /// The space at the beginning of a line.
    pub(crate) fn indentation(&self, number: usize) -> &str {
        let line = self.line(number);
        &line[..line.len() - line.trim_start_matches(is_space).len()]
    }
}

/// Reads an ini file.
///
/// # Errors
/// Every line that configparser would refuse.
pub(crate) fn read(text: &str) -> Result<Ini<'_>, Vec<Diagnostic>> {
    let mut reader = Reader {
        ini: Ini { text, lines: lines(text), sections: Vec::new() },
        indentation: 0,
        is_in_value: false,
        sections: HashMap::new(),
        keys: HashMap::new(),
        faults: Vec::new(),
    };
    for number in 0..reader.ini.lines.len() {
        reader.take(number);
    }
    if reader.faults.is_empty() { Ok(reader.ini) } else { Err(reader.faults) }
}

struct Reader<'a> {
    ini: Ini<'a>,
    /// Characters of space before the last section or key.
    indentation: usize,
    /// Whether a line that is indented further continues a value.
    is_in_value: bool,
    sections: HashMap<&'a str, Range<usize>>,
    /// By section, and by name in lower case.
    keys: HashMap<(&'a str, String), Range<usize>>,
    faults: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, number: usize) {
        let text: &'a str = self.ini.text;
        let line = self.ini.lines[number].text.clone();
        let inner = trimmed(text, line.clone());
        if inner.is_empty() || text[inner.clone()].starts_with(['#', ';']) {
            return;
        }
        let indentation = text[line.start..inner.start].chars().count();
        if self.is_in_value && indentation > self.indentation {
            let entry = self.ini.sections.last_mut().and_then(|section| section.entries.last_mut());
            return entry.expect("this value has no key").more.push(number);
        }
        self.indentation = indentation;
        if let Some(name) = header(text, inner.clone()) {
            self.open(name, number);
        } else if self.ini.sections.is_empty() {
            let message = "this line is before the first section";
            if self.faults.is_empty() {
                self.refuse(
                    inner,
                    message,
                    "add a section above it, such as [DEFAULT], or comment it out with `#`",
                );
            }
        } else {
            self.key(inner, number);
        }
    }

    fn open(&mut self, name: Range<usize>, number: usize) {
        let word = &self.ini.text[name.clone()];
        if word != DEFAULT
            && let Some(former) = self.sections.insert(word, name.clone())
        {
            let fault = Diagnostic::new(
                Code::IniRepeated,
                name.clone(),
                format!("the section [{word}] occurs twice"),
            );
            let fault = fault.help("move all its keys into one of them");
            self.faults.push(fault.related(former, "it first occurs here"));
        }
        self.is_in_value = false;
        self.ini.sections.push(Section { name, header: number, entries: Vec::new() });
    }

    fn key(&mut self, line: Range<usize>, number: usize) {
        let text: &'a str = self.ini.text;
        let Some(delimiter) = text[line.clone()].find(['=', ':']) else {
            let help = "write `name = value`, indent the line if it continues the value above, or comment it \
                out with `#`";
            return self.refuse(line, "this line is not a section, a key or a comment", help);
        };
        let delimiter = line.start + delimiter;
        let name = trimmed(text, line.start..delimiter);
        if name.is_empty() {
            return self.refuse(
                line,
                "this value has no key",
                "write the name of the key before the delimiter",
            );
        }
        let section = self.ini.sections.last_mut().expect("a section is open");
        let word = (&text[section.name.clone()], text[name.clone()].to_lowercase());
        let value = trimmed(text, delimiter + 1..line.end);
        section.entries.push(Entry { name: name.clone(), value, first: number, more: Vec::new() });
        self.is_in_value = true;
        if let Some(former) = self.keys.insert(word, name.clone()) {
            self.faults.push(repeated(text, name, former));
        }
    }

    fn refuse(&mut self, span: Range<usize>, message: &str, help: &str) {
        self.faults.push(Diagnostic::new(Code::IniSyntax, span, message).help(help));
    }
}

fn repeated(text: &str, name: Range<usize>, former: Range<usize>) -> Diagnostic {
    let message = match text[name.clone()] == text[former.clone()] {
        true => "this key occurs twice in its section",
        false => "this key occurs twice in its section; the reader of the logging sections ignores case",
    };
    Diagnostic::new(Code::IniRepeated, name, message)
        .help("keep one of them, and comment the other out with `#`")
        .related(former, "it first occurs here")
}

/// The name in `[name]`.
fn header(text: &str, line: Range<usize>) -> Option<Range<usize>> {
    let end = line.start + text[line.clone()].rfind(']')?;
    let is_header = text[line.clone()].starts_with('[') && end > line.start + 1;
    is_header.then_some(line.start + 1..end)
}

/// A range without the space at both its ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start_matches(is_space).len());
    start..start + text[start..range.end].trim_end_matches(is_space).len()
}

/// What Python's `str.strip` treats as space.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// The lines as Python's universal newlines define them.
fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = text[start..].find(['\r', '\n']).map_or(text.len(), |at| start + at);
        let length = if text[end..].starts_with("\r\n") { 2 } else { 1 };
        let next = (end + length).min(text.len());
        lines.push(Line { text: start..end, next });
        start = next;
    }
    lines
}
