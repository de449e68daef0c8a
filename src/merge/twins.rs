//! Nodes that look like the deployment's but do not have its comment: an application that serves its folder, an entry or
//! a handler that leads to its DLL, a farm or a rule with its name.
//!
//! What enters: a merge. What leaves: a diagnostic for each: while Kallithea still answers, the deployment is not removed.
//! Absent: application pools, which answer no request.

use iis_config::markup::Element;
use iis_config::paths;

use super::locate::Merge;
use super::ownership::Identity;
use super::served::folder;
use super::{noun, pools};
use crate::diagnostic::{Code, Diagnostic};
use crate::emit::{Kind, Part};
use crate::model::Machine;

/// Everything of that kind in the file.
pub(super) fn find(merge: &Merge<'_, '_>) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let serves = |application: &Element<'_>| serves(merge, application);
    // If the deployment's own application exists, another one that serves its folder is somebody else's.
    let has_own = pools::applications(merge.document).any(|(_, own)| serves(own) && merge.owns(own));
    if !has_own {
        let others =
            pools::applications(merge.document).filter(|(_, other)| serves(other) && is_free(merge, other));
        found
            .extend(others.map(|(site, other)| {
                twin(other, &format!("application {:?}", pools::location(site, other)))
            }));
    }
    for (part, element, _) in merge.present() {
        if speaks(part.kind) && is_free(merge, element) {
            found.push(twin(element, &called(part)));
        }
    }
    if merge.deployment.machine == Machine::Node {
        found.extend(locations(merge));
    }
    if merge.holdings.own.is_empty() {
        found.extend(under_another_name(merge));
    }
    found
}

/// If nothing has a comment of the deployment: what another deployment created for the same folder, DLL, farm or rule. The
/// spec may have had another name then, or the user used another spec.
fn under_another_name<'m>(merge: &'m Merge<'_, '_>) -> impl Iterator<Item = Diagnostic> + 'm {
    let applications = pools::applications(merge.document)
        .filter(|(_, other)| serves(merge, other))
        .map(|(site, other)| (other, format!("application {:?}", pools::location(site, other))));
    let parts = merge.present().filter(|(part, ..)| speaks(part.kind));
    let parts = parts.map(|(part, element, _)| (element, called(part)));
    applications.chain(parts).filter_map(|(element, called)| {
        let other = &merge.owner(element)?.mark.deployment;
        let message = format!(
            "the {called} looks like this deployment's, but the deployment {other:?} \
            created it"
        );
        let help = "remove it under that name if it is this spec's former name, then apply it under the new \
            one; nothing was changed";
        Some(Diagnostic::new(Code::UnmarkedTwin, element.tag(), message).help(help))
    })
}

/// How messages name a part of the deployment.
fn called(part: &Part) -> String {
    format!("{} {:?}", noun(part.kind), Identity::of_part(part).key)
}

/// Whether a node of that kind alone reveals the deployment.
fn speaks(kind: Kind) -> bool {
    matches!(kind, Kind::Restriction | Kind::WebFarm | Kind::GlobalRule)
}

fn is_free(merge: &Merge<'_, '_>, element: &Element<'_>) -> bool {
    !merge.owns(element) && merge.owner(element).is_none()
}

/// Whether an application's own folder is the deployment's.
fn serves(merge: &Merge<'_, '_>, application: &Element<'_>) -> bool {
    paths::same(folder(merge.document, application), &merge.deployment.application.physical_path)
}

fn locations<'m>(merge: &'m Merge<'_, '_>) -> impl Iterator<Item = Diagnostic> + 'm {
    let dll = merge.deployment.dispatch_dll();
    let locations = merge.document.named(merge.document.root(), "location");
    locations
        .filter(move |location| {
            let mut dlls = pools::dlls(merge.document, location);
            is_free(merge, location) && dlls.any(|other| paths::same(other, &dll))
        })
        .map(|location| twin(location, &format!("location {:?}", location.value("path").unwrap_or_default())))
}

fn twin(element: &Element<'_>, called: &str) -> Diagnostic {
    let message = format!(
        "the {called} looks like this deployment's, but no comment says that the deployment created it"
    );
    let help = "run apply --adopt and then remove if it is this deployment's; otherwise leave it. Nothing \
        was changed";
    Diagnostic::new(Code::UnmarkedTwin, element.tag(), message).help(help)
}
