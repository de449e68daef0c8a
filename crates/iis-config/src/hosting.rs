//! What an application pool or a site of a server says about itself, or leaves to the defaults of all.
//!
//! In: the server's file and a name. Out: an attribute, where the file writes it, and which places are applications. Absent: the default of the schema, which
//! [`attribute`](crate::schema::attribute) knows.

use super::markup::{Attribute, Document, Element};
use super::names::is_same;

/// An attribute as one pool or site has it.
#[derive(Debug, Clone, Copy)]
pub struct Written<'d> {
    /// The attribute.
    pub attribute: &'d Attribute<'d>,
    /// Whether it is in the defaults, and so counts for every pool or site that does not say it.
    pub is_default: bool,
}

impl Written<'_> {
    /// Whether it has this value; case is ignored.
    pub fn says(&self, value: &str) -> bool {
        self.attribute.value.eq_ignore_ascii_case(value)
    }

    /// Where it is in the file.
    pub fn place(&self) -> std::ops::Range<usize> {
        // With the quotation mark at its end.
        self.attribute.offset..self.attribute.written.end + 1
    }
}

/// The attribute of an application pool, or that of `applicationPoolDefaults` (page `system.applicationhost/applicationpools`).
pub fn of_pool<'d>(document: &'d Document<'_>, name: &str, attribute: &str) -> Option<Written<'d>> {
    written(document, ["applicationPools", "add", "applicationPoolDefaults"], name, attribute)
}

/// The attribute of a site, or that of `siteDefaults` (page `system.applicationhost/sites`).
pub fn of_site<'d>(document: &'d Document<'_>, name: &str, attribute: &str) -> Option<Written<'d>> {
    written(document, ["sites", "site", "siteDefaults"], name, attribute)
}

/// Whether a place (`Site/name`) is the root of an application (page `system.applicationhost/sites/site/application`); `None` if the
/// file has no such site.
pub fn is_application(document: &Document<'_>, place: &str) -> Option<bool> {
    let (site, path) = place.split_once('/').unwrap_or((place, ""));
    let sites = document.descend(document.root(), &["system.applicationHost", "sites"])?;
    let site = document.named(sites, "site").find(|own| own.says("name", site))?;
    let is_it = |own: &Element<'_>| is_same(own.value("path").unwrap_or_default().trim_matches('/'), path);
    Some(document.named(site, "application").any(is_it))
}

fn written<'d>(
    document: &'d Document<'_>,
    [section, entry, defaults]: [&str; 3],
    name: &str,
    attribute: &str,
) -> Option<Written<'d>> {
    let all = document.descend(document.root(), &["system.applicationHost", section])?;
    let is_it = |element: &&Element<'_>| element.value("name").is_some_and(|own| is_same(own, name));
    let own = document.named(all, entry).find(is_it).and_then(|element| element.attribute(attribute));
    let defaults = || document.named(all, defaults).find_map(|element| element.attribute(attribute));
    match own {
        Some(attribute) => Some(Written { attribute, is_default: false }),
        None => defaults().map(|attribute| Written { attribute, is_default: true }),
    }
}
