//! What no text in a spec may contain: a secret, a placeholder that nobody filled in, or an invisible character.

use std::sync::LazyLock;

use regex::Regex;

use crate::characters::{hidden_in, is_hidden};
use crate::diagnostic::redact::{is_secret_key, is_secret_value};
use crate::diagnostic::{Certainty, Code, Diagnostic};
use crate::node::{Entry, Node, Value};
use crate::spec::{BLANK, Thumbprint};
use crate::yaml::scalar;

static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$\{[^}]*\}").expect("a pattern of ours"));

/// Checks every text of a tree.
pub(super) fn check(root: &Node, source: &str) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    walk(root, None, source, &mut problems);
    problems
}

/// Checks entries that are not part of a tree.
pub(super) fn check_entries(entries: &[Entry], source: &str) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    entries.iter().for_each(|entry| walk(&entry.node, Some(&entry.key), source, &mut problems));
    problems
}

/// Whether this is a kind of problem that is found here.
pub(super) fn says(code: Code) -> bool {
    matches!(code, Code::LeftOpen | Code::ControlCharacter | Code::Interpolation | Code::SecretInSpec)
}

fn walk(node: &Node, key: Option<&str>, source: &str, problems: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Mapping(entries) => {
            entries.iter().for_each(|entry| walk(&entry.node, Some(&entry.key), source, problems));
        }
        Value::Sequence(items) => items.iter().for_each(|item| walk(item, key, source, problems)),
        Value::String(text) => check_text(text, key, (node, source), problems),
        Value::Number(_) if key.is_some_and(is_secret_key) => problems.push(secret(key, node)),
        _ => {}
    }
}

fn check_text(text: &str, key: Option<&str>, (node, source): (&Node, &str), problems: &mut Vec<Diagnostic>) {
    let named = key.is_some_and(is_secret_key) && !text.is_empty();
    if named || is_secret_value(text) {
        problems.push(secret(key, node));
    } else if text.contains(BLANK) {
        let what = key.map_or_else(|| "this".to_owned(), |key| format!("`{key}`"));
        let message = format!("{what} is still to be filled in");
        problems.push(
            Diagnostic::new(Code::LeftOpen, node.span.clone(), message)
                .help(format!("write the value in place of {BLANK}; only you know it")),
        );
    } else if let Some(found) = hidden_in(text).or_else(|| odd_edge(text)) {
        problems.push(hidden(found, text, key, (node, source)));
    } else if let Some(found) = PLACEHOLDER.find(text) {
        let message = format!("`{}` would be written to the outputs literally", found.as_str());
        problems.push(Diagnostic::new(Code::Interpolation, node.span.clone(), message).help(
            "write the value itself, and use one spec per server where servers differ; a spec has no \
             variables",
        ));
    }
}

/// A space at the edge of a text that is none of the space bar's.
fn odd_edge(text: &str) -> Option<char> {
    let edges = [text.chars().next(), text.chars().last()].into_iter().flatten();
    edges.into_iter().find(|edge| edge.is_whitespace() && *edge != ' ')
}

fn hidden(found: char, text: &str, key: Option<&str>, (node, source): (&Node, &str)) -> Diagnostic {
    let number = format!("U+{:04X}", u32::from(found));
    let typed = |value: &str| {
        let value = scalar::text(value);
        key.map_or_else(|| format!("`{value}`"), |key| format!("`{key}: {value}`"))
    };
    let escaped = escaped(node, source).filter(|raw| is_windows_path(raw) && !raw.contains(found));
    let (message, help, right, certainty) = if let Some(raw) = escaped {
        // Who writes one escape on purpose may mean the others, too.
        let is_meant = raw.contains("\\\\") || raw.contains("\\\"");
        (
            format!("between double quotes YAML reads `{}` as {}", escape(found), meaning(found)),
            format!("use single quotes, in which `\\` means itself: {}", typed(raw)),
            raw.to_owned(),
            if is_meant { Certainty::Likely } else { Certainty::Certain },
        )
    } else if found.is_control() {
        (
            format!("this text contains the control character {}", found.escape_debug()),
            format!(
                "write it on one line, without control characters; if you mean a backslash, use single quotes: {}",
                typed(&unescaped(text))
            ),
            unescaped(text),
            Certainty::Likely,
        )
    } else {
        let what = if found.is_whitespace() { "the no-break space" } else { "the invisible character" };
        let seen: String = text.chars().filter(|letter| !is_hidden(*letter)).collect();
        let cleaned = Thumbprint::cleaned(text).unwrap_or_else(|| seen.trim().to_owned());
        (
            format!("this text contains {what} {number}"),
            format!("write it without: {}; copied text often contains such characters", typed(&cleaned)),
            cleaned,
            Certainty::Certain,
        )
    };
    let found = Diagnostic::new(Code::ControlCharacter, node.span.clone(), message).help(help);
    found.fix(node.span.clone(), scalar::text(&right), certainty)
}

/// What the author typed between double quotes, if there is a backslash in it.
fn escaped<'s>(node: &Node, source: &'s str) -> Option<&'s str> {
    let raw = source.get(node.span.clone())?.trim_end();
    raw.strip_prefix('"')?.strip_suffix('"').filter(|raw| raw.contains('\\'))
}

/// Whether a text begins as paths and accounts of Windows do.
fn is_windows_path(text: &str) -> bool {
    text.get(1..2) == Some(":") || text.starts_with('\\')
}

/// A text as its author typed it, who did not mean an escape.
fn unescaped(text: &str) -> String {
    text.chars().map(escape).collect()
}

/// How YAML writes a character between double quotes (YAML 1.2.2, section 5.7).
fn escape(letter: char) -> String {
    let short = match letter {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        letter => return letter.to_string(),
    };
    format!("\\{short}")
}

fn meaning(found: char) -> &'static str {
    match found {
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => "a line break",
        '\t' => "a tab",
        '\u{a0}' => "a no-break space",
        _ => "a control character",
    }
}

fn secret(key: Option<&str>, node: &Node) -> Diagnostic {
    let what = key.map_or_else(|| "this".to_owned(), |key| format!("`{key}`"));
    Diagnostic::new(Code::SecretInSpec, node.span.clone(), format!("{what} contains a secret")).help(
        "remove it, and change the password if it was real; others read the spec and its outputs. The \
         runbook says where to type each password on the server",
    )
}
