//! The sections of IIS in a `<location>`, each with its path.
//!
//! What enters: a location of a file, and one of a deployment. What leaves: the sections that both have. Absent: whose they are.

use iis_config::case::is_name;
use iis_config::markup::{Document, Element};

use super::keys::Place;
use crate::emit::Part;

/// The sections of a location that a part contains, too, each with its path.
pub fn sections_of_both<'d, 'a>(
    document: &'d Document<'a>,
    part: &Part,
    location: &Element<'a>,
) -> Vec<(String, &'d Element<'a>)> {
    let wanted = sections_of_part(part);
    let mut found = sections(document, location, Place::root(), String::new());
    found.retain(|(path, _)| wanted.iter().any(|own| is_name(path, own)));
    found
}

fn sections_of_part(part: &Part) -> Vec<String> {
    fn walk(place: &Place, path: &str, element: &crate::emit::xml::Element, found: &mut Vec<String>) {
        for child in element.elements() {
            let inner = place.child(child.name());
            let path = format!("{path}/{}", child.name()).trim_start_matches('/').to_owned();
            if inner.is_group() { walk(&inner, &path, child, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    walk(&Place::root(), "", &part.element, &mut found);
    found
}

/// The sections in an element, each with its path.
fn sections<'d, 'a>(
    document: &'d Document<'a>,
    element: &Element<'a>,
    place: Place,
    path: String,
) -> Vec<(String, &'d Element<'a>)> {
    let mut found = Vec::new();
    for index in &element.children {
        let child = &document.elements[*index];
        let inner = place.child(child.name);
        let path = format!("{path}/{}", child.name).trim_start_matches('/').to_owned();
        match inner.is_group() {
            true => found.extend(sections(document, child, inner, path)),
            false => found.push((path, child)),
        }
    }
    found
}
