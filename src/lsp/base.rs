//! The way from `extends` to the file that it names.
//!
//! What enters: a file and a place. What leaves: the base file, if the place is in the value of `extends`.

use std::path::{Path, PathBuf};

use super::documents::Document;
use super::outline;
use crate::source::beside;

/// The file that the `extends` at an offset names.
pub(super) fn at((document, offset): (&Document, usize)) -> Option<PathBuf> {
    let (text, mark) = document.unmarked();
    let at = offset.saturating_sub(mark);
    let lines = outline::lines(text, at);
    let line = outline::line_at(&lines, at).filter(|line| line.around.is_empty())?;
    line.key.as_ref().filter(|(key, _)| key == "extends")?;
    let named = text[line.value.clone()].trim_matches(['"', '\'']);
    (!named.is_empty()).then(|| of(document.path.as_deref()?, named)).flatten()
}

/// The whole path of a file that another one names, without steps up.
pub(super) fn of(file: &Path, named: &str) -> Option<PathBuf> {
    Some(PathBuf::from(beside(file.to_str()?, named)))
}
