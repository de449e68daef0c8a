//! Adds or changes one part.
//!
//! What enters: a part and where it belongs. What leaves: a new node, or changes of the existing one, and the step in
//! words. Absent: conflicts, which are found before.

use std::collections::BTreeMap;

use iis_config::edit::Edits;
use iis_config::markup::Element;

use super::insert::{self, New, Position};
use super::keys::Place;
use super::locate::{Merge, Spot};
use super::mark::{Around, Mark};
use super::ownership::{Identity, Owned};
use super::reconcile::{Other, reconcile};
use super::remove::cut;
use super::{Action, Step, noun};
use crate::emit::{Kind, Part, xml};

/// What to do for a part.
pub enum Put<'d, 'a> {
    /// Add a node.
    New(New<'d, 'a>),
    /// Change the existing node.
    Present(Present<'d, 'a>),
}

impl Put<'_, '_> {
    /// The place of the element that gets a new node.
    pub(super) fn filled(&self) -> Option<usize> {
        match self {
            Self::New(new) => Some(new.around.index),
            Self::Present(_) => None,
        }
    }
}

/// An existing node.
pub(super) struct Present<'d, 'a> {
    element: &'d Element<'a>,
    edits: Edits,
    /// The comment that belongs before it; `None` for a setting that already is as in the spec, regardless of who made it.
    mark: Option<Mark>,
    /// The attribute that is set on the element around it at the same time.
    sets: Option<(String, String)>,
}

impl<'d, 'a> Merge<'d, 'a> {
    /// What to do for a part.
    pub fn put(&self, part: &Part, spot: &Spot<'d, 'a>) -> (Step, Put<'d, 'a>) {
        let add = |around: &'d Element<'a>, position, made: &[xml::Element]| {
            let (made, node, mark) = (made.to_vec(), part.element.clone(), self.mark(part));
            let new = New { around, position, made, node, mark, sets: self.sets(part, spot) };
            (step(part, Action::Add, contents(part)), Put::New(new))
        };
        match spot {
            Spot::In(around) => {
                let position = match part.kind {
                    Kind::Location => Position::Last,
                    // After another rule that takes every request, it would never get one.
                    Kind::GlobalRule => Position::First,
                    _ => Position::AmongItsKind,
                };
                add(around, position, &[])
            }
            Spot::Below(around, missing) => {
                add(around, Position::Last, &part.around[part.around.len() - missing..])
            }
            Spot::Present(present, place) => {
                let (step, mut brought) = self.bring(part, present, place);
                brought.sets = self.sets(part, spot);
                (step, Put::Present(brought))
            }
        }
    }

    fn bring(&self, part: &Part, present: &'d Element<'a>, place: &Place) -> (Step, Present<'d, 'a>) {
        let found = reconcile(self.document, &self.layout, place, &part.element, present);
        let is_its = self.owned(present).is_some();
        let mark = (is_its || part.kind != Kind::Tracing).then(|| self.mark(part));
        let action = if found.edits.is_empty() { Action::Nothing } else { Action::Change };
        let mut step = step(part, action, found.changes);
        step.others = found.others.iter().map(|other| Other::words(other).to_owned()).collect();
        if !is_its && mark.is_some() {
            step.details.insert(0, "is adopted by this deployment".to_owned());
            step.action = Action::Change;
        }
        (step, Present { element: present, edits: found.edits, mark, sets: None })
    }

    /// Comments that stay now also record what was around the nodes that were removed beside them.
    pub fn hand_on(&self, inherited: &BTreeMap<usize, Around>, filled: &[usize], gone: &[usize]) -> Edits {
        let mut edits = Edits::default();
        for (place, around) in inherited.iter().filter(|(place, _)| !filled.contains(place)) {
            let heirs = || {
                self.marked.iter().enumerate().filter(|(number, marked)| {
                    let stays = !gone.contains(&marked.comment.span.start)
                        && !self.holdings.orphans.contains(number)
                        && marked.mark.around.is_nothing();
                    stays && marked.comment.parent == Some(*place)
                })
            };
            // A comment whose node is gone can record it, too, until its own deployment removes the comment.
            let heir = heirs().find(|(_, marked)| marked.fits(self.document)).or_else(|| heirs().next());
            // A comment of this deployment is written with its node.
            let heir = heir.filter(|(_, heir)| !self.is_present(heir.element));
            if let Some((_, heir)) = heir {
                let mark = Mark { around: around.clone(), ..heir.mark.clone() };
                edits.replace(heir.comment.span.clone(), mark.to_string());
            }
        }
        edits
    }

    fn is_present(&self, element: Option<&Element<'_>>) -> bool {
        element.is_some_and(|element| {
            self.owned(element).is_some()
                && self.present().any(|(_, present, _)| present.index == element.index)
        })
    }
}

impl Present<'_, '_> {
    /// The changes, including the change of its comment.
    pub fn edits(self, merge: &Merge<'_, '_>, inherited: &BTreeMap<usize, Around>, step: &mut Step) -> Edits {
        let Some(mut mark) = self.mark else { return self.edits };
        let Some(owned) = merge.owned(self.element) else {
            mark.around.set = self.sets;
            let mark = insert::mark(merge.document, &merge.layout, &mark, self.element);
            return Edits::all([mark, self.edits]);
        };
        let inherited = self.element.parent.and_then(|place| inherited.get(&place));
        let around = inherited.filter(|_| owned.around.is_nothing()).unwrap_or(&owned.around);
        let mut mark = Mark { around: around.clone(), ..mark };
        mark.around.set = self.sets.or(mark.around.set);
        let written = marked(merge, owned, &mark, self.element);
        if !written.is_empty() {
            step.action = Action::Change;
            step.details.push("its comment is updated".to_owned());
        }
        Edits::all([written, self.edits])
    }
}

/// The edit that corrects the comment of a node.
fn marked(merge: &Merge<'_, '_>, owned: &Owned<'_, '_>, mark: &Mark, element: &Element<'_>) -> Edits {
    let (comment, mut edits) = (owned.comment, Edits::default());
    let words = mark.to_string();
    if comment.parent != element.parent {
        let mark = insert::mark(merge.document, &merge.layout, mark, element);
        return Edits::all([cut(merge.document, &comment.span), mark]);
    }
    if merge.document.text.get(comment.span.clone()) != Some(words.as_str()) {
        edits.replace(comment.span.clone(), words);
    }
    edits
}

/// The step of a part.
pub fn step(part: &Part, action: Action, details: Vec<String>) -> Step {
    let name = Identity::of_part(part).key;
    Step { noun: noun(part.kind), name, action, details, others: Vec::new() }
}

/// What a new node contains, one line for each: its bindings, applications, sections.
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
