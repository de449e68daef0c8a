//! What is inside `<configSections>`.
//!
//! In: a parsed file. Out: elements and attributes that no declaration has, and values that they do not accept (pages
//! "`IAppHostSectionDefinition`" and "configSections Element"). Absent: what is declared twice, and in which order.

use super::value;
use super::{Fault, Finding};
use crate::markup::{Document, Element};
use crate::schema::{TextRule, Value};

const TEXT: Value = Value::Text(TextRule::Any);

/// The attributes of `<section>`: those of IIS, and those that only .NET reads.
const OF_SECTION: [(&str, Value); 8] = [
    ("name", Value::Text(TextRule::NonEmpty)),
    ("type", TEXT),
    (
        "allowDefinition",
        Value::Enum(&[
            ("MachineOnly", 0),
            ("MachineToApplication", 100),
            ("AppHostOnly", 1),
            ("MachineToWebRoot", 10),
            ("Everywhere", 200),
        ]),
    ),
    ("allowExeDefinition", TEXT),
    ("allowLocation", Value::Bool),
    ("overrideModeDefault", Value::Enum(&[("Inherit", 0), ("Allow", 1), ("Deny", 2)])),
    ("requirePermission", Value::Bool),
    ("restartOnExternalChanges", Value::Bool),
];

const OF_GROUP: [(&str, Value); 2] = [("name", Value::Text(TextRule::NonEmpty)), ("type", TEXT)];

pub(super) fn check(document: &Document<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for all in document.named(document.root(), "configSections") {
        inside(document, all, "configSections", &mut found);
    }
    found
}

fn inside(document: &Document<'_>, around: &Element<'_>, path: &str, found: &mut Vec<Finding>) {
    for element in document.children(around) {
        let path = format!("{path}/{}", element.name);
        let known: &[(&str, Value)] = match element.name {
            "section" => &OF_SECTION,
            "sectionGroup" => &OF_GROUP,
            // Only .NET reads them.
            "remove" | "clear" => continue,
            _ => {
                found.push(Finding::new(element.offset, path, Fault::UnknownElement));
                continue;
            }
        };
        for attribute in &element.attributes {
            let fault = match known.iter().find(|(name, _)| attribute.is_named(name)) {
                Some((_, takes)) => value::fault(*takes, &attribute.value),
                None => Some(Fault::UnknownAttribute),
            };
            let path = format!("{path}@{}", attribute.name);
            found.extend(fault.map(|fault| Finding::new(attribute.offset, path, fault)));
        }
        if element.attribute("name").is_none() {
            found.push(Finding::new(element.offset, &path, Fault::MissingAttribute("name")));
        }
        if element.is_named("sectionGroup") {
            inside(document, element, &path, found);
        }
    }
}
