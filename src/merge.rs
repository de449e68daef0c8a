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
mod keys;
mod mark;
mod reconcile;

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
    let mut steps = Vec::new();
    let mut edits = Vec::new();
    for (part, spot) in &merge.parts {
        let (step, edit) = merge.put(part, spot);
        steps.push(step);
        edits.push(edit);
    }
    for orphan in merge.orphans() {
        steps.push(merge.removal_step(orphan));
        edits.push(insert::remove(&document, orphan));
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
    for marked in &merge.marked {
        match merge.take(marked) {
            Ok(edit) => edits.push(edit),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
        steps.push(merge.removal_step(marked));
    }
    if has_errors(&diagnostics) {
        return Err(diagnostics);
    }
    Ok(Plan { text: Edits::all(edits).apply(text), steps, warnings: diagnostics })
}

fn malformed(flaw: markup::Flaw) -> Vec<Diagnostic> {
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
    /// The nodes that are the deployment's own.
    marked: Vec<Marked<'d, 'a>>,
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
        let mut marked = marked(document);
        marked.retain(|marked| marked.mark.deployment == deployment.name);
        let mut merge =
            Self { document, deployment, layout: Layout::of(document), parts: Vec::new(), marked };
        let located = parts(deployment).into_iter().map(|part| {
            let spot = merge.find(&part);
            (part, spot)
        });
        merge.parts = located.collect();
        merge
    }

    /// Whether an element, or one around it, is the deployment's own.
    fn owns(&self, element: &Element<'_>) -> bool {
        let is_marked = |index: usize| self.marked.iter().any(|marked| marked.element.index == index);
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
    fn put(&self, part: &Part, spot: &Spot<'d, 'a>) -> (Step, Edits) {
        let own = &self.deployment.name;
        match spot {
            Spot::In(around) => {
                let position = match part.kind {
                    Kind::Location => insert::Position::Last,
                    // A rule of somebody else's that takes every request would leave none.
                    Kind::GlobalRule => insert::Position::First,
                    _ => insert::Position::AmongItsKind,
                };
                let edits =
                    insert::insert(self.document, &self.layout, (around, position), own, &part.element);
                (self.step(part, Action::Add, contents(part)), edits)
            }
            Spot::Below(around, missing) => {
                let (first, rest) =
                    part.around[part.around.len() - missing..].split_first().expect("one is missing");
                let mut node = first.clone();
                node.place(rest, part.element.clone());
                let edits =
                    insert::insert(self.document, &self.layout, (around, insert::Position::Last), own, &node);
                (self.step(part, Action::Add, contents(part)), edits)
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
                    edits = Edits::all([insert::mark(self.document, &self.layout, own, present), edits]);
                }
                (step, edits)
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

    /// The part that a marked node is, or is around of, with its element and place.
    fn part_of(&self, marked: &Marked<'_, '_>) -> Option<(&Part, &'d Element<'a>, &Place)> {
        self.parts.iter().find_map(|(part, spot)| match spot {
            Spot::Present(present, place) if self.is_within(present, marked.element) => {
                Some((part, *present, place))
            }
            _ => None,
        })
    }

    fn is_within(&self, element: &Element<'_>, around: &Element<'_>) -> bool {
        around.offset <= element.offset && element.end <= around.end
    }

    /// Nodes of the deployment that its spec no longer has.
    fn orphans(&self) -> impl Iterator<Item = &Marked<'d, 'a>> {
        self.marked.iter().filter(|marked| self.part_of(marked).is_none())
    }

    fn removal_step(&self, marked: &Marked<'_, '_>) -> Step {
        match self.part_of(marked) {
            Some((part, ..)) => self.step(part, Action::Remove, Vec::new()),
            None => {
                let element = marked.element;
                let name = ["name", "path"].into_iter().find_map(|name| element.value(name));
                let name = format!("{} {}", element.name, name.unwrap_or_default()).trim_end().to_owned();
                let details = vec!["the spec no longer has it".to_owned()];
                Step { noun: "node", name, action: Action::Remove, details, others: Vec::new() }
            }
        }
    }

    /// Takes a node of the deployment out, unless somebody else's work is in it.
    fn take(&self, marked: &Marked<'_, '_>) -> Result<Edits, Diagnostic> {
        let Some((part, present, place)) = self.part_of(marked) else {
            return Ok(insert::remove(self.document, marked));
        };
        let others = reconcile(self.document, &self.layout, place, &part.element, present).others;
        let others: Vec<_> = others.into_iter().filter(|other| !other.contains('@')).collect();
        if !others.is_empty() {
            let message = format!(
                "the {} holds what this deployment did not make: {}",
                noun(part.kind),
                others.join(", ")
            );
            let help = "move that elsewhere or delete it, then run remove again; nothing was changed";
            return Err(Diagnostic::new(Code::ForeignContent, present.tag(), message).help(help));
        }
        let is_alone = |element: &Element<'_>| element.children.len() == 1;
        let path = std::iter::successors(Some(present.index), |index| self.document.elements[*index].parent);
        let mut around = path.skip(1).take_while(|index| *index >= marked.element.index);
        if marked.element.index == present.index
            || around.all(|index| is_alone(&self.document.elements[index]))
        {
            return Ok(insert::remove(self.document, marked));
        }
        // Others use the section that was made for this deployment.
        Ok(Edits::all([
            insert::cut(self.document, present.offset..present.end),
            insert::cut(self.document, marked.comment.span.clone()),
        ]))
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
