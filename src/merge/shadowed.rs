//! What others serve and would lose because of the deployment: its folder, which has only one web.config; virtual directories
//! at its path or below, which its application hides; applications below, which inherit its handler mappings; and on a front,
//! requests to a host that has the same name as its farm.
//!
//! What enters: a merge. What leaves: a diagnostic for each, before the deployment exists; what is added later was added to
//! the deployment. Absent: folders around or in one another, which IIS keeps apart.

use iis_config::markup::Element;
use iis_config::names::is_at_or_below;
use iis_config::paths;

use super::locate::Merge;
use super::ownership::Identity;
use super::served::{folder, strangers_in};
use super::{Strangers, farms, pools};
use crate::diagnostic::{Code, Diagnostic};
use crate::emit::{Kind, Part};
use crate::model::Machine;

/// Everything of that kind in the file.
pub fn find(merge: &Merge<'_, '_>, strangers: Strangers) -> Vec<Diagnostic> {
    let is_there = || pools::applications(merge.document).any(|(_, application)| merge.owns(application));
    if strangers == Strangers::Adopt || is_there() {
        return Vec::new();
    }
    if merge.deployment.machine == Machine::Front {
        return farm(merge).into_iter().collect();
    }
    let others =
        pools::applications(merge.document).filter(|(site, application)| !merge.is_wanted(site, application));
    others.flat_map(|(site, application)| by_application(merge, site, application)).collect()
}

/// Applications in the deployment's own site that have a path of the spec but belong to others, whatever a comment says.
pub fn applications(merge: &Merge<'_, '_>) -> Vec<Diagnostic> {
    let own = merge.present().filter(|(part, site, _)| part.kind == Kind::Site && merge.owns(site));
    let others = own.flat_map(|(part, site, _)| strangers_in(merge, &part.element, site));
    let report = others.map(|application| {
        let path = pools::path(application);
        let message = format!(
            "the application {path} already exists, and this deployment did not create it: it serves {}",
            folder(merge.document, application)
        );
        let help = "change `virtualDirectory.path`; if the application is this deployment's, give it the \
            deployment's folder or pool first";
        refusal(application, message, help)
    });
    report.collect()
}

/// What shows that a site or an application belongs to others, whatever a comment says: another folder in another pool.
pub fn anothers(merge: &Merge<'_, '_>, part: &Part, present: &Element<'_>) -> Option<String> {
    let is_own = |site: &Element<'_>, application: &Element<'_>| {
        merge.holdings.served.is_own(merge.document, site, application)
    };
    let theirs = match part.kind {
        Kind::Site => strangers_in(merge, &part.element, present).next()?,
        Kind::Application => {
            let site = merge.document.parent(present)?;
            merge.document.elements.get(present.index).filter(|application| !is_own(site, application))?
        }
        _ => return None,
    };
    Some(format!("the application {} serves {}", pools::path(theirs), folder(merge.document, theirs)))
}

/// Rules that send requests to a host with the farm's name: the farm would get them.
fn farm(merge: &Merge<'_, '_>) -> Option<Diagnostic> {
    let name = Identity::of_part(merge.part(Kind::WebFarm)?).key;
    let users = farms::users(merge.document, &name, |user| merge.owns(user));
    let message =
        format!("{} sends requests to a host {name:?}, and the farm would get them", users.first()?);
    Some(refusal(merge.document.root(), message, "choose another `farm.name`"))
}

fn by_application(merge: &Merge<'_, '_>, site: &Element<'_>, application: &Element<'_>) -> Vec<Diagnostic> {
    let location = pools::location(site, application);
    let application = &merge.document.elements[application.index];
    let mut found = Vec::new();
    if is_at_or_below(&location, &merge.deployment.location()) {
        let message = format!(
            "the application {location:?} is below this deployment's path, and would inherit its handler mappings: \
             Kallithea would get all its requests"
        );
        found.push(refusal(application, message, "choose another `virtualDirectory.path`"));
        return found;
    }
    for directory in merge.document.named(application, "virtualDirectory") {
        let path = directory.value("path").unwrap_or("/");
        let called = match path {
            "/" => format!("the application {location:?}"),
            path => format!("the virtual directory {path:?} of the application {location:?}"),
        };
        let folder = &merge.deployment.application.physical_path;
        if path != "/" && is_at_or_below(&format!("{location}{path}"), &merge.deployment.location()) {
            let message = format!("this deployment's application would hide {called}");
            found.push(refusal(directory, message, "choose another `virtualDirectory.path`"));
        } else if paths::same(directory.value("physicalPath").unwrap_or_default(), folder) {
            let message = format!(
                "the folder {folder} already belongs to {called}, and this deployment would replace the web.config in it"
            );
            let help = "choose a folder that nothing else serves (`virtualDirectory.physicalPath`)";
            found.push(refusal(directory, message, help));
        }
    }
    found
}

fn refusal(element: &Element<'_>, message: String, help: &str) -> Diagnostic {
    Diagnostic::new(Code::NotOurs, element.tag(), message).help(help)
}
