//! Where a web.config belongs on a server: the site and application whose folder it is in.
//!
//! In: a server's file, and a folder or names. Out: the path that a `<location>` for it has. Absent: the disk.

use iis_config::markup::{Document, Element};
use iis_config::names::is_same;
use iis_config::paths;

/// The path of a `<location>` for an application.
pub fn location(site: &str, application: &str) -> String {
    format!("{site}/{}", application.trim_matches('/')).trim_end_matches('/').to_owned()
}

/// Every folder that a server's file gives to a virtual directory, with the path of its `<location>`.
fn folders<'d>(document: &'d Document<'_>) -> Vec<(&'d str, String)> {
    let sites = document.descend(document.root(), &["system.applicationHost", "sites"]);
    let sites = sites.into_iter().flat_map(|sites| document.named(sites, "site"));
    let path = |element: &Element<'_>| element.value("path").unwrap_or("/").to_owned();
    let mut found = Vec::new();
    for site in sites {
        for application in document.named(site, "application") {
            for directory in document.named(application, "virtualDirectory") {
                let Some(folder) = directory.value("physicalPath") else { continue };
                let below = format!("{}/{}", path(application), path(directory).trim_matches('/'));
                found.push((folder, location(site.value("name").unwrap_or_default(), &below)));
            }
        }
    }
    found
}

/// The `<location>` of a folder, if a virtual directory has it or a folder around it; the nearest counts.
pub fn of_folder(document: &Document<'_>, folder: &str) -> Option<String> {
    let mut around = folders(document);
    around.retain(|(own, _)| paths::is_within(folder, own));
    let (own, place) = around.into_iter().max_by_key(|(own, _)| paths::plain(own).len())?;
    let rest = paths::plain(folder).get(paths::plain(own).len()..)?.replace('\\', "/");
    Some(location(&place, &rest))
}

/// The folder of the virtual directory with this `<location>`: `Site`, or `Site/application`.
pub fn folder_of<'d>(document: &'d Document<'_>, place: &str) -> Option<&'d str> {
    folders(document).into_iter().find(|(_, known)| is_same(known, place)).map(|(folder, _)| folder)
}

/// Whether an application has the folder of its site, so that IIS reads one web.config for both.
pub fn has_folder_of_site(document: &Document<'_>, place: &str) -> bool {
    let Some((site, rest)) = place.split_once('/') else { return false };
    let pair = folder_of(document, place).zip(folder_of(document, site));
    !rest.is_empty() && pair.is_some_and(|(own, of_site)| paths::same(own, of_site))
}
