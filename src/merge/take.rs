//! Which nodes of the deployment are removed: all of them, or those that the spec no longer has.
//!
//! What enters: a merge. What leaves: which nodes are removed completely, which in part, and which stay without their comment;
//! the steps in words; and the reasons against it. Absent: the edits, which [`remove`](super::remove) makes.

use iis_config::markup::Element;
use iis_config::names::is_same;

use super::content::{Content, content, without_staying};
use super::locate::{Merge, Spot};
use super::mark::{Around, Marked};
use super::ownership::{Identity, Owned};
use super::remove::Going;
use super::{Action, Stale, Step, farms, noun, pools};
use crate::diagnostic::{Code, Diagnostic};
use crate::emit::{Kind, Part};

/// What happens to one of them.
enum Fate {
    /// It is removed with everything in it.
    Whole,
    /// It is removed, except these elements in it.
    Parts(Vec<usize>),
    /// It stays, and is no longer the deployment's.
    Released,
    /// It contains the work of others.
    Kept,
}

/// Nodes to remove.
pub struct Taken<'m, 'd, 'a> {
    nodes: Vec<(&'m Owned<'d, 'a>, Fate, Content)>,
    /// What happens to each, in words.
    pub steps: Vec<Step>,
}

/// All nodes of the deployment.
pub fn everything<'m, 'd, 'a>(merge: &'m Merge<'d, 'a>) -> Taken<'m, 'd, 'a> {
    take(merge, merge.holdings.own.iter().collect(), &[])
}

/// The nodes that the spec no longer has.
pub fn stale<'m, 'd, 'a>(merge: &'m Merge<'d, 'a>) -> Taken<'m, 'd, 'a> {
    let is_part = |own: &&Owned<'_, '_>| merge.present().any(|(_, part, _)| part.index == own.element.index);
    let stale: Vec<_> = merge.holdings.own.iter().filter(|own| !is_part(own)).collect();
    take(merge, stale, &["the spec no longer contains it"])
}

fn take<'m, 'd, 'a>(
    merge: &'m Merge<'d, 'a>,
    going: Vec<&'m Owned<'d, 'a>>,
    why: &[&str],
) -> Taken<'m, 'd, 'a> {
    let mut taken = Taken { nodes: Vec::new(), steps: Vec::new() };
    // Whether a pool or a farm is used depends on what happens to the sites and rules.
    let is_used = |own: &&Owned<'_, '_>| matches!(own.identity.kind, Kind::ApplicationPool | Kind::WebFarm);
    let (used, others): (Vec<_>, Vec<_>) = going.into_iter().partition(is_used);
    for own in others {
        let released = if why.is_empty() { None } else { released(merge, own) };
        taken.add(merge, own, released, why);
    }
    for own in used {
        let is_named = is_same(&own.identity.key, &merge.deployment.pool.name);
        if own.identity.kind == Kind::ApplicationPool && is_named && !why.is_empty() {
            taken.add(merge, own, Some("the spec uses it as an existing pool".to_owned()), why);
            continue;
        }
        let users = taken.users(merge, own);
        let released = users.first().map(|first| match users.len() {
            1 => format!("{first} uses it"),
            count => format!("{first} and {} more use it", count - 1),
        });
        taken.add(merge, own, released, why);
    }
    taken.steps =
        taken.nodes.iter().map(|(.., content)| content).zip(taken.steps).map(with_content).collect();
    taken
}

fn with_content((content, mut step): (&Content, Step)) -> Step {
    if step.action == Action::Remove {
        step.details.extend(content.goes.iter().map(|words| format!("removed with it: {words}")));
        step.others.clone_from(&content.stays);
    }
    step
}

/// Why a node stays although the spec no longer has it.
fn released(merge: &Merge<'_, '_>, own: &Owned<'_, '_>) -> Option<String> {
    let takes = |spot: &Spot<'_, '_>| match spot {
        Spot::In(around) | Spot::Below(around, _) => merge.is_within(around, own.element),
        Spot::Present(..) => false,
    };
    if let Some((part, _)) = merge.parts.iter().find(|(_, spot)| takes(spot)) {
        return Some(format!("it will contain the {}", called(part)));
    }
    let mut present = merge.present().filter(|(_, part, _)| part.index != own.element.index);
    present.find_map(|(part, element, _)| {
        let name = called(part);
        if merge.is_within(element, own.element) {
            return Some(format!("it contains the {name}"));
        }
        let site = merge.document.parent(own.element)?;
        let is_wanted =
            match own.identity.kind {
                Kind::Application => merge.is_wanted(site, own.element),
                kind => part.element.elements().iter().any(|child| {
                    kind == Kind::Tracing && child.name().eq_ignore_ascii_case(own.element.name)
                }),
            };
        (merge.is_within(own.element, element) && is_wanted)
            .then(|| format!("it is now a part of the {name}"))
    })
}

fn called(part: &Part) -> String {
    format!("{} {:?}", noun(part.kind), Identity::of_part(part).key)
}

impl<'m, 'd, 'a> Taken<'m, 'd, 'a> {
    fn add(&mut self, merge: &Merge<'d, 'a>, own: &'m Owned<'d, 'a>, released: Option<String>, why: &[&str]) {
        let (mut action, mut details) = (Action::Remove, why.iter().map(|why| (*why).to_owned()).collect());
        let (fate, found) = match released {
            Some(reason) => {
                action = Action::Change;
                details = vec![format!("stays, because {reason}; only this deployment's comment is removed")];
                (Fate::Released, Content::default())
            }
            None => {
                let found = content(merge, own);
                let fate = match (found.keeps.is_empty(), found.staying.is_empty()) {
                    (false, _) => Fate::Kept,
                    (true, false) => Fate::Parts(found.staying.clone()),
                    (true, true) => Fate::Whole,
                };
                (fate, found)
            }
        };
        let (noun, name) = (noun(own.identity.kind), own.identity.key.clone());
        self.steps.push(Step { noun, name, action, details, others: Vec::new() });
        self.nodes.push((own, fate, found));
    }

    /// What uses a pool or a farm, except what is removed.
    fn users(&self, merge: &Merge<'d, 'a>, own: &Owned<'_, '_>) -> Vec<String> {
        let name = &own.identity.key;
        match own.identity.kind {
            Kind::WebFarm => farms::users(merge.document, name, |user| {
                merge.is_within(user, own.element) || self.takes_away(merge, user) || merge.owns(user)
            }),
            _ => pools::users(merge.document, name, |user| self.takes_away(merge, user)),
        }
    }

    /// Whether an element is removed, or no longer uses the pool that it names: the deployment's own applications get the
    /// spec's pool.
    fn takes_away(&self, merge: &Merge<'d, 'a>, user: &Element<'_>) -> bool {
        let goes = self.nodes.iter().any(|(own, fate, _)| {
            matches!(fate, Fate::Whole | Fate::Kept) && merge.is_within(user, own.element)
        });
        let is_brought = || {
            let site = merge.document.parent(user);
            let is_present = || merge.present().any(|(_, part, _)| merge.is_within(user, part));
            user.name.eq_ignore_ascii_case("application")
                && site.is_some_and(|site| merge.is_wanted(site, user))
                && is_present()
        };
        goes || is_brought()
    }

    /// The reasons against it.
    pub(super) fn reasons(&self, merge: &Merge<'d, 'a>, stale: Stale) -> Vec<Diagnostic> {
        let reasons = self.nodes.iter().filter_map(|(own, fate, content)| match (fate, stale) {
            (Fate::Kept, _) => Some(foreign(own, content)),
            (Fate::Whole | Fate::Parts(_), Stale::Refuse) => Some(untold(merge, own)),
            (Fate::Whole | Fate::Parts(_) | Fate::Released, _) => None,
        });
        reasons.collect()
    }

    /// Removes them.
    pub fn out(&self, merge: &Merge<'d, 'a>, going: &mut Going) {
        for (own, fate, _) in &self.nodes {
            match fate {
                Fate::Whole => going.node(merge.document, own),
                Fate::Parts(staying) => {
                    let mut elements = Vec::new();
                    without_staying(merge, own.element, staying, &mut elements);
                    elements.into_iter().for_each(|element| going.element(merge.document, element));
                    going.comment(merge.document, own.comment, &own.around);
                }
                Fate::Released => going.comment(merge.document, own.comment, &own.around),
                Fate::Kept => {}
            }
        }
    }

    /// The offsets of their comments.
    pub fn comments(&self) -> Vec<usize> {
        self.nodes.iter().map(|(own, ..)| own.comment.span.start).collect()
    }
}

fn foreign(own: &Owned<'_, '_>, content: &Content) -> Diagnostic {
    let (noun, name) = (noun(own.identity.kind), &own.identity.key);
    let held = content.keeps.join(", ");
    let message =
        format!("the {noun} {name:?} contains something that this deployment did not create: {held}");
    let help = "move or delete it, then run this again; nothing was changed";
    Diagnostic::new(Code::ForeignContent, own.element.tag(), message).help(help)
}

fn untold(merge: &Merge<'_, '_>, own: &Owned<'_, '_>) -> Diagnostic {
    let (noun, name) = (noun(own.identity.kind), &own.identity.key);
    let message = format!(
        "the spec no longer contains the {noun} {name:?}, which the deployment {:?} created on this server",
        merge.deployment.name
    );
    let help = "use --prune to delete it, or add it to the spec again; nothing was changed";
    Diagnostic::new(Code::NotPruned, own.element.tag(), message).help(help)
}

/// A warning for each comment that has lost its node.
pub(super) fn orphans(merge: &Merge<'_, '_>) -> Vec<Diagnostic> {
    let orphans = merge.holdings.orphans.iter().map(|number| &merge.marked[*number]);
    let warnings = orphans.map(|orphan| {
        let message = match orphan.mark.node() {
            Some(node) => format!(
                "this comment is not followed by the {} {:?}; only the comment is removed",
                noun(node.kind),
                node.key
            ),
            None => "this comment does not name its node, and no node of the spec follows it; only the \
                comment is removed"
                .to_owned(),
        };
        let help = "check whether its node still exists under another name: delete it by hand, or give it \
            the spec's name and use --adopt";
        Diagnostic::new(Code::OrphanComment, orphan.comment.span.clone(), message).help(help)
    });
    warnings.collect()
}

/// Removes such comments.
pub fn orphans_out(merge: &Merge<'_, '_>, going: &mut Going) {
    for orphan in merge.holdings.orphans.iter().map(|number| &merge.marked[*number]) {
        let around = if is_in_place(merge, orphan) { orphan.mark.around.clone() } else { Around::default() };
        going.comment(merge.document, orphan.comment, &around);
    }
}

/// Whether a comment is still where its node was, so that what it says about the elements around it is true.
fn is_in_place(merge: &Merge<'_, '_>, orphan: &Marked<'_, '_>) -> bool {
    let around = match orphan.mark.node().map(|node| node.kind) {
        Some(Kind::ApplicationPool) => "applicationPools",
        Some(Kind::Site) => "sites",
        Some(Kind::Application | Kind::Tracing) => "site",
        Some(Kind::Restriction) => "isapiCgiRestriction",
        Some(Kind::WebFarm) => "webFarms",
        Some(Kind::GlobalRule) => "globalRules",
        Some(Kind::Location) | None => return false,
    };
    let parent = orphan.comment.parent.and_then(|place| merge.document.elements.get(place));
    parent.is_some_and(|parent| parent.name.eq_ignore_ascii_case(around))
}

/// The same in words.
pub(super) fn orphan_steps(merge: &Merge<'_, '_>) -> Vec<Step> {
    let orphans = merge.holdings.orphans.iter().map(|number| &merge.marked[*number].mark);
    let steps = orphans.map(|mark| {
        let name = match mark.node() {
            Some(node) => format!("{} {}", noun(node.kind), node.key),
            None => mark.deployment.clone(),
        };
        let details = vec!["is not followed by a node of this deployment, and is removed".to_owned()];
        Step { noun: "comment", name, action: Action::Change, details, others: Vec::new() }
    });
    steps.collect()
}
