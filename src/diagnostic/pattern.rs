//! The patterns by which secrets are found.
//!
//! In: a pattern that is written in the sources. Out: the pattern, ready to match. Absent: patterns that somebody else writes.

use regex::Regex;

/// A pattern of this program's own.
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern of ours")
}
