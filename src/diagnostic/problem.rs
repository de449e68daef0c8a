//! Diagnostics as programs read them: one value for each, with its place in a file and without secrets.

use schemars::JsonSchema;
use serde::Serialize;

use super::redact::redact;
use super::render::worth;
use super::{Certainty, Code, Diagnostic, Severity};
use crate::source::{Positions, Source};

/// A problem at a place of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The file, as the command line or the spec that extends it names it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1. Columns count Unicode code points.
    pub column: usize,
    /// The line of the end.
    pub end_line: usize,
    /// The column behind the last character.
    pub end_column: usize,
    /// How bad it is.
    pub severity: Severity,
    /// The kind of problem. `kallithea-iisc explain` says what it means.
    #[serde(serialize_with = "id")]
    #[schemars(with = "String", regex(pattern = r"^KI[1-9][0-9]{2}$"))]
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What repairs it, if the help is one text to type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Edit>,
}

/// A text to type in place of another one, in the file of the problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    /// The line where it begins, from 1.
    pub line: usize,
    /// The column where it begins, from 1.
    pub column: usize,
    /// The line of the end of what it replaces.
    pub end_line: usize,
    /// The column behind the last character that it replaces.
    pub end_column: usize,
    /// The text to type.
    pub text: String,
    /// Whether `--fix` makes the change, or somebody must decide.
    pub certainty: Certainty,
}

fn id<S: serde::Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.id())
}

/// The diagnostics of a source, in their order.
pub fn problems(source: &Source, diagnostics: &[Diagnostic]) -> Vec<Problem> {
    let mut positions = Positions::of(&source.text);
    told(source, diagnostics).into_iter().map(|one| problem(source, &mut positions, one)).collect()
}

/// The diagnostics as programs may tell them: without secrets, and on the first line of their places.
pub(crate) fn told(source: &Source, diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    if diagnostics.is_empty() {
        return Vec::new();
    }
    let (_, mut diagnostics) = redact(source, diagnostics);
    for diagnostic in &mut diagnostics {
        diagnostic.span = worth(source, &diagnostic.span);
    }
    diagnostics
}

fn problem(source: &Source, positions: &mut Positions<'_>, diagnostic: Diagnostic) -> Problem {
    let place = diagnostic.span.clone();
    let part = source.part(place.start);
    let (line, column) = positions.at(place.start);
    let before = positions.line(part.start) - 1;
    let line = line - before;
    let fix = diagnostic.fix.as_ref().map(|fix| {
        let (begin, end) = (positions.at(fix.span.start), positions.at(fix.span.end));
        Edit {
            line: begin.0 - before,
            column: begin.1,
            end_line: end.0 - before,
            end_column: end.1,
            text: fix.text.clone(),
            certainty: fix.certainty,
        }
    });
    Problem {
        file: part.name.to_owned(),
        line,
        column,
        // The visible text is on one line.
        end_line: line,
        end_column: column + source.text[place].chars().count(),
        severity: diagnostic.severity(),
        code: diagnostic.code,
        message: diagnostic.message,
        help: diagnostic.help,
        fix,
    }
}
