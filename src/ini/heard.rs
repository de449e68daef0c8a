//! Which of the lines for a key Kallithea gets: in PasteDeploy (`paste/deploy/loadwsgi.py`, `ConfigLoader.get_context`),
//! `[DEFAULT]` overrides the application's own section.
//!
//! In: a parsed file, a key of the application. Out: its entry, its value. Absent: what is wrong with either.

use super::APPLICATION;
use super::interpolate::resolved;
use super::read::{DEFAULT, Entry, Ini, Section};

/// The entry that takes effect: that of `[DEFAULT]`, or else that of the application.
pub(crate) fn heard<'a>(ini: &'a Ini<'_>, name: &str) -> Option<(&'a Section, &'a Entry)> {
    let of = |word: &str| {
        let mut sections = ini.sections.iter().filter(move |section| ini.text[section.name.clone()] == *word);
        sections.find_map(|section| Some((section, section.entry(ini, name)?)))
    };
    of(DEFAULT).or_else(|| of(APPLICATION))
}

/// The value of an entry, as Kallithea gets it.
pub(crate) fn heard_value(ini: &Ini<'_>, name: &str) -> Option<String> {
    let (section, entry) = heard(ini, name)?;
    resolved(ini, section, &ini.value(entry)).ok()
}
