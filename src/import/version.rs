//! The version of IIS, as far as a configuration file reveals it.

use iis_config::markup::{Document, Element};
use iis_config::{Version, since};

use super::draft::Draft;
use super::server::Server;
use crate::spec::pointer;

/// No supported Python runs on the Windows of an older version ("Using Python on Windows").
const LEAST: Version = Version::V8_0;

/// The oldest version that knows everything in the files.
pub(super) fn least(host: &Document<'_>, web: &Document<'_>) -> Version {
    evidence(host).max(evidence(web)).unwrap_or(LEAST).max(LEAST)
}

pub(super) fn read(server: &Server<'_, '_>, draft: &mut Draft) {
    draft.spec.target.iis_version = server.version;
    let words = match server.version {
        Version::V10_0 => {
            "`target.iisVersion` is 10.0, because the file contains settings that older versions do not have."
                .to_owned()
        }
        version => format!(
            "A guess: nothing in the file is newer than IIS {version}. The server may still be newer; 10.0 \
             is Windows Server 2016 and later."
        ),
    };
    draft.remark(pointer!(target.iis_version), words);
}

fn evidence(document: &Document<'_>) -> Option<Version> {
    let mut paths: Vec<String> = Vec::with_capacity(document.elements.len());
    let mut newest = None;
    for element in &document.elements {
        let around = element.parent.map_or("", |parent| paths[parent].as_str());
        let path = match element.name {
            "configuration" | "location" => String::new(),
            name if around.is_empty() => name.to_owned(),
            name => format!("{around}/{name}"),
        };
        let attributes = element.attributes.iter();
        let attributes = attributes.filter_map(|attribute| since(&format!("{path}@{}", attribute.name)));
        newest = newest.max(attributes.max()).max(since(&path)).max(beyond_the_tables(element));
        paths.push(path);
    }
    newest
}

/// Features of IIS 10.0: `hsts` (page `system.applicationhost/sites/site/hsts`), and host names that begin with an asterisk.
fn beyond_the_tables(element: &Element<'_>) -> Option<Version> {
    let information = element.value("bindingInformation").and_then(|written| written.rsplit(':').next());
    let is_new = element.is_named("hsts")
        || (element.is_named("binding")
            && element.value("protocol").is_some_and(|protocol| protocol.to_lowercase().starts_with("http"))
            && information.is_some_and(|host| host.starts_with('*')));
    is_new.then_some(Version::V10_0)
}
