//! What stands against an ini file that configparser reads all the same: keys whose word is not heard.
//!
//! PasteDeploy (`paste/deploy/loadwsgi.py`, `ConfigLoader.get_context`) passes a key of a section over where `[DEFAULT]` has it, too, and
//! takes the word of `get name = ...` before its own.

use super::read::{DEFAULT, Entry, Ini, Section};
use super::{APPLICATION, Key};
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
            faults.extend(section.entries.iter().filter_map(|entry| percent(ini, entry)));
        }
        let elsewhere = section.entries.iter().filter(|entry| is_elsewhere(ini, section, entry, keys));
        faults.extend(elsewhere.map(overruled));
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

fn overruled(entry: &Entry) -> Diagnostic {
    let message = "what is said here counts, not the key of the same name in its own section";
    let help = format!("make this line a comment with `#`; [{APPLICATION}] then has the key to itself");
    Diagnostic::new(Code::IniOverruled, entry.name.clone(), message).help(help)
}

/// A percent sign that is followed neither by another nor by `(name)s`.
fn percent(ini: &Ini<'_>, entry: &Entry) -> Option<Diagnostic> {
    let value = ini.value(entry);
    let mut rest = value.as_str();
    while let Some(at) = rest.find('%') {
        rest = &rest[at + 1..];
        let name = rest.strip_prefix('(').and_then(|inside| inside.split_once(')'));
        rest = match (rest.strip_prefix('%'), name) {
            (Some(behind), _) => behind,
            (None, Some((name, behind))) if !name.is_empty() && behind.starts_with('s') => &behind[1..],
            _ => {
                let message = "a percent sign in this key's value is neither `%%` nor `%(name)s`: Kallithea will not start";
                let help = "double it: `%%` is one percent sign";
                return Some(Diagnostic::new(Code::IniPercent, entry.name.clone(), message).help(help));
            }
        };
    }
    None
}
