//! Diagnostics as text for people and as JSON for programs.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;
use serde_json::Value;

use super::redact::redact;
use super::{Diagnostic, Severity};
use crate::characters;
use crate::source::Source;

/// How diagnostics are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text with the source line underlined.
    Text {
        /// Whether with colours.
        color: bool,
    },
    /// One JSON array.
    Json,
}

/// Diagnostics of several sources in one text, each with a line end; nothing for none as text.
pub fn render(reports: &[(&Source, &[Diagnostic])], format: Format) -> String {
    let told = reports.iter().filter(|(_, diagnostics)| !diagnostics.is_empty());
    let shown: Vec<(Source, Vec<Diagnostic>)> =
        told.map(|(source, diagnostics)| redact(source, diagnostics)).collect();
    match format {
        Format::Text { color } => shown
            .iter()
            .flat_map(|(source, diagnostics)| diagnostics.iter().map(|one| text(source, one, color)))
            .collect(),
        Format::Json => json(&shown),
    }
}

/// One line that counts them: `2 errors, 1 warning`, or nothing where there are none.
pub fn summary(diagnostics: &[Diagnostic]) -> Option<String> {
    let errors = diagnostics.iter().filter(|one| one.severity() == Severity::Error).count();
    let counted = |count: usize, noun: &str| match count {
        0 => None,
        1 => Some(format!("1 {noun}")),
        _ => Some(format!("{count} {noun}s")),
    };
    let parts = [counted(errors, "error"), counted(diagnostics.len() - errors, "warning")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn text(source: &Source, diagnostic: &Diagnostic, color: bool) -> String {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut snippet = Snippet::source(source.text.as_str())
        .path(characters::shown(&source.name))
        .annotation(AnnotationKind::Primary.span(visible(source, &diagnostic.span)));
    for (span, words) in &diagnostic.related {
        let place = visible(source, span);
        snippet = snippet.annotation(AnnotationKind::Context.span(place).label(words.as_str()));
    }
    let mut group: Group<'_> =
        level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.id()).element(snippet);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    format!("{}\n\n", renderer.term_width(120).render(&[group]))
}

/// The part of a span that is worth underlining: its first line, without the space behind it.
fn visible(source: &Source, span: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let span = source.clamp(span);
    let first_line = source.text[span.clone()].lines().next().unwrap_or_default().trim_end();
    span.start..span.start + first_line.len()
}

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

/// Diagnostics of a source as values of JSON, to stand in a larger document.
pub fn problems(source: &Source, diagnostics: &[Diagnostic]) -> Value {
    let (source, diagnostics) = redact(source, diagnostics);
    let list: Vec<JsonDiagnostic<'_>> = diagnostics.iter().map(|one| json_one(&source, one)).collect();
    serde_json::to_value(list).expect("plain data is always JSON")
}

fn json(reports: &[(Source, Vec<Diagnostic>)]) -> String {
    let list: Vec<JsonDiagnostic<'_>> = reports
        .iter()
        .flat_map(|(source, diagnostics)| diagnostics.iter().map(|one| json_one(source, one)))
        .collect();
    format!("{}\n", serde_json::to_string_pretty(&list).expect("plain data is always JSON"))
}

fn json_one<'a>(source: &'a Source, diagnostic: &'a Diagnostic) -> JsonDiagnostic<'a> {
    let place = visible(source, &diagnostic.span);
    let (line, column) = source.position(place.start);
    let (end_line, end_column) = source.position(place.end);
    JsonDiagnostic {
        file: &source.name,
        line,
        column,
        end_line,
        end_column,
        severity: match diagnostic.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        code: diagnostic.code.id(),
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
    }
}
