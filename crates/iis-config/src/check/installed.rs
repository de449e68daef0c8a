//! What a new installation of IIS says of sections that have no table of their own: who may hold them.
//!
//! In: a web.config without the server's file. Out: sections that only the server's file may hold, or that are locked until somebody
//! unlocks them, as Windows declares them in applicationHost.config (page "Understanding IIS Configuration Delegation"). Absent:
//! `httpCompression`, which differs from version to version.

use super::held::held;
use super::{Fault, Finding};
use crate::declared::declarations;
use crate::markup::Document;
use crate::schema::section;

/// Sections for the server's file alone.
const OF_SERVER: [&str; 8] = [
    "system.applicationHost/configHistory",
    "system.applicationHost/customMetadata",
    "system.applicationHost/listenerAdapters",
    "system.applicationHost/log",
    "system.applicationHost/serviceAutoStartProviders",
    "system.applicationHost/webLimits",
    "system.webServer/fastCgi",
    "system.webServer/globalModules",
];

/// Sections that are locked.
const LOCKED: [&str; 17] = [
    "system.webServer/asp",
    "system.webServer/cgi",
    "system.webServer/httpLogging",
    "system.webServer/httpTracing",
    "system.webServer/isapiFilters",
    "system.webServer/odbcLogging",
    "system.webServer/security/applicationDependencies",
    "system.webServer/security/authentication/clientCertificateMappingAuthentication",
    "system.webServer/security/authentication/digestAuthentication",
    "system.webServer/security/authentication/iisClientCertificateMappingAuthentication",
    "system.webServer/security/dynamicIpSecurity",
    "system.webServer/security/ipSecurity",
    "system.webServer/serverSideInclude",
    "system.webServer/tracing/traceProviderDefinitions",
    "system.webServer/webdav/authoring",
    "system.webServer/webdav/authoringRules",
    "system.webServer/webdav/globalSettings",
];

pub(super) fn check(document: &Document<'_>) -> Vec<Finding> {
    let own: Vec<String> = declarations(document).into_iter().map(|known| known.path).collect();
    let fault = |path: &str| {
        if section(path).is_some() || own.iter().any(|own| own == path) {
            None
        } else if OF_SERVER.contains(&path) {
            Some(Fault::AppHostOnly)
        } else {
            LOCKED.contains(&path).then_some(Fault::Locked)
        }
    };
    let is_section = |path: &str| fault(path).is_some();
    let all = held(document, &is_section).into_iter();
    all.filter_map(|held| Some(Finding::new(held.element.offset, &held.path, fault(&held.path)?))).collect()
}
