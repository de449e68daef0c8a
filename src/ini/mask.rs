//! An ini file's text in the form in which it may be shown.

use std::sync::LazyLock;

use regex::Regex;

use super::read::Ini;
use super::{Key, STARS, Wanted};
use crate::kallithea::facts::{PLACEHOLDERS, VARIABLES};

/// The part of a value before its last `@`, except what makes it a URL, however mistyped: a password may contain an `@`, too.
static BEFORE_AT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)^([^=:\r\n]*[=:][ \t]*(?:https?:[/\\]*)?)[^\r\n]*@").expect("a pattern of ours")
});

/// The text with an asterisk for every character, except space, names of sections and names of keys. An ini file may contain
/// a secret under any name, in a comment, or in a malformed line. Places stay the same.
pub fn hidden(text: &str) -> String {
    text.split_inclusive(['\r', '\n']).map(hidden_line).collect()
}

/// The text without the passwords of its URLs.
pub(super) fn without_passwords(text: &str) -> String {
    BEFORE_AT.replace_all(text, format!("${{1}}{STARS}@")).into_owned()
}

/// A file's text in which asterisks replace every line that continues a value, since such a line may be misplaced, and every
/// secret, unless it is known not to be one. Places stay the same.
pub(super) fn shown(ini: &Ini<'_>, keys: &[Key]) -> String {
    let is_secret = |section: &str, name: &str| {
        keys.iter().any(|key| (key.section, key.name) == (section, name) && key.wanted == Wanted::Secret)
    };
    let mut text = ini.text.to_owned();
    for section in &ini.sections {
        for entry in &section.entries {
            let value = &ini.text[entry.value.clone()];
            let is_known = value.is_empty() || PLACEHOLDERS.contains(&value) || VARIABLES.contains(&value);
            if !is_known && is_secret(&ini.text[section.name.clone()], &ini.text[entry.name.clone()]) {
                text.replace_range(entry.value.clone(), &starred(value));
            }
            for number in &entry.more {
                text.replace_range(ini.lines[*number].text.clone(), &starred(ini.line(*number)));
            }
        }
    }
    text
}

/// As many asterisks as bytes, but spaces are kept.
fn starred(text: &str) -> String {
    let star = |character: char| match character.is_whitespace() {
        true => character.to_string(),
        false => "*".repeat(character.len_utf8()),
    };
    text.chars().map(star).collect()
}

fn hidden_line(line: &str) -> String {
    let inner = line.trim();
    let shown = match line.find(['=', ':']) {
        _ if inner.starts_with(['#', ';']) => 0,
        _ if inner.starts_with('[') && inner.contains(']') => line.len(),
        at => at.map_or(0, |at| at + 1),
    };
    line[..shown].to_owned() + &starred(&line[shown..])
}
