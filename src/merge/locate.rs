//! Finds where each part of a deployment belongs in a file, and what already exists.
//!
//! What enters: the file and the deployment. What leaves: a [`Merge`], which all other parts use. Absent: changes.

use iis_config::edit::Layout;
use iis_config::markup::{Document, Element};
use iis_config::names;

use super::keys::Place;
use super::mark::{Claim, Marked, marked};
use super::ownership::{Holdings, Identity, Owned, holdings};
use super::sections::sections_of_both;
use super::{Strangers, pools};
use crate::emit::{Kind, Part, parts};
use crate::model::Deployment;

/// A deployment and the file that it goes into.
pub(super) struct Merge<'d, 'a> {
    pub document: &'d Document<'a>,
    pub deployment: &'d Deployment,
    pub layout: Layout,
    /// What belongs in the file, and where.
    pub parts: Vec<(Part, Spot<'d, 'a>)>,
    /// Every comment of this program, for this deployment or another.
    pub marked: Vec<Marked<'d, 'a>>,
    /// What the comments mean for this deployment.
    pub holdings: Holdings<'d, 'a>,
}

/// Where a part belongs.
pub enum Spot<'d, 'a> {
    /// The part exists.
    Present(&'d Element<'a>, Place),
    /// The part is missing, but the element around it exists.
    In(&'d Element<'a>),
    /// This many elements around it are missing, below this one.
    Below(&'d Element<'a>, usize),
}

impl<'d, 'a> Merge<'d, 'a> {
    pub(super) fn new(document: &'d Document<'a>, deployment: &'d Deployment, strangers: Strangers) -> Self {
        let (layout, marked, parts) = (Layout::of(document), marked(document), parts(deployment));
        let wanted: Vec<Identity> = parts.iter().map(Identity::of_part).collect();
        let is_named =
            |element: &&Element<'_>| parts.iter().any(|part| element.is_named(part.element.name()));
        let named = document.elements.iter().filter(is_named);
        let present: Vec<(Identity, &'d Element<'a>)> = named
            .filter_map(|element| Some((Identity::of(document, element)?, element)))
            .filter(|(identity, _)| wanted.contains(identity))
            .collect();
        let holdings = holdings(document, &marked, deployment, &present);
        let mut merge = Self { document, deployment, layout, parts: Vec::new(), marked, holdings };
        merge.parts = parts
            .into_iter()
            .map(|part| {
                let spot = merge.find(&part, strangers);
                (part, spot)
            })
            .collect();
        merge
    }

    /// The deployment's comment and node, if the element is one.
    pub fn owned(&self, element: &Element<'_>) -> Option<&Owned<'d, 'a>> {
        self.holdings.own.iter().find(|own| own.element.index == element.index)
    }

    /// Whether an element, or one around it, is the deployment's own.
    pub(super) fn owns(&self, element: &Element<'_>) -> bool {
        self.document.outwards(element).any(|element| self.owned(element).is_some())
    }

    /// The other deployment that an element, or one around it, belongs to.
    pub(super) fn owner(&self, element: &Element<'_>) -> Option<&Marked<'d, 'a>> {
        self.marked.iter().enumerate().find_map(|(number, marked)| {
            let is_other = marked.mark.deployment != self.deployment.name
                || self.holdings.elsewhere.iter().any(|(other, _)| *other == number);
            let is_its = marked.element.is_some_and(|around| self.is_within(element, around));
            (is_other && is_its && marked.fits(self.document)).then_some(marked)
        })
    }

    /// The part of that kind.
    pub(super) fn part(&self, kind: Kind) -> Option<&Part> {
        self.parts.iter().map(|(part, _)| part).find(|part| part.kind == kind)
    }

    /// The existing parts, regardless of who made them.
    pub(super) fn present(&self) -> impl Iterator<Item = (&Part, &'d Element<'a>, &Place)> {
        self.parts.iter().filter_map(|(part, spot)| match spot {
            Spot::Present(present, place) => Some((part, *present, place)),
            Spot::In(_) | Spot::Below(..) => None,
        })
    }

    pub(super) fn is_within(&self, element: &Element<'_>, around: &Element<'_>) -> bool {
        around.offset <= element.offset && element.end <= around.end
    }

    fn find(&self, part: &Part, strangers: Strangers) -> Spot<'d, 'a> {
        let mut level = vec![(self.document.elements.first().expect("a document has a root"), Place::root())];
        for (depth, step) in part.around.iter().enumerate() {
            let next = self.same_in(&level, step);
            if next.is_empty() {
                return Spot::Below(level[0].0, part.around.len() - depth);
            }
            level = next;
        }
        let mut same = self.same_in(&level, &part.element);
        // Several locations may have the same path; the deployment's is the one with the comment.
        same.sort_by_key(|(element, _)| !self.owns(element));
        let is_meant = |element: &Element<'_>| match (part.kind, strangers) {
            (Kind::Location, _) if self.owns(element) => true,
            (Kind::Location, Strangers::Adopt) => self.is_adoptable(part, element),
            (Kind::Location, Strangers::Refuse) => false,
            _ => true,
        };
        match same.into_iter().find(|(element, _)| is_meant(element)) {
            Some((present, place)) => Spot::Present(present, place),
            None => Spot::In(level[0].0),
        }
    }

    fn same_in(
        &self,
        level: &[(&'d Element<'a>, Place)],
        step: &crate::emit::xml::Element,
    ) -> Vec<(&'d Element<'a>, Place)> {
        let below = level.iter().flat_map(|(around, place)| {
            let inner = place.child(step.name());
            let children = around.children.iter().map(|index| &self.document.elements[*index]);
            let same: Vec<_> = children.filter(|child| inner.is_same(step, child)).collect();
            same.into_iter().map(move |child| (child, inner.clone()))
        });
        below.collect()
    }

    /// Whether a location without a comment becomes the deployment's on such an order: it is the first location that contains
    /// one of the deployment's sections.
    fn is_adoptable(&self, part: &Part, location: &Element<'_>) -> bool {
        self.owner(location).is_none() && !sections_of_both(self.document, part, location).is_empty()
    }

    /// Whether an application is in the deployment's parts.
    pub fn is_wanted(&self, site: &Element<'_>, application: &Element<'_>) -> bool {
        let location = pools::location(site, application);
        let is_it = |path: &str| {
            let own = format!("{}{}", self.deployment.site.name, path.trim_end_matches('/'));
            names::is_same(&own, &location)
        };
        let has_root = self.deployment.site.own.as_ref().is_some_and(|own| own.root_folder.is_some());
        is_it(&self.deployment.application.path) || has_root && is_it("/")
    }

    /// The comment that this deployment writes before a node.
    pub(super) fn mark(&self, part: &Part) -> super::mark::Mark {
        super::mark::Mark {
            deployment: self.deployment.name.clone(),
            claim: Claim::Node(Identity::of_part(part), super::ownership::home(self.deployment)),
            around: super::mark::Around::default(),
        }
    }
}
