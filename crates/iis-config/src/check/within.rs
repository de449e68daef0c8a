//! Keys that a `<location>` of a file repeats, although the file has them for the places around it.
//!
//! In: a parsed file. Out: entries that are there already when IIS comes to the `<location>` (page "Deep Dive into IIS
//! Configuration"). Absent: locks, which do not count inside the file that has them.

use std::collections::HashMap;

use super::Finding;
use super::held::{Held, held};
use super::inherited::{Compared, Inherited, compare};
use crate::level::{Level, LevelKind};
use crate::markup::{Document, Element};
use crate::names::folded;
use crate::schema::Tables;

pub(super) fn check(document: &Document<'_>, tables: &Tables) -> Vec<Finding> {
    let level = Level { name: String::new(), document, below: String::new(), kind: LevelKind::Own };
    let all = held(document, &|path| tables.section(path).is_some());
    let mut places: HashMap<(&str, String), Vec<&Element<'_>>> = HashMap::new();
    for held in all.iter().filter(|held| is_handed_down(held)) {
        places.entry((&held.path, folded(&held.location))).or_default().push(held.element);
    }
    let (mut inherited, mut found) = (Inherited::default(), Vec::new());
    for held in all.iter().filter(|held| !held.location.is_empty()) {
        let Some(section) = tables.section(&held.path) else { continue };
        let own = folded(&held.location);
        let ends = own.match_indices('/').map(|(end, _)| end);
        let around = std::iter::once(0).chain(ends).map(|end| own[..end].to_owned());
        let above = around.filter_map(|place| places.get(&(held.path.as_str(), place)));
        let above: Vec<_> = above.flatten().map(|element| (&level, *element)).collect();
        let own = Compared { document, element: held.element, table: Some(&section.body), path: &held.path };
        compare(&own, &above, &mut inherited, &mut found);
    }
    found
}

/// Whether what a section says counts for the places below.
fn is_handed_down(held: &Held<'_, '_>) -> bool {
    !held.around.is_some_and(|location| location.says("inheritInChildApplications", "false"))
}
