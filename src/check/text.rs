//! What no text in a spec may be: a secret, a placeholder that nobody fills in, or what nobody sees.

use std::sync::LazyLock;

use regex::Regex;

use crate::characters::hidden_in;
use crate::diagnostic::redact::{is_secret_key, is_secret_value};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Entry, Node, Value};

static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$\{[^}]*\}").expect("a pattern of ours"));

/// Looks through every text of a tree.
pub fn check(root: &Node) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    walk(root, None, &mut problems);
    problems
}

/// Looks through entries that are not part of a tree.
pub fn check_entries(entries: &[Entry]) -> Vec<Diagnostic> {
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
        let message = format!("`{}` would stand in the outputs as it is", found.as_str());
        problems.push(Diagnostic::new(Code::Interpolation, node.span.clone(), message).help(
            "nothing is interpolated, so that a spec compiles to the same bytes everywhere: write the value itself, \
             in one spec per server where they differ",
        ));
    }
}

fn hidden(found: char, node: &Node) -> Diagnostic {
    let (message, help) = if found.is_control() {
        (
            format!("this text holds the control character {}", found.escape_debug()),
            "write it on one line: no name, path or value of a deployment has such a character",
        )
    } else {
        (
            format!("this text holds the character U+{:04X}, which nobody sees", u32::from(found)),
            "type it anew: such a character often comes along where a text is copied",
        )
    };
    Diagnostic::new(Code::ControlCharacter, node.span.clone(), message).help(help)
}

fn secret(key: Option<&str>, node: &Node) -> Diagnostic {
    let what = key.map_or_else(|| "this".to_owned(), |key| format!("`{key}`"));
    Diagnostic::new(Code::SecretInSpec, node.span.clone(), format!("{what} holds a secret")).help(
        "take it out, and change it where it was real: a spec is checked in and compiled into files that others read. \
         The runbook says where each password is typed on the server",
    )
}
