//! The findings of a run, for a pipeline.
//!
//! What enters: the results that a program would get. What leaves: findings, with paths from the working directory. Absent: the
//! formats, which [`findings`](crate::findings) knows.

use std::path::Path;

use super::answer::{Changed, Compared, Data, Entry, Planned};
use crate::diagnostic::{Certainty, Edit, Problem, Severity};
use crate::findings::{Finding, Region, Replacement, Rule, path_from};
use crate::manifest::OURS;
use crate::verify;

/// Everything that the author of a change must see, in the order of the results.
pub(super) fn findings(results: &[Entry], here: &Path) -> Vec<Finding> {
    let mut found: Vec<Finding> = results.iter().flat_map(of_entry).collect();
    for finding in &mut found {
        if let Some(file) = &mut finding.file {
            *file = path_from(here, &here.join(&*file));
        }
    }
    found
}

fn of_entry(entry: &Entry) -> Vec<Finding> {
    let mut found: Vec<Finding> = entry.problems.iter().map(of_problem).collect();
    match &entry.data {
        Some(Data::Diff(compared)) => found.extend(differences(entry, compared)),
        Some(Data::Plan(planned)) => found.extend(changes(entry, planned)),
        Some(Data::Verify(report)) => found.extend(not_kept(entry, report)),
        _ => {}
    }
    found.extend(entry.trouble.iter().map(|trouble| about(entry, Rule::Failed, trouble.clone())));
    found
}

fn of_problem(problem: &Problem) -> Finding {
    let Problem { line, column, end_line, end_column, .. } = *problem;
    Finding {
        file: Some(problem.file.clone()),
        region: Some(Region { line, column, end_line, end_column }),
        severity: problem.severity,
        rule: Rule::Code(problem.code),
        message: problem.message.clone(),
        help: problem.help.clone(),
        fix: problem.fix.as_ref().filter(|fix| fix.certainty == Certainty::Certain).map(replacement),
    }
}

fn replacement(edit: &Edit) -> Replacement {
    let Edit { line, column, end_line, end_column, .. } = *edit;
    Replacement { region: Region { line, column, end_line, end_column }, text: edit.text.clone() }
}

/// An error about the whole file of an entry.
fn about(entry: &Entry, rule: Rule, message: String) -> Finding {
    Finding {
        file: entry.file.clone(),
        region: None,
        severity: Severity::Error,
        rule,
        message,
        help: None,
        fix: None,
    }
}

/// The outputs that differ; if another version made them, this alone. A file that is not there cannot be shown, so the spec is.
fn differences(entry: &Entry, compared: &Compared) -> Vec<Finding> {
    let spec = entry.file.as_deref().unwrap_or_default();
    if let Some(theirs) = &compared.made_by {
        let message = format!("{} is made by {theirs}, this is {OURS}", compared.against);
        let help = Some("run `kallithea-iisc build` and commit the outputs".to_owned());
        return vec![Finding { help, ..about(entry, Rule::Differs, message) }];
    }
    let one = |change: &Changed| {
        let path = format!("{}/{}", compared.against, change.path);
        let (file, what) = match change.first_line() {
            Some(_) => (path, format!("this file is not what {spec} compiles to")),
            None if change.is_missing() => (spec.to_owned(), format!("{path} is missing")),
            None => (path, format!("{spec} does not make this file")),
        };
        Finding {
            file: Some(file),
            region: change.first_line().map(Region::line),
            help: Some("run `kallithea-iisc build` and commit the outputs, or undo the edit".to_owned()),
            ..about(entry, Rule::Differs, what)
        }
    };
    compared.changes.iter().map(one).collect()
}

/// What `apply` would do: a warning, since that is what it is for.
fn changes(entry: &Entry, planned: &Planned) -> Vec<Finding> {
    let one = |message| Finding { severity: Severity::Warning, ..about(entry, Rule::WouldChange, message) };
    planned.changes().map(one).collect()
}

fn not_kept(entry: &Entry, report: &verify::Report) -> Vec<Finding> {
    let one = |promise: &verify::Line| {
        let message = format!(
            "{}: {} is not kept; asked {}, expected {}, seen {}",
            promise.key, promise.promise, promise.asked, promise.expected, promise.seen
        );
        let help = promise.explain.map(|word| format!("run `kallithea-iisc explain {word}`"));
        Finding { help, ..about(entry, Rule::NotKept, message) }
    };
    report.not_kept().map(one).collect()
}
