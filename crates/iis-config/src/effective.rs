//! The configuration that applies to one application: a section of applicationHost.config, of the `<location>`s around the
//! application, of the web.config files of the folders above it and of its own, merged in that order.
//!
//! In: the files and the path `Site/application`. Out: an attribute's value, or a collection's entries in the order in
//! which IIS evaluates them. Absent: `lockItem` and the other lock attributes.

use super::Version;
use super::level::{Level, LevelKind, sections_of};
use super::markup::{Document, Element};
use super::names::is_same;
use super::schema::{Order, attribute, element};

/// The list of modules that run for a request.
const MODULES: &str = "system.webServer/modules";

/// The list of modules that the server loads. Only its own file may have it.
const GLOBAL_MODULES: &str = "system.webServer/globalModules";

/// Sends requests elsewhere.
pub const REDIRECT: &str = "system.webServer/httpRedirect";

/// Whether a native module takes part in the requests of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Module {
    /// It does, or the files do not list the modules.
    Runs,
    /// `globalModules` does not have it: the server does not load it.
    NotInstalled,
    /// `globalModules` has it, but `modules` does not: IIS loads it, and never calls it (page
    /// `system.webserver/globalmodules`). The place is that of `modules` in the server's file.
    NotEnabled(std::ops::Range<usize>),
}

/// The files that configure an application.
pub struct Effective<'d, 'a> {
    /// The files, the outermost first: the server's, those of folders above, and the application's own.
    pub levels: Vec<Level<'d, 'a>>,
    /// The version of IIS, which decides the defaults.
    pub version: Version,
}

impl<'d, 'a> Effective<'d, 'a> {
    /// The server's file and that of an application, which is `Site` or `Site/name`.
    pub fn new(host: &'d Document<'a>, web: &'d Document<'a>, location: String, version: Version) -> Self {
        let level =
            |name: &str, document, below, kind| Level { name: name.to_owned(), document, below, kind };
        let levels = vec![
            level("applicationHost.config", host, location, LevelKind::Host),
            level("web.config", web, String::new(), LevelKind::Own),
        ];
        Self { levels, version }
    }

    /// The elements that configure a section, from the server's own to the application's.
    fn levels(&self, section: &str) -> Vec<(&'d Document<'a>, &'d Element<'a>)> {
        let found = sections_of(&self.levels, section, "").into_iter();
        found.map(|(level, element)| (level.document, element)).collect()
    }

    /// The value of an attribute, given by `section`, the path of an element below it (may be empty) and the
    /// attribute's name.
    pub fn value(&self, section: &str, below: &str, name: &str) -> String {
        self.written(section, below, name).unwrap_or_else(|| {
            let path = [section, below].join("/");
            let path = path.trim_end_matches('/');
            let default = attribute(&format!("{path}@{name}")).and_then(|known| known.default(self.version));
            default.unwrap_or_default().to_owned()
        })
    }

    /// The value of an attribute, if any of the levels sets it.
    pub fn written(&self, section: &str, below: &str, name: &str) -> Option<String> {
        let below: Vec<&str> = below.split('/').filter(|part| !part.is_empty()).collect();
        let levels = self.levels(section).into_iter().rev();
        let mut written = levels.filter_map(|(document, element)| {
            document.descend(element, &below)?.value(name).map(ToOwned::to_owned)
        });
        written.next()
    }

    /// The level that contains an entry of [`entries`](Self::entries).
    pub fn level_of(&self, entry: &Element<'_>) -> Option<&Level<'d, 'a>> {
        let has = |level: &&Level<'d, 'a>| {
            level.document.elements.get(entry.index).is_some_and(|own| std::ptr::eq(own, entry))
        };
        self.levels.iter().find(has)
    }

    /// The section `httpRedirect` that turns a redirect on, with its level, if it is on and its module runs (page
    /// `system.webserver/httpredirect`).
    pub fn redirect(&self) -> Option<(&Level<'d, 'a>, &'d Element<'a>)> {
        let is_on = self.is(REDIRECT, "", "enabled") && self.module("HttpRedirectionModule") == Module::Runs;
        let mut found = sections_of(&self.levels, REDIRECT, "").into_iter().rev();
        found.find(|(_, element)| is_on && element.value("enabled").is_some())
    }

    /// Whether any of the levels has the section.
    pub fn has(&self, section: &str) -> bool {
        !self.levels(section).is_empty()
    }

    /// Whether an attribute is true.
    pub fn is(&self, section: &str, below: &str, name: &str) -> bool {
        self.value(section, below, name).eq_ignore_ascii_case("true")
    }

    /// The value of an attribute as a number.
    pub fn number(&self, section: &str, below: &str, name: &str) -> Option<u64> {
        self.value(section, below, name).parse().ok()
    }

    /// Whether a native module takes part in the application's requests.
    pub fn module(&self, name: &str) -> Module {
        let mut installed = self.levels(GLOBAL_MODULES).into_iter();
        if installed.any(|(host, all)| !host.named(all, "add").any(|module| module.says("name", name))) {
            return Module::NotInstalled;
        }
        // An application that only removes a module does not list them.
        let lists = |(document, element): &(&'d Document<'a>, &'d Element<'a>)| {
            document.children(element).any(|child| !child.is_named("remove"))
        };
        let Some((_, list)) = self.levels(MODULES).into_iter().find(lists) else { return Module::Runs };
        match self.entries(MODULES, "", "name").iter().any(|module| module.says("name", name)) {
            true => Module::Runs,
            false => Module::NotEnabled(list.tag()),
        }
    }

    /// The names of the entries of a collection that the tables do not have.
    pub fn names(&self, section: &str, entry: &str) -> Vec<&'d str> {
        let mut names: Vec<&'d str> = Vec::new();
        for (document, element) in self.levels(section) {
            for index in &element.children {
                let child = &document.elements[*index];
                let name = child.value("name").unwrap_or_default();
                if child.is_named("clear") {
                    names.clear();
                } else if child.is_named("remove") {
                    names.retain(|known| !is_same(known, name));
                } else if child.is_named(entry) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// The entries of a collection, identified by the attribute `key`.
    pub fn entries(&self, path: &str, below: &str, key: &str) -> Vec<&'d Element<'a>> {
        self.entries_of_keys(path, below, &[key])
    }

    /// The entries of a collection, identified by several attributes together. One that is not written is empty.
    pub fn entries_of_keys(&self, path: &str, below: &str, keys: &[&str]) -> Vec<&'d Element<'a>> {
        let parts: Vec<&str> = below.split('/').filter(|part| !part.is_empty()).collect();
        let table = element(&[&[path], parts.as_slice()].concat().join("/"));
        let Some(collection) = table.and_then(|table| table.collection) else { return Vec::new() };
        let directive =
            |name: Option<&str>, child: &Element<'_>| name.is_some_and(|name| child.is_named(name));
        let mut entries: Vec<&'d Element<'a>> = Vec::new();
        for (document, element) in self.levels(path) {
            let Some(element) = document.descend(element, &parts) else { continue };
            let mut own: Vec<&'d Element<'a>> = Vec::new();
            for index in &element.children {
                let child = &document.elements[*index];
                let same = |known: &&'d Element<'a>| {
                    keys.iter().all(|key| {
                        let [known, own] =
                            [*known, child].map(|element| element.value(key).unwrap_or_default());
                        match collection.entry.attribute(key) {
                            Some(attribute) => attribute.compared(known) == attribute.compared(own),
                            None => is_same(known, own),
                        }
                    })
                };
                if directive(collection.clear, child) {
                    entries.clear();
                    own.clear();
                } else if directive(collection.remove, child) {
                    entries.retain(|known| !same(known));
                    own.retain(|known| !same(known));
                } else if collection.is_entry(child.name) {
                    own.push(child);
                }
            }
            entries = match collection.order {
                Order::Prepend => [own, entries].concat(),
                Order::Append => [entries, own].concat(),
            };
        }
        entries
    }
}
