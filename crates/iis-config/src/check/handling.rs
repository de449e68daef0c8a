//! Handler mappings of a web.config against what the server can run.
//!
//! In: a web.config and the files above it. Out: modules that the server does not load or that are turned off for the application
//! (500.21), programs that `fastCgi` does not list (page `system.webserver/fastcgi`), and modules that the file takes away from an
//! inherited mapping. Absent: which mapping a request takes.

use super::{Fault, Finding};
use crate::level::{Level, sections_of};
use crate::markup::{Document, Element};
use crate::names::is_same;
use crate::paths;

const HANDLERS: &str = "system.webServer/handlers";
const MODULES: &str = "system.webServer/modules";

/// The module that runs managed handlers. It belongs to `ManagedEngine`, whose name differs from version to version.
const MANAGED: &str = "ManagedPipelineHandler";

pub(super) fn check(document: &Document<'_>, levels: &[Level<'_, '_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    let Some(host) = levels.iter().find(|level| level.is_host()).map(|level| level.document) else {
        return found;
    };
    let section = |name| host.descend(host.root(), &["system.webServer", name]);
    let Some(modules) = section("globalModules") else { return found };
    let loaded: Vec<&str> = host.named(modules, "add").filter_map(|module| module.value("name")).collect();
    let enabled = named(&Listed::of(document, levels, MODULES));
    let own = document.descend(document.root(), &["system.webServer", "handlers"]);
    for mapping in own.into_iter().flat_map(|own| document.named(own, "add")) {
        let Some(modules) = mapping.attribute("modules") else { continue };
        let mut report = |fault| {
            found.push(Finding::new(modules.offset, format!("{HANDLERS}/add@modules"), fault));
        };
        for name in names(&modules.value) {
            if !is_loaded(name, &loaded) {
                report(Fault::ModuleNotLoaded(name.to_owned()));
            } else if name != MANAGED && !enabled.is_empty() && !enabled.contains(&name) {
                report(Fault::ModuleTakenAway(name.to_owned()));
            }
        }
        let Some(program) = mapping.attribute("scriptProcessor") else { continue };
        let all = section("fastCgi");
        if names(&modules.value).any(|name| name == "FastCgiModule") && !is_listed(host, all, &program.value)
        {
            let fault = Fault::ProgramNotListed(program.value.clone());
            found.push(Finding::new(program.offset, format!("{HANDLERS}/add@scriptProcessor"), fault));
        }
    }
    found.extend(taken_away(document, levels));
    found
}

/// Modules that the file removes although an inherited mapping runs by that module alone.
fn taken_away(document: &Document<'_>, levels: &[Level<'_, '_>]) -> Vec<Finding> {
    let handlers = Listed::of(document, levels, HANDLERS);
    // A mapping for everything, which IIS places before the inherited ones.
    let is_for_all = |own: &&Element<'_>| own.says("path", "*") && own.says("verb", "*");
    if handlers.own.iter().any(is_for_all) {
        return Vec::new();
    }
    let removed = document.descend(document.root(), &["system.webServer", "modules"]);
    let removed = removed.into_iter().flat_map(|own| document.named(own, "remove"));
    let needing = |module: &Element<'_>| {
        let module = module.value("name")?;
        let needs = |mapping: &&&Element<'_>| mapping.value("modules") == Some(module);
        handlers.inherited.iter().find(needs)?.value("name").map(str::to_owned)
    };
    let enabled = named(&Listed::of(document, levels, MODULES));
    removed
        .filter(|module| !enabled.contains(&module.value("name").unwrap_or_default()))
        .filter_map(|module| {
            let fault = Fault::ModuleNeeded { handler: needing(module)? };
            Some(Finding::new(module.offset, format!("{MODULES}/remove"), fault))
        })
        .collect()
}

/// The entries of a list that counts for a web.config.
#[derive(Default)]
struct Listed<'d, 'a> {
    /// Those of the files above that it does not take away.
    inherited: Vec<&'d Element<'a>>,
    /// Its own.
    own: Vec<&'d Element<'a>>,
}

impl<'d, 'a> Listed<'d, 'a> {
    fn of(document: &'d Document<'a>, levels: &[Level<'d, 'a>], section: &str) -> Self {
        let mut listed = Self::default();
        for (level, element) in sections_of(levels, section, "") {
            listed.read(level.document, element);
        }
        listed.inherited.append(&mut listed.own);
        let parts: Vec<&str> = section.split('/').collect();
        if let Some(element) = document.descend(document.root(), &parts) {
            listed.read(document, element);
        }
        listed
    }

    fn read(&mut self, document: &'d Document<'a>, section: &Element<'a>) {
        for index in &section.children {
            let child = &document.elements[*index];
            match child.name {
                "add" => self.own.push(child),
                "clear" => *self = Self::default(),
                "remove" => {
                    let stays = |known: &&Element<'_>| known.value("name") != child.value("name");
                    self.inherited.retain(stays);
                    self.own.retain(stays);
                }
                _ => {}
            }
        }
    }
}

fn named<'d>(listed: &Listed<'d, '_>) -> Vec<&'d str> {
    listed.inherited.iter().chain(&listed.own).filter_map(|module| module.value("name")).collect()
}

/// The modules of a mapping.
fn names(modules: &str) -> impl Iterator<Item = &str> {
    modules.split(',').map(str::trim).filter(|name| !name.is_empty())
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
