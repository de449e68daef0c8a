//! Which sections a server locks for its web.config files, and where it says so.
//!
//! In: a server's file, a section and an application. Out: the lock. Absent: locks on single attributes, elements and entries,
//! which [`check`](crate::check) compares.

use super::declared::declaration;
use super::markup::{Document, Element};
use super::names::is_at_or_below;

/// Whether a section is locked for web.config files, and where the file says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Whether it is.
    pub locked: bool,
    /// Where.
    pub place: std::ops::Range<usize>,
    /// The path of the `<location>` that says so, if it is not for the whole server.
    pub location: Option<String>,
}

/// The lock of a section for every web.config of a server; `None` if the file does not say it.
pub fn lock(document: &Document<'_>, path: &str) -> Option<Lock> {
    lock_at(document, path, "")
}

/// The lock of a section for the web.config of one application (`Site/name`): according to `configSections`, and then to each
/// `<location>` around the application, the outermost first (page "How to Use Locking in IIS Configuration"). `None` if the
/// file neither declares the section nor locks it.
pub fn lock_at(document: &Document<'_>, path: &str, application: &str) -> Option<Lock> {
    lock_in(document, path, application, false)
}

/// The same, for any file above. `is_whole`: the file is no excerpt, although it does not declare the section, so that all of its
/// locks count.
pub(crate) fn lock_in(
    document: &Document<'_>,
    path: &str,
    application: &str,
    is_whole: bool,
) -> Option<Lock> {
    let declared = declaration(document, path);
    // Deeper files must not hold such a section, until a `<location>` allows it.
    let is_locked = |known: &Element<'_>| known.says("overrideModeDefault", "Deny");
    let mut lock =
        declared.map(|known| Lock { locked: is_locked(known), place: known.tag(), location: None });
    let parts: Vec<&str> = path.split('/').collect();
    for location in locations_around(document, application) {
        let Some(section) = document.descend(location, &parts) else { continue };
        let Some(locked) = override_of(location) else { continue };
        let location = Some(path_of(location)).filter(|path| !path.is_empty()).map(str::to_owned);
        // A file that does not declare its sections is an excerpt, and only what it says about this path counts.
        if is_whole || lock.is_some() || location.is_some() {
            lock = Some(Lock { locked, place: section.tag(), location });
        }
    }
    lock
}

/// The `<location>`s around an application, the outermost first.
pub fn locations_around<'d, 'a>(document: &'d Document<'a>, application: &str) -> Vec<&'d Element<'a>> {
    let is_around = |path: &str| path.is_empty() || is_at_or_below(application, path);
    let mut around: Vec<_> = document.named(document.root(), "location").collect();
    around.retain(|location| is_around(path_of(location)));
    around.sort_by_key(|location| path_of(location).len());
    around
}

/// The path of a `<location>`; empty if it is for the file's own level.
pub fn path_of<'e>(location: &'e Element<'_>) -> &'e str {
    match location.value("path") {
        None | Some("" | ".") => "",
        Some(path) => path.trim_end_matches('/'),
    }
}

/// Whether a `<location>` locks its sections (`overrideMode`, or the older `allowOverride`); `None` if it leaves that to others.
pub fn override_of(location: &Element<'_>) -> Option<bool> {
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
