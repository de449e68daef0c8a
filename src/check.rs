//! Turns a source into a spec that is known to be sound, or reports every problem that it has.
//!
//! The value tree enters; a [`Sound`] spec and [`Diagnostic`]s leave. What the schema refuses is reported and
//! removed, so that the rules still see the rest: one run names every mistake.

pub(crate) mod context;
mod rules;
mod schema;
mod sound;
mod text;

pub use sound::Sound;
pub(crate) use sound::{Drafted, FrontNames, SignOn};

use crate::characters::file_name_fault;
use crate::diagnostic::{self, Code, Diagnostic};
use crate::node::{self, MAX_BYTES, Parsed};
use crate::source::{Source, Span};
use crate::spec::{Pointer, Spec, pointer};

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// The spec, if nothing is wrong with it.
    pub spec: Option<Sound>,
    /// Every problem, in the order of their places. A spec can still have warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a file as read: its bytes, then what [`check`] checks.
pub fn check_bytes(name: &str, bytes: Vec<u8>) -> (Source, Checked) {
    let refused = |code, at, message: &str, help: &str, text: String| {
        let diagnostics = vec![Diagnostic::new(code, at..at + 1, message).help(help)];
        (Source::new(name, text), Checked { spec: None, diagnostics })
    };
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("the file is larger than {} KiB, the limit for a spec", MAX_BYTES / 1024);
        return refused(
            Code::TooLarge,
            0,
            &message,
            "check that this is the right file; a spec has a few dozen lines",
            String::new(),
        );
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return refused(Code::NotText, 0, "the file is UTF-16", "save it as UTF-8", String::new());
    }
    match String::from_utf8(bytes) {
        Ok(text) => {
            let source = Source::new(name, text.strip_prefix('\u{feff}').unwrap_or(&text));
            let checked = check(&source);
            (source, checked)
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            refused(Code::NotText, at, "this byte is not UTF-8", "save the file as UTF-8", text)
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

/// Where the value at a JSON pointer is in a source, or else the nearest thing around it that the author wrote. For a pool's
/// name that is not written, it is the deployment's name.
pub(crate) fn place_of(source: &Source, pointer: &Pointer) -> Span {
    let Some(root) = node::parse(source).root else { return 0..0 };
    let is_written = root.at(&context::steps(pointer.as_ref())).is_some();
    let name = pointer!(name);
    context::span(&root, if is_written { pointer } else { &name }.as_ref())
}

/// Checks a source: its YAML, the schema, the rules across keys.
pub fn check(source: &Source) -> Checked {
    let Parsed { root, repeated, problems: mut diagnostics } = node::parse(source);
    diagnostics.extend(text::check_entries(&repeated));
    diagnostics.extend(file_name(source));
    let spec = root.and_then(|root| {
        let (accepted, problems) = schema::validate(&root, source);
        diagnostics.extend(problems);
        diagnostics.extend(text::check(&root));
        let spec: Spec = serde_json::from_value(accepted?).expect("what the schema accepts is a spec");
        let read = rules::check(&context::Context { spec: &spec, root: &root }, &mut diagnostics)?;
        Some(Sound::new(spec, read))
    });
    let failed = diagnostic::sort(&mut diagnostics);
    Checked { spec: spec.filter(|_| !failed), diagnostics }
}
