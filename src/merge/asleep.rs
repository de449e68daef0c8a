//! What of a server keeps a deployment from working although nothing in it conflicts: an application pool or a site that does
//! not start, an application pool of the other bitness, a module that is installed and not enabled, a redirect.
//!
//! What enters: the file and the deployment. What leaves: a diagnostic for each point, at its place in the file. Absent: what
//! only the running server knows, such as an application pool that was stopped by hand.

use iis_config::effective::{Effective, Module, REDIRECT};
use iis_config::hosting::{Written, of_pool, of_site};
use iis_config::markup;

use super::locate::Merge;
use crate::diagnostic::{Code, Diagnostic};
use crate::lint::redirect::redirected;
use crate::model::{Architecture, Machine, role_services};

/// Everything that keeps the deployment from working.
pub(super) fn find(merge: &Merge<'_, '_>) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    found.extend(pool_start(merge));
    found.extend(site_start(merge));
    if merge.deployment.machine == Machine::Node {
        found.extend(bitness(merge));
        found.extend(modules(merge));
        found.extend(redirect(merge));
    }
    found
}

/// `autoStart` of the pool, its own or that of all pools (page `system.applicationhost/applicationpools/add`).
fn pool_start(merge: &Merge<'_, '_>) -> Option<Diagnostic> {
    let name = &merge.deployment.pool.name;
    let stopped = of_pool(merge.document, name, "autoStart").filter(|start| start.says("false"))?;
    let message = format!(
        "the application pool {name:?} does not start together with IIS: autoStart is false{}",
        of_all(stopped, "applicationPoolDefaults")
    );
    let help = format!(
        "turn it on, or every request gets 503: appcmd set apppool \"{name}\" /autoStart:true; then start the pool: \
         appcmd start apppool \"{name}\""
    );
    Some(Diagnostic::new(Code::PoolAsleep, stopped.place(), message).help(help))
}

/// `serverAutoStart` of an existing site (page `system.applicationhost/sites/site`). The deployment's own says that it is on.
fn site_start(merge: &Merge<'_, '_>) -> Option<Diagnostic> {
    let site = &merge.deployment.site;
    if site.own.is_some() {
        return None;
    }
    let name = &site.name;
    let stopped = of_site(merge.document, name, "serverAutoStart").filter(|start| start.says("false"))?;
    let message = format!(
        "the site {name:?} does not start together with IIS: serverAutoStart is false{}",
        of_all(stopped, "siteDefaults")
    );
    let help = format!(
        "turn it on, or nothing answers: appcmd set site \"{name}\" /serverAutoStart:true; then start the site: \
         appcmd start site \"{name}\""
    );
    Some(Diagnostic::new(Code::SiteAsleep, stopped.place(), message).help(help))
}

fn of_all(written: Written<'_>, defaults: &str) -> String {
    if written.is_default { format!(" in {defaults}") } else { String::new() }
}

/// `enable32BitAppOnWin64` of an existing pool. The deployment's own gets the bitness of Python.
fn bitness(merge: &Merge<'_, '_>) -> Option<Diagnostic> {
    let (document, deployment) = (merge.document, merge.deployment);
    if deployment.pool.own.is_some() {
        return None;
    }
    let name = &deployment.pool.name;
    let pool = of_pool(document, name, "name").filter(|own| !own.is_default)?;
    let written = of_pool(document, name, "enable32BitAppOnWin64");
    let is_32_bit = written.is_some_and(|written| written.says("true"));
    let wanted_32_bit = deployment.target.architecture == Architecture::X86;
    if is_32_bit == wanted_32_bit {
        return None;
    }
    let bits = |is_32_bit: bool| if is_32_bit { "32" } else { "64" };
    let message = format!(
        "the application pool {name:?} is {}-bit, and Python and the bridge are {}-bit: IIS would never load the bridge",
        bits(is_32_bit),
        bits(wanted_32_bit)
    );
    let help = "choose another `applicationPool.name`, remove `applicationPool.existing` to give the deployment its own pool, \
        or use a Python of the pool's bitness (`target.architecture`, `python.architecture`)";
    let place = written.map_or(pool.place(), |written| written.place());
    Some(Diagnostic::new(Code::PoolBitness, place, message).help(help))
}

/// A redirect that this file has for the application.
fn redirect(merge: &Merge<'_, '_>) -> Option<Diagnostic> {
    let web = markup::parse("<configuration/>").ok()?;
    let (location, version) = (merge.deployment.location(), merge.deployment.target.version);
    let effective = Effective::new(merge.document, &web, location.clone(), version);
    let (_, section) = effective.redirect().filter(|_| !effective.is(REDIRECT, "", "childOnly"))?;
    Some(redirected(&effective, section, &location))
}

/// Modules that are installed, and that `modules` does not name: IIS loads them, and no request reaches them.
fn modules(merge: &Merge<'_, '_>) -> Vec<Diagnostic> {
    let Ok(web) = markup::parse("<configuration/>") else { return Vec::new() };
    let (location, version) = (merge.deployment.location(), merge.deployment.target.version);
    let effective = Effective::new(merge.document, &web, location, version);
    let needed = role_services::needed(merge.deployment).into_iter();
    let found = needed.filter_map(|needed| match effective.module(needed.module) {
        Module::NotEnabled(place) => Some((needed, place)),
        Module::Runs | Module::NotInstalled => None,
    });
    let report = found.map(|(needed, place)| {
        let (name, what) = (needed.module, needed.what);
        let message = format!("{name} is installed, but `modules` does not name it, and {what} needs it");
        let help = format!("enable it for the server: appcmd add module /name:{name}");
        Diagnostic::new(Code::ModuleOff, place, message).help(help)
    });
    report.collect()
}
