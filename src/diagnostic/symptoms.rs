//! What a user of a deployment sees, and its cause: the form of a table, and how to search it.
//!
//! In: a table of an application's symptoms, and what a user saw. Out: the matching symptoms. Absent: the table, which
//! belongs to the application ([`kallithea::SYMPTOMS`](crate::kallithea::SYMPTOMS)).

mod find;

use super::Code;

/// Something that a user can see.
#[derive(Debug, Clone, Copy)]
pub struct Symptom {
    /// The status as in IIS's log, or a word for what has no status.
    pub name: &'static str,
    /// What it is; the text in quotation marks is what the user sees, and is searched.
    pub what: &'static str,
    /// Its causes, the likeliest first.
    pub causes: &'static [Cause],
}

/// The cause of a symptom.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    /// The error number that IIS's page or log shows beside the status; empty if it shows none.
    pub number: &'static str,
    /// What is wrong; the text in quotation marks is what the user sees, and is searched.
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
    pub(crate) const fn new(
        why: &'static str,
        remedy: &'static str,
        keys: Words,
        codes: &'static [Code],
        commands: Words,
    ) -> Self {
        Self { number: "", why, remedy, keys, codes, commands }
    }

    /// The same with the error number beside the status.
    pub(crate) const fn numbered(mut self, number: &'static str) -> Self {
        self.number = number;
        self
    }
}

/// An application's symptoms, in the order in which they are shown.
#[derive(Debug, Clone, Copy)]
pub struct Symptoms(pub(crate) &'static [&'static [Symptom]]);

impl Symptoms {
    /// Each of them.
    pub fn all(self) -> impl Iterator<Item = &'static Symptom> {
        self.0.iter().copied().flatten()
    }

    /// Those that a code prevents, by their names.
    pub fn prevented_by(self, code: Code) -> Vec<&'static str> {
        let meant = |symptom: &&Symptom| symptom.causes.iter().any(|cause| cause.codes.contains(&code));
        self.all().filter(meant).map(|symptom| symptom.name).collect()
    }
}
