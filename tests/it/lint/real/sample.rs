//! A real file of a server as a tree, and the ways to change one place of it.

use std::ops::Range;

use iis_config::Version;
use iis_config::check::{Beside, Level, LevelKind};
use iis_config::declared::declares;
use iis_config::markup::{self, Attribute, Document, Element};
use iis_config::schema::{self, Tables, Value};
use kallithea_iisc::lint::{Kind, Surroundings, lint_below};

/// A real file, and the tables that it is checked against.
pub(super) struct Sample<'t> {
    pub(super) document: Document<'t>,
    pub(super) tables: &'t Tables,
}

/// An element whose table is known.
pub(super) struct Known<'s, 't> {
    pub(super) element: &'s Element<'t>,
    pub(super) path: String,
    pub(super) table: &'static schema::Element,
}

/// A replacement of one place of the text.
pub(super) struct Edit {
    pub(super) at: Range<usize>,
    pub(super) with: String,
}

impl Edit {
    pub(super) fn insert(at: usize, with: impl Into<String>) -> Self {
        Self { at: at..at, with: with.into() }
    }
}

/// A finding: its code, and the message.
pub(super) type Found = (&'static str, String);

impl<'t> Sample<'t> {
    pub(super) fn of(text: &'t str, tables: &'t Tables) -> Self {
        Self { document: markup::parse(text).expect("XML"), tables }
    }

    pub(super) fn text(&self) -> &'t str {
        self.document.text
    }

    /// The names from the group to the element.
    fn path(&self, element: &Element<'_>) -> String {
        let names = self.document.outwards(element).map(|around| around.name);
        let mut names: Vec<_> = names.filter(|name| !matches!(*name, "configuration" | "location")).collect();
        names.reverse();
        names.join("/")
    }

    /// Every element of a section of IIS that takes no attributes beyond those of its table.
    pub(super) fn known(&self) -> Vec<Known<'_, 't>> {
        let known = self.document.elements.iter().filter_map(|element| {
            let path = self.path(element);
            let table = self.tables.element(&path).filter(|table| !table.open)?;
            Some(Known { element, path, table })
        });
        known.filter(|known| schema::is_of_iis(&known.path)).collect()
    }

    /// The sections themselves.
    pub(super) fn sections(&self) -> Vec<Known<'_, 't>> {
        let is_section = |known: &Known<'_, '_>| self.tables.section(&known.path).is_some();
        self.known().into_iter().filter(is_section).collect()
    }

    /// The elements inside sections.
    pub(super) fn inner(&self) -> Vec<Known<'_, 't>> {
        let is_section = |known: &Known<'_, '_>| self.tables.section(&known.path).is_some();
        self.known().into_iter().filter(|known| !is_section(known)).collect()
    }

    /// The entries of collections that allow no two of the same key.
    pub(super) fn entries(&self) -> Vec<Known<'_, 't>> {
        let mut entries = self.inner();
        entries.retain(|known| {
            let around = known.path.rsplit_once('/').and_then(|(around, _)| self.tables.element(around));
            let collection = around.and_then(|around| around.collection);
            let has_key = known.table.attributes().any(|one| one.key != schema::Key::No);
            has_key && collection.is_some_and(|all| !all.duplicates && all.is_entry(known.element.name))
        });
        entries
    }

    /// The elements with that name, wherever they are.
    pub(super) fn named(&self, name: &str) -> Vec<&Element<'t>> {
        self.document.elements.iter().filter(|element| element.is_named(name)).collect()
    }

    /// Every attribute of every element, as each writes it.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &Attribute<'t>> {
        self.document.elements.iter().flat_map(|element| &element.attributes)
    }

    /// Writes a wrong value into each attribute for whose type the function has one.
    pub(super) fn wrong(&self, wrong: impl Fn(Value) -> Option<String>) -> Vec<Edit> {
        let known = self.known();
        let places = known.iter().flat_map(|known| known.table.attributes().map(move |one| (known, one)));
        let value = |one: &schema::Attribute| wrong(one.value(Version::V10_0));
        places.filter_map(|(known, one)| Some(write(known.element, one.name, &value(one)?))).collect()
    }

    /// The same element again, after itself.
    pub(super) fn again(&self, element: &Element<'_>) -> Edit {
        Edit::insert(element.end, &self.text()[element.offset..element.end])
    }

    /// The element with another name, in both of its tags.
    pub(super) fn renamed(&self, element: &Element<'_>, name: &str) -> Edit {
        let after = |tag: usize, mark: usize| tag + mark + element.name.len();
        let start = after(element.offset, 1);
        let rest = match element.is_one_tag() {
            true => self.text()[start..element.end].to_owned(),
            false => {
                let [inner, end] = [start..element.closing, after(element.closing, 2)..element.end]
                    .map(|range| &self.text()[range]);
                format!("{inner}</{name}{end}")
            }
        };
        Edit { at: element.offset..element.end, with: format!("<{name}{rest}") }
    }

    /// The text with one edit.
    pub(super) fn edited(&self, edit: &Edit) -> String {
        let mut text = self.text().to_owned();
        text.replace_range(edit.at.clone(), &edit.with);
        text
    }

    /// What `lint` finds in a server's file.
    pub(super) fn lint_host(&self, text: &str) -> Vec<Found> {
        self.lint(text, Kind::HostConfig, &[])
    }

    /// What `lint` finds in a web.config below this file: for the whole server, or for the site with the name.
    pub(super) fn lint_web(&self, text: &str, site: &str) -> Vec<Found> {
        assert!(declares(&self.document));
        let name = "applicationHost.config".to_owned();
        let host = Level { name, document: &self.document, below: site.to_owned(), kind: LevelKind::Host };
        self.lint(text, Kind::WebConfig, &[host])
    }

    fn lint(&self, text: &str, kind: Kind, levels: &[Level<'_, '_>]) -> Vec<Found> {
        let around = Surroundings {
            kind,
            version: Version::V10_0,
            tables: self.tables,
            levels,
            unlocked: &[],
            is_utf16: false,
            beside: &|_: &str| Beside::Missing,
        };
        let document = markup::parse(text).ok();
        let found = lint_below(text, document.as_ref(), &around);
        found.into_iter().map(|one| (one.code.id(), one.message)).collect()
    }
}

/// Writes an attribute: over its value, or as a new one.
pub(super) fn write(element: &Element<'_>, name: &str, value: &str) -> Edit {
    match element.attribute(name) {
        Some(own) => Edit { at: own.written.clone(), with: value.to_owned() },
        None => Edit::insert(element.offset + 1 + element.name.len(), format!(" {name}=\"{value}\"")),
    }
}

/// A name with its first letter in the other case.
pub(super) fn other_case(name: &str) -> String {
    let is_upper = |letter: char| letter.is_ascii_uppercase();
    let turned = |letter: char| match is_upper(letter) {
        true => letter.to_ascii_lowercase(),
        false => letter.to_ascii_uppercase(),
    };
    let mut letters = name.chars();
    letters.next().into_iter().map(turned).chain(letters).collect()
}
