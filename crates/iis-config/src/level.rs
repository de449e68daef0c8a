//! A file above the one that is checked, and what of it counts for a place below.
//!
//! In: a parsed file, and the path from it to the checked one. Out: its sections for that place. Absent: what they do to the file.

use std::collections::HashMap;

use super::hosting::is_application;
use super::location::path_of;
use super::markup::{Document, Element};
use super::names::folded;

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
#[derive(Debug, Clone)]
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

/// What a file says for one place: its root, or one of its `<location>`s.
pub(crate) struct Layer<'l, 'd, 'a> {
    /// The file.
    pub(crate) level: &'l Level<'d, 'a>,
    /// The root of the file or the `<location>`.
    pub(crate) around: &'d Element<'a>,
}

impl<'d, 'a> Layer<'_, 'd, 'a> {
    /// A section in it.
    pub(crate) fn section(&self, path: &[&str]) -> Option<&'d Element<'a>> {
        self.level.document.descend(self.around, path)
    }
}

/// Some files, and the `<location>`s of each by their paths: a file may have thousands of them, and each place asks for its own.
pub(crate) struct Layers<'l, 'd, 'a> {
    levels: &'l [Level<'d, 'a>],
    locations: Vec<HashMap<String, Vec<&'d Element<'a>>>>,
}

impl<'l, 'd, 'a> Layers<'l, 'd, 'a> {
    /// Those of these files, the outermost first.
    pub(crate) fn of(levels: &'l [Level<'d, 'a>]) -> Self {
        let by_path = |level: &Level<'d, 'a>| {
            let mut found: HashMap<_, Vec<_>> = HashMap::new();
            for location in level.document.named(level.document.root(), "location") {
                found.entry(folded(path_of(location))).or_default().push(location);
            }
            found
        };
        Self { levels, locations: levels.iter().map(by_path).collect() }
    }

    /// What counts for a place, in the order in which IIS applies it: first by the place for which each counts, the outermost first; for
    /// one place, a `<location>` of a file above comes before the file of that place. `below` is the path from the innermost file to
    /// the place. Sections, their locks and the locks on their parts all follow this order.
    ///
    /// Thus a `<location path="Site/application">` of the server's file counts after the web.config of the site.
    pub(crate) fn at(&self, below: &str) -> Vec<Layer<'l, 'd, 'a>> {
        let deepest = self.levels.iter().map(|level| folders(&level.below)).max().unwrap_or_default();
        let mut found = Vec::new();
        for (level, locations) in self.levels.iter().zip(&self.locations) {
            let own = if level.is_host() { 0 } else { deepest - folders(&level.below) };
            found.push((own, Layer { level, around: level.document.root() }));
            let kept = |location: &Element<'_>| {
                level.kind == LevelKind::Web
                    && location.says("inheritInChildApplications", "false")
                    && is_left(self.levels, level, below)
            };
            let place = folded(&joined(&level.below, below));
            let ends = place.match_indices('/').map(|(end, _)| end).chain([place.len()]);
            for path in [""].into_iter().chain(ends.filter(|end| *end > 0).map(|end| &place[..end])) {
                let around = locations.get(path).into_iter().flatten().filter(|location| !kept(location));
                let depth = own + folders(path);
                found.extend(around.map(|around| (depth, Layer { level, around })));
            }
        }
        found.sort_by_key(|(depth, _)| *depth);
        found.into_iter().map(|(_, layer)| layer).collect()
    }
}

/// Whether a place is in another application than the folder of a web.config above it, which keeps some `<location>`s to its own one. It
/// is taken for another if no file of the server says which places are applications.
fn is_left(levels: &[Level<'_, '_>], level: &Level<'_, '_>, below: &str) -> bool {
    let Some(host) = levels.iter().find(|level| level.is_host()) else { return true };
    let place = joined(&host.below, below);
    let names: Vec<&str> = place.split('/').filter(|name| !name.is_empty()).collect();
    let own = names.len().saturating_sub(folders(&joined(&level.below, below)));
    let mut inner = (own + 1..=names.len()).map(|end| names[..end].join("/"));
    host.below.is_empty() || inner.any(|inner| is_application(host.document, &inner) != Some(false))
}

/// The elements of a section that count for a place, in the order of [`Layers::at`].
pub(crate) fn sections_of<'l, 'd, 'a>(
    levels: &'l [Level<'d, 'a>],
    path: &str,
    below: &str,
) -> Vec<(&'l Level<'d, 'a>, &'d Element<'a>)> {
    sections_in(&Layers::of(levels).at(below), path)
}

/// The elements of a section in these layers.
pub(crate) fn sections_in<'l, 'd, 'a>(
    layers: &[Layer<'l, 'd, 'a>],
    path: &str,
) -> Vec<(&'l Level<'d, 'a>, &'d Element<'a>)> {
    let parts: Vec<&str> = path.split('/').collect();
    layers.iter().filter_map(|layer| Some((layer.level, layer.section(&parts)?))).collect()
}
