//! Walks a document from `<configuration>` to its sections, and checks each section against its table.

use std::collections::HashSet;

use super::frame::lock_lists;
use super::keys::Keys;
use super::{Fault, Finding, First, Kind, Unknown, value};
use crate::Version;
use crate::case::{is_name, is_name_in_other_case};
use crate::declared::{declarations, is_declared};
use crate::markup::{Attribute, Document, Element};
use crate::names::folded;
use crate::schema::{self, Collection, Definition, Key, OverrideMode, Section, Tables, Value};

/// What applicationHost.config may contain in addition to sections.
const HOST_FRAME: [&str; 3] = ["configSections", "configProtectedData", "configurationRedirection"];

/// Elements of sites that the FTP server brings, or Windows since version 1709 (pages `site/ftpserver`, `site/hsts`).
pub(super) const IN_SITES: [&str; 4] = [
    "system.applicationHost/sites/site/ftpServer",
    "system.applicationHost/sites/site/hsts",
    "system.applicationHost/sites/siteDefaults/ftpServer",
    "system.applicationHost/sites/siteDefaults/hsts",
];

/// Attributes that every element of a section accepts.
const ANYWHERE: [&str; 8] = [
    "lockAttributes",
    "lockAllAttributesExcept",
    "lockElements",
    "lockAllElementsExcept",
    "lockItem",
    "configSource",
    "configBuilders",
    "configProtectionProvider",
];

/// The attributes of `<location>`, with the list of names for the one that takes such a list.
const LOCATION_ATTRIBUTES: [(&str, Value); 4] = [
    ("path", Value::Text(schema::TextRule::Any)),
    ("overrideMode", Value::Enum(&[("Inherit", 0), ("Allow", 1), ("Deny", 2)])),
    ("allowOverride", Value::Bool),
    ("inheritInChildApplications", Value::Bool),
];

pub(super) fn check(
    document: &Document<'_>,
    kind: Kind<'_>,
    version: Version,
    (tables, unknown): (&Tables, Unknown),
) -> Vec<Finding> {
    let (found, seen) = (Vec::new(), HashSet::new());
    let declared = declarations(document).into_iter().map(|known| known.path).collect();
    let mut check = Check { document, kind, version, tables, unknown, declared, found, seen };
    let root = document.root();
    check.configuration(root);
    check.found
}

struct Check<'a> {
    document: &'a Document<'a>,
    kind: Kind<'a>,
    version: Version,
    tables: &'a Tables,
    unknown: Unknown,
    /// The sections that the file itself declares.
    declared: Vec<String>,
    found: Vec<Finding>,
    /// The place, in upper case, and the path of each section so far.
    seen: HashSet<(String, &'static str)>,
}

impl<'a> Check<'a> {
    fn report(&mut self, offset: usize, path: impl Into<String>, fault: Fault) {
        self.found.push(Finding::new(offset, path, fault));
    }

    fn configuration(&mut self, root: &'a Element<'a>) {
        for attribute in root.attributes.iter().filter(|attribute| attribute.name != "xmlns") {
            let path = format!("configuration@{}", attribute.name);
            self.report(attribute.offset, path, Fault::UnknownAttribute);
        }
        self.no_text(root, "configuration");
        for child in self.document.children(root) {
            let is_frame = HOST_FRAME.iter().any(|name| child.is_named(name));
            let is_declarations = child.is_named("configSections") && self.unknown == Unknown::Passed;
            match child.is_named("location") {
                true => self.location(child),
                false if is_declarations || (is_frame && self.kind == Kind::HostFragment) => {}
                false => self.section_or_group(child, child.name.to_owned(), ""),
            }
        }
    }

    fn location(&mut self, location: &'a Element<'a>) {
        for attribute in &location.attributes {
            let path = format!("location@{}", attribute.name);
            let known = LOCATION_ATTRIBUTES.iter().find(|(name, _)| attribute.is_named(name));
            let fault = match known {
                Some((_, takes)) => value::fault(*takes, &attribute.value),
                None => Some(Fault::UnknownAttribute),
            };
            fault.into_iter().for_each(|fault| self.report(attribute.offset, &path, fault));
        }
        self.no_text(location, "location");
        let place = match location.value("path") {
            None | Some("" | ".") => "",
            Some(path) => path,
        };
        if self.kind != Kind::HostFragment && leaves_folder(place) {
            self.report(location.offset, "location@path", Fault::LocationPath(place.to_owned()));
        }
        for child in self.document.children(location) {
            match child.is_named("location") {
                true => self.report(child.offset, "location/location", Fault::MisplacedLocation),
                false => self.section_or_group(child, child.name.to_owned(), place),
            }
        }
    }

    /// `path` is the element's path. `place` is the path of the `<location>` around it, empty if there is none.
    fn section_or_group(&mut self, element: &'a Element<'a>, path: String, place: &str) {
        if let Some(section) = self.tables.section(&path) {
            self.placement(element, section, place);
            return self.element(element, &section.body, section.path);
        }
        if !self.tables.sections().any(|section| is_below(section.path, &path)) {
            if self.is_unknown(&path) {
                self.report(element.offset, path, Fault::UnknownSection);
            }
            return;
        }
        for attribute in &element.attributes {
            self.report(attribute.offset, format!("{path}@{}", attribute.name), Fault::UnknownAttribute);
        }
        self.no_text(element, &path);
        for child in self.document.children(element) {
            self.section_or_group(child, format!("{path}/{}", child.name), place);
        }
    }

    /// Whether nobody can know a section or a group that the tables do not have. IIS accepts what is declared, also without a schema.
    fn is_unknown(&self, path: &str) -> bool {
        if self.unknown == Unknown::Refused {
            return true;
        }
        let is_slip = || {
            self.tables.sections().any(|section| is_in_other_case(section.path, path))
                || is_misplaced(path, self.tables)
        };
        ((self.tables.complete && schema::is_of_iis(path)) || is_slip()) && !is_declared(path, &self.declared)
    }

    /// Checks whether the section may be in this file, at this place and in this version, and that it occurs once.
    fn placement(&mut self, element: &Element<'_>, section: &Section, place: &str) {
        let offset = element.offset;
        if section.body.since > self.version {
            self.report(offset, section.path, Fault::SectionSince(section.body.since));
        }
        let host_only = section.definition == Definition::AppHostOnly;
        match self.kind {
            Kind::WebConfig { .. } if host_only => self.report(offset, section.path, Fault::AppHostOnly),
            Kind::WebConfig { unlocked, locked } if is_locked(section, unlocked, locked) => {
                self.report(offset, section.path, Fault::Locked);
            }
            Kind::HostFragment if host_only && !place.is_empty() => {
                self.report(offset, section.path, Fault::ServerWide);
            }
            Kind::WebConfig { .. } | Kind::HostFragment => {}
        }
        if !self.seen.insert((folded(place), section.path)) {
            self.report(offset, section.path, Fault::RepeatedSection);
        }
    }

    /// Checks an element of a section against its table: attributes, then children.
    fn element(&mut self, element: &'a Element<'a>, table: &'static schema::Element, path: &str) {
        self.attributes(element, table, path, false);
        lock_lists(element, table, path, &mut self.found);
        self.no_text(element, path);
        let mut once = HashSet::new();
        let mut keys = Keys::default();
        for child in self.document.children(element) {
            let below = format!("{path}/{}", child.name);
            if let Some(known) = table.elements.iter().find(|known| is_name(child.name, known.name)) {
                if !once.insert(known.name) {
                    self.report(child.offset, &below, Fault::RepeatedElement);
                }
                self.known_element(child, known, &below);
            } else if self.is_of_another_product(&below) {
                // Nobody has looked at it.
            } else if let Some(collection) = table.collection {
                self.collection_child(child, collection, &mut keys, &below);
            } else {
                self.report(child.offset, &below, Fault::UnknownElement);
            }
        }
    }

    /// Whether another product, or an update of Windows, may bring an element that the tables do not have.
    fn is_of_another_product(&self, path: &str) -> bool {
        let is_declared = || path.ends_with("/ftpServer") && is_declared("system.ftpServer", &self.declared);
        self.unknown == Unknown::Passed
            && IN_SITES.contains(&path)
            && (!self.tables.complete || is_declared())
    }

    fn known_element(&mut self, child: &'a Element<'a>, table: &'static schema::Element, path: &str) {
        match table.since > self.version {
            true => self.report(child.offset, path, Fault::ElementSince(table.since)),
            false => self.element(child, table, path),
        }
    }

    fn collection_child(
        &mut self,
        child: &'a Element<'a>,
        collection: &'static Collection,
        keys: &mut Keys,
        path: &str,
    ) {
        let entry = &collection.entry;
        if collection.is_entry(child.name) {
            for (key, first) in keys.add(child, entry).into_iter().filter(|_| !collection.duplicates) {
                let finding = Finding::new(child.offset, path, Fault::RepeatedKey { key });
                self.found.push(Finding { first: Some(First::Here(first)), ..finding });
            }
            self.element(child, entry, path);
        } else if collection.remove.is_some_and(|name| is_name(child.name, name)) {
            keys.remove(child, entry);
            self.attributes(child, entry, path, true);
        } else if collection.clear.is_some_and(|name| is_name(child.name, name)) {
            keys.clear();
            for attribute in &child.attributes {
                self.report(attribute.offset, format!("{path}@{}", attribute.name), Fault::UnknownAttribute);
            }
        } else {
            self.report(child.offset, path, Fault::UnknownElement);
        }
    }

    /// Checks the attributes of an element. A `remove` directive takes the attributes of an entry and needs only the
    /// keys.
    fn attributes(
        &mut self,
        element: &Element<'_>,
        table: &'static schema::Element,
        path: &str,
        is_remove: bool,
    ) {
        for attribute in &element.attributes {
            let fault = self.attribute_fault(attribute, table);
            fault.into_iter().for_each(|fault| {
                self.report(attribute.offset, format!("{path}@{}", attribute.name), fault);
            });
        }
        if element.value("configSource").is_some() {
            return;
        }
        let version = self.version;
        let needed = table.attributes().filter(|known| known.required && known.since <= version);
        for known in needed.filter(|known| !is_remove || known.key != Key::No) {
            if element.value(known.name).is_none() {
                self.report(element.offset, path, Fault::MissingAttribute(known.name));
            }
        }
    }

    fn attribute_fault(&self, attribute: &Attribute<'_>, table: &'static schema::Element) -> Option<Fault> {
        match table.attribute(attribute.name) {
            Some(known) if known.since > self.version => Some(Fault::AttributeSince(known.since)),
            Some(known) => value::fault_of(known, self.version, &attribute.value),
            None if attribute.is_named("lockItem") => value::fault(Value::Bool, &attribute.value),
            None if table.open || ANYWHERE.iter().any(|name| attribute.is_named(name)) => None,
            None => Some(Fault::UnknownAttribute),
        }
    }

    fn no_text(&mut self, element: &Element<'_>, path: &str) {
        if let Some(offset) = element.text {
            self.report(offset, path, Fault::StrayText);
        }
    }
}

/// Whether the path would be that of the section or of a group around it if IIS ignored case.
fn is_in_other_case(section: &str, path: &str) -> bool {
    section.get(..path.len()).is_some_and(|head| is_name_in_other_case(path, head))
        && matches!(section.as_bytes().get(path.len()), None | Some(b'/'))
}

/// Whether a section or a group of IIS has this name at another place, where the author may have meant to write it.
fn is_misplaced(path: &str, tables: &Tables) -> bool {
    if schema::is_of_dot_net(path) {
        return false;
    }
    let (around, name) = path.rsplit_once('/').map_or(("", path), |(around, name)| (around, name));
    let is_it = |known: &str| known.eq_ignore_ascii_case(name);
    let is_of_frame = ["configSections", "location"].into_iter().any(is_it);
    // A group such as `security` may be another program's section.
    let of_server = || tables.sections().map(|section| section.path).filter(|path| is_of_server(path));
    is_of_frame
        || of_server().any(|known| match around {
            "" => known.rsplit('/').next().is_some_and(is_it),
            _ => schema::is_of_iis(path) && known.split('/').skip(1).any(is_it),
        })
}

fn is_of_server(path: &str) -> bool {
    path.starts_with("system.webServer/")
}

/// Whether the section is in the group with that path.
fn is_below(section: &str, group: &str) -> bool {
    section.get(..group.len()).is_some_and(|head| is_name(group, head))
        && section.as_bytes().get(group.len()) == Some(&b'/')
}

fn is_locked(section: &Section, unlocked: &[&str], locked: &[&str]) -> bool {
    let is_among = |paths: &[&str]| paths.iter().any(|path| is_name(path, section.path));
    match section.override_mode {
        OverrideMode::Deny => !is_among(unlocked),
        OverrideMode::Allow => is_among(locked),
    }
}

fn leaves_folder(place: &str) -> bool {
    place.starts_with(['/', '\\']) || place.contains(':') || place.split(['/', '\\']).any(|part| part == "..")
}
