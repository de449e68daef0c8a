//! What no text in a spec may be: a secret, or a placeholder that nobody fills in.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Node, Value};

/// Keys that name a secret, wherever they stand. `tokenChecking` and the like are not among them: the word
/// must end the name.
static SECRET_KEY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)(pass(word|wd|phrase)?|pwd|secret|token|api[_-]?key|private[_-]?key|credentials?)$")
});
/// Values that carry a secret whatever their key: a password in a URL, a private key, a token of a known shape.
static SECRET_VALUE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"://[^/\s:@]+:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----|(?i)\b(password|pwd)\s*=\s*\S")
});
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\$\{[^}]*\}"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern of ours")
}

/// Looks through every text of a tree.
pub fn check(root: &Node) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    walk(root, None, &mut problems);
    problems
}

fn walk(node: &Node, key: Option<&str>, problems: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Mapping(entries) => {
            entries.iter().for_each(|entry| walk(&entry.node, Some(&entry.key), problems));
        }
        Value::Sequence(items) => items.iter().for_each(|item| walk(item, key, problems)),
        Value::String(text) => check_text(text, key, node, problems),
        Value::Number(_) if key.is_some_and(|key| SECRET_KEY.is_match(key)) => {
            problems.push(secret(key, node))
        }
        _ => {}
    }
}

fn check_text(text: &str, key: Option<&str>, node: &Node, problems: &mut Vec<Diagnostic>) {
    let named = key.is_some_and(|key| SECRET_KEY.is_match(key)) && !text.is_empty();
    if named || SECRET_VALUE.is_match(text) {
        problems.push(secret(key, node));
    } else if let Some(found) = PLACEHOLDER.find(text) {
        let message = format!("`{}` would stand in the outputs as it is", found.as_str());
        problems.push(Diagnostic::new(Code::Interpolation, node.span.clone(), message).help(
            "nothing is interpolated, so that a spec compiles to the same bytes everywhere: write the value itself, \
             in one spec per server where they differ",
        ));
    }
}

fn secret(key: Option<&str>, node: &Node) -> Diagnostic {
    let what = key.map_or_else(|| "this".to_owned(), |key| format!("`{key}`"));
    Diagnostic::new(Code::SecretInSpec, node.span.clone(), format!("{what} holds a secret")).help(
        "take it out, and change it where it was real: a spec is checked in and compiled into files that others read. \
         The runbook says where each password is typed on the server",
    )
}
