//! A deployment in a server's applicationHost.config: what would change, the changed text, and the way back.
//!
//! What enters: the file's text and a deployment. What leaves: a [`Plan`], or every reason against one. A deployment owns
//! the nodes of its [parts](crate::emit::parts), and nothing else: they are found by their keys, and a comment before each
//! says whose it is. Every byte that is not theirs stays. Absent: reading and writing files, which [`file`] does.
//!
//! Within its nodes a deployment decides what its spec says. What somebody else added to them stays, too, and is named.

mod conflicts;
mod edit;
pub mod file;
mod insert;
pub(crate) mod keys;
pub(crate) mod mark;
mod reconcile;
mod remove;

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, has_errors};
use crate::emit::{Kind, Part, parts, xml};
use crate::iis::markup::{self, Document, Element};
use crate::model::Deployment;
use edit::{Edits, Layout};
use keys::Place;
use mark::{Marked, marked};
use reconcile::reconcile;

/// What is to be done to a file.
#[derive(Debug)]
pub struct Plan {
    /// The file's text afterwards.
    pub text: String,
    /// What becomes of each node.
    pub steps: Vec<Step>,
    /// What the administrator should know besides.
    pub warnings: Vec<Diagnostic>,
}

impl Plan {
    /// Whether the text would change.
    pub fn changes(&self) -> bool {
        self.steps.iter().any(|step| step.action != Action::Nothing)
    }
}

/// What becomes of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is, in IIS's words: `application pool`.
    pub noun: &'static str,
    /// Its name, path or the like.
    pub name: String,
    /// What is done.
    pub action: Action,
    /// What is in it, or what differs, line by line.
    pub details: Vec<String>,
    /// What it holds that the spec says nothing of, and that stays.
    pub others: Vec<String>,
}

/// What is done to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is put in.
    Add,
    /// It is there, and is brought to what the spec says.
    Change,
    /// It is as the spec says.
    Nothing,
    /// It is taken out.
    Remove,
}

/// What to do with nodes of the spec's that are there without a comment of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    /// Refuse.
    Refuse,
    /// Take them for the deployment's own from now on.
    Adopt,
}

/// Plans a deployment into a file's text, without a byte-order mark. The error holds every reason against it.
pub fn plan(text: &str, deployment: &Deployment, strangers: Strangers) -> Result<Plan, Vec<Diagnostic>> {
    let document = markup::parse(text).map_err(malformed)?;
    let merge = Merge::new(&document, deployment);
    let mut diagnostics = conflicts::find(&merge, strangers);
    let (mut steps, mut edits) = (Vec::new(), Vec::new());
    let mut new: BTreeMap<usize, Vec<insert::New<'_, '_>>> = BTreeMap::new();
    for (part, spot) in &merge.parts {
        let (step, put) = merge.put(part, spot);
        steps.push(step);
        match put {
            Put::New(node) => new.entry(node.around.index).or_default().push(node),
            Put::Edits(own) => edits.push(own),
        }
    }
    let orphans: Vec<_> = merge.own().filter(|marked| merge.parts_in(marked).is_empty()).collect();
    orphans.iter().for_each(|orphan| steps.extend(merge.removal_steps(orphan)));
    edits.push(merge.without(&orphans, &new.keys().copied().collect::<Vec<_>>()));
    for (place, nodes) in new {
        let mut going = orphans.iter().filter(|orphan| orphan.element.parent == Some(place));
        let former = going.find_map(|orphan| orphan.mark.around);
        edits.push(insert::insert(&document, &merge.layout, &deployment.name, &nodes, former));
    }
    if crate::diagnostic::sort(&mut diagnostics) {
        return Err(diagnostics);
    }
    Ok(Plan { text: Edits::all(edits).apply(text), steps, warnings: diagnostics })
}

/// Plans a deployment out of a file's text.
pub fn removal(text: &str, deployment: &Deployment) -> Result<Plan, Vec<Diagnostic>> {
    let document = markup::parse(text).map_err(malformed)?;
    let merge = Merge::new(&document, deployment);
    let (mut steps, mut edits, mut diagnostics) = (Vec::new(), Vec::new(), Vec::new());
    let mut going = Vec::new();
    for marked in merge.own() {
        match merge.take(marked) {
            Ok(Taken::Whole) => going.push(marked),
            Ok(Taken::Parts(own)) => edits.push(own),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
        steps.extend(merge.removal_steps(marked));
    }
    if has_errors(&diagnostics) {
        return Err(diagnostics);
    }
    edits.push(merge.without(&going, &[]));
    Ok(Plan { text: Edits::all(edits).apply(text), steps, warnings: diagnostics })
}

/// The diagnostic for a file that is no XML.
pub(crate) fn malformed(flaw: markup::Flaw) -> Vec<Diagnostic> {
    let message = format!("IIS could not read this file: {}", flaw.detail);
    let help = "nothing was changed; put the file right, or give it back from a backup (%windir%\\System32\\inetsrv\\backup \
                or %SystemDrive%\\inetpub\\history)";
    vec![Diagnostic::new(Code::MalformedConfig, flaw.offset..flaw.offset + 1, message).help(help)]
}

/// A deployment and the file that it goes into.
struct Merge<'d, 'a> {
    document: &'d Document<'a>,
    deployment: &'d Deployment,
    layout: Layout,
    /// What belongs in the file, and where.
    parts: Vec<(Part, Spot<'d, 'a>)>,
    /// The nodes that belong to a deployment, this one or another.
    marked: Vec<Marked<'d, 'a>>,
}

/// How a part comes to be as the spec says.
enum Put<'d, 'a> {
    /// By a new node.
    New(insert::New<'d, 'a>),
    /// By changes of what is there.
    Edits(Edits),
}

/// How a node of the deployment goes.
enum Taken {
    /// With everything in it.
    Whole,
    /// By these edits: what others put beside the deployment's parts stays.
    Parts(Edits),
}

/// Where a part belongs.
enum Spot<'d, 'a> {
    /// It is there.
    Present(&'d Element<'a>, Place),
    /// It is not, but the element that it belongs in is.
    In(&'d Element<'a>),
    /// So many elements around it are missing, below this one.
    Below(&'d Element<'a>, usize),
}

impl<'d, 'a> Merge<'d, 'a> {
    fn new(document: &'d Document<'a>, deployment: &'d Deployment) -> Self {
        let (layout, marked) = (Layout::of(document), marked(document));
        let mut merge = Self { document, deployment, layout, parts: Vec::new(), marked };
        let located = parts(deployment).into_iter().map(|part| {
            let spot = merge.find(&part);
            (part, spot)
        });
        merge.parts = located.collect();
        merge
    }

    /// The nodes that are the deployment's own.
    fn own(&self) -> impl Iterator<Item = &Marked<'d, 'a>> {
        self.marked.iter().filter(|marked| marked.mark.deployment == self.deployment.name)
    }

    /// Takes nodes out, while the elements at these places get new ones.
    fn without(&self, going: &[&Marked<'_, '_>], filled: &[usize]) -> Edits {
        let is_going = |marked: &Marked<'_, '_>| {
            going.iter().any(|going| going.comment.span.start == marked.comment.span.start)
        };
        let staying: Vec<_> = self.marked.iter().filter(|marked| !is_going(marked)).collect();
        remove::remove(self.document, going, &staying, filled)
    }

    /// Whether an element, or one around it, is the deployment's own.
    fn owns(&self, element: &Element<'_>) -> bool {
        let is_marked = |index: usize| self.own().any(|marked| marked.element.index == index);
        let around = |index: &usize| self.document.elements[*index].parent;
        std::iter::successors(Some(element.index), around).any(is_marked)
    }

    /// The part of that kind.
    fn part(&self, kind: Kind) -> Option<&Part> {
        self.parts.iter().map(|(part, _)| part).find(|part| part.kind == kind)
    }

    fn find(&self, part: &Part) -> Spot<'d, 'a> {
        let (mut around, mut place) = (self.document.root(), Place::root());
        for (depth, step) in part.around.iter().enumerate() {
            let inner = place.child(step.name());
            let found = self.document.children(around).find(|child| inner.is_same(step, child));
            let Some(found) = found else { return Spot::Below(around, part.around.len() - depth) };
            (around, place) = (found, inner);
        }
        let inner = place.child(part.element.name());
        let mut same: Vec<_> =
            self.document.children(around).filter(|child| inner.is_same(&part.element, child)).collect();
        // Several locations may have one path; ours is the one that is marked.
        same.sort_by_key(|element| !self.owns(element));
        match same.first() {
            Some(first) if part.kind != Kind::Location || self.owns(first) => Spot::Present(first, inner),
            _ => Spot::In(around),
        }
    }

    /// What becomes of a part.
    fn put(&self, part: &Part, spot: &Spot<'d, 'a>) -> (Step, Put<'d, 'a>) {
        match spot {
            Spot::In(around) => {
                let position = match part.kind {
                    Kind::Location => insert::Position::Last,
                    // A rule of somebody else's that takes every request would leave none.
                    Kind::GlobalRule => insert::Position::First,
                    _ => insert::Position::AmongItsKind,
                };
                let new = insert::New { around, position, node: part.element.clone() };
                (self.step(part, Action::Add, contents(part)), Put::New(new))
            }
            Spot::Below(around, missing) => {
                let (first, rest) =
                    part.around[part.around.len() - missing..].split_first().expect("one is missing");
                let mut node = first.clone();
                node.place(rest, part.element.clone());
                let new = insert::New { around, position: insert::Position::Last, node };
                (self.step(part, Action::Add, contents(part)), Put::New(new))
            }
            Spot::Present(present, place) => {
                let found = reconcile(self.document, &self.layout, place, &part.element, present);
                let is_stranger = !self.owns(present) && part.kind != Kind::Tracing;
                let action =
                    if found.edits.is_empty() && !is_stranger { Action::Nothing } else { Action::Change };
                let mut step = self.step(part, action, found.changes);
                step.others = found.others;
                let mut edits = found.edits;
                if is_stranger {
                    step.details.insert(0, "becomes this deployment's own".to_owned());
                    let mark = insert::mark(self.document, &self.layout, &self.deployment.name, present);
                    edits = Edits::all([mark, edits]);
                }
                (step, Put::Edits(edits))
            }
        }
    }

    fn step(&self, part: &Part, action: Action, details: Vec<String>) -> Step {
        let name = ["name", "path", "directory"].into_iter().find_map(|name| part.element.value(name));
        let name = match part.kind {
            Kind::Tracing => self.deployment.site.name.clone(),
            Kind::Application => format!("{}{}", self.deployment.site.name, name.unwrap_or_default()),
            _ => name.unwrap_or_default().to_owned(),
        };
        Step { noun: noun(part.kind), name, action, details, others: Vec::new() }
    }

    /// The parts that a marked node is, or is around of, with their elements and places.
    fn parts_in(&self, marked: &Marked<'_, '_>) -> Vec<(&Part, &'d Element<'a>, &Place)> {
        let parts = self.parts.iter().filter_map(|(part, spot)| match spot {
            Spot::Present(present, place) if self.is_within(present, marked.element) => {
                Some((part, *present, place))
            }
            _ => None,
        });
        parts.collect()
    }

    fn is_within(&self, element: &Element<'_>, around: &Element<'_>) -> bool {
        around.offset <= element.offset && element.end <= around.end
    }

    fn removal_steps(&self, marked: &Marked<'_, '_>) -> Vec<Step> {
        let parts = self.parts_in(marked);
        if !parts.is_empty() {
            return parts.iter().map(|(part, ..)| self.step(part, Action::Remove, Vec::new())).collect();
        }
        let element = marked.element;
        let name = ["name", "path"].into_iter().find_map(|name| element.value(name));
        let name = format!("{} {}", element.name, name.unwrap_or_default()).trim_end().to_owned();
        let details = vec!["the spec no longer has it".to_owned()];
        vec![Step { noun: "node", name, action: Action::Remove, details, others: Vec::new() }]
    }

    /// Takes a node of the deployment out, unless somebody else's work is in it.
    fn take(&self, marked: &Marked<'_, '_>) -> Result<Taken, Diagnostic> {
        let parts = self.parts_in(marked);
        for (part, present, place) in &parts {
            let others = reconcile(self.document, &self.layout, place, &part.element, present).others;
            let others: Vec<_> = others.into_iter().filter(|other| !other.contains('@')).collect();
            if !others.is_empty() {
                let noun = noun(part.kind);
                let message =
                    format!("the {noun} holds what this deployment did not make: {}", others.join(", "));
                let help = "move that elsewhere or delete it, then run remove again; nothing was changed";
                return Err(Diagnostic::new(Code::ForeignContent, present.tag(), message).help(help));
            }
        }
        let is_ours = |element: &Element<'_>| {
            let mut parts = parts.iter();
            parts.any(|(_, part, _)| self.is_within(element, part) || self.is_within(part, element))
        };
        let within = self.document.elements[marked.element.index..].iter();
        let mut within = within.take_while(|element| element.offset < marked.element.end);
        if parts.is_empty() || within.all(is_ours) {
            return Ok(Taken::Whole);
        }
        // Others use the sections that were made for this deployment.
        let parts = parts.iter().map(|(_, present, _)| present.offset..present.end);
        let ranges = parts.chain([marked.comment.span.clone()]);
        Ok(Taken::Parts(Edits::all(ranges.map(|range| remove::cut(self.document, range)))))
    }
}

/// A part in IIS's words.
fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::ApplicationPool => "application pool",
        Kind::Site => "site",
        Kind::Application => "application",
        Kind::Tracing => "failed request tracing of site",
        Kind::Restriction => "ISAPI restriction",
        Kind::Location => "location",
        Kind::WebFarm => "server farm",
        Kind::GlobalRule => "global rule",
    }
}

/// What is in a new node, in a line each: its bindings, applications, sections.
fn contents(part: &Part) -> Vec<String> {
    fn walk(place: &Place, element: &xml::Element, found: &mut Vec<String>) {
        for child in element.elements() {
            let inner = place.child(child.name());
            if inner.is_group() || child.name() == "bindings" {
                walk(&inner, child, found);
            } else {
                found.push(inner.call(child.name(), |name| child.value(name).map(ToOwned::to_owned)));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Place::of(part), &part.element, &mut found);
    found
}
