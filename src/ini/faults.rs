//! What stands against an ini file that configparser reads all the same: keys whose word is not heard,
//! and values that it cannot resolve.
//!
//! PasteDeploy (`paste/deploy/loadwsgi.py`, `ConfigLoader.get_context`) passes a key of a section over where
//! `[DEFAULT]` has it, too, and
//! takes the word of `get name = ...` before its own. TurboGears (`tg/appwrappers/session.py`) reads `beaker.session.name` as
//! `session.name`.

mod database;
mod logging;

use super::interpolate::{Unresolved, resolved};
use super::read::{DEFAULT, Entry, Ini, Section};
use super::{APPLICATION, Key, Wanted, is_secret};
use crate::diagnostic::{Code, Diagnostic};

/// Under which names PasteDeploy looks for an application called `main`: of each line the first that a file has
/// (`paste/deploy/loadwsgi.py`, `APP.config_prefixes` and `find_config_section`).
const APPLICATIONS: [&[&str]; 4] =
    [&["app", "application"], &["composite", "composit"], &["pipeline"], &["filter-app"]];

/// Fewer characters than these are no secret: half of what is made here, and somebody guesses them.
const SHORTEST_SECRET: usize = 16;

pub(super) fn faults(ini: &Ini<'_>, keys: &[Key]) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    if ini.section(APPLICATION).is_none() {
        let message = format!("the section [{APPLICATION}] is missing");
        let help = "name the ini file that `kallithea-cli config-create` created";
        faults.push(Diagnostic::new(Code::IniNotKallithea, 0..0, message).help(help));
    }
    faults.extend(ambiguous(ini));
    for section in &ini.sections {
        let name = &ini.text[section.name.clone()];
        if name == DEFAULT || name == APPLICATION {
            let heard = section.entries.iter().filter(|entry| !is_passed_over(ini, section, entry));
            faults.extend(heard.filter_map(|entry| percent(ini, section, entry)));
        }
        let elsewhere = section.entries.iter().filter(|entry| is_elsewhere(ini, section, entry, keys));
        faults.extend(elsewhere.map(overruled));
        let sessions = section.entries.iter().filter(|entry| is_of_beaker(ini, section, entry, keys));
        faults.extend(sessions.map(|entry| of_beaker(ini, entry)));
        faults.extend(section.entries.iter().filter_map(|entry| other_case(ini, section, entry, keys)));
    }
    faults.extend(database::faults(ini, keys));
    faults
}

/// A section beside `[app:main]` that PasteDeploy takes for the application, too.
fn ambiguous(ini: &Ini<'_>) -> Option<Diagnostic> {
    let is_main = |section: &&Section, prefix: &str| {
        let rest = ini.text[section.name.clone()].strip_prefix(prefix);
        rest.and_then(|rest| rest.strip_prefix(':')).is_some_and(|name| name.trim() == "main")
    };
    let found = APPLICATIONS.iter().flat_map(|prefixes| {
        let of = |prefix: &&str| -> Vec<&Section> {
            ini.sections.iter().filter(|section| is_main(section, prefix)).collect()
        };
        prefixes.iter().map(of).find(|found| !found.is_empty()).unwrap_or_default()
    });
    let found: Vec<&Section> = found.collect();
    let (first, other) = match found[..] {
        [first, other, ..] if first.header < other.header => (first, other),
        [other, first, ..] => (first, other),
        _ => return None,
    };
    let message = "PasteDeploy reads this section as the application, too, so Kallithea will not start";
    let help = format!("rename or remove this section; IIS needs only [{APPLICATION}]");
    let fault = Diagnostic::new(Code::IniAmbiguous, other.name.clone(), message).help(help);
    Some(fault.related(first.name.clone(), "the other one"))
}

/// Whether an entry gives one of the keys of the sessions by TurboGears' other name for it. One in `[DEFAULT]` comes
/// before the
/// application's, which wins over it then; where the application has none, the one that is put in would.
fn is_of_beaker(ini: &Ini<'_>, section: &Section, entry: &Entry, keys: &[Key]) -> bool {
    let (place, name) = (&ini.text[section.name.clone()], &ini.text[entry.name.clone()]);
    let plain = name.strip_prefix("get ").map_or(name, str::trim);
    let meant = plain.strip_prefix("beaker.").filter(|meant| meant.starts_with("session."));
    let Some(key) = meant.and_then(|meant| keys.iter().find(|key| key.name == meant)) else { return false };
    let application = ini.section(APPLICATION);
    let is_alone = || application.is_some_and(|application| application.entry(ini, key.name).is_none());
    place == APPLICATION || place == DEFAULT && is_alone()
}

fn of_beaker(ini: &Ini<'_>, entry: &Entry) -> Diagnostic {
    let name = &ini.text[entry.name.clone()];
    let meant = name.split_once("beaker.").map_or(name, |(_, meant)| meant);
    let message = format!("TurboGears reads this as `{meant}`, too, and uses the later one of the two");
    let help = format!("rename it to `{meant}` in [{APPLICATION}], or comment this line out with `#`");
    Diagnostic::new(Code::IniOverruled, entry.name.clone(), message).help(help)
}

/// Whether an entry gives one of the keys in a way that overrules the key's own place.
fn is_elsewhere(ini: &Ini<'_>, section: &Section, entry: &Entry, keys: &[Key]) -> bool {
    let (place, name) = (&ini.text[section.name.clone()], &ini.text[entry.name.clone()]);
    let other_way = name.strip_prefix("get ").map(str::trim);
    keys.iter().any(|key| {
        // PasteDeploy does not look for a filter in [DEFAULT].
        let is_default = place == DEFAULT && name == key.name && key.wanted != Wanted::OtherFilter;
        is_default || place == key.section && other_way == Some(key.name)
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
    let message = "this line overrides the key of the same name in its own section";
    let help = format!("comment this line out with `#`, so that the key in [{APPLICATION}] applies");
    Diagnostic::new(Code::IniOverruled, entry.name.clone(), message).help(help)
}

/// A percent sign that Python cannot resolve.
fn percent(ini: &Ini<'_>, section: &Section, entry: &Entry) -> Option<Diagnostic> {
    let (what, help) = match resolved(ini, section, &ini.value(entry)).err()? {
        Unresolved::Percent => (
            "a percent sign in this value is neither `%%` nor `%(name)s`".to_owned(),
            "write `%%` for one percent sign".to_owned(),
        ),
        Unresolved::Name => (
            format!("a `%(name)s` in this value does not name a key of its section or of [{DEFAULT}]"),
            "write the name of an existing key, or `%%` for a percent sign".to_owned(),
        ),
        Unresolved::Endless => (
            "the names in this value refer to each other without end, or to too many".to_owned(),
            "write the values instead of the names".to_owned(),
        ),
    };
    let help = match &ini.text[entry.name.clone()] == database::ADDRESS {
        true => database::NO_PERCENT.to_owned(),
        false => help,
    };
    let message = format!("{what}: Kallithea will not start");
    Some(Diagnostic::new(Code::IniPercent, entry.name.clone(), message).help(help))
}

/// An entry that is one of the keys but for upper and lower case, where the key is to be put in: the reader of the
/// logging sections
/// refuses a section with both.
fn other_case(ini: &Ini<'_>, section: &Section, entry: &Entry, keys: &[Key]) -> Option<Diagnostic> {
    let (place, name) = (&ini.text[section.name.clone()], &ini.text[entry.name.clone()]);
    let key = keys.iter().find(|key| {
        key.wanted != Wanted::Absent
            && (key.section, key.name) != (place, name)
            && key.section == place
            && name.to_lowercase() == key.name.to_lowercase()
    })?;
    let message = format!("Kallithea does not read this as `{}`, because it is case-sensitive", key.name);
    let help = format!("write `{}`", key.name);
    Some(Diagnostic::new(Code::IniCase, entry.name.clone(), message).help(help))
}

/// What does not stand against a file, but against Kallithea's start or its users' peace.
pub(super) fn warnings(ini: &Ini<'_>, keys: &[Key]) -> Vec<Diagnostic> {
    let short = keys.iter().filter_map(|key| short_secret(ini, key));
    not_ascii(ini.text).into_iter().chain(short).chain(logging::warning(ini)).collect()
}

/// The first letter that is not ASCII.
fn not_ascii(text: &str) -> Option<Diagnostic> {
    let (at, letter) = text.char_indices().find(|(_, letter)| !letter.is_ascii())?;
    let message = "this is not ASCII; on Windows, PasteDeploy reads the file in the system's code page and \
        the bridge as UTF-8";
    let help = "use only ASCII, even in comments; some other letters keep Kallithea from starting";
    Some(Diagnostic::new(Code::IniNotAscii, at..at + letter.len_utf8(), message).help(help))
}

/// A secret that stays although it is soon guessed.
fn short_secret(ini: &Ini<'_>, key: &Key) -> Option<Diagnostic> {
    let section = ini.section(key.section).filter(|_| key.wanted == Wanted::Secret)?;
    let entry = section.entry(ini, key.name)?;
    let value = resolved(ini, section, &ini.value(entry)).ok()?;
    let is_short = is_secret(value.trim()) && value.trim().chars().count() < SHORTEST_SECRET;
    let message = format!("this secret has fewer than {SHORTEST_SECRET} characters");
    let help = "remove its value, and `ini` creates a new secret of 64 characters; that signs out all users";
    is_short.then(|| Diagnostic::new(Code::IniShortSecret, entry.name.clone(), message).help(help))
}
