//! A spec in the making, and the comments on its keys.

use iis_config::check::{Level, LevelKind};
use std::ops::Range;
use std::str::FromStr;

use super::Imported;
use super::server::Server;
use crate::diagnostic::redact::is_secret_value;
use crate::source::Positions;
use crate::spec::{API_VERSION, Pointer, Spec};
use crate::yaml::{self, BLANK, open, problems};

/// Which of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum File {
    Host,
    /// A web.config of a folder above, without a line: there may be several.
    Above,
    WebConfig,
}

impl File {
    pub(super) fn of(level: &Level<'_, '_>) -> Self {
        match level.kind {
            LevelKind::Host => Self::Host,
            LevelKind::Web => Self::Above,
            LevelKind::Own => Self::WebConfig,
        }
    }
}

/// Why something is not imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// Only the author can decide about it.
    Author,
    /// The spec has no key for it.
    Unknown,
    /// It belongs to another program.
    Foreign,
}

impl Why {
    const ALL: [Self; 3] = [Self::Author, Self::Unknown, Self::Foreign];

    fn words(self) -> &'static str {
        match self {
            Self::Author => "You must fill this in:",
            Self::Unknown => {
                "The spec has no key for these. `apply` leaves them in applicationHost.config; the compiled \
                 web.config does not contain them:"
            }
            Self::Foreign => "These do not concern Kallithea, and stay:",
        }
    }
}

/// Something on the server that is not in the spec.
#[derive(Debug)]
struct Left {
    why: Why,
    file: File,
    offset: usize,
    /// Computed at the end, for all at once.
    line: usize,
    what: String,
}

/// The spec, its comments and its blanks, by JSON pointer.
pub(super) struct Draft {
    pub spec: Spec,
    remarks: yaml::Remarks,
    /// What the file contains instead of a value of the spec.
    instead: Vec<(Pointer, serde_json::Value)>,
    left: Vec<Left>,
    /// Where the server has what the spec or a remark contains in another form.
    taken: Vec<(File, usize)>,
}

impl Draft {
    pub(super) fn new() -> Self {
        let spec = Spec { api_version: API_VERSION.to_owned(), ..Spec::default() };
        Self { spec, remarks: yaml::Remarks::new(), instead: Vec::new(), left: Vec::new(), taken: Vec::new() }
    }

    /// Puts a comment before a key. If the key is left out, the comment goes before the nearest key around it.
    pub(super) fn remark(&mut self, pointer: impl AsRef<str>, words: impl Into<String>) {
        self.remarks.entry(pointer.as_ref().to_owned()).or_default().push(words.into());
    }

    /// Leaves a value to the author.
    pub(super) fn blank(&mut self, pointer: Pointer, words: impl Into<String>) {
        self.instead.push((pointer.clone(), BLANK.into()));
        self.remark(pointer, words);
    }

    /// Writes the server's value unchanged if it is not a value that the spec knows.
    pub(super) fn write(&mut self, pointer: Pointer, written: impl Into<serde_json::Value>) {
        self.instead.push((pointer, written.into()));
    }

    /// Reads the server's value of a key. The file keeps the value as the server wrote it, even if the key's type does not
    /// accept it: `check` then reports it.
    pub(super) fn read<T: FromStr + ToString>(&mut self, pointer: Pointer, written: &str) -> Option<T> {
        let read: Option<T> = written.parse().ok();
        if read.as_ref().is_none_or(|read| read.to_string() != written) {
            self.write(pointer, written);
        }
        read
    }

    /// Withdraws what was written instead of a value.
    pub(super) fn forget(&mut self, pointer: &Pointer) {
        self.instead.retain(|(written, _)| written != pointer);
    }

    /// Leaves the first entry of a list to the author, by the only key that an entry needs.
    pub(super) fn blank_entry(&mut self, list: Pointer, key: Pointer, words: impl Into<String>) {
        self.instead.push((list, serde_json::json!([{ key.key(): BLANK }])));
        self.remark(key, words);
    }

    /// Notes that a rule of `import` has used what is at this place, in whatever form.
    pub(super) fn take(&mut self, file: File, offset: usize) {
        self.taken.push((file, offset));
    }

    /// Whether a rule of `import` has used or mentioned something that begins in a piece of a file.
    pub(super) fn has_spoken_of(&self, file: File, piece: &Range<usize>) -> bool {
        let left = self.left.iter().map(|left| (left.file, left.offset));
        left.chain(self.taken.iter().copied()).any(|(known, offset)| known == file && piece.contains(&offset))
    }

    /// Whether the spec contains a text as the server wrote it, for `check` to judge.
    pub(super) fn holds(&self, written: &str) -> bool {
        let says = |value: &serde_json::Value| value == written;
        let lists = |value: &serde_json::Value| value.as_array().is_some_and(|items| items.iter().any(says));
        self.instead.iter().any(|(_, value)| says(value) || lists(value))
    }

    /// What is not imported, in words.
    #[cfg(test)]
    pub(super) fn left(&self) -> impl Iterator<Item = &str> {
        self.left.iter().map(|left| left.what.as_str())
    }

    /// Notes what is not imported.
    pub(super) fn leave(&mut self, why: Why, file: File, offset: usize, what: impl Into<String>) {
        self.left.push(Left { why, file, offset, line: 0, what: what.into() });
    }

    /// Writes the spec, and checks it against the rules.
    pub(super) fn finish(mut self, server: &Server<'_, '_>) -> Imported {
        let mut json = serde_json::to_value(&self.spec).expect("a spec is JSON");
        for (pointer, value) in self.instead {
            *place(&mut json, pointer.as_ref()) = value;
        }
        without_secrets(&mut json, "", &mut self.remarks);
        let (host, web) = (Positions::of(server.host.text), Positions::of(server.web.text));
        for left in &mut self.left {
            left.line = match left.file {
                File::Host => host.line(left.offset),
                File::Above => 0,
                File::WebConfig => web.line(left.offset),
            };
        }
        self.left.sort_by_key(|left| (left.why, left.file, left.line));
        let mut text = yaml::comment("", &head(server));
        text.push('\n');
        text.push_str(&yaml::without_defaults(json, &self.remarks));
        text.push_str(&list(&self.left));
        let text = with_problems(text);
        Imported { open: open(&text).0, yaml: text, left: self.left.len() }
    }
}

/// The place of a JSON pointer; creates the missing mappings around it.
fn place<'a>(json: &'a mut serde_json::Value, pointer: &str) -> &'a mut serde_json::Value {
    pointer.split('/').skip(1).fold(json, |around, step| match step.parse::<usize>() {
        Ok(index) => &mut around[index],
        Err(_) => &mut around[step],
    })
}

fn head(server: &Server<'_, '_>) -> String {
    let web = if server.has_web { " and the application's web.config" } else { "" };
    format!(
        "Created by `kallithea-iisc import` from a server's applicationHost.config{web}: the application {} \
         of the site {}. Read it and complete what says {BLANK} or TO DO; `kallithea-iisc check` points at \
         it. What was not imported is listed at the end.",
        server.path(),
        server.site.value("name").unwrap_or_default(),
    )
}

/// Leaves texts that contain a secret to the author.
fn without_secrets(json: &mut serde_json::Value, pointer: &str, remarks: &mut yaml::Remarks) {
    let below = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
    match json {
        serde_json::Value::Object(entries) => {
            entries.iter_mut().for_each(|(key, value)| without_secrets(value, &below(key), remarks));
        }
        serde_json::Value::Array(items) => {
            let items = items.iter_mut().enumerate();
            items.for_each(|(index, item)| without_secrets(item, &below(&index.to_string()), remarks));
        }
        serde_json::Value::String(text) if is_secret_value(text) => {
            BLANK.clone_into(text);
            let words = "The value on the server looks like a secret, and secrets are not copied.";
            remarks.entry(pointer.to_owned()).or_default().push(words.to_owned());
        }
        _ => {}
    }
}

/// The text with a comment before each line that has a problem, except blanks: these already have their comments.
fn with_problems(text: String) -> String {
    let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    for (line, diagnostic) in problems(&text).into_iter().rev() {
        let at = &lines[line - 1];
        if at.contains(BLANK) {
            continue;
        }
        let indent = " ".repeat(at.len() - at.trim_start().len());
        let help = diagnostic.help.map(|help| format!("; {help}")).unwrap_or_default();
        let words = format!("TO DO ({}): {}{help}", diagnostic.code.id(), diagnostic.message);
        lines.insert(line - 1, yaml::comment(&indent, &words).trim_end().to_owned());
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// What was not imported, by reason and line.
fn list(left: &[Left]) -> String {
    if left.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}", yaml::comment("", "What was not imported."));
    for why in Why::ALL {
        let mut lines = left.iter().filter(|left| left.why == why).peekable();
        if lines.peek().is_none() {
            continue;
        }
        text.push_str(&format!("#\n{}", yaml::comment("", why.words())));
        for left in lines {
            let place = match left.file {
                File::Host => format!("line {}", left.line),
                File::Above => "a web.config above".to_owned(),
                File::WebConfig => format!("web.config, line {}", left.line),
            };
            text.push_str(&yaml::comment("", &format!("  {place}: {}", left.what)));
        }
    }
    text
}
