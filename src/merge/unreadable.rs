//! Why the deployment's nodes cannot be found in a file, or IIS could not read them there.
//!
//! What enters: a merge. What leaves: a diagnostic for a file that does not belong to a server, and for each section that is
//! in another file or in a `<location>`. `apply` and `remove` check this first: a node that cannot be found may still exist.
//! Absent: whether the file is valid XML, which parsing shows.

use iis_config::markup::{Document, Element};

use super::keys::Place;
use super::locate::Merge;
use crate::diagnostic::{Code, Diagnostic};
use crate::emit::Part;

/// Everything of that kind in the file.
pub(super) fn find(merge: &Merge<'_, '_>) -> Vec<Diagnostic> {
    match another_file(merge.document) {
        Some(other) => vec![other],
        None => merge.document.elements.iter().filter_map(|element| elsewhere(merge, element)).collect(),
    }
}

/// A file without pools or sites does not belong to a server.
fn another_file(document: &Document<'_>) -> Option<Diagnostic> {
    let root = document.root();
    let missing = ["applicationPools", "sites"]
        .into_iter()
        .find(|section| document.descend(root, &["system.applicationHost", section]).is_none())?;
    let message = format!("this is not a server's applicationHost.config: it has no {missing}");
    let help = "name the server's own file, %windir%\\System32\\inetsrv\\config\\applicationHost.config";
    Some(Diagnostic::new(Code::NotHostConfig, root.tag(), message).help(help))
}

/// A section for the deployment's nodes that the file only refers to, or contains in a `<location>` for the whole server,
/// where IIS puts it when a user locks or unlocks it. IIS refuses the whole file if the reference contains anything, or if
/// there is a second section beside the one in the `<location>`.
fn elsewhere(merge: &Merge<'_, '_>, section: &Element<'_>) -> Option<Diagnostic> {
    let mut sections = merge.parts.iter().filter_map(|(part, _)| section_of(part));
    if !sections.any(|own| section.is_named(own)) {
        return None;
    }
    let (message, help) = match (section.value("configSource"), section.value("configProtectionProvider")) {
        (Some(file), _) => (
            format!("this section is in another file: {file}"),
            "move it back into this file, so that IIS reads it from here",
        ),
        (None, Some(provider)) => (
            format!("this section is encrypted by {provider}"),
            "decrypt it with aspnet_regiis -pd, or remove the attribute with appcmd set config",
        ),
        (None, None) if is_in_location(merge.document, section) => (
            "this section is in a <location> for the whole server, and IIS does not accept a second one"
                .to_owned(),
            "move it out of the <location>, to its place on a server as installed",
        ),
        (None, None) => return None,
    };
    Some(Diagnostic::new(Code::SectionElsewhere, section.tag(), message).help(help))
}

/// The section that a part is in.
fn section_of(part: &Part) -> Option<&str> {
    let mut place = Place::root();
    let section = part.around.iter().find(|around| {
        place = place.child(around.name());
        !place.is_group()
    });
    section.map(|section| section.name())
}

fn is_in_location(document: &Document<'_>, section: &Element<'_>) -> bool {
    document.outwards(section).skip(1).any(|around| {
        around.is_named("location") && matches!(around.value("path").unwrap_or_default().trim(), "" | ".")
    })
}
