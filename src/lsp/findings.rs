//! What is wrong with the files that are open: the same as `check` says, at the same places.
//!
//! What enters: the open files, and a way to read the files that they extend. What leaves: findings of each file. A file that is
//! not a spec has none. Absent: what editors were told before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lsp_types::{DiagnosticRelatedInformation, DiagnosticSeverity, Location, TextEdit, Uri};

use super::base;
use super::documents::{Document, Documents};
use super::lines::Lines;
use crate::check::{Checked, Open, Opened, check_file};
use crate::diagnostic::{Certainty, Code, Diagnostic, Fix, Severity, told};
use crate::source::{Part, Source, Span};
use crate::spec::API_VERSION;

/// A finding, as editors show it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub(super) shown: lsp_types::Diagnostic,
    /// What repairs it.
    pub(super) fix: Option<(TextEdit, Certainty)>,
}

/// The findings of each open spec, and of each file that it extends. Files that are neither are absent.
pub(super) fn all(documents: &Documents, open: &Open<'_>) -> BTreeMap<Uri, Vec<Finding>> {
    let checked: Vec<Specimen<'_>> =
        documents.iter().filter_map(|(uri, document)| Specimen::of(uri, document, documents, open)).collect();
    let bases: BTreeSet<&Uri> = checked.iter().flat_map(|one| one.files.iter().skip(1).flatten()).collect();
    let files = checked.iter().flat_map(|one| one.files.iter().flatten());
    let mut found: BTreeMap<Uri, Vec<Finding>> = files.map(|uri| (uri.clone(), Vec::new())).collect();
    for one in &checked {
        // A base is checked together with what it completes.
        if !bases.contains(one.uri) {
            one.add_to(&mut found);
        }
    }
    found
}

/// A checked file.
struct Specimen<'d> {
    uri: &'d Uri,
    document: &'d Document,
    source: Source,
    diagnostics: Vec<Diagnostic>,
    /// The addresses of the files of the source; the first is its own.
    files: Vec<Option<Uri>>,
}

impl<'d> Specimen<'d> {
    /// Checks a file; `None` if neither it nor a file that it extends is a spec.
    fn of(uri: &'d Uri, document: &'d Document, documents: &Documents, open: &Open<'_>) -> Option<Self> {
        if !is_spec(&document.text) && !extends(&document.text) {
            return None;
        }
        let path = document.path.as_deref();
        let name = path.and_then(Path::file_name).map_or_else(
            || uri.path().rsplit('/').next().unwrap_or_default().to_owned(),
            |name| name.to_string_lossy().into_owned(),
        );
        let beside = |named: &Path| match path.and_then(|path| base::of(path, named.to_str()?)) {
            Some(path) => documents.read(&path, open),
            None => Err("save this file first, so that it is in a folder".to_owned()),
        };
        let real = path.map(crate::files::real).unwrap_or_else(|| name.clone().into());
        let file = Opened { real, bytes: document.text.clone().into_bytes() };
        let (source, Checked { diagnostics, .. }) = check_file(&name, file, &beside);
        let is_ours = source.parts().any(|part| is_spec(part.text)) || is_spec(&document.text);
        let of_part = |part: Part<'_>| {
            if part.start == 0 {
                return Some(uri.clone());
            }
            let path = base::of(path?, part.path)?;
            let known = documents.of_path(&path).map(|(uri, _)| uri.clone());
            known.or_else(|| Uri::from_file_path(&path).ok())
        };
        let files = source.parts().map(of_part).collect();
        let told = told(&source, &diagnostics);
        let diagnostics =
            if is_base(&document.text) { told.into_iter().filter(of_one_key).collect() } else { told };
        is_ours.then_some(Self { uri, document, source, diagnostics, files })
    }

    fn add_to(&self, found: &mut BTreeMap<Uri, Vec<Finding>>) {
        for (part, uri) in self.source.parts().zip(&self.files) {
            let Some(uri) = uri else { continue };
            let end = part.start + part.text.len();
            let own = self.diagnostics.iter().filter(|one| (part.start..=end).contains(&one.span.start));
            let all = found.entry(uri.clone()).or_default();
            let (text, mark) = match part.start {
                0 => (self.document.text.as_str(), self.document.unmarked().1),
                _ => (part.text, 0),
            };
            let lines = Lines::of(text);
            let place = |span: &Span| {
                let inside = |at: usize| at.saturating_sub(part.start) + mark;
                lines.range(&(inside(span.start)..inside(span.end)))
            };
            for one in own {
                let related = one.related.iter().map(|(span, words)| DiagnosticRelatedInformation {
                    location: Location { uri: uri.clone(), range: place(span) },
                    message: words.clone(),
                });
                let related: Vec<_> = related.collect();
                let shown = lsp_types::Diagnostic {
                    range: place(&one.span),
                    related_information: (!related.is_empty()).then_some(related),
                    ..shown(one)
                };
                let edit = |fix: &Fix| TextEdit { range: place(&fix.span), new_text: fix.text.clone() };
                let finding =
                    Finding { shown, fix: one.fix.as_deref().map(|fix| (edit(fix), fix.certainty)) };
                // Several specs can extend one file.
                if !all.contains(&finding) {
                    all.push(finding);
                }
            }
        }
    }
}

/// Whether nothing is in a file yet, so that it may become a spec.
pub(super) fn is_blank(document: &Document) -> bool {
    document.text.lines().all(|line| line.trim().is_empty() || line.starts_with('#'))
}

/// A diagnostic without its place.
fn shown(one: &Diagnostic) -> lsp_types::Diagnostic {
    let message = match &one.help {
        Some(help) => format!("{}\nhelp: {help}", one.message),
        None => one.message.clone(),
    };
    lsp_types::Diagnostic {
        severity: Some(match one.severity() {
            Severity::Error => DiagnosticSeverity::Error,
            Severity::Warning => DiagnosticSeverity::Warning,
        }),
        code: Some(one.code.id().into()),
        source: Some("kallithea-iisc".to_owned()),
        message: message.into(),
        ..lsp_types::Diagnostic::default()
    }
}

/// Whether a text says that it is for this program, as YAML or as an attempt at it.
fn is_spec(text: &str) -> bool {
    let family = API_VERSION.split_inclusive('/').next().unwrap_or_default();
    let mut values =
        text.lines().filter_map(|line| line.trim_start_matches('\u{feff}').strip_prefix("apiVersion:"));
    values.any(|value| value.trim_start_matches([' ', '"', '\'']).starts_with(family))
}

/// Whether a text extends another file, which may then say that it is for this program.
fn extends(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("extends:"))
}

/// Whether a text is for others to extend, as the comment says that language servers for YAML read.
fn is_base(text: &str) -> bool {
    let comments = text.lines().filter(|line| line.starts_with('#'));
    comments
        .into_iter()
        .any(|line| line.contains("yaml-language-server:") && line.contains("base.schema.json"))
}

/// Whether a problem is about what is written at its place, and about nothing that another file can complete.
fn of_one_key(one: &Diagnostic) -> bool {
    one.code != Code::MissingKey && one.code.id() < "KI300"
}
