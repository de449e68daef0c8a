//! What the levels above a file do to it: they lock its sections, and they hand down entries, whose keys it must not repeat.
//!
//! In: a web.config and the files above it. Out: what IIS refuses because of them (pages "Deep Dive into IIS Configuration" and
//! "How to Use Locking in IIS Configuration"). Absent: what is wrong with the file alone.

use std::collections::{HashMap, HashSet};

use super::held::{Held, held};
use super::inherited::{Compared, Inherited, compare};
use super::{Fault, Finding};
use crate::declared::{Declaration, declarations, declares, is_declared};
use crate::hosting::is_application;
use crate::level::{Layer, Layers, Level, joined, sections_in};
use crate::location::{override_of, path_of};
use crate::locks::lock_in;
use crate::markup::Document;
use crate::schema::{Definition, Tables, is_of_dot_net};

/// Everything that the levels above refuse in a web.config.
pub(super) fn check(document: &Document<'_>, tables: &Tables, levels: &[Level<'_, '_>]) -> Vec<Finding> {
    let own: HashSet<String> = declarations(document).into_iter().map(|known| known.path).collect();
    let declared: HashMap<String, (&Level<'_, '_>, Declaration<'_, '_>)> = levels
        .iter()
        .flat_map(|level| {
            declarations(level.document).into_iter().map(move |known| (known.path.clone(), (level, known)))
        })
        .collect();
    let is_complete = levels.iter().any(|level| level.is_host() && declares(level.document));
    let mut found = again(document, &declared);
    let (mut inherited, all) = (Inherited::default(), Layers::of(levels));
    let known =
        |path: &str| own.contains(path) || declared.contains_key(path) || tables.section(path).is_some();
    for held in held(document, &known) {
        if !held.is_section {
            continue;
        }
        let declaration = declared.get(&held.path).map(|(_, declaration)| declaration);
        let is_known = declaration.is_some() || own.contains(&held.path);
        let is_group = || is_declared(&held.path, own.iter().chain(declared.keys()));
        if is_complete && !is_known && !is_of_dot_net(&held.path) && !is_group() {
            found.push(Finding::new(held.element.offset, &held.path, Fault::NotDeclared));
            continue;
        }
        let layers = all.at(&held.location);
        match placement(&held, declaration, tables, levels, &layers) {
            Some(finding) => found.push(finding),
            None => content(document, &held, tables, &layers, &mut inherited, &mut found),
        }
    }
    found
}

/// Sections that a level above has declared already.
fn again(
    document: &Document<'_>,
    declared: &HashMap<String, (&Level<'_, '_>, Declaration<'_, '_>)>,
) -> Vec<Finding> {
    let own = declarations(document).into_iter();
    own.filter_map(|known| {
        let (level, first) = declared.get(&known.path)?;
        let finding = Finding::new(known.element.offset, &known.path, Fault::DeclaredTwice);
        Some(finding.first(level, first.element.offset))
    })
    .collect()
}

/// Whether the levels above let the file hold the section at all.
fn placement(
    held: &Held<'_, '_>,
    declaration: Option<&Declaration<'_, '_>>,
    tables: &Tables,
    levels: &[Level<'_, '_>],
    layers: &[Layer<'_, '_, '_>],
) -> Option<Finding> {
    let at = |fault| Finding::new(held.element.offset, &held.path, fault);
    let is_known =
        tables.section(&held.path).is_some_and(|known| known.definition == Definition::AppHostOnly);
    match declaration.map(Declaration::definition) {
        // The table of the section has said it.
        Some(Definition::AppHostOnly) => return (!is_known).then(|| at(Fault::AppHostOnly)),
        Some(Definition::MachineToApplication) if is_below_application(held, levels) => {
            return Some(at(Fault::ApplicationOnly));
        }
        _ => {}
    }
    let lock = lock_in(layers, &held.path);
    if let Some((level, lock)) = &lock
        && lock.locked
    {
        let fault = if level.is_host() { Fault::Locked } else { Fault::LockedByFolder };
        return Some(at(fault).first(level, lock.place.start));
    }
    let (level, lock) = lock?;
    let location = held.around.filter(|location| path_of(location).is_empty())?;
    let unlocked = lock.location.filter(|path| crate::names::is_same(path, &level.below))?;
    let locks = override_of(location) == Some(true);
    (locks && !unlocked.is_empty())
        .then(|| Finding::new(location.offset, "location", Fault::LocksAgain).first(level, lock.place.start))
}

/// Whether a section is for a folder that the server's file knows not to be an application.
fn is_below_application(held: &Held<'_, '_>, levels: &[Level<'_, '_>]) -> bool {
    let Some(host) = levels.iter().find(|level| level.is_host() && !level.below.is_empty()) else {
        return false;
    };
    is_application(host.document, &joined(&host.below, &held.location)) == Some(false)
}

/// What the levels above refuse inside a section that the file may hold.
fn content<'l, 'd, 'a>(
    document: &Document<'_>,
    held: &Held<'_, '_>,
    tables: &Tables,
    layers: &[Layer<'l, 'd, 'a>],
    inherited: &mut Inherited<'l, 'd, 'a>,
    found: &mut Vec<Finding>,
) {
    let above = sections_in(layers, &held.path);
    if !above.is_empty() {
        let table = tables.section(&held.path).map(|section| &section.body);
        let own = Compared { document, element: held.element, table, path: &held.path };
        compare(&own, &above, inherited, found);
    }
}
