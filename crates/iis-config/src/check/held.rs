//! Which sections a file holds, with or without a `<location>` around them.
//!
//! In: a parsed file, and which paths are sections. Out: its sections, in the order of the file. Absent: their content.

use crate::location::path_of;
use crate::markup::{Document, Element};

/// Elements of `<configuration>` that are not sections.
const FRAME: [&str; 4] = ["configSections", "configProtectedData", "configurationRedirection", "location"];

/// A section in a file, or the outermost element that belongs to none.
pub(super) struct Held<'d, 'a> {
    /// The full path.
    pub(super) path: String,
    /// The element.
    pub(super) element: &'d Element<'a>,
    /// The `<location>` around it.
    pub(super) around: Option<&'d Element<'a>>,
    /// The path of that location; empty if there is none.
    pub(super) location: String,
    /// Whether it is a section. If not, it is an element without children in no known section: an empty group.
    pub(super) is_section: bool,
}

/// The sections of a file. Below an element that is neither a section nor a group of IIS, the first element counts as one.
pub(super) fn held<'d, 'a>(
    document: &'d Document<'a>,
    is_section: &dyn Fn(&str) -> bool,
) -> Vec<Held<'d, 'a>> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, String, Option<&'d Element<'a>>)> = Vec::new();
    let frame = |element: &Element<'_>| FRAME.iter().any(|name| element.is_named(name));
    for index in document.root().children.iter().rev() {
        let element = &document.elements[*index];
        if element.is_named("location") {
            let inner = element.children.iter().rev();
            open.extend(
                inner.map(|index| (*index, document.elements[*index].name.to_owned(), Some(element))),
            );
        } else if !frame(element) {
            open.push((*index, element.name.to_owned(), None));
        }
    }
    while let Some((index, path, around)) = open.pop() {
        let element = &document.elements[index];
        let location = around.map_or(String::new(), |around| path_of(around).to_owned());
        let is_group = is_group(&path);
        if is_section(&path) || !is_group {
            found.push(Held { path, element, around, location, is_section: true });
        } else if element.children.is_empty() {
            let is_section = !element.attributes.is_empty();
            found.push(Held { path, element, around, location, is_section });
        } else {
            let inner = element.children.iter().rev();
            open.extend(
                inner.map(|index| (*index, format!("{path}/{}", document.elements[*index].name), around)),
            );
        }
    }
    found
}

/// The groups of IIS's own sections.
const GROUPS: [&str; 11] = [
    "system.applicationHost",
    "system.webServer",
    "system.ftpServer",
    "system.ftpServer/security",
    "system.ftpServer/provider",
    "system.webServer/security",
    "system.webServer/security/authentication",
    "system.webServer/tracing",
    "system.webServer/webdav",
    "system.webServer/rewrite",
    "system.webServer/management",
];

/// Whether IIS has a group of sections with that path.
pub(super) fn is_group(path: &str) -> bool {
    GROUPS.contains(&path)
}
