//! What this deployment needs and another deployment of this tool has: one conflict for each such deployment, however much it is.
//!
//! What enters: a merge. What leaves: a diagnostic for each other deployment, with every place. Absent: nodes without a comment, and
//! deployments that share nothing but a path.

use std::ops::Range;

use iis_config::markup::Element;

use super::keys::Place;
use super::locate::{Merge, Spot};
use super::mark::Marked;
use super::noun;
use super::ownership::Identity;
use super::sections::sections_of_both;
use crate::diagnostic::{Code, Diagnostic};
use crate::emit::{Kind, Part};

/// A deployment that has what this one needs.
pub struct Clash {
    /// Its name.
    deployment: String,
    /// What is said of it.
    pub told: Diagnostic,
}

/// Everything of that kind in the file, in the order of the parts.
pub fn find(merge: &Merge<'_, '_>) -> Vec<Clash> {
    let mut names: Vec<&str> = Vec::new();
    let mut taken: Vec<(&str, Range<usize>, String)> = Vec::new();
    for (part, spot) in &merge.parts {
        let others: Vec<&Element<'_>> = match (part.kind, spot) {
            (Kind::Location, _) => {
                locations_of_others(merge, part, spot).into_iter().map(|(other, _)| other).collect()
            }
            (_, Spot::Present(present, _)) if !merge.owns(present) => vec![present],
            _ => Vec::new(),
        };
        for element in others {
            let Some(other) = merge.owner(element) else { continue };
            let name = other.mark.deployment.as_str();
            // Another diagnostic says that there are two deployments of this name.
            if name == merge.deployment.name {
                continue;
            }
            // Of deployments that have only the path in common, the sections are named.
            if part.kind != Kind::Location && !names.contains(&name) {
                names.push(name);
            }
            taken.push((
                name,
                element.tag(),
                format!("{} {:?}", noun(part.kind), Identity::of_part(part).key),
            ));
        }
    }
    names.into_iter().filter_map(|name| clash(name, &taken)).collect()
}

fn clash(name: &str, taken: &[(&str, Range<usize>, String)]) -> Option<Clash> {
    let mut own = taken.iter().filter(|(owner, ..)| *owner == name);
    let (_, place, first) = own.next()?;
    let others: Vec<_> = own.collect();
    let more: String = others.iter().map(|(.., what)| format!(", the {what}")).collect();
    let message = format!("the deployment {name:?} already has what this one needs: the {first}{more}");
    let help = "rename one of the two deployments and what they share, or remove the other deployment first";
    let told = Diagnostic::new(Code::NotOurs, place.clone(), message).help(help);
    let told =
        others.iter().fold(told, |told, (_, place, what)| told.related(place.clone(), format!("the {what}")));
    Some(Clash { deployment: name.to_owned(), told })
}

/// Whether a deployment is among those about which all is said.
pub fn is_in(clashes: &[Clash], other: &Marked<'_, '_>) -> bool {
    clashes.iter().any(|clash| clash.deployment == other.mark.deployment)
}

/// Locations of the same path that are not this deployment's and contain sections of the part, with these sections.
pub fn locations_of_others<'d, 'a>(
    merge: &Merge<'d, 'a>,
    part: &Part,
    spot: &Spot<'_, '_>,
) -> Vec<(&'d Element<'a>, Vec<(String, &'d Element<'a>)>)> {
    let (document, place) = (merge.document, Place::root().child("location"));
    let is_it = |other: &Element<'_>| matches!(spot, Spot::Present(own, _) if own.index == other.index);
    let others = document.named(document.root(), "location");
    let others =
        others.filter(|other| place.is_same(&part.element, other) && !merge.owns(other) && !is_it(other));
    let found = others.map(|other| (other, sections_of_both(document, part, other)));
    found.filter(|(_, sections)| !sections.is_empty()).collect()
}
