//! Handler mappings of a web.config against what the server can run.
//!
//! In: a web.config and the server's file. Out: modules that the server does not load (500.21), and programs that `fastCgi` does not
//! list (page `system.webserver/fastcgi`). Absent: modules that are loaded and turned off for the application.

use super::level::Level;
use super::{Fault, Finding};
use crate::markup::{Document, Element};
use crate::names::is_same;
use crate::paths;

const HANDLERS: &str = "system.webServer/handlers/add";

/// The module that runs managed handlers. It belongs to `ManagedEngine`, whose name differs from version to version.
const MANAGED: &str = "ManagedPipelineHandler";

pub(super) fn check(document: &Document<'_>, levels: &[Level<'_, '_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    let Some(host) = levels.iter().find(|level| level.is_host).map(|level| level.document) else {
        return found;
    };
    let section = |name| host.descend(host.root(), &["system.webServer", name]);
    let Some(modules) = section("globalModules") else { return found };
    let loaded: Vec<&str> = host.named(modules, "add").filter_map(|module| module.value("name")).collect();
    let own = document.descend(document.root(), &["system.webServer", "handlers"]);
    for mapping in own.into_iter().flat_map(|own| document.named(own, "add")) {
        let Some(modules) = mapping.attribute("modules") else { continue };
        let names = || modules.value.split(',').map(str::trim).filter(|name| !name.is_empty());
        for name in names().filter(|name| !is_loaded(name, &loaded)) {
            let path = format!("{HANDLERS}@modules");
            found.push(Finding::new(modules.offset, path, Fault::ModuleNotLoaded(name.to_owned())));
        }
        let Some(program) = mapping.attribute("scriptProcessor") else { continue };
        let all = section("fastCgi");
        if names().any(|name| name == "FastCgiModule") && !is_listed(host, all, &program.value) {
            let fault = Fault::ProgramNotListed(program.value.clone());
            found.push(Finding::new(program.offset, format!("{HANDLERS}@scriptProcessor"), fault));
        }
    }
    found
}

fn is_loaded(name: &str, loaded: &[&str]) -> bool {
    let is_managed = name == MANAGED && loaded.iter().any(|own| own.starts_with("ManagedEngine"));
    is_managed || loaded.contains(&name)
}

/// Whether `fastCgi` lists a program, written `path|arguments`.
fn is_listed<'a>(host: &Document<'a>, all: Option<&Element<'a>>, program: &str) -> bool {
    let (path, arguments) = program.split_once('|').unwrap_or((program, ""));
    all.into_iter().flat_map(|all| host.named(all, "application")).any(|known| {
        paths::same(known.value("fullPath").unwrap_or_default(), path)
            && is_same(known.value("arguments").unwrap_or_default(), arguments)
    })
}
