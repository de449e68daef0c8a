//! What stands against an ini file that configparser reads all the same: keys whose word is not heard,
//! and values that it cannot resolve.
//!
//! PasteDeploy (`paste/deploy/loadwsgi.py`, `ConfigLoader.get_context`) passes a key of a section over where `[DEFAULT]` has it, too, and
//! takes the word of `get name = ...` before its own.

use super::interpolate::{Unresolved, resolved};
use super::read::{DEFAULT, Entry, Ini, Section};
use super::{APPLICATION, Key, Wanted};
use crate::diagnostic::{Code, Diagnostic};

pub fn faults(ini: &Ini<'_>, keys: &[Key]) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    if ini.section(APPLICATION).is_none() {
        let message = format!("there is no section [{APPLICATION}]");
        let help = "name the ini file that `kallithea-cli config-create` made";
        faults.push(Diagnostic::new(Code::IniNotKallithea, 0..0, message).help(help));
    }
    for section in &ini.sections {
        let name = &ini.text[section.name.clone()];
        if name == DEFAULT || name == APPLICATION {
            let heard = section.entries.iter().filter(|entry| !is_passed_over(ini, section, entry));
            faults.extend(heard.filter_map(|entry| percent(ini, section, entry)));
        }
        let elsewhere = section.entries.iter().filter(|entry| is_elsewhere(ini, section, entry, keys));
        faults.extend(elsewhere.map(overruled));
        faults.extend(section.entries.iter().filter_map(|entry| other_case(ini, section, entry, keys)));
    }
    faults
}

/// Whether an entry gives one of the keys in a way that overrules the key's own place.
fn is_elsewhere(ini: &Ini<'_>, section: &Section, entry: &Entry, keys: &[Key]) -> bool {
    let (place, name) = (&ini.text[section.name.clone()], &ini.text[entry.name.clone()]);
    let other_way = name.strip_prefix("get ").map(str::trim);
    keys.iter().any(|key| {
        place == DEFAULT && name == key.name || place == key.section && other_way == Some(key.name)
    })
}

/// Whether PasteDeploy never asks for an entry's value, since `[DEFAULT]` has the key, too.
fn is_passed_over(ini: &Ini<'_>, section: &Section, entry: &Entry) -> bool {
    let is_default = |section: &Section| ini.text[section.name.clone()] == *DEFAULT;
    let name = &ini.text[entry.name.clone()];
    !is_default(section)
        && ini.sections.iter().any(|other| is_default(other) && other.entry(ini, name).is_some())
}

fn overruled(entry: &Entry) -> Diagnostic {
    let message = "what is said here counts, not the key of the same name in its own section";
    let help = format!("make this line a comment with `#`; [{APPLICATION}] then has the key to itself");
    Diagnostic::new(Code::IniOverruled, entry.name.clone(), message).help(help)
}

/// A percent sign that Python cannot resolve.
fn percent(ini: &Ini<'_>, section: &Section, entry: &Entry) -> Option<Diagnostic> {
    let (what, help) = match resolved(ini, section, &ini.value(entry)).err()? {
        Unresolved::Percent => (
            "a percent sign in this key's value is neither `%%` nor `%(name)s`".to_owned(),
            "double it: `%%` is one percent sign".to_owned(),
        ),
        Unresolved::Name => (
            format!("a `%(name)s` in this key's value names no key of its section or of [{DEFAULT}]"),
            "write a key's name as it stands there, or `%%` for a percent sign".to_owned(),
        ),
        Unresolved::Endless => (
            "this key's value leads from name to name without end, or to too many".to_owned(),
            "write out what the names stand for".to_owned(),
        ),
    };
    let message = format!("{what}: Kallithea will not start");
    Some(Diagnostic::new(Code::IniPercent, entry.name.clone(), message).help(help))
}

/// An entry that is one of the keys but for upper and lower case, where the key is to be put in: the reader of the logging sections
/// refuses a section with both.
fn other_case(ini: &Ini<'_>, section: &Section, entry: &Entry, keys: &[Key]) -> Option<Diagnostic> {
    let (place, name) = (&ini.text[section.name.clone()], &ini.text[entry.name.clone()]);
    let key = keys.iter().find(|key| {
        key.wanted != Wanted::Absent
            && (key.section, key.name) != (place, name)
            && key.section == place
            && name.to_lowercase() == key.name.to_lowercase()
    })?;
    let message = format!("Kallithea does not take this for `{}`: upper and lower case differ", key.name);
    let help = format!("write `{}`", key.name);
    Some(Diagnostic::new(Code::IniCase, entry.name.clone(), message).help(help))
}

/// What does not stand against a file, but may stand against Kallithea's start: the first letter that is not ASCII.
pub fn warnings(text: &str) -> Vec<Diagnostic> {
    let first = text.char_indices().find(|(_, letter)| !letter.is_ascii());
    let warning = first.map(|(at, letter)| {
        let message = "this is not ASCII: on Windows, PasteDeploy reads the file in the system's code page and the bridge as UTF-8";
        let help = "write it without such letters, comments as well; some of them keep Kallithea from starting";
        Diagnostic::new(Code::IniNotAscii, at..at + letter.len_utf8(), message).help(help)
    });
    warning.into_iter().collect()
}
