//! An ini file's text as it may be shown.

use std::sync::LazyLock;

use regex::Regex;

use super::read::Ini;
use super::{Key, STARS, Wanted};
use crate::kallithea::facts::{PLACEHOLDERS, VARIABLES};

/// What a value has before its last `@`, but for what makes it a URL, however it is mistyped: a password may hold an `@`, too.
static BEFORE_AT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)^([^=:\r\n]*[=:][ \t]*(?:https?:[/\\]*)?)[^\r\n]*@").expect("a pattern of ours")
});

/// The text with an asterisk for every character, but for space, names of sections and names of keys: an ini file may hold a secret
/// under any name, in a comment, or in a line that is broken. Places stay what they are.
pub fn hidden(text: &str) -> String {
    text.split_inclusive(['\r', '\n']).map(hidden_line).collect()
}

/// The text without the passwords of its URLs.
pub(super) fn without_passwords(text: &str) -> String {
    BEFORE_AT.replace_all(text, format!("${{1}}{STARS}@")).into_owned()
}

/// A file's text in which every line that goes on with a value is asterisks, since it may be a line that lost its place, and so is every
/// secret, unless it is known to be none. Places stay what they are.
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

/// As many asterisks as bytes, with the space between them.
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
