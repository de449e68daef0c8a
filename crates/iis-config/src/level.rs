//! A file above the one that is checked, and what of it counts for a place below.
//!
//! In: a parsed file, and the path from it to the checked one. Out: its sections for that place. Absent: what they do to the file.

use super::locks::{locations_around, path_of};
use super::markup::{Document, Element};

/// Which file a level is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelKind {
    /// The server's applicationHost.config.
    Host,
    /// The web.config of a folder.
    Web,
    /// The file itself, for what it says around a `<location>` of its own. Its locks do not count there.
    Own,
}

/// A file above the one that is checked: the server's applicationHost.config, or the web.config of a folder around it.
#[derive(Debug)]
pub struct Level<'d, 'a> {
    /// How messages call the file.
    pub name: String,
    /// The file.
    pub document: &'d Document<'a>,
    /// The path that a `<location>` of it has for the folder of the checked file: `Site/application` in the server's file, what
    /// is below its own folder in a web.config.
    pub below: String,
    /// Which file it is.
    pub kind: LevelKind,
}

impl<'d, 'a> Level<'d, 'a> {
    /// Whether it is the server's file.
    pub fn is_host(&self) -> bool {
        self.kind == LevelKind::Host
    }

    /// The elements of a section that count for a place below, each with the number of folders from the level to where it counts.
    fn sections(&self, path: &str, below: &str) -> Vec<(usize, &'d Element<'a>)> {
        let parts: Vec<&str> = path.split('/').collect();
        let own = self.document.descend(self.document.root(), &parts).map(|section| (0, section));
        // The web.config of a folder above may keep a location to itself.
        let is_handed_down = |location: &&Element<'a>| {
            self.kind != LevelKind::Web || !location.says("inheritInChildApplications", "false")
        };
        let locations = locations_around(self.document, below).into_iter().filter(is_handed_down);
        let within = locations.filter_map(|location| {
            Some((folders(path_of(location)), self.document.descend(location, &parts)?))
        });
        own.into_iter().chain(within).collect()
    }
}

/// A place below a place, as the path of a `<location>`.
pub(crate) fn joined(around: &str, below: &str) -> String {
    match (around, below) {
        (around, "") => around.to_owned(),
        ("", below) => below.to_owned(),
        (around, below) => format!("{around}/{below}"),
    }
}

/// How many names a path has.
fn folders(path: &str) -> usize {
    path.split('/').filter(|name| !name.is_empty()).count()
}

/// The elements of a section that count for a place, in the order in which IIS applies them: first by the place for which each
/// counts, the outermost first; for one place, a `<location>` of a file above comes before the file of that place. `below` is the path
/// from the innermost file to the place.
///
/// Thus a `<location path="Site/application">` of the server's file counts after the web.config of the site.
pub(crate) fn sections_of<'l, 'd, 'a>(
    levels: &'l [Level<'d, 'a>],
    path: &str,
    below: &str,
) -> Vec<(&'l Level<'d, 'a>, &'d Element<'a>)> {
    let deepest = levels.iter().map(|level| folders(&level.below)).max().unwrap_or_default();
    let of_level = |level: &'l Level<'d, 'a>| {
        let own = if level.is_host() { 0 } else { deepest - folders(&level.below) };
        let sections = level.sections(path, &joined(&level.below, below)).into_iter();
        sections.map(move |(depth, element)| (own + depth, level, element))
    };
    let mut found: Vec<_> = levels.iter().flat_map(of_level).collect();
    found.sort_by_key(|(depth, ..)| *depth);
    found.into_iter().map(|(_, level, element)| (level, element)).collect()
}
