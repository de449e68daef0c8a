//! Why an answer is refused: because it does not fit its question, or because `check` reports an error about it.

use std::fmt;
use std::ops::RangeInclusive;

use crate::diagnostic::{Code, Diagnostic};

/// Why an answer is refused. Its text says what to answer instead.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// The question has a few possible answers, and this is not one of them.
    Choice(&'static [&'static str]),
    /// The question requires a number within this range.
    Number(RangeInclusive<u32>),
    /// The question requires an answer.
    Empty,
    /// The site should exist on this machine, but is not one of these.
    Site {
        /// Its name.
        name: String,
        /// The existing ones.
        known: Vec<String>,
    },
    /// With this answer the spec has this error.
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
