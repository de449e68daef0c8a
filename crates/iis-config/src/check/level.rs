//! A file above the one that is checked, and what of it counts for a place below.
//!
//! In: a parsed file, and the path from it to the checked one. Out: its sections for that place. Absent: what they do to the file.

use crate::locks::locations_around;
use crate::markup::{Document, Element};

/// Which file a level is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelKind {
    /// The server's applicationHost.config.
    Host,
    /// The web.config of a folder.
    Web,
    /// The checked file itself, for what it says around a `<location>` of its own. Its locks do not count there.
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

    /// The elements of a section that count for a place below, from the level's own to the deepest `<location>`.
    pub(super) fn sections(&self, path: &str, below: &str) -> Vec<&'d Element<'a>> {
        let parts: Vec<&str> = path.split('/').collect();
        let own = self.document.descend(self.document.root(), &parts);
        // A web.config may keep a location to itself.
        let is_handed_down =
            |location: &&Element<'a>| self.is_host() || !location.says("inheritInChildApplications", "false");
        let locations = locations_around(self.document, below).into_iter().filter(is_handed_down);
        let within = locations.filter_map(|location| self.document.descend(location, &parts));
        own.into_iter().chain(within).collect()
    }
}
