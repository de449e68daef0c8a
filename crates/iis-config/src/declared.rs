//! What a file declares in `configSections`: the sections, which files may hold them, and whether they are locked.
//!
//! In: a parsed file. Out: its declarations, in order. Absent: what a schema says of their content.

use super::markup::{Document, Element};
use super::schema::{Definition, is_of_iis};

/// A section that a file declares.
#[derive(Debug, Clone)]
pub struct Declaration<'d, 'a> {
    /// The full path, with the groups.
    pub path: String,
    /// The element `<section>`.
    pub element: &'d Element<'a>,
}

impl Declaration<'_, '_> {
    /// Which files may hold the section (`allowDefinition`).
    pub fn definition(&self) -> Definition {
        match self.element.value("allowDefinition") {
            Some("AppHostOnly" | "MachineOnly") => Definition::AppHostOnly,
            Some("MachineToApplication") => Definition::MachineToApplication,
            _ => Definition::Everywhere,
        }
    }
}

/// Every section that a file declares, in order, also those that are declared twice.
pub fn declarations<'d, 'a>(document: &'d Document<'a>) -> Vec<Declaration<'d, 'a>> {
    let mut found = Vec::new();
    for all in document.named(document.root(), "configSections") {
        collect(document, all, "", &mut found);
    }
    found
}

fn collect<'d, 'a>(
    document: &'d Document<'a>,
    around: &Element<'a>,
    path: &str,
    found: &mut Vec<Declaration<'d, 'a>>,
) {
    for index in &around.children {
        let element = &document.elements[*index];
        let Some(name) = element.value("name") else { continue };
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        match element.name {
            "section" => found.push(Declaration { path, element }),
            "sectionGroup" => collect(document, element, &path, found),
            _ => {}
        }
    }
}

/// The declaration of one section, the first if there are several.
pub fn declaration<'d, 'a>(document: &'d Document<'a>, path: &str) -> Option<&'d Element<'a>> {
    document.named(document.root(), "configSections").find_map(|all| declared(document, all, path))
}

fn declared<'d, 'a>(document: &'d Document<'a>, around: &Element<'a>, path: &str) -> Option<&'d Element<'a>> {
    around.children.iter().map(|index| &document.elements[*index]).find_map(|element| {
        let rest = path.strip_prefix(element.value("name")?)?;
        match element.name {
            "section" => rest.is_empty().then_some(element),
            "sectionGroup" => declared(document, element, rest.strip_prefix('/')?),
            _ => None,
        }
    })
}

/// Whether a file declares sections of IIS. One that does not is an excerpt, relies on a file above it, or is another program's.
pub fn declares(document: &Document<'_>) -> bool {
    declarations(document).iter().any(|known| is_of_iis(&known.path))
}

/// Whether one of the declared paths is this one, or a section in the group with this path.
pub fn is_declared<'p>(path: &str, declared: impl IntoIterator<Item = &'p String>) -> bool {
    let is_at_or_in = |known: &String| {
        known.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    declared.into_iter().any(is_at_or_in)
}
