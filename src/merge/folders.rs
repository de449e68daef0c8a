//! Folders that others serve: a folder has one web.config, and that of the deployment would take the place of theirs.
//!
//! What enters: a merge. What leaves: a diagnostic for each application or virtual directory of others in the deployment's
//! folder, before the deployment is there; once it is, another one in its folder is what somebody made of it. Absent: folders
//! around or in one another, which IIS keeps apart.

use iis_config::markup::Element;
use iis_config::paths;

use super::locate::Merge;
use super::{Strangers, pools};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Machine;

const SYSTEM_DRIVE: &str = "%SystemDrive%";

/// Everything of that kind in the file.
pub fn taken(merge: &Merge<'_, '_>, strangers: Strangers) -> Vec<Diagnostic> {
    let folder = &merge.deployment.application.physical_path;
    let is_there = || pools::applications(merge.document).any(|(_, application)| merge.owns(application));
    if merge.deployment.machine != Machine::Node || strangers == Strangers::Adopt || is_there() {
        return Vec::new();
    }
    let others = pools::applications(merge.document)
        .filter(|(site, application)| !merge.is_wanted(site, application))
        .flat_map(|(site, application)| directories(merge, site, application));
    let same = others.filter(|(_, served, _)| paths::same(&on_a_drive(served), folder));
    let report = same.map(|(directory, _, called)| {
        let message = format!(
            "the folder {folder} already belongs to {called}, and this deployment's web.config would replace the \
             one of that"
        );
        let help = "choose a folder that nothing else serves (`virtualDirectory.physicalPath`)";
        Diagnostic::new(Code::NotOurs, directory.tag(), message).help(help)
    });
    report.collect()
}

/// A path without the variable by which IIS's own files name the drive of Windows, which is C: but for a few servers.
fn on_a_drive(path: &str) -> String {
    let (variable, rest) = path.split_at_checked(SYSTEM_DRIVE.len()).unwrap_or_default();
    if variable.eq_ignore_ascii_case(SYSTEM_DRIVE) { format!("C:{rest}") } else { path.to_owned() }
}

/// The directories of an application, each with its folder and what it is called.
fn directories<'m>(
    merge: &'m Merge<'_, '_>,
    site: &Element<'_>,
    application: &Element<'_>,
) -> Vec<(&'m Element<'m>, &'m str, String)> {
    let location = pools::location(site, application);
    let application = &merge.document.elements[application.index];
    let found = merge.document.named(application, "virtualDirectory").map(|directory| {
        let path = directory.value("path").unwrap_or("/");
        let called = match path {
            "/" => format!("the application {location:?}"),
            path => format!("the virtual directory {path:?} of the application {location:?}"),
        };
        (directory, directory.value("physicalPath").unwrap_or_default(), called)
    });
    found.collect()
}
