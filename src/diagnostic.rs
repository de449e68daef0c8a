//! What is wrong with a spec: codes, places, messages, and how they are shown.
//!
//! Every stage returns its [`Diagnostic`]s; nothing here prints. The wording of a single problem is where it
//! is found; [`code`] has the meaning of its [`Code`].

mod code;
mod explain;
mod foreign;
mod pattern;
mod problem;
pub mod redact;
mod render;
pub mod symptoms;

pub use code::Code;
pub use explain::{Example, Explanation, Language};
pub(crate) use foreign::is_suspicious;
pub(crate) use problem::told;
pub use problem::{Edit, Problem, problems};
pub use render::{Colors, render, summary};

use schemars::JsonSchema;
use serde::Serialize;

use crate::source::{Span, shifted};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is compiled.
    Error,
    /// The author should know; the outputs are made.
    Warning,
}

impl Severity {
    /// The word for it: `error` or `warning`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One problem at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// The kind of problem.
    pub code: Code,
    /// Where it is.
    pub span: Span,
    /// What is wrong, in the author's words.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Other places that belong to it, each with a few words.
    pub related: Vec<(Span, String)>,
    /// What repairs it, in the file that it is in, if the help is one text to type.
    pub fix: Option<Box<Fix>>,
}

/// A text to type in place of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it replaces.
    pub span: Span,
    /// The text.
    pub text: String,
    /// Whether somebody must decide.
    pub certainty: Certainty,
}

/// How certain it is what an author meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// `--fix` makes the change.
    Certain,
    /// The author must decide.
    Likely,
}

impl Diagnostic {
    /// A problem of a kind, at a place.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, span, message: message.into(), help: None, related: Vec::new(), fix: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that belongs to it.
    #[must_use]
    pub(crate) fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.related.push((span, words.into()));
        self
    }

    /// Adds what repairs it.
    #[must_use]
    pub(crate) fn fix(mut self, span: Span, text: impl Into<String>, certainty: Certainty) -> Self {
        self.fix = Some(Box::new(Fix { span, text: text.into(), certainty }));
        self
    }

    /// Moves it and what belongs to it to further behind.
    pub(crate) fn shift(&mut self, by: usize) {
        self.span = shifted(&self.span, by);
        self.related.iter_mut().for_each(|(span, _)| *span = shifted(span, by));
        self.fix.iter_mut().for_each(|fix| fix.span = shifted(&fix.span, by));
    }

    /// How bad it is, which follows from the code.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// A change that was made in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The line, from 1, in the text as it was before this change.
    pub line: usize,
    /// What was done.
    pub words: String,
}

/// Puts diagnostics in the order of their places; whether one of them is an error.
pub fn sort(diagnostics: &mut [Diagnostic]) -> bool {
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end, diagnostic.code));
    has_errors(diagnostics)
}

/// Whether one of them is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error)
}
