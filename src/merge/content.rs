//! What others added to a node of a deployment, and what happens to it when the node is removed.
//!
//! What enters: a node to remove, and what the spec says about it. What leaves three lists: settings that are removed with the
//! node, since IIS Manager writes them into a site or a pool in daily use; what stays in the file; and the work of others,
//! which keeps the node. Anything unknown is the work of others. Absent: the decision to remove a node.

use iis_config::case::is_name;
use iis_config::markup::{Comment, Element};

use super::Merge;
use super::keys::Place;
use super::mark::Mark;
use super::ownership::{Identity, Owned, home};
use super::pools::path;
use super::reconcile::{Other, reconcile};
use super::served::strangers_in;
use crate::diagnostic::redact::is_secret_comment;
use crate::emit::xml::Element as Wanted;
use crate::emit::{Kind, Part};

/// What happens to a setting or an element when the node around it is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is removed, too: it is a setting of the node.
    Goes,
    /// It stays in the file.
    Stays,
    /// It keeps the node.
    Keeps,
}

/// What others added to a node that is to be removed.
#[derive(Debug, Default)]
pub struct Content {
    /// What is removed with it, in words.
    pub goes: Vec<String>,
    /// What stays, in words.
    pub stays: Vec<String>,
    /// The same, as indices in the document's list of elements.
    pub staying: Vec<usize>,
    /// What keeps the node, in words.
    pub keeps: Vec<String>,
}

/// Checks the contents of a node of the deployment.
pub fn content(merge: &Merge<'_, '_>, owned: &Owned<'_, '_>) -> Content {
    let (wanted, place) = expected(merge, owned);
    let found = reconcile(merge.document, &merge.layout, &place, &wanted, owned.element);
    let mut content = Content::default();
    for other in found.others {
        match (fate(owned.identity.kind, &wanted, &other), other) {
            (Fate::Goes, other) => content.goes.push(other.words().to_owned()),
            (Fate::Keeps, other) => content.keeps.push(other.words().to_owned()),
            (Fate::Stays, Other::Element { words, index, .. }) => {
                content.stays.push(words);
                content.staying.push(index);
            }
            (Fate::Stays, Other::Attribute(words)) => content.goes.push(words),
        }
    }
    content.keeps.extend(strangers(merge, owned, &wanted));
    content.goes.extend(notes(merge, owned, &content.staying));
    content
}

/// Applications of others that have the path of one that the deployment wants here.
fn strangers<'m>(
    merge: &'m Merge<'_, '_>,
    owned: &'m Owned<'_, '_>,
    wanted: &'m Wanted,
) -> impl Iterator<Item = String> + 'm {
    let is_site = owned.identity.kind == Kind::Site;
    let strangers = strangers_in(merge, wanted, owned.element).filter(move |_| is_site);
    strangers.map(|application| format!("application {}", path(application)))
}

/// Comments of others in the parts of the node that are removed.
fn notes<'m>(
    merge: &'m Merge<'_, '_>,
    owned: &Owned<'_, '_>,
    staying: &[usize],
) -> impl Iterator<Item = String> + 'm {
    let mut going = Vec::new();
    match staying.is_empty() {
        true => going.extend(merge.document.elements.get(owned.element.index)),
        false => without_staying(merge, owned.element, staying, &mut going),
    }
    let is_in = move |comment: &Comment<'_>| {
        going.iter().any(|element| element.offset <= comment.span.start && comment.span.end <= element.end)
    };
    let inner = merge.document.comments.iter().filter(move |comment| is_in(comment));
    inner.filter(|comment| Mark::read(comment.words).is_none()).map(|note| {
        match is_secret_comment(note.words) {
            true => "a comment that may contain a secret".to_owned(),
            false => format!("the comment {:?}", note.words),
        }
    })
}

/// The node as the deployment created it: as in the spec, or, if the spec no longer has it, like the node that replaced it in
/// the spec.
fn expected(merge: &Merge<'_, '_>, owned: &Owned<'_, '_>) -> (Wanted, Place) {
    let of_kind = |kind: Kind| merge.parts.iter().map(|(part, _)| part).filter(move |part| part.kind == kind);
    let kind = owned.identity.kind;
    let same = of_kind(kind).find(|part| Identity::of_part(part) == owned.identity);
    let similar = || match kind {
        // A farm also has a location for its health test below the application's own.
        Kind::Location => {
            of_kind(kind).find(|part| below(&owned.identity.key) == below(&Identity::of_part(part).key))
        }
        _ => of_kind(kind).next(),
    };
    if let Some(part) = same.or_else(similar) {
        return (part.element.clone(), Place::of(part));
    }
    let element = match kind {
        Kind::Site => Wanted::new("site").child(application(merge)),
        Kind::Application => application(merge),
        Kind::ApplicationPool | Kind::Restriction => Wanted::new("add"),
        Kind::Tracing => Wanted::new("traceFailedRequestsLogging"),
        Kind::Location => of_kind(kind).next().map_or(Wanted::new("location"), |part| part.element.clone()),
        Kind::WebFarm => Wanted::new("webFarm"),
        Kind::GlobalRule => Wanted::new("rule"),
    };
    let around = match kind {
        Kind::Site => vec!["system.applicationHost", "sites"],
        Kind::Application | Kind::Tracing => vec!["system.applicationHost", "sites", "site"],
        Kind::ApplicationPool => vec!["system.applicationHost", "applicationPools"],
        Kind::Restriction => vec!["system.webServer", "security", "isapiCgiRestriction"],
        Kind::Location => vec![],
        Kind::WebFarm => vec!["webFarms"],
        Kind::GlobalRule => vec!["system.webServer", "rewrite", "globalRules"],
    };
    let around = around.into_iter().map(Wanted::new).collect();
    let place = Place::of(&Part { kind, around, element: element.clone() });
    (element, place)
}

/// The rest of a location's path after the site and the application.
fn below(path: &str) -> usize {
    path.split('/').count().saturating_sub(2)
}

fn application(merge: &Merge<'_, '_>) -> Wanted {
    let home = home(merge.deployment);
    let path = &merge.deployment.application.path;
    Wanted::new("application")
        .with("path", path)
        .child(Wanted::new("virtualDirectory").with("path", "/").with("physicalPath", home.folder))
}

fn fate(kind: Kind, wanted: &Wanted, other: &Other) -> Fate {
    let Other::Element { trail, .. } = other else { return Fate::Goes };
    let trail: Vec<&str> = trail.iter().map(String::as_str).collect();
    match (kind, trail.as_slice()) {
        (Kind::Site, trail) => site(trail),
        (Kind::Application, ["virtualdirectorydefaults"]) => Fate::Goes,
        (Kind::Application, _) | (Kind::WebFarm, ["server"]) => Fate::Keeps,
        (Kind::Location, trail) => location(wanted, trail),
        // Everything else in them is a setting of the pool, the farm or the rule.
        _ => Fate::Goes,
    }
}

/// What IIS Manager writes into a site: Bindings, Limits, Logging, Failed Request Tracing, HSTS, and defaults. Applications
/// and virtual directories are the work of others. Anything unknown may be, too, such as an FTP server.
fn site(trail: &[&str]) -> Fate {
    match trail {
        ["bindings" | "limits" | "logFile" | "traceFailedRequestsLogging" | "hsts", ..]
        | ["applicationDefaults" | "virtualDirectoryDefaults"]
        | ["application", "virtualDirectoryDefaults"] => Fate::Goes,
        _ => Fate::Keeps,
    }
}

/// Sections that are not the deployment's stay, as they do when IIS Manager deletes a site. In its own sections, handlers,
/// modules and headers of others are their work, and everything else is a setting.
fn location(wanted: &Wanted, trail: &[&str]) -> Fate {
    let (mut place, mut around, mut depth) = (Place::root(), wanted, 0);
    while let Some(name) = trail.get(depth) {
        let Some(next) = around.elements().iter().find(|child| is_name(name, child.name())) else {
            return Fate::Stays;
        };
        place = place.child(next.name());
        if !place.is_group() {
            break;
        }
        (around, depth) = (next, depth + 1);
    }
    match trail.get(depth) {
        None => Fate::Stays,
        Some(&("handlers" | "modules" | "httpprotocol")) => Fate::Keeps,
        Some(_) => Fate::Goes,
    }
}

/// What is removed of a node that must stay: every element that contains nothing to keep.
pub fn without_staying<'d, 'a>(
    merge: &Merge<'d, 'a>,
    element: &Element<'_>,
    staying: &[usize],
    found: &mut Vec<&'d Element<'a>>,
) {
    for index in &element.children {
        let child = &merge.document.elements[*index];
        let is_in = |index: &usize| merge.is_within(&merge.document.elements[*index], child);
        if !staying.iter().any(is_in) {
            found.push(child);
        } else if !staying.contains(&child.index) {
            without_staying(merge, child, staying, found);
        }
    }
}
