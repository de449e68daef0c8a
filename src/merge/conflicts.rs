//! Every conflict between a deployment and a server's configuration, before anything is written.
//!
//! What enters: the file and the deployment's parts. What leaves: a diagnostic for each point, at its place in the file.
//! Absent: what only the running server knows, such as other programs that listen on a port.

use iis_config::markup::Element;
use iis_config::names::is_same;

use super::clashes::{self, Clash, is_in, locations_of_others};
use super::keys::Place;
use super::locate::{Merge, Spot};
use super::mark::Claim;
use super::ownership::home;
use super::reconcile::reconcile;
use super::{Strangers, noun, pools, shadowed, unreadable};
use crate::diagnostic::{Code, Diagnostic};
use crate::emit::{Kind, Part, web_config_sections};
use crate::lint::global_modules;
use crate::model::Machine;
use crate::model::{LOCKABLE_SECTIONS, role_services};
use iis_config::locks::{Lock, lock_at};

/// Every conflict.
pub(super) fn find(merge: &Merge<'_, '_>, strangers: Strangers) -> Vec<Diagnostic> {
    let mut found = unreadable::find(merge);
    if !found.is_empty() {
        return found;
    }
    found.extend(elsewhere(merge));
    let clashes = clashes::find(merge);
    found.extend(clashes.iter().map(|clash| clash.told.clone()));
    found.extend(merge.parts.iter().filter_map(|part| stranger(merge, part, strangers)));
    found.extend(shadowed::applications(merge));
    found.extend(shadowed::find(merge, strangers));
    found.extend(pool(merge));
    found.extend(others_in_pool(merge, &clashes));
    found.extend(sites(merge));
    found.extend(locations(merge, &clashes));
    found.extend(modules(merge));
    found.extend(locks(merge));
    found
}

/// A node of the same key that belongs to no deployment.
fn stranger(
    merge: &Merge<'_, '_>,
    (part, spot): &(Part, Spot<'_, '_>),
    strangers: Strangers,
) -> Option<Diagnostic> {
    let Spot::Present(present, place) = spot else { return None };
    if merge.owns(present) || part.kind == Kind::Location {
        return None;
    }
    if merge.owner(present).is_some() {
        // Another diagnostic names everything that the other deployment has.
        return None;
    }
    let noun = noun(part.kind);
    let (message, help) = match part.kind {
        Kind::Tracing => {
            let found = reconcile(merge.document, &merge.layout, place, &part.element, present);
            if found.edits.is_empty() {
                return None;
            }
            let message = format!("the site has other tracing settings: {}", found.changes.join(", "));
            (message, "set `failedRequestTracing` in the spec and the site's own settings to the same values")
        }
        Kind::ApplicationPool if strangers == Strangers::Adopt => {
            let users = others_of_pool(merge);
            let first = users.first()?;
            (
                format!("this application pool is not used by one deployment only: {first} uses it"),
                "choose another `applicationPool.name`, or keep this pool with `applicationPool.existing`",
            )
        }
        _ if strangers == Strangers::Adopt => {
            let theirs = shadowed::anothers(merge, part, present)?;
            (
                format!("this {noun} is not adopted, since it is another's: {theirs}"),
                "choose another name; if it is this deployment's, give it the deployment's folder or pool first",
            )
        }
        _ => (
            format!("this {noun} already exists, and kallithea-iisc did not create it"),
            "choose another name; if it belongs to this deployment but lacks the comment, use --adopt",
        ),
    };
    Some(Diagnostic::new(Code::NotOurs, present.tag(), message).help(help))
}

/// Another deployment of the same name: it has neither the place nor the folder of this one.
pub(super) fn elsewhere(merge: &Merge<'_, '_>) -> Option<Diagnostic> {
    let (number, other) = merge.holdings.elsewhere.first()?;
    let name = &merge.deployment.name;
    let message = format!(
        "the server already has a deployment named {name:?}: it serves {other}, and this spec serves {}",
        home(merge.deployment)
    );
    let help = "change the `name` of one of the two; if this deployment has moved, remove it with its former \
        spec first. Nothing was changed";
    let marked = &merge.marked[*number];
    let place = marked.element.map_or(marked.comment.span.clone(), Element::tag);
    Some(Diagnostic::new(Code::NameTaken, place, message).help(help))
}

/// Other deployments, and bridges of others, that run in the deployment's pool: a worker process can run only one Python, and
/// it only one application.
fn others_in_pool(merge: &Merge<'_, '_>, clashes: &[Clash]) -> Vec<Diagnostic> {
    if merge.deployment.machine == Machine::Front {
        return Vec::new();
    }
    let (document, pool) = (merge.document, &merge.deployment.pool.name);
    let others = pools::applications(document).filter(|(site, application)| {
        !merge.is_wanted(site, application) && is_same(&pools::pool_of(document, site, application), pool)
    });
    let found = others.filter_map(|(site, application)| {
        let place = pools::location(site, application);
        let who = match merge.owner(application) {
            Some(other) if is_in(clashes, other) => return None,
            Some(other) => match &other.mark.claim {
                Claim::Node(_, home) => format!("the deployment {:?} ({home})", other.mark.deployment),
                Claim::Former | Claim::Unreadable => format!("the deployment {:?}", other.mark.deployment),
            },
            None if !merge.owns(application) && pools::runs_bridge(document, &place) => {
                "another bridge".to_owned()
            }
            None => return None,
        };
        let message = format!("{who} already runs in the application pool {pool:?}, as {place:?}");
        let help =
            "give one of the two its own pool (`applicationPool.name`); a pool can run only one Kallithea";
        Some(Diagnostic::new(Code::PoolTaken, application.tag(), message).help(help))
    });
    found.collect()
}

/// What uses the deployment's pool except its own applications.
fn others_of_pool(merge: &Merge<'_, '_>) -> Vec<String> {
    pools::users(merge.document, &merge.deployment.pool.name, |user| {
        let site = merge.document.parent(user);
        merge.owns(user) || site.is_some_and(|site| merge.is_wanted(site, user))
    })
}

/// A pool that must exist according to the spec.
fn pool(merge: &Merge<'_, '_>) -> Option<Diagnostic> {
    if merge.deployment.pool.own.is_some() {
        return None;
    }
    let document = merge.document;
    let root = document.root();
    let pools = document.descend(root, &["system.applicationHost", "applicationPools"]);
    let name = &merge.deployment.pool.name;
    if pools.is_some_and(|pools| document.named(pools, "add").any(|pool| pool.says("name", name))) {
        return None;
    }
    let message = format!("the application pool {name:?}, which the spec shares with others, does not exist");
    let help = "create it first, or remove `applicationPool.existing` to give the deployment its own pool";
    Some(Diagnostic::new(Code::PoolMissing, pools.unwrap_or(root).tag(), message).help(help))
}

/// Checks the site's name, number and bindings against all sites.
fn sites(merge: &Merge<'_, '_>) -> Vec<Diagnostic> {
    let (document, site) = (merge.document, &merge.deployment.site);
    let root = document.root();
    let sites = document.descend(root, &["system.applicationHost", "sites"]).unwrap_or(root);
    let all: Vec<&Element<'_>> = document.named(sites, "site").collect();
    let is_it = |known: &Element<'_>| known.says("name", &site.name);
    // A site of this deployment under a former name is removed, and its number and bindings become free.
    let others = || all.iter().filter(|known| !is_it(known) && !merge.owns(known));
    let id = site.id.to_string();
    let mut found = Vec::new();
    if let Some(other) = others().find(|known| known.value("id") == Some(&id)) {
        let name = other.value("name").unwrap_or_default();
        let message = format!("the site {name:?} already has the number {id}");
        found.push(Diagnostic::new(Code::SiteIdTaken, other.tag(), message).help("choose another `site.id`"));
    }
    match all.iter().find(|known| is_it(known)) {
        // The number of a site that is another's says nothing: this deployment must have another site.
        Some(own) if own.value("id") != Some(&id) && (site.own.is_none() || merge.owns(own)) => {
            let number = own.value("id").unwrap_or_default();
            let message = format!(
                "the site {:?} has the number {number:?} on this server, but {id} in the spec",
                site.name
            );
            let help =
                format!("set `id: {number}` in the spec; IIS names the folders of logs and traces after it");
            found.push(Diagnostic::new(Code::SiteIdTaken, own.tag(), message).help(help));
        }
        None if site.own.is_none() => {
            let names: Vec<_> = all.iter().filter_map(|site| site.value("name")).collect();
            let message = format!("the site {:?}, which the spec expects, does not exist", site.name);
            let help = format!(
                "use one of the sites on this server: {}",
                if names.is_empty() { "none".into() } else { names.join(", ") }
            );
            found.push(Diagnostic::new(Code::SiteMissing, sites.tag(), message).help(help));
        }
        _ => {}
    }
    found.extend(bindings(merge, &others().copied().collect::<Vec<_>>()));
    found
}

/// Bindings of the deployment's own site that another site has.
fn bindings(merge: &Merge<'_, '_>, others: &[&Element<'_>]) -> Vec<Diagnostic> {
    let document = merge.document;
    let Some(part) = merge.part(Kind::Site) else { return Vec::new() };
    let wanted = part.element.elements().iter().filter(|child| child.name() == "bindings");
    let place = Place::of(part).child("bindings").child("binding");
    let mut found = Vec::new();
    for binding in wanted.flat_map(|bindings| bindings.elements()) {
        for other in others {
            let theirs =
                document.descend(other, &["bindings"]).into_iter().flat_map(|all| document.children(all));
            found.extend(theirs.filter(|theirs| place.is_same(binding, theirs)).map(|theirs| {
                let name = other.value("name").unwrap_or_default();
                let information = binding.value("bindingInformation").unwrap_or_default();
                let message = format!("the site {name:?} already listens on {information}");
                let help = "choose another address, port or host name, or remove the binding from that site; \
                    IIS starts only one of two sites with the same binding";
                Diagnostic::new(Code::BindingTaken, theirs.tag(), message).help(help)
            }));
        }
    }
    found
}

/// Sections that another location of the same path already contains: IIS refuses the second one.
fn locations(merge: &Merge<'_, '_>, clashes: &[Clash]) -> Vec<Diagnostic> {
    let parts = merge.parts.iter().filter(|(part, _)| part.kind == Kind::Location);
    let found = parts.flat_map(|(part, spot)| locations_of_others(merge, part, spot));
    found.filter_map(|(other, sections)| sections_taken(merge, other, &sections, clashes)).collect()
}

fn sections_taken(
    merge: &Merge<'_, '_>,
    location: &Element<'_>,
    sections: &[(String, &Element<'_>)],
    clashes: &[Clash],
) -> Option<Diagnostic> {
    let help = match merge.owner(location) {
        Some(other) if is_in(clashes, other) => return None,
        Some(_) => {
            "move one of the two deployments to another path; IIS answers 500.19 to a section that occurs twice"
        }
        None => {
            "remove this from that <location>, because IIS answers 500.19 to a section that occurs twice; if it \
             belongs to this deployment but lacks the comment, use --adopt"
        }
    };
    let paths: Vec<&str> = sections.iter().map(|(path, _)| path.as_str()).collect();
    let message = format!("another <location> with this path already contains {}", paths.join(", "));
    let (_, first) = sections.first()?;
    let found = Diagnostic::new(Code::SectionTaken, first.tag(), message).help(help);
    Some(sections[1..].iter().fold(found, |found, (_, section)| found.related(section.tag(), "and this")))
}

/// Native modules that must be there, and the role services that install them.
fn modules(merge: &Merge<'_, '_>) -> Vec<Diagnostic> {
    let document = merge.document;
    // A server's own file has the section; a file without it is an excerpt.
    let Some(modules) = global_modules(document) else { return Vec::new() };
    let is_there = |name: &str| document.named(modules, "add").any(|module| module.says("name", name));
    let missing = needed_modules(merge).into_iter().filter(|(name, ..)| !is_there(name));
    let report = missing.map(|(name, what, feature, client)| {
        let message = format!("{name} is not installed, but {what} needs it");
        let help = match merge.deployment.machine {
            Machine::Node => format!(
                "install it; on Windows Server: Install-WindowsFeature {feature}; on Windows: \
                 Enable-WindowsOptionalFeature -Online -FeatureName {client}"
            ),
            Machine::Front => format!("install {feature}, from {client}"),
        };
        Diagnostic::new(Code::ModuleMissing, modules.tag(), message).help(help)
    });
    report.collect()
}

type NeededModule = (&'static str, &'static str, &'static str, &'static str);

/// Module, what needs it, and the feature that installs it, by its names in Windows Server and in Windows; or the extension,
/// and where to get it.
fn needed_modules(merge: &Merge<'_, '_>) -> Vec<NeededModule> {
    let deployment = merge.deployment;
    if deployment.machine == Machine::Front {
        let farm = "the server farm";
        return vec![
            ("RewriteModule", farm, "URL Rewrite", "https://www.iis.net/downloads/microsoft/url-rewrite"),
            (
                "ApplicationRequestRouting",
                farm,
                "Application Request Routing",
                "https://www.iis.net/downloads/microsoft/application-request-routing",
            ),
        ];
    }
    let needed = role_services::needed(deployment).into_iter();
    needed.map(|needed| (needed.module, needed.what, needed.server, needed.client)).collect()
}

/// Sections that the server locks and the web.config contains, and the reverse.
fn locks(merge: &Merge<'_, '_>) -> Vec<Diagnostic> {
    if merge.deployment.machine == Machine::Front {
        return Vec::new();
    }
    let (document, application) = (merge.document, merge.deployment.location());
    let held = web_config_sections(merge.deployment);
    let mut found = Vec::new();
    for path in held.iter().map(String::as_str).chain(LOCKABLE_SECTIONS.iter().copied()) {
        let is_held = held.iter().any(|own| own == path);
        let Some(lock) = lock_at(document, path, &application) else { continue };
        if is_held && lock.locked {
            let message = format!(
                "the server locks {path}, which the compiled web.config contains: IIS would answer 500.19 to \
                 every request"
            );
            found.push(
                Diagnostic::new(Code::SectionLocked, lock.place.clone(), message)
                    .help(unlocking(path, &lock)),
            );
        } else if !is_held && !lock.locked {
            let message =
                format!("the server has unlocked {path}, so any web.config in the site can change it");
            let help = format!(
                "lock it again (appcmd lock config -section:{path}), or add it to `target.unlockedSections`"
            );
            found.push(Diagnostic::new(Code::SectionUnlocked, lock.place, message).help(help));
        }
    }
    found
}

/// How to unlock a section: for the whole server, or in the location that locks it.
fn unlocking(path: &str, lock: &Lock) -> String {
    let unlock = match &lock.location {
        Some(location) => {
            format!(
                "set overrideMode of this <location path={location:?}> to Allow, or remove the section from it"
            )
        }
        None => format!("unlock it: appcmd unlock config -section:{path}"),
    };
    match LOCKABLE_SECTIONS.contains(&path) {
        true => format!("remove {path} from `target.unlockedSections`, or {unlock}"),
        false => unlock,
    }
}
