//! Which nodes of a file are a deployment's own: those whose comment names the deployment, their kind and their key.
//!
//! What enters: the file's comments and the deployment. What leaves: its own nodes, comments whose node is gone, and the
//! nodes of another deployment of its name. Elements called `..Defaults` apply to every site or pool, and belong to no
//! deployment. Absent: what happens to any of them.

use iis_config::markup::{Comment, Document, Element};
use iis_config::names::is_same;

use super::keys::Place;
use super::mark::{Around, Claim, Home, Marked};
use super::served::Served;
use crate::emit::{Kind, Part};
use crate::model::Deployment;

/// Which node it is: its kind, and the key that distinguishes it from others of its kind.
#[derive(Debug, Clone, Eq)]
pub(crate) struct Identity {
    /// What it is.
    pub kind: Kind,
    /// A name or a path, after the site's name if it is in a site.
    pub key: String,
}

impl PartialEq for Identity {
    /// IIS ignores case in keys of these kinds.
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && is_same(&self.key, &other.key)
    }
}

impl Identity {
    /// The identity of an element, if a deployment can own elements of its kind.
    pub fn of(document: &Document<'_>, element: &Element<'_>) -> Option<Self> {
        let around: Vec<&Element<'_>> = document.outwards(element).skip(1).collect();
        let mut path: Vec<String> =
            around.iter().rev().skip(1).map(|around| around.name.to_owned()).collect();
        path.push(element.name.to_owned());
        let value = |element: &Element<'_>, name| element.value(name).unwrap_or_default().to_owned();
        let site = || around.first().map(|site| value(site, "name")).unwrap_or_default();
        let (kind, key) = match path.join("/").as_str() {
            "system.applicationHost/applicationPools/add" => (Kind::ApplicationPool, value(element, "name")),
            "system.applicationHost/sites/site" => (Kind::Site, value(element, "name")),
            "system.applicationHost/sites/site/application" => {
                (Kind::Application, site() + &value(element, "path"))
            }
            "system.applicationHost/sites/site/traceFailedRequestsLogging" => (Kind::Tracing, site()),
            "system.webServer/security/isapiCgiRestriction/add" => {
                (Kind::Restriction, value(element, "path"))
            }
            "location" => (Kind::Location, value(element, "path")),
            "webFarms/webFarm" => (Kind::WebFarm, value(element, "name")),
            "system.webServer/rewrite/globalRules/rule" => (Kind::GlobalRule, value(element, "name")),
            _ => return None,
        };
        Some(Self { kind, key })
    }

    /// The identity of a part of the deployment.
    pub fn of_part(part: &Part) -> Self {
        let site = || part.around.last().and_then(|site| site.value("name")).unwrap_or_default().to_owned();
        let value = |name| part.element.value(name).unwrap_or_default();
        let key = match part.kind {
            Kind::Application => site() + value("path"),
            Kind::Tracing => site(),
            Kind::Restriction | Kind::Location => value("path").to_owned(),
            Kind::ApplicationPool | Kind::Site | Kind::WebFarm | Kind::GlobalRule => value("name").to_owned(),
        };
        Self { kind: part.kind, key }
    }
}

/// The home of a deployment.
pub(crate) fn home(deployment: &Deployment) -> Home {
    Home { location: deployment.location(), folder: deployment.application.physical_path.to_string() }
}

/// A node that belongs to the deployment.
#[derive(Debug)]
pub struct Owned<'d, 'a> {
    /// Its identity.
    pub identity: Identity,
    /// The node.
    pub element: &'d Element<'a>,
    /// Its comment. Earlier versions put it before the outermost element that was created around the node.
    pub comment: &'d Comment<'a>,
    /// What was around the node before it was added.
    pub around: Around,
}

/// What the comments of a file mean for one deployment.
#[derive(Debug, Default)]
pub(crate) struct Holdings<'d, 'a> {
    /// Its own nodes, in order.
    pub own: Vec<Owned<'d, 'a>>,
    /// Its comments that have lost their node, by their indices among all comments of this program.
    pub orphans: Vec<usize>,
    /// Nodes of another deployment with its name, by the same indices, with that deployment's home.
    pub elsewhere: Vec<(usize, Home)>,
    /// What it serves and served.
    pub served: Served,
}

/// Sorts the comments that name a deployment; `present` are its existing parts, regardless of who made them.
pub(crate) fn holdings<'d, 'a>(
    document: &'d Document<'a>,
    marked: &[Marked<'d, 'a>],
    deployment: &Deployment,
    present: &[(Identity, &'d Element<'a>)],
) -> Holdings<'d, 'a> {
    let own_home = home(deployment);
    let mut holdings = Holdings { served: Served::of(marked, deployment), ..Holdings::default() };
    let named = marked.iter().enumerate().filter(|(_, marked)| marked.mark.deployment == deployment.name);
    // If two comments are before one node, the nearer one counts.
    for (number, marked) in named.rev() {
        match (&marked.mark.claim, marked.element) {
            (Claim::Node(identity, home), Some(element)) if marked.fits(document) => {
                let is_taken = holdings.own.iter().any(|own| own.element.index == element.index);
                if !home.is_same(&own_home) {
                    holdings.elsewhere.push((number, home.clone()));
                } else if is_taken || !holdings.served.is_still(document, identity.kind, element) {
                    holdings.orphans.push(number);
                } else {
                    let (identity, around) = (identity.clone(), marked.mark.around.clone());
                    holdings.own.push(Owned { identity, element, comment: marked.comment, around });
                }
            }
            // Only that deployment removes its comment.
            (Claim::Node(_, home), _) if !home.is_same(&own_home) => {}
            (Claim::Former, Some(element)) => match former(document, marked, element, present) {
                Some(own)
                    if holdings.own.iter().all(|known| known.element.index != own.element.index)
                        && holdings.served.is_still(document, own.identity.kind, own.element) =>
                {
                    holdings.own.push(own);
                }
                _ => holdings.orphans.push(number),
            },
            _ => holdings.orphans.push(number),
        }
    }
    holdings.own.reverse();
    holdings.orphans.reverse();
    holdings.elsewhere.reverse();
    holdings
}

/// What a comment of an earlier version owns: the spec's own part after it, or in the elements after it that were created for
/// it. Anything else may be another user's node in the place of a deleted one.
fn former<'d, 'a>(
    document: &'d Document<'a>,
    marked: &Marked<'d, 'a>,
    element: &'d Element<'a>,
    present: &[(Identity, &'d Element<'a>)],
) -> Option<Owned<'d, 'a>> {
    let is_in = |inner: &Element<'_>| element.offset <= inner.offset && inner.end <= element.end;
    let is_kind = Identity::of(document, element).is_some();
    let (identity, inner) = present.iter().find(|(_, inner)| {
        inner.index == element.index || !is_kind && is_in(inner) && is_group(document, element)
    })?;
    let made = document.outwards(inner).skip(1).take_while(|around| around.index >= element.index);
    let mut made: Vec<String> = made.map(|around| around.name.to_owned()).collect();
    made.reverse();
    let around = Around { made, empty: marked.mark.around.empty, set: None };
    Some(Owned { identity: identity.clone(), element: inner, comment: marked.comment, around })
}

/// Whether an element only contains others: a group of sections, or a list of restrictions, farms or rules.
fn is_group(document: &Document<'_>, element: &Element<'_>) -> bool {
    let mut names: Vec<&str> = document.outwards(element).map(|around| around.name).collect();
    names.pop();
    let place = names.iter().rev().fold(Place::root(), |place, name| place.child(name));
    let lists = ["isapiCgiRestriction", "webFarms", "globalRules"];
    place.is_group() || lists.iter().any(|list| element.is_named(list))
}
