//! What uses an application pool, and which of these applications run a bridge.
//!
//! What enters: the file and a pool's name. What leaves: the elements that name it, or that run in it by default.
//! Absent: whether the pool exists.

use iis_config::markup::{Document, Element};
use iis_config::names::is_same;

use super::ownership::Identity;
use crate::emit::Kind;
use crate::manifest::DISPATCH_DLL;

/// The pool of an application if nothing names one: page `system.applicationhost/sites/applicationdefaults`.
const DEFAULT_POOL: &str = "DefaultAppPool";

/// The applications of a file, each with its site.
pub(super) fn applications<'d, 'a>(
    document: &'d Document<'a>,
) -> impl Iterator<Item = (&'d Element<'a>, &'d Element<'a>)> {
    let inner = all(document, "application").filter(|element| is_kind(document, element, Kind::Application));
    inner.filter_map(|element| Some((document.parent(element)?, element)))
}

fn all<'d, 'a>(document: &'d Document<'a>, name: &'static str) -> impl Iterator<Item = &'d Element<'a>> {
    document.elements.iter().filter(move |element| element.is_named(name))
}

fn is_kind(document: &Document<'_>, element: &Element<'_>, kind: Kind) -> bool {
    Identity::of(document, element).is_some_and(|identity| identity.kind == kind)
}

/// `Site`, or `Site/name`: the path of an application's `<location>`.
pub fn location(site: &Element<'_>, application: &Element<'_>) -> String {
    format!("{}{}", site.value("name").unwrap_or_default(), path(application).trim_end_matches('/'))
}

/// The path of an application in its site; `/` by default.
pub fn path<'e>(application: &'e Element<'_>) -> &'e str {
    application.value("path").unwrap_or("/")
}

/// The pool that an application runs in: its own, or that of the site's or all sites' defaults.
pub(super) fn pool_of(document: &Document<'_>, site: &Element<'_>, application: &Element<'_>) -> String {
    let named = |element: Option<&Element<'_>>| element?.value("applicationPool").map(ToOwned::to_owned);
    let defaults = |around: Option<&Element<'_>>| {
        named(document.children(around?).find(|child| child.is_named("applicationDefaults")))
    };
    let sites = document.parent(site);
    named(Some(application))
        .or_else(|| defaults(document.elements.get(site.index)))
        .or_else(|| defaults(sites))
        .unwrap_or_else(|| DEFAULT_POOL.to_owned())
}

/// What uses a pool, in words: everything that names it, and the applications that run in it by default. Elements for which
/// `is_ours` is true do not count.
pub fn users(document: &Document<'_>, pool: &str, is_ours: impl Fn(&Element<'_>) -> bool) -> Vec<String> {
    let names = document.elements.iter().filter(|element| element.says("applicationPool", pool));
    let mut users: Vec<String> =
        names.filter(|element| !is_ours(element)).map(|element| called(document, element)).collect();
    for (site, application) in applications(document) {
        let gets_it = application.attribute("applicationPool").is_none()
            && is_same(&pool_of(document, site, application), pool);
        if gets_it && !is_ours(application) {
            users.push(called(document, application));
        }
    }
    users
}

fn called(document: &Document<'_>, element: &Element<'_>) -> String {
    let around = document.parent(element);
    match (element.name, around) {
        ("application", Some(site)) => format!("the application {:?}", location(site, element)),
        ("applicationDefaults", Some(site)) if site.is_named("site") => {
            format!("the applicationDefaults of the site {:?}", site.value("name").unwrap_or_default())
        }
        ("applicationDefaults", _) => "the applicationDefaults of all sites".to_owned(),
        _ => format!("<{}>", element.name),
    }
}

/// Whether a handler mapping for a path leads to a bridge, regardless of who created it.
pub fn runs_bridge(document: &Document<'_>, path: &str) -> bool {
    let locations = all(document, "location").filter(|location| location.says("path", path));
    locations.into_iter().any(|location| leads_to_bridge(document, location))
}

/// Whether a handler mapping in an element leads to a bridge.
pub fn leads_to_bridge(document: &Document<'_>, around: &Element<'_>) -> bool {
    dlls(document, around).any(is_bridge)
}

/// The DLLs and programs that handler mappings in an element lead to.
pub(super) fn dlls<'d, 'a>(
    document: &'d Document<'a>,
    around: &Element<'a>,
) -> impl Iterator<Item = &'d str> {
    let handlers = document.descend(around, &["system.webServer", "handlers"]);
    let indices: Vec<usize> = handlers.map(|handlers| handlers.children.clone()).unwrap_or_default();
    indices.into_iter().filter_map(|index| document.elements[index].value("scriptProcessor"))
}

fn is_bridge(dll: &str) -> bool {
    dll.rsplit(['\\', '/']).next().is_some_and(|name| name.eq_ignore_ascii_case(DISPATCH_DLL))
}
