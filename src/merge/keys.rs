//! Which elements are the same node: IIS's own schema says which attributes are keys.
//!
//! What enters: a wanted element and an existing one. What leaves: whether they are the same node, and whether two values
//! of an attribute mean the same. Absent: the files.

use iis_config::case::is_name;
use iis_config::markup::Element;
use iis_config::schema::{self, Key, Value};
use iis_config::{Version, names, section};

use crate::emit::{Part, xml};

/// The attribute of a binding that says where it listens.
const BINDING_INFORMATION: &str = "bindingInformation";

/// What the tables know about a place in the configuration.
#[derive(Clone, Debug)]
pub struct Place {
    /// The path from the section group on, such as `system.webServer/security`; a `<location>` adds nothing to it.
    path: String,
    /// In a section, its table.
    table: Option<&'static schema::Element>,
    /// In a collection, the element that defines the keys of its directives.
    entry: Option<&'static schema::Element>,
}

impl Place {
    /// `<configuration>`.
    pub(crate) fn root() -> Self {
        Self { path: String::new(), table: None, entry: None }
    }

    /// The place of a part of applicationHost.config.
    pub(crate) fn of(part: &Part) -> Self {
        let around = part.around.iter().chain([&part.element]);
        around.fold(Self::root(), |place, around| place.child(around.name()))
    }

    /// The place of an element of that name in this one.
    pub(crate) fn child(&self, name: &str) -> Self {
        if is_name(name, "location") {
            return Self::root();
        }
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}/{name}", self.path) };
        let Some(table) = self.table else {
            let table = section(&path).map(|section| &section.body);
            return Self { path, table, entry: None };
        };
        let is_directive = |collection: &schema::Collection| {
            [collection.remove, collection.clear].into_iter().flatten().any(|own| is_name(name, own))
        };
        let collection = table.collection.filter(|collection| is_directive(collection));
        let table = if collection.is_some() { None } else { table.child(name) };
        Self { path, table, entry: collection.map(|collection| &collection.entry) }
    }

    /// The attributes that are the key here. If several are keys on their own (a site's name and its number), the first of
    /// them.
    fn keys(&self) -> Vec<&'static schema::Attribute> {
        let attributes = || self.entry.or(self.table).into_iter().flat_map(schema::Element::attributes);
        match attributes().find(|attribute| attribute.key == Key::Unique) {
            Some(first) => vec![first],
            None => attributes().filter(|attribute| attribute.key == Key::Combined).collect(),
        }
    }

    /// Whether an attribute identifies nodes at this place.
    pub(crate) fn is_key(&self, attribute: &str) -> bool {
        self.keys().iter().any(|key| is_name(attribute, key.name))
    }

    /// Whether an existing element is the wanted node.
    pub(crate) fn is_same(&self, wanted: &xml::Element, present: &Element<'_>) -> bool {
        if !present.is_named(wanted.name()) {
            return false;
        }
        if wanted.name() == "location" {
            let (wanted, present) = (wanted.value("path"), present.value("path"));
            return names::is_same(wanted.unwrap_or_default(), present.unwrap_or_default());
        }
        self.keys().into_iter().all(|key| {
            let (wanted, present) = (wanted.value(key.name), present.value(key.name));
            let default = key.default(Version::V10_0);
            if key.name == BINDING_INFORMATION {
                return same_address(wanted.unwrap_or_default(), present.unwrap_or_default());
            }
            match (wanted.or(default), present.or(default)) {
                (Some(one), Some(other)) => key.compared(one) == key.compared(other),
                (one, other) => one == other,
            }
        })
    }

    /// Whether IIS has an attribute with that name here.
    pub(crate) fn knows(&self, attribute: &str) -> bool {
        self.entry.or(self.table).is_some_and(|table| table.attribute(attribute).is_some())
    }

    /// The value that an attribute has if it is not written.
    pub fn default(&self, attribute: &str, version: Version) -> Option<&'static str> {
        self.entry.or(self.table)?.attribute(attribute)?.default(version)
    }

    /// Whether two values of an attribute mean the same.
    pub fn says_the_same(&self, attribute: &str, one: &str, other: &str) -> bool {
        if attribute == BINDING_INFORMATION {
            return same_address(one, other);
        }
        let attribute = self.entry.or(self.table).and_then(|table| table.attribute(attribute));
        match attribute.map(|attribute| attribute.value(Version::V10_0)) {
            Some(Value::Bool | Value::Enum(_)) => one.eq_ignore_ascii_case(other),
            Some(Value::Flags(_)) => flags(one) == flags(other),
            _ => one == other,
        }
    }

    /// Whether it is a directive of a collection that removes earlier entries: `clear` or `remove`.
    pub fn is_directive(&self) -> bool {
        self.entry.is_some()
    }

    /// Whether it is a group of sections, and not a section.
    pub fn is_group(&self) -> bool {
        self.table.is_none() && self.entry.is_none()
    }

    /// The name of the node for a user: `binding https *:443:`.
    pub(crate) fn call(&self, name: &str, value: impl Fn(&str) -> Option<String>) -> String {
        let keys = self.keys();
        let keys = keys.iter().filter_map(|key| value(key.name)).filter(|value| !value.is_empty());
        let location = if name == "location" { value("path") } else { None };
        [name.to_owned()].into_iter().chain(keys).chain(location).collect::<Vec<_>>().join(" ")
    }
}

/// Whether two bindings listen at one address. In `IP:port:host name` an empty IP means all of them, as `*` does (page
/// `system.applicationhost/sites/site/bindings/binding`), and a host name is the same in either case.
fn same_address(one: &str, other: &str) -> bool {
    let plain = |text: &str| match text.strip_prefix(':') {
        Some(rest) => format!("*:{rest}"),
        None => text.to_owned(),
    };
    names::is_same(&plain(one), &plain(other))
}

fn flags(text: &str) -> Vec<String> {
    let mut flags: Vec<_> = text.split(',').map(|flag| flag.trim().to_lowercase()).collect();
    flags.sort();
    flags
}
