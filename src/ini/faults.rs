//! What is wrong with an ini file that configparser accepts: keys that have no effect, and values that it
//! cannot resolve.
//!
//! PasteDeploy (`paste/deploy/loadwsgi.py`, `ConfigLoader.get_context`) ignores a key of a section if `[DEFAULT]` has
//! it, too, and prefers `get name = ...` to the key itself. Absent: what matters to only one application, which its
//! [`Rules`] say.

use super::interpolate::{Unresolved, resolved};
use super::read::{DEFAULT, Entry, Ini, Section};
use super::{APPLICATION, Key, Rules, Wanted, is_secret};
use crate::diagnostic::{Code, Diagnostic};
use crate::kallithea::facts::{CREATE_INI, NAME};

/// The names under which PasteDeploy looks for an application called `main`: from each line the first that a
/// file contains (`paste/deploy/loadwsgi.py`, `APP.config_prefixes` and `find_config_section`).
const APPLICATIONS: [&[&str]; 4] =
    [&["app", "application"], &["composite", "composit"], &["pipeline"], &["filter-app"]];

/// A shorter secret is too weak: it is less than half as long as one that is generated here, and can be guessed.
const SHORTEST_SECRET: usize = 16;

pub fn faults(ini: &Ini<'_>, keys: &[Key], rules: &Rules) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    if ini.section(APPLICATION).is_none() {
        let message = format!("the section [{APPLICATION}] is missing");
        let help = format!("name the ini file that `{CREATE_INI}` created");
        faults.push(Diagnostic::new(Code::IniNotKallithea, 0..0, message).help(help));
    }
    faults.extend(ambiguous(ini));
    for section in &ini.sections {
        let name = &ini.text[section.name.clone()];
        if name == DEFAULT || name == APPLICATION {
            let heard = section.entries.iter().filter(|entry| !is_passed_over(ini, section, entry));
            faults.extend(heard.filter_map(|entry| percent(ini, section, entry, rules)));
        }
        let elsewhere = section.entries.iter().filter(|entry| is_elsewhere(ini, section, entry, keys));
        faults.extend(elsewhere.map(overruled));
        faults.extend(section.entries.iter().filter_map(|entry| (rules.entry)(ini, section, entry, keys)));
        faults.extend(section.entries.iter().filter_map(|entry| other_case(ini, section, entry, keys)));
    }
    faults.extend((rules.file)(ini, keys));
    faults
}

/// A section in addition to `[app:main]` that PasteDeploy also uses as the application.
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
    let message = format!("PasteDeploy reads this section as the application, too, so {NAME} will not start");
    let help = format!("rename or remove this section; IIS needs only [{APPLICATION}]");
    let fault = Diagnostic::new(Code::IniAmbiguous, other.name.clone(), message).help(help);
    Some(fault.related(first.name.clone(), "the other one"))
}

/// Whether an entry sets one of the keys in a way that overrides the key in its own place.
fn is_elsewhere(ini: &Ini<'_>, section: &Section, entry: &Entry, keys: &[Key]) -> bool {
    let (place, name) = (&ini.text[section.name.clone()], &ini.text[entry.name.clone()]);
    let other_way = name.strip_prefix("get ").map(str::trim);
    keys.iter().any(|key| {
        // PasteDeploy does not look for a filter in [DEFAULT].
        let is_default = place == DEFAULT && name == key.name && key.wanted != Wanted::OtherFilter;
        is_default || place == key.section && other_way == Some(key.name)
    })
}

/// Whether PasteDeploy never reads an entry's value, because `[DEFAULT]` has the key, too.
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
fn percent(ini: &Ini<'_>, section: &Section, entry: &Entry, rules: &Rules) -> Option<Diagnostic> {
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
    let help = (rules.percent)(&ini.text[entry.name.clone()]).map_or(help, str::to_owned);
    let message = format!("{what}: {NAME} will not start");
    Some(Diagnostic::new(Code::IniPercent, entry.name.clone(), message).help(help))
}

/// An entry that differs from one of the keys only in case, if the key is to be added: the reader of the logging
/// sections refuses a section with both.
fn other_case(ini: &Ini<'_>, section: &Section, entry: &Entry, keys: &[Key]) -> Option<Diagnostic> {
    let (place, name) = (&ini.text[section.name.clone()], &ini.text[entry.name.clone()]);
    let key = keys.iter().find(|key| {
        key.wanted != Wanted::Absent
            && (key.section, key.name) != (place, name)
            && key.section == place
            && name.to_lowercase() == key.name.to_lowercase()
    })?;
    let message = format!("{NAME} does not read this as `{}`, because it is case-sensitive", key.name);
    let help = format!("write `{}`", key.name);
    Some(Diagnostic::new(Code::IniCase, entry.name.clone(), message).help(help))
}

/// What the author should look at, although the file can be used.
pub fn warnings(ini: &Ini<'_>, keys: &[Key], rules: &Rules) -> Vec<Diagnostic> {
    let short = keys.iter().filter_map(|key| short_secret(ini, key));
    not_ascii(ini.text).into_iter().chain(short).chain((rules.warnings)(ini)).collect()
}

/// The first character that is not ASCII.
fn not_ascii(text: &str) -> Option<Diagnostic> {
    let (at, letter) = text.char_indices().find(|(_, letter)| !letter.is_ascii())?;
    let message = "this is not ASCII; on Windows, PasteDeploy reads the file in the system's code page and \
        the bridge as UTF-8";
    let help = format!("use only ASCII, even in comments; some other letters keep {NAME} from starting");
    Some(Diagnostic::new(Code::IniNotAscii, at..at + letter.len_utf8(), message).help(help))
}

/// A secret that stays although it is easily guessed.
fn short_secret(ini: &Ini<'_>, key: &Key) -> Option<Diagnostic> {
    let section = ini.section(key.section).filter(|_| key.wanted == Wanted::Secret)?;
    let entry = section.entry(ini, key.name)?;
    let value = resolved(ini, section, &ini.value(entry)).ok()?;
    let is_short = is_secret(value.trim()) && value.trim().chars().count() < SHORTEST_SECRET;
    let message = format!("this secret has fewer than {SHORTEST_SECRET} characters");
    let help = "remove its value, and `ini` creates a new secret of 64 characters; that signs out all users";
    is_short.then(|| Diagnostic::new(Code::IniShortSecret, entry.name.clone(), message).help(help))
}
