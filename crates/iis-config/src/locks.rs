//! Which sections a server locks for its web.config files, and where it says so.
//!
//! In: a section and an application, with the server's file or all files above. Out: the lock. Absent: locks on single attributes,
//! elements and entries, which [`check`](crate::check) compares.

use super::declared::declaration;
use super::level::{Layer, Layers, Level, LevelKind};
use super::location::{override_of, path_of};
use super::markup::Document;

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
    let below = application.to_owned();
    let host = Level { name: String::new(), document, below, kind: LevelKind::Host };
    lock_in(&Layers::of(std::slice::from_ref(&host)).at(""), path).map(|(_, lock)| lock)
}

/// The same, according to several files; with the file that says it.
pub(crate) fn lock_in<'l, 'd, 'a>(
    layers: &[Layer<'l, 'd, 'a>],
    path: &str,
) -> Option<(&'l Level<'d, 'a>, Lock)> {
    let parts: Vec<&str> = path.split('/').collect();
    let mut found: Option<(&'l Level<'d, 'a>, Lock)> = None;
    for Layer { level, around } in layers.iter().filter(|layer| layer.level.kind != LevelKind::Own) {
        if !around.is_named("location") {
            // Deeper files must not hold such a section, until a `<location>` allows it.
            let own = declaration(level.document, path).map(|known| Lock {
                locked: known.says("overrideModeDefault", "Deny"),
                place: known.tag(),
                location: None,
            });
            found = own.map(|lock| (*level, lock)).or(found);
            continue;
        }
        let Some(section) = level.document.descend(around, &parts) else { continue };
        let Some(locked) = override_of(around) else { continue };
        let location = Some(path_of(around)).filter(|path| !path.is_empty()).map(str::to_owned);
        // A server's file that does not declare its sections is an excerpt, and only what it says about this path counts.
        if !level.is_host() || found.is_some() || location.is_some() {
            found = Some((*level, Lock { locked, place: section.tag(), location }));
        }
    }
    found
}
