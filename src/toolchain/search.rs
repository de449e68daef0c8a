//! The log of the search: each candidate, in order, and its result.
//!
//! In: the findings of the search. Out: the words for `-v` and for the error. Absent: the search itself.

use std::fmt;

use super::{NoAnswer, OLDEST_RUST, Version};

/// One candidate, and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The candidate, in words.
    pub candidate: String,
    /// The target that it was checked for; `None` if the search did not get that far.
    pub target: Option<String>,
    /// The result.
    pub outcome: Outcome,
}

/// The result for a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It builds the libraries.
    Taken,
    /// It cannot be used.
    Refused(Refusal),
}

/// Why a candidate cannot build the libraries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing of the kind is on this machine.
    Absent,
    /// It did not answer.
    Silent(NoAnswer),
    /// It is older than [`OLDEST_RUST`].
    TooOld(Version),
    /// The target's standard library is not installed.
    TargetNotInstalled,
    /// The target's standard library is not installed, and neither is the source to compile it from.
    NoSource,
    /// The program that links for the target is missing.
    NoLinker(&'static str),
    /// Only Windows can link for the target.
    OnlyOnWindows,
    /// The target is the native one of another kind of machine.
    ForeignHost,
}

/// Every candidate that was checked, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The candidates, in the order in which they were tried.
    pub tried: Vec<Attempt>,
}

impl Attempt {
    /// A candidate that cannot be used.
    pub(super) fn refused(candidate: &str, target: Option<String>, refusal: Refusal) -> Self {
        Self { candidate: candidate.to_owned(), target, outcome: Outcome::Refused(refusal) }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.candidate)?;
        if let Some(target) = &self.target {
            write!(formatter, ", {target}")?;
        }
        match &self.outcome {
            Outcome::Taken => formatter.write_str(": taken"),
            Outcome::Refused(refusal) => write!(formatter, ": {refusal}"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => formatter.write_str("not on this machine"),
            Self::Silent(reason) => write!(formatter, "does not answer: {reason}"),
            Self::TooOld(version) => {
                write!(formatter, "it is Rust {version}, but the bridge needs {OLDEST_RUST} or later")
            }
            Self::TargetNotInstalled => formatter.write_str("the target is not installed"),
            Self::NoSource => {
                formatter.write_str("neither the target nor the source to compile it from is installed")
            }
            Self::NoLinker(program) => write!(formatter, "its linker {program} is not installed"),
            Self::OnlyOnWindows => formatter.write_str("only Windows can link for it"),
            Self::ForeignHost => formatter.write_str("neither a Windows target nor this machine's own"),
        }
    }
}
