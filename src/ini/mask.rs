//! An ini file's text as it may be shown.

use std::sync::LazyLock;

use regex::Regex;

use super::STARS;

/// What stands before the host in a URL, up to the last `@`: a password may hold one.
static IN_URL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"://[^\r\n]*@").expect("a pattern of ours"));

/// The text with an asterisk for every character, but for space, names of sections and names of keys: an ini file may hold a secret
/// under any name, in a comment, or in a line that is broken. Places stay what they are.
pub fn hidden(text: &str) -> String {
    text.split_inclusive(['\r', '\n']).map(hidden_line).collect()
}

/// The text without the passwords of its URLs.
pub fn without_passwords(text: &str) -> String {
    IN_URL.replace_all(text, format!("://{STARS}@")).into_owned()
}

fn hidden_line(line: &str) -> String {
    let inner = line.trim();
    let shown = match line.find(['=', ':']) {
        _ if inner.starts_with(['#', ';']) => 0,
        _ if inner.starts_with('[') && inner.contains(']') => line.len(),
        at => at.map_or(0, |at| at + 1),
    };
    let star = |character: char| match character.is_whitespace() {
        true => character.to_string(),
        false => "*".repeat(character.len_utf8()),
    };
    line[..shown].chars().map(String::from).chain(line[shown..].chars().map(star)).collect()
}
