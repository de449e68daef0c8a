//! Repairs what is certain in a spec.
//!
//! What enters: a file as read. What leaves: its text with what is certain changed, in which every other byte is as it was, and each
//! change with its line. A change that does not end its own problem is not made. Absent: what could have been meant in two ways,
//! the files that the spec extends, and the disk.

use std::collections::HashSet;

use super::{Checked, Open, Opened, check_file};
use crate::diagnostic::{Certainty, Change, Code, Diagnostic, Fix, told};
use crate::source::{Positions, Source};

/// The most changes of one file. A file that needs more is hardly a spec.
const MOST: usize = 1000;

/// The text of a file with everything repaired that is certain, and the changes in the order in which they were made.
pub fn fixed(name: &str, file: Opened, open: &Open<'_>) -> (String, Vec<Change>) {
    let Opened { real, bytes } = file;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    let check =
        |text: &str| check_file(name, Opened { real: real.clone(), bytes: text.as_bytes().to_vec() }, open);
    let (mut left, mut changes) = (check(&text), Vec::new());
    let mut tried = HashSet::new();
    while let Some((problem, fix)) = next(&left, &tried).filter(|_| changes.len() < MOST) {
        let mut mended = text.clone();
        mended.replace_range(fix.span.clone(), &fix.text);
        let now = check(&mended);
        if ends(&problem, &fix, &now.1) && is_better(&problem, &fix, &left.1, &now.1) {
            changes.push(change(&text, &fix));
            (text, left) = (mended, now);
        } else {
            tried.insert((problem.message, fix.span.start));
        }
    }
    (text, changes)
}

/// The first problem of the file itself whose repair is certain and was not tried.
fn next(
    (source, checked): &(Source, Checked),
    tried: &HashSet<(String, usize)>,
) -> Option<(Diagnostic, Fix)> {
    let own = source.part(0).text;
    // A repair that would show a secret is none.
    told(source, &checked.diagnostics).into_iter().find_map(|problem| {
        let fix = problem.fix.clone().filter(|fix| fix.certainty == Certainty::Certain)?;
        let is_own = own.get(fix.span.clone()).is_some();
        let is_new = !tried.contains(&(problem.message.clone(), fix.span.start));
        (is_own && is_new).then_some((problem, *fix))
    })
}

/// Whether nothing of this kind is left where something was changed.
fn ends(problem: &Diagnostic, fix: &Fix, now: &Checked) -> bool {
    let changed = fix.span.start..=fix.span.start + fix.text.len();
    let is_left = |one: &Diagnostic| {
        one.code == problem.code && *changed.start() <= one.span.end && one.span.start <= *changed.end()
    };
    !now.diagnostics.iter().any(is_left)
}

/// Whether a change brings the spec further: its parser gets behind the change, or it has fewer problems.
fn is_better(problem: &Diagnostic, fix: &Fix, before: &Checked, now: &Checked) -> bool {
    if problem.code == Code::YamlSyntax {
        let behind = fix.span.start + fix.text.len();
        return now.diagnostics.iter().all(|one| one.code != Code::YamlSyntax || one.span.start > behind);
    }
    now.root.is_some() >= before.root.is_some() && now.diagnostics.len() < before.diagnostics.len()
}

fn change(text: &str, fix: &Fix) -> Change {
    let words = match text[fix.span.clone()].trim() {
        "" => format!("wrote `{}`", fix.text),
        before => format!("wrote `{}` for `{before}`", fix.text),
    };
    Change { line: Positions::of(text).line(fix.span.start), words }
}
