//! Sites, their applications, folders and bindings: what IIS refuses, and what it accepts but never uses.
//!
//! In: a server's file. Out: sites that cannot be read or reached (page `system.applicationhost/sites`). Absent: whether folders,
//! certificates and addresses exist on the machine.

use std::net::IpAddr;

use super::{Fault, Finding};
use crate::markup::{Attribute, Document, Element};
use crate::names::{is_device, is_same};

/// Where sites are.
const SITES: &str = "system.applicationHost/sites";

pub(super) fn check(document: &Document<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let host = document.descend(document.root(), &["system.applicationHost"]);
    let pools = host.and_then(|host| document.named(host, "applicationPools").next());
    for pool in pools.into_iter().flat_map(|pools| document.named(pools, "add")) {
        if let Some(name) = pool.attribute("name").filter(|name| name.value.is_empty()) {
            let path = "system.applicationHost/applicationPools/add@name";
            found.push(Finding::new(name.offset, path, Fault::EmptyPoolName));
        }
    }
    let sites = host.and_then(|host| document.named(host, "sites").next());
    for site in sites.into_iter().flat_map(|sites| document.named(sites, "site")) {
        check_site(document, site, &mut found);
    }
    if let Some((pools, sites)) = pools.zip(sites) {
        let known: Vec<&str> = document.named(pools, "add").filter_map(|pool| pool.value("name")).collect();
        check_pools(document, sites, &known, &mut found);
    }
    found
}

/// The pools that applications name, themselves or by the defaults of all.
fn check_pools(document: &Document<'_>, sites: &Element<'_>, known: &[&str], found: &mut Vec<Finding>) {
    let mut below: Vec<usize> = sites.children.clone();
    while let Some(index) = below.pop() {
        let element = &document.elements[index];
        let named = element.attribute("applicationPool").filter(|pool| !pool.value.is_empty());
        if let Some(pool) = named.filter(|pool| !known.iter().any(|name| is_same(name, &pool.value))) {
            let path = format!("{SITES}/{}@applicationPool", element.name);
            found.push(Finding::new(pool.offset, path, Fault::NoSuchPool(pool.value.clone())));
        }
        below.extend(&element.children);
    }
}

fn check_site(document: &Document<'_>, site: &Element<'_>, found: &mut Vec<Finding>) {
    let path = format!("{SITES}/site");
    let is_root = |element: &&Element<'_>| element.value("path").is_none_or(|path| path == "/");
    if !document.named(site, "application").any(|application| is_root(&application)) {
        found.push(Finding::new(site.offset, &path, Fault::NoRootApplication));
    }
    for application in document.named(site, "application") {
        let path = format!("{path}/application");
        if !document.named(application, "virtualDirectory").any(|folder| is_root(&folder)) {
            found.push(Finding::new(application.offset, &path, Fault::NoRootDirectory));
        }
        let folders = document.named(application, "virtualDirectory");
        for folder in folders.filter_map(|folder| folder.attribute("physicalPath")) {
            if !is_possible_path(&folder.value) {
                let path = format!("{path}/virtualDirectory@physicalPath");
                found.push(Finding::new(folder.offset, path, Fault::ImpossiblePath(folder.value.clone())));
            }
        }
    }
    let bindings: Vec<_> =
        document.named(site, "bindings").flat_map(|all| document.named(all, "binding")).collect();
    if bindings.is_empty() {
        found.push(Finding::new(site.offset, &path, Fault::NoBindings));
    }
    for binding in bindings {
        let is_web = ["http", "https"].iter().any(|name| binding.says("protocol", name));
        let information = binding.attribute("bindingInformation").filter(|_| is_web);
        if let Some((information, why)) = information.and_then(|own| Some((own, dead(own)?))) {
            let path = format!("{path}/bindings/binding@bindingInformation");
            found.push(Finding::new(information.offset, path, Fault::DeadBinding(why)));
        }
    }
}

/// Why nothing can arrive at a binding, which is `address:port:host name`.
fn dead(information: &Attribute<'_>) -> Option<&'static str> {
    let value = information.value.as_str();
    let without_host = value.rsplit_once(':').map(|(rest, _host)| rest);
    let Some((address, port)) = without_host.and_then(|rest| rest.rsplit_once(':')) else {
        return Some("write it as address:port:host name");
    };
    if !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Some("the port must be a number from 1 to 65535");
    }
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
    let is_address = matches!(bare, "" | "*") || bare.parse::<IpAddr>().is_ok() || is_short_address(bare);
    (!is_address).then_some("the address must be `*` or an IP address")
}

/// Whether Windows reads it as an IPv4 address that leaves out zeros: `1.1.1` is 1.1.0.1 (page "inet_addr").
fn is_short_address(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').map(str::parse::<u32>).collect();
    parts.len() < 4 && parts.iter().all(Result::is_ok)
}

/// Whether Windows can have a folder with that path (page "Naming Files, Paths, and Namespaces").
fn is_possible_path(path: &str) -> bool {
    let rest = path.strip_prefix(r"\\?\").unwrap_or(path);
    let without_drive = match rest.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => &rest[2..],
        _ => rest,
    };
    let is_clean = |character: char| !matches!(character, '<' | '>' | '"' | '|' | '?' | '*' | ':');
    let parts = || without_drive.split(['\\', '/']);
    !path.trim().is_empty() && without_drive.chars().all(is_clean) && !parts().any(is_device)
}
