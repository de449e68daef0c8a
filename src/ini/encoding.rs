//! The encoding of an ini file, which Python reads as UTF-8 without a byte-order mark.
//!
//! What enters: a text as read from a file. What leaves: nothing, or why Python would read something else. Absent:
//! reading the file.

use crate::diagnostic::{Code, Diagnostic};

/// What to do about a file in another encoding.
pub const SAVE_AS: &str = "save the file as UTF-8 without a byte-order mark (\"without BOM\")";

/// Checks the encoding of a file. `is_marked` says whether it begins with a byte-order mark, which is not in `text`.
pub fn check_encoding(text: &str, is_marked: bool) -> Result<(), Vec<Diagnostic>> {
    let refusal =
        |at: usize, message| Err(vec![Diagnostic::new(Code::IniEncoding, at..at, message).help(SAVE_AS)]);
    if is_marked {
        return refusal(
            0,
            "the file begins with a byte-order mark, which Python reads as text of the first line",
        );
    }
    match text.find('\0') {
        Some(at) => refusal(at, "the file contains a zero byte, so it is UTF-16 or not a text file"),
        None => Ok(()),
    }
}
