//! The `<location>` elements of a file: which place each is for, and whether it locks its sections.
//!
//! In: such an element. Out: what it says. Absent: the sections in it.

use super::markup::Element;

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
