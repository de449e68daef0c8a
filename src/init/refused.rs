//! Why an answer is not taken: because it is not one to its question, or because `check` has an error about it.

use std::fmt;
use std::ops::RangeInclusive;

use crate::diagnostic::{Code, Diagnostic};

/// Why an answer is not taken. Its text says what to answer instead.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// The question has a few answers, and this is none of them.
    Choice(&'static [&'static str]),
    /// The question asks for a number within these.
    Number(RangeInclusive<u32>),
    /// The question has to have an answer.
    Empty,
    /// The site is said to be on this machine, and is none of these.
    Site {
        /// Its name.
        name: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// With it the spec has this error.
    Rule(Box<Diagnostic>),
}

impl Refused {
    /// The code of the error that the spec would have, for `kallithea-iisc explain`.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Rule(error) => Some(error.code),
            _ => None,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choice(words) => write!(formatter, "answer {}", words.join(" or ")),
            Self::Number(range) => {
                write!(formatter, "answer a whole number from {} to {}", range.start(), range.end())
            }
            Self::Empty => formatter.write_str("give an answer; this question has no default"),
            Self::Site { name, known } => {
                write!(formatter, "this server has no site {name:?}; use one of {}", known.join(", "))
            }
            Self::Rule(error) => formatter.write_str(&said(error)),
        }
    }
}

impl std::error::Error for Refused {}

/// A diagnostic in one line.
pub(super) fn said(diagnostic: &Diagnostic) -> String {
    let help = diagnostic.help.as_deref().map(|help| format!("; {help}")).unwrap_or_default();
    format!("{}: {}{help}", diagnostic.code.id(), diagnostic.message)
}
