//! What a file declares in `configSections`: the sections, which files may hold them, and whether they are locked.
//!
//! In: a parsed file. Out: its declarations, in order. Absent: what a schema says of their content.

use super::markup::{Document, Element};
use super::schema::Definition;

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

    /// Whether deeper files must not hold the section, until a `<location>` allows it (`overrideModeDefault`).
    pub fn is_locked(&self) -> bool {
        self.element.says("overrideModeDefault", "Deny")
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

/// Whether a file declares sections at all. One that does not is an excerpt, or relies on a file above it.
pub fn declares(document: &Document<'_>) -> bool {
    document.named(document.root(), "configSections").any(|all| !all.children.is_empty())
}
