//! What no text in a spec may contain: a secret, a placeholder that nobody filled in, or an invisible character.

use std::sync::LazyLock;

use regex::Regex;

use crate::characters::hidden_in;
use crate::diagnostic::redact::{is_secret_key, is_secret_value};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Entry, Node, Value};

static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$\{[^}]*\}").expect("a pattern of ours"));

/// Checks every text of a tree.
pub(super) fn check(root: &Node) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    walk(root, None, &mut problems);
    problems
}

/// Checks entries that are not part of a tree.
pub(super) fn check_entries(entries: &[Entry]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    entries.iter().for_each(|entry| walk(&entry.node, Some(&entry.key), &mut problems));
    problems
}

fn walk(node: &Node, key: Option<&str>, problems: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Mapping(entries) => {
            entries.iter().for_each(|entry| walk(&entry.node, Some(&entry.key), problems));
        }
        Value::Sequence(items) => items.iter().for_each(|item| walk(item, key, problems)),
        Value::String(text) => check_text(text, key, node, problems),
        Value::Number(_) if key.is_some_and(is_secret_key) => problems.push(secret(key, node)),
        _ => {}
    }
}

fn check_text(text: &str, key: Option<&str>, node: &Node, problems: &mut Vec<Diagnostic>) {
    let named = key.is_some_and(is_secret_key) && !text.is_empty();
    if named || is_secret_value(text) {
        problems.push(secret(key, node));
    } else if let Some(found) = hidden_in(text) {
        problems.push(hidden(found, node));
    } else if let Some(found) = PLACEHOLDER.find(text) {
        let message = format!("`{}` would be written to the outputs literally", found.as_str());
        problems.push(Diagnostic::new(Code::Interpolation, node.span.clone(), message).help(
            "write the value itself, and use one spec per server where servers differ; a spec has no \
             variables",
        ));
    }
}

fn hidden(found: char, node: &Node) -> Diagnostic {
    let (message, help) = if found.is_control() {
        (
            format!("this text contains the control character {}", found.escape_debug()),
            "write it on one line, without control characters",
        )
    } else {
        (
            format!("this text contains the invisible character U+{:04X}", u32::from(found)),
            "type the text again; copied text often contains such characters",
        )
    };
    Diagnostic::new(Code::ControlCharacter, node.span.clone(), message).help(help)
}

fn secret(key: Option<&str>, node: &Node) -> Diagnostic {
    let what = key.map_or_else(|| "this".to_owned(), |key| format!("`{key}`"));
    Diagnostic::new(Code::SecretInSpec, node.span.clone(), format!("{what} contains a secret")).help(
        "remove it, and change the password if it was real; others read the spec and its outputs. The \
         runbook says where to type each password on the server",
    )
}
