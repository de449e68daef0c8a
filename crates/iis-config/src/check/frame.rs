//! What a file says around its sections: the declarations, the `<location>`s, and the lists of locks.
//!
//! In: a parsed file. Out: what IIS refuses in it, whatever the sections are. Absent: the content of the sections.

use std::collections::HashMap;

use super::held::held;
use super::{Fault, Finding, First, Kind};
use crate::declared::{declarations, declares, is_declared};
use crate::markup::{Document, Element};
use crate::schema::{Definition, Tables, is_of_dot_net};

/// The lists of names that an element locks, and whether they name attributes.
const LOCK_LISTS: [(&str, bool); 4] = [
    ("lockAttributes", true),
    ("lockAllAttributesExcept", true),
    ("lockElements", false),
    ("lockAllElementsExcept", false),
];

pub(super) fn check(document: &Document<'_>, kind: Kind<'_>, tables: &Tables) -> Vec<Finding> {
    let mut found = Vec::new();
    declaration_order(document, &mut found);
    repeated(document, &mut found);
    for location in document.named(document.root(), "location") {
        if let (Some(_), Some(older)) = (location.value("overrideMode"), location.attribute("allowOverride"))
        {
            found.push(Finding::new(older.offset, "location@allowOverride", Fault::BothOverrides));
        }
    }
    if kind == Kind::HostFragment && declares(document) {
        declared_otherwise(document, tables, &mut found);
    }
    found
}

/// `<configSections>` comes first, and once.
fn declaration_order(document: &Document<'_>, found: &mut Vec<Finding>) {
    let children = document.children(document.root()).enumerate();
    for (number, all) in children.filter(|(number, child)| *number > 0 && child.is_named("configSections")) {
        let mut earlier = document.children(document.root()).take(number);
        let first = earlier.find(|child| child.is_named("configSections"));
        let finding = Finding::new(all.offset, "configSections", Fault::MisplacedDeclarations);
        found.push(Finding { first: first.map(|first| First::Here(first.offset)), ..finding });
    }
}

/// A section is declared once.
fn repeated(document: &Document<'_>, found: &mut Vec<Finding>) {
    let mut first: HashMap<String, usize> = HashMap::new();
    for known in declarations(document) {
        let offset = known.element.offset;
        match first.get(&known.path) {
            Some(first) => {
                let finding = Finding::new(offset, known.path, Fault::DeclaredTwice);
                found.push(Finding { first: Some(First::Here(*first)), ..finding });
            }
            None => drop(first.insert(known.path, offset)),
        }
    }
}

/// Sections of a server's file that it does not declare, and those that it declares for the whole server and has in a `<location>`
/// for a part of it.
fn declared_otherwise(document: &Document<'_>, tables: &Tables, found: &mut Vec<Finding>) {
    let declared: HashMap<String, Definition> =
        declarations(document).into_iter().map(|known| (known.path.clone(), known.definition())).collect();
    let is_section = |path: &str| declared.contains_key(path) || tables.section(path).is_some();
    for held in held(document, &is_section).into_iter().filter(|held| held.is_section) {
        let offset = held.element.offset;
        match declared.get(&held.path) {
            Some(Definition::AppHostOnly) if !held.location.is_empty() => {
                // The table of the section may have said it.
                let known = tables.section(&held.path).map(|section| section.definition);
                if known != Some(Definition::AppHostOnly) {
                    found.push(Finding::new(offset, held.path, Fault::ServerWide));
                }
            }
            None if !is_declared(&held.path, declared.keys()) && !is_of_dot_net(&held.path) => {
                found.push(Finding::new(offset, held.path, Fault::NotDeclared));
            }
            _ => {}
        }
    }
}

/// The lists of an element that name something which its table does not have.
pub(super) fn lock_lists(
    element: &Element<'_>,
    table: &'static crate::schema::Element,
    path: &str,
    found: &mut Vec<Finding>,
) {
    let directives = table
        .collection
        .into_iter()
        .flat_map(|all| [all.remove, all.clear, Some(all.entry.name)].into_iter().flatten());
    let directives: Vec<&str> = directives.collect();
    for (list, is_of_attributes) in LOCK_LISTS {
        let Some(attribute) = element.attribute(list) else { continue };
        let is_known = |name: &str| match is_of_attributes {
            true => table.open || table.attribute(name).is_some(),
            false => table.child(name).is_some() || directives.contains(&name),
        };
        let names = attribute.value.split(',').map(str::trim).filter(|name| !matches!(*name, "" | "*"));
        for name in names.filter(|name| !is_known(name)) {
            let fault = Fault::UnknownLock { name: name.to_owned() };
            found.push(Finding::new(attribute.offset, format!("{path}@{list}"), fault));
        }
    }
}
