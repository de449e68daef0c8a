//! Quick fixes: what repairs the findings at a place.
//!
//! What enters: the findings of a file, and a place. What leaves: changes of that file, which the editor makes. Absent: repairs of
//! several findings at once, which `check --fix` makes.

use lsp_types::{CodeAction, CodeActionKind, CodeActionParams, Range, Uri, WorkspaceEdit};

use super::findings::Finding;
use crate::diagnostic::Certainty;

/// The longest text, in characters, that the name of a quick fix shows.
const LONGEST: usize = 60;

/// The quick fixes that an editor asks for.
pub(super) fn at(asked: &CodeActionParams, findings: &[Finding]) -> Vec<CodeAction> {
    let is_wanted = asked.context.only.as_ref().is_none_or(|kinds| {
        kinds.iter().any(|kind| matches!(kind, CodeActionKind::Empty | CodeActionKind::QuickFix))
    });
    let near = findings.iter().filter(|one| is_wanted && touches(&one.shown.range, &asked.range));
    near.filter_map(|one| action(one, &asked.text_document.uri)).collect()
}

fn touches(one: &Range, other: &Range) -> bool {
    one.start <= other.end && other.start <= one.end
}

fn action(finding: &Finding, uri: &Uri) -> Option<CodeAction> {
    let (edit, certainty) = finding.fix.clone()?;
    let shown: String = edit.new_text.chars().take(LONGEST).collect();
    let more = if shown.len() < edit.new_text.len() { "..." } else { "" };
    let title = match shown.trim() {
        "" => "Correct the spaces".to_owned(),
        _ => format!("Write `{shown}{more}`"),
    };
    let changes = Some([(uri.clone(), vec![edit])].into());
    Some(CodeAction {
        title,
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(vec![finding.shown.clone()]),
        is_preferred: Some(certainty == Certainty::Certain),
        edit: Some(WorkspaceEdit { changes, ..WorkspaceEdit::default() }),
        ..CodeAction::default()
    })
}
