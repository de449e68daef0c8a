//! Diagnostics as programs read them: one value for each, with its place in a file and without secrets.

use schemars::JsonSchema;
use serde::Serialize;

use super::redact::redact;
use super::render::worth;
use super::{Code, Diagnostic, Severity};
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
    let line = line + 1 - positions.line(part.start);
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
    }
}
