//! What somebody sees who runs Kallithea under IIS, and what it comes from: statuses, error numbers of Windows, and a few
//! things that have no number.
//!
//! The table is also the last part of `docs/from-kallithea-page.md`. The meaning of a status is Microsoft's (page "HTTP
//! status codes in IIS", and 413.1 and 431 in `<requestLimits>` of the reference); of a cause only those are here that a
//! deployment of Kallithea has.

mod clients;
mod events;
mod failed;
mod farm;
mod find;
mod not_found;
mod others;
mod refused;

pub use find::find;

use super::Code;

/// Something that can be seen.
#[derive(Debug, Clone, Copy)]
pub struct Symptom {
    /// The status as IIS's log has it, or a word for what has no status.
    pub name: &'static str,
    /// What it is; in quotation marks what is said there, by which it is found.
    pub what: &'static str,
    /// What it comes from, the likeliest first.
    pub causes: &'static [Cause],
}

/// What a symptom comes from.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    /// The error number that IIS's page or log shows beside the status; empty where it shows none.
    pub number: &'static str,
    /// What is wrong; in quotation marks what is said there, by which it is found.
    pub why: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// Keys of the spec that decide it.
    pub keys: &'static [&'static str],
    /// Diagnostics that prevent it.
    pub codes: &'static [Code],
    /// Commands of this program that show it.
    pub commands: &'static [&'static str],
}

type Words = &'static [&'static str];

impl Cause {
    /// Why, and what to do, with the keys, codes and commands that belong to it.
    const fn new(
        why: &'static str,
        remedy: &'static str,
        keys: Words,
        codes: &'static [Code],
        commands: Words,
    ) -> Self {
        Self { number: "", why, remedy, keys, codes, commands }
    }

    /// The same with the error number beside the status.
    const fn numbered(mut self, number: &'static str) -> Self {
        self.number = number;
        self
    }
}

/// Every symptom, by its number, those without one behind.
pub fn all() -> impl Iterator<Item = &'static Symptom> {
    [
        refused::SYMPTOMS,
        not_found::SYMPTOMS,
        failed::SYMPTOMS,
        events::SYMPTOMS,
        clients::SYMPTOMS,
        others::SYMPTOMS,
        farm::SYMPTOMS,
    ]
    .into_iter()
    .flatten()
}

/// The symptoms that a code prevents.
pub fn prevented_by(code: Code) -> Vec<&'static str> {
    let meant = |symptom: &&Symptom| symptom.causes.iter().any(|cause| cause.codes.contains(&code));
    all().filter(meant).map(|symptom| symptom.name).collect()
}
