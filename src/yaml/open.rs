//! The places of a written spec that its author must complete.

use schemars::JsonSchema;
use serde::Serialize;

use super::BLANK;
use crate::check::check;
use crate::diagnostic::Diagnostic;
use crate::node::{Node, Value, parse};
use crate::source::Source;

/// A place in the spec that its author must complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Open {
    /// The line in the spec.
    pub line: usize,
    /// What to do there.
    pub what: String,
}

/// The places that the author must complete: blanks by their keys, all others by what `check` reports. Whether `check` accepts the
/// spec as it is.
pub(crate) fn open(text: &str) -> (Vec<Open>, bool) {
    let source = Source::new("deploy.yaml", text);
    let mut blanks = Vec::new();
    if let Some(root) = parse(&source).root {
        walk(&root, String::new(), &mut |place, node| {
            blanks.push((source.position(node.span.start).0, place))
        });
    }
    let checked = check(&source);
    let found = checked.diagnostics.into_iter().map(|diagnostic| {
        let line = source.position(diagnostic.span.start).0;
        let blank = blanks.iter().find(|(at, _)| *at == line);
        let what = match blank {
            Some((_, place)) => format!("fill in {place}"),
            None => format!("{}: {}", diagnostic.code.id(), diagnostic.message),
        };
        Open { line, what }
    });
    (found.collect(), checked.spec.is_some())
}

/// Every blank with its path, as in `site.bindings[0].protocol`.
fn walk(node: &Node, place: String, found: &mut impl FnMut(String, &Node)) {
    match &node.value {
        Value::String(text) if text == BLANK => found(place, node),
        Value::Mapping(entries) => entries.iter().for_each(|entry| {
            walk(&entry.node, format!("{place}.{}", entry.key).trim_start_matches('.').to_owned(), found);
        }),
        Value::Sequence(items) => {
            items.iter().enumerate().for_each(|(index, item)| walk(item, format!("{place}[{index}]"), found));
        }
        _ => {}
    }
}

/// The diagnostics of a spec with their lines.
pub(crate) fn problems(text: &str) -> Vec<(usize, Diagnostic)> {
    let source = Source::new("deploy.yaml", text);
    let found = check(&source).diagnostics;
    found.into_iter().map(|one| (source.position(one.span.start).0, one)).collect()
}
