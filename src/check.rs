//! Turns a source into a spec that is known to be sound, or reports every problem that it has.
//!
//! The value tree enters; a [`Sound`] spec and [`Diagnostic`]s leave. What the schema refuses is reported and
//! removed, so that the rules still see the rest: one run names every mistake.

mod bases;
pub(crate) mod context;
pub mod fix;
mod rules;
mod schema;
mod sound;
mod text;
mod version;

use bases::Merged;
pub use bases::{MAX_BASES, Open, Opened};
use schema::Validated;
pub use sound::Sound;
pub(crate) use sound::{Drafted, FrontNames, SignOn};

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::characters::file_name_fault;
use crate::diagnostic::{self, Code, Diagnostic};
use crate::node::{MAX_BYTES, Node};
use crate::source::{Source, Span};
use crate::spec::{Pointer, Spec, pointer};

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// The spec, if nothing is wrong with it.
    pub spec: Option<Sound>,
    /// The tree that the spec was read from, with the place of each value; `None` if a file is not readable as YAML.
    pub root: Option<Node>,
    /// Every problem, in the order of their places. A spec can still have warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a file as read: its bytes, the files that it extends, then what [`check`] checks. `open` opens the latter.
pub fn check_file(name: &str, file: Opened, open: &Open<'_>) -> (Source, Checked) {
    let (text, problem) = text_of(file.bytes);
    let mut source = Source::new(name, text);
    let checked = match problem {
        Some(problem) => Checked { spec: None, root: None, diagnostics: vec![problem] },
        None => checked(&mut source, file.real, open),
    };
    (source, checked)
}

/// Checks bytes that are in no folder: they can extend no file.
pub fn check_bytes(name: &str, bytes: Vec<u8>) -> (Source, Checked) {
    check_file(name, Opened { real: name.into(), bytes }, &nowhere)
}

/// Checks a text that is in no folder: its YAML, the schema, the rules across keys.
pub fn check(source: &Source) -> Checked {
    checked(&mut source.clone(), PathBuf::from(&source.name), &nowhere)
}

fn nowhere(_: &Path) -> Result<Opened, String> {
    Err("this text is in no folder".to_owned())
}

/// The text of a file, and what is wrong with its bytes.
fn text_of(bytes: Vec<u8>) -> (String, Option<Diagnostic>) {
    let refused =
        |code, at, message: &str, help: &str| Some(Diagnostic::new(code, at..at + 1, message).help(help));
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("the file is larger than {} KiB, the limit for a spec", MAX_BYTES / 1024);
        let help = "check that this is the right file; a spec has a few dozen lines";
        return (String::new(), refused(Code::TooLarge, 0, &message, help));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return (String::new(), refused(Code::NotText, 0, "the file is UTF-16", "save it as UTF-8"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text), None),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            (text, refused(Code::NotText, at, "this byte is not UTF-8", "save the file as UTF-8"))
        }
    }
}

/// The outputs contain the spec's file name, and the runbook tells the reader to copy the spec to the server.
fn file_name(source: &Source) -> Option<Diagnostic> {
    let fault = file_name_fault(source.file_name())?;
    let message = format!("this file name cannot be written into the outputs: {fault}");
    let help = "rename the file; use letters, digits, `-`, `_` and `.`, as in deploy.yaml";
    Some(Diagnostic::new(Code::FileName, 0..0, message).help(help))
}

/// Where the value at a JSON pointer is in a spec, or else the nearest thing around it that the author wrote. For a pool's
/// name that is not written, it is the deployment's name.
pub(crate) fn place_of(root: &Node, pointer: &Pointer) -> Span {
    let is_written = root.at(&context::steps(pointer.as_ref())).is_some();
    let name = pointer!(name);
    context::span(root, if is_written { pointer } else { &name }.as_ref())
}

fn checked(source: &mut Source, real: PathBuf, open: &Open<'_>) -> Checked {
    let Merged { root, repeated, problems: mut diagnostics } = bases::read(source, real, open);
    if let Some(unmet) = root.as_ref().and_then(version::unmet) {
        return Checked { spec: None, root, diagnostics: vec![unmet] };
    }
    diagnostics.extend(text::check_entries(&repeated, &source.text));
    diagnostics.extend(file_name(source));
    let spec = root.as_ref().and_then(|root| {
        let Validated { accepted, mut problems, refused } = schema::validate(root, source);
        // What is said of any such text is also why its key does not take it.
        let is_said =
            |one: &Diagnostic| diagnostics.iter().any(|said| said.span == one.span && text::says(said.code));
        problems.retain(|one| !is_said(one));
        diagnostics.extend(problems);
        let written = accepted?;
        let spec = Spec::deserialize(&written).expect("what the schema accepts is a spec");
        let mut broken = Vec::new();
        let read = rules::check(&context::Context { spec: &spec, root }, &mut broken);
        // One mistake is one error.
        broken.retain(|one| !rules::may_follow(one.code, refused.iter().map(String::as_str)));
        diagnostics.extend(broken);
        Some(Sound::new(spec, read?, written))
    });
    let failed = diagnostic::sort(&mut diagnostics);
    Checked { spec: spec.filter(|_| !failed), root, diagnostics }
}
