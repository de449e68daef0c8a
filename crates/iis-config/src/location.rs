//! The `<location>` elements of a file: which place each is for, and whether it locks its sections.
//!
//! In: a parsed file. Out: its locations. Absent: the sections in them.

use super::markup::{Document, Element};
use super::names::is_at_or_below;

/// The `<location>`s around an application, the outermost first.
pub(crate) fn locations_around<'d, 'a>(
    document: &'d Document<'a>,
    application: &str,
) -> Vec<&'d Element<'a>> {
    let is_around = |path: &str| path.is_empty() || is_at_or_below(application, path);
    let mut around: Vec<_> = document.named(document.root(), "location").collect();
    around.retain(|location| is_around(path_of(location)));
    around.sort_by_key(|location| path_of(location).len());
    around
}

/// The path of a `<location>`; empty if it is for the file's own level.
pub(crate) fn path_of<'e>(location: &'e Element<'_>) -> &'e str {
    match location.value("path") {
        None | Some("" | ".") => "",
        Some(path) => path.trim_end_matches('/'),
    }
}

/// Whether a `<location>` locks its sections (`overrideMode`, or the older `allowOverride`); `None` if it leaves that to others.
pub(crate) fn override_of(location: &Element<'_>) -> Option<bool> {
    let says = |name, value| location.says(name, value);
    if says("overrideMode", "Allow") {
        Some(false)
    } else if says("overrideMode", "Deny") {
        Some(true)
    } else if location.value("overrideMode").is_some() {
        None
    } else if says("allowOverride", "true") {
        Some(false)
    } else {
        says("allowOverride", "false").then_some(true)
    }
}
