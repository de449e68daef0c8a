//! The types of the tables, and the ways to look a fact up.
//!
//! A fact has a path: the section, then the elements by name, then the attribute after an `@`, as in
//! `system.applicationHost/applicationPools/add/processModel@idleTimeout`. Upper and lower
//! case matter, as they do in IIS.

pub(super) mod build;
mod read;
mod value;

use std::borrow::Cow;

pub use read::{SchemaError, read_folder};
pub use value::{Bounds, TextRule, Value};

use super::case::is_name;
use super::names::folded;
use super::{Version, tables};

/// A configuration section: who may hold it, and what it holds.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// The full path, including the section groups.
    pub path: &'static str,
    /// Microsoft's reference page, below `iis/configuration/`.
    pub page: &'static str,
    /// Which files may hold the section at all (`allowDefinition`).
    pub definition: Definition,
    /// Whether a web.config may hold it on a server with the installed defaults (`overrideModeDefault`).
    pub override_mode: OverrideMode,
    /// The section element itself; its name is the last part of the path.
    pub body: Element,
}

/// Which files may hold a section: `allowDefinition` in `configSections`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definition {
    /// Only applicationHost.config, and never for one site or folder. Nothing can unlock it.
    AppHostOnly,
    /// All levels down to the web.config of an application's own folder.
    MachineToApplication,
    /// Every level.
    Everywhere,
}

/// Whether levels below applicationHost.config may hold a section: `overrideModeDefault` in `configSections`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverrideMode {
    /// They may.
    Allow,
    /// They may not, until an administrator unlocks the section; until then the answer is 500.19.
    Deny,
}

/// An element: its attributes, the elements it may hold once each, and its collection.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// The name as Microsoft writes it.
    pub name: &'static str,
    /// The version that introduced it.
    pub since: Version,
    pub(super) attributes: &'static [Attribute],
    pub(super) shared: &'static [Attribute],
    /// The elements that it may hold, once each.
    pub elements: &'static [Element],
    /// Its collection, if the element is one.
    pub collection: Option<&'static Collection>,
    /// Whether it accepts attributes that the schema does not name (`allowUnrecognizedAttributes`).
    pub open: bool,
}

/// A collection: entries with keys, and the directives that remove inherited entries.
#[derive(Clone, Copy, Debug)]
pub struct Collection {
    /// An entry; its name is usually `add`.
    pub entry: Element,
    /// Other names that an entry may have, such as `deny` beside `allow`.
    pub other_names: &'static [&'static str],
    /// Whether several entries may have the same key (`allowDuplicates`).
    pub duplicates: bool,
    /// The name of the directive that removes one entry, if there is one.
    pub remove: Option<&'static str>,
    /// The name of the directive that removes all entries, if there is one.
    pub clear: Option<&'static str>,
    /// Where the entries of a deeper level are placed among the inherited ones.
    pub order: Order,
}

/// Where the entries of a deeper level (a `<location>`, a web.config) are placed among the inherited ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// After them, as in most collections.
    Append,
    /// Before them (`mergeAppend="false"`), so that an entry for `*` there wins without a `<clear/>`.
    Prepend,
}

/// An attribute and the values that it accepts.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// The name as Microsoft writes it.
    pub name: &'static str,
    /// The version that introduced it.
    pub since: Version,
    /// Whether its element must have it.
    pub required: bool,
    /// Whether it identifies the entries of its collection.
    pub key: Key,
    /// Whether two values that differ only in case are different.
    pub case_sensitive: bool,
    /// Whether it also accepts `Infinite` (`allowInfinite`).
    pub infinite: bool,
    /// The seconds that a bare number counts each, if a time span may be written as one (`timeSpanFormat`): 60 for `minutes`, 1 for
    /// `seconds`.
    pub unit: Option<i64>,
    value: Dated<Value>,
    default: Dated<Option<&'static str>>,
}

/// Whether an attribute identifies the entries of its collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// It does not.
    No,
    /// On its own: no two entries have the same value.
    Unique,
    /// Together with the other attributes of this kind.
    Combined,
}

/// A fact that changed once, in a later version.
#[derive(Clone, Copy, Debug)]
struct Dated<T> {
    first: T,
    later: Option<(Version, T)>,
}

impl<T: Copy> Dated<T> {
    fn at(&self, version: Version) -> T {
        match self.later {
            Some((since, fact)) if version >= since => fact,
            _ => self.first,
        }
    }
}

impl Attribute {
    /// A form of a value that is equal for all values that IIS treats as the same.
    pub fn compared<'v>(&self, value: &'v str) -> Cow<'v, str> {
        match self.case_sensitive {
            true => Cow::Borrowed(value),
            false => Cow::Owned(folded(value)),
        }
    }

    /// The values that the attribute accepts in that version.
    pub fn value(&self, version: Version) -> Value {
        self.value.at(version)
    }

    /// Its default in that version, if the schema gives one.
    pub fn default(&self, version: Version) -> Option<&'static str> {
        self.default.at(version)
    }
}

impl Element {
    /// All its attributes, of all versions.
    pub fn attributes(&self) -> impl Iterator<Item = &'static Attribute> {
        self.attributes.iter().chain(self.shared)
    }

    /// The attribute of that name, whichever version introduced it.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes().find(|attribute| is_name(name, attribute.name))
    }

    /// The element of that name that it may hold: a child element, or an entry of its collection.
    pub fn child(&self, name: &str) -> Option<&'static Element> {
        let own = self.elements.iter().find(|element| is_name(name, element.name));
        own.or_else(|| self.collection.filter(|collection| collection.is_entry(name)).map(|all| &all.entry))
    }
}

impl Collection {
    /// Whether an entry may have this name.
    pub fn is_entry(&self, name: &str) -> bool {
        let names = std::iter::once(self.entry.name).chain(self.other_names.iter().copied());
        names.into_iter().any(|known| is_name(name, known))
    }
}

/// The sections that a document is checked against.
#[derive(Clone, Debug)]
pub struct Tables {
    sections: Vec<&'static Section>,
    /// Whether the tables are complete: IIS does not know a section of IIS that is not among them.
    pub complete: bool,
}

impl Tables {
    /// The tables of this project.
    pub fn own() -> Self {
        Self { sections: sections().collect(), complete: false }
    }

    /// The tables without the sections of .NET, which IIS reads only when a program asks for them, and of which it has an old
    /// schema.
    #[must_use]
    pub fn without_dot_net(mut self) -> Self {
        self.sections.retain(|section| is_of_iis(section.path));
        self
    }

    /// Every section.
    pub fn sections(&self) -> impl Iterator<Item = &'static Section> {
        self.sections.iter().copied()
    }

    /// The element at that path. The path may be that of a section.
    pub fn element(&self, path: &str) -> Option<&'static Element> {
        descend_in(self.sections(), path).map(|(element, _)| element)
    }

    /// The section with that full path.
    pub fn section(&self, path: &str) -> Option<&'static Section> {
        self.sections().find(|section| is_name(path, section.path))
    }
}

/// Whether IIS itself reads a section; it ignores what .NET and other products keep in a web.config.
pub fn is_of_iis(path: &str) -> bool {
    let group = path.split('/').next().unwrap_or(path);
    ["system.webServer", "system.applicationHost", "system.ftpServer", "webFarms"].contains(&group)
}

/// Whether a section is one of .NET's: machine.config and the root web.config of .NET declare it, and IIS reads those before
/// applicationHost.config (machine.config of .NET 4, `<configSections>`). A group of IIS in another case is none of them.
pub fn is_of_dot_net(path: &str) -> bool {
    const ALONE: [&str; 12] = [
        "appSettings",
        "assemblyBinding",
        "configBuilders",
        "configProtectedData",
        "connectionStrings",
        "mscorlib",
        "runtime",
        "satelliteassemblies",
        "startup",
        "strongNames",
        "uri",
        "windows",
    ];
    const OF_IIS: [&str; 3] = ["system.webServer", "system.applicationHost", "system.ftpServer"];
    let group = path.split('/').next().unwrap_or(path);
    let is_group =
        group.starts_with("system.") && !OF_IIS.iter().any(|name| name.eq_ignore_ascii_case(group));
    is_group || ALONE.contains(&group)
}

/// Every section that the tables know, in the order of applicationHost.config.
pub fn sections() -> impl Iterator<Item = &'static Section> {
    tables::SECTIONS.iter().copied()
}

/// The section with that full path.
pub fn section(path: &str) -> Option<&'static Section> {
    sections().find(|section| is_name(path, section.path))
}

/// Whether a web.config may not hold the section on a server with the installed defaults. A section that the tables
/// do not know counts as locked.
pub fn locked_by_default(path: &str) -> bool {
    section(path).is_none_or(|section| section.override_mode == OverrideMode::Deny)
}

/// The version that introduced a section, an element or an attribute; `None` if the tables do not know the path.
pub fn since(path: &str) -> Option<Version> {
    let (place, attribute) = split_attribute(path);
    let (element, since) = descend(place)?;
    match attribute {
        Some(name) => element.attribute(name).map(|attribute| attribute.since.max(since)),
        None => Some(since),
    }
}

/// The element at that path. The path may be that of a section.
pub fn element(path: &str) -> Option<&'static Element> {
    descend(path).map(|(element, _)| element)
}

/// The attribute at that path.
pub fn attribute(path: &str) -> Option<&'static Attribute> {
    let (place, name) = split_attribute(path);
    descend(place)?.0.attribute(name?)
}

fn split_attribute(path: &str) -> (&str, Option<&str>) {
    path.split_once('@').map_or((path, None), |(place, attribute)| (place, Some(attribute)))
}

/// The element at that path, and the version since which the whole path exists.
fn descend(path: &str) -> Option<(&'static Element, Version)> {
    descend_in(sections(), path)
}

fn descend_in(
    mut sections: impl Iterator<Item = &'static Section>,
    path: &str,
) -> Option<(&'static Element, Version)> {
    let is_head = |section: &&Section| {
        path.get(..section.path.len()).is_some_and(|head| is_name(head, section.path))
            && matches!(path.as_bytes().get(section.path.len()), None | Some(b'/'))
    };
    let section = sections.find(is_head)?;
    let rest = path[section.path.len()..].split('/').filter(|part| !part.is_empty());
    rest.into_iter().try_fold((&section.body, section.body.since), |(element, since), part| {
        element.child(part).map(|child| (child, child.since.max(since)))
    })
}
