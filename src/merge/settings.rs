//! The attribute that a node needs on the element around it, which belongs to the whole server.
//!
//! What enters: a merge. What leaves: a conflict if an administrator decided otherwise, the edits that set the attribute or take
//! it back, and the steps in words. The comment of the node says that it was set with it: only such an attribute is taken back, and only
//! if no other deployment needs it. Absent: every other attribute of elements of others.

use iis_config::edit::Edits;
use iis_config::markup::{self, Element};

use super::keys::Place;
use super::locate::{Merge, Spot};
use super::{Action, Step};
use crate::diagnostic::{Code, Diagnostic};
use crate::emit::{Kind, Part, parts};
use crate::lint::global_modules;
use crate::model::Deployment;

/// What a step about it is called.
const NOUN: &str = "setting of the whole server";

/// An attribute that a part needs.
struct Setting<'p, 'd, 'a> {
    part: &'p Part,
    name: &'static str,
    value: &'p str,
    /// The element that has the attribute or gets it. `None`: it is created with it.
    element: Option<&'d Element<'a>>,
}

impl<'d, 'a> Merge<'d, 'a> {
    fn settings(&self) -> impl Iterator<Item = Setting<'_, 'd, 'a>> {
        self.parts.iter().filter_map(|(part, spot)| self.setting(part, spot))
    }

    fn setting<'p>(&self, part: &'p Part, spot: &Spot<'d, 'a>) -> Option<Setting<'p, 'd, 'a>> {
        let (name, value) = part.setting()?;
        let element = match spot {
            Spot::In(around) => Some(*around),
            Spot::Present(present, _) => self.document.parent(present),
            Spot::Below(..) => None,
        };
        Some(Setting { part, name, value, element })
    }

    /// The attribute that is set with a part, if the server does not have it.
    pub fn sets(&self, part: &Part, spot: &Spot<'d, 'a>) -> Option<(String, String)> {
        let missing = self.setting(part, spot).filter(Setting::is_missing)?;
        Some((missing.name.to_owned(), missing.value.to_owned()))
    }
}

impl Setting<'_, '_, '_> {
    fn is_missing(&self) -> bool {
        self.element.is_none_or(|element| element.attribute(self.name).is_none())
    }

    fn conflict(&self) -> Option<Diagnostic> {
        let element = self.element?;
        let found = element.attribute(self.name)?;
        let around = self.part.around.iter();
        let place = around.fold(Place::root(), |place, around| place.child(around.name()));
        if place.says_the_same(self.name, &found.value, self.value) {
            return None;
        }
        let message = format!(
            "<{}> has {}={:?}, but the farm needs {:?}",
            element.name, self.name, found.value, self.value
        );
        let help = format!(
            "set it to {:?}, or delete it: then apply sets it. It counts for every global rule of the server, so \
             check first that those that use {{UNENCODED_URL}} work with it",
            self.value
        );
        Some(Diagnostic::new(Code::ServerSetting, found.offset..found.written.end + 1, message).help(help))
    }
}

/// Attributes that an administrator set to something else.
pub(super) fn conflicts(merge: &Merge<'_, '_>) -> Vec<Diagnostic> {
    merge.settings().filter_map(|setting| setting.conflict()).collect()
}

/// Why IIS would refuse a setting: the schema of the installed URL Rewrite does not know it.
pub fn unknown_to(schema: &str, text: &str, deployment: &Deployment) -> Option<Diagnostic> {
    let parts = parts(deployment);
    let (name, _) = parts.iter().find_map(Part::setting).filter(|(name, _)| !schema.contains(name))?;
    let document = markup::parse(text).ok()?;
    let module = document
        .named(global_modules(&document)?, "add")
        .find(|module| module.says("name", "RewriteModule"))?;
    let message = format!(
        "URL Rewrite is older than 2.1, which the server farm needs: its schema does not know {name}, so no site of this server \
         would start"
    );
    let help = "install URL Rewrite 2.1, from https://www.iis.net/downloads/microsoft/url-rewrite";
    Some(Diagnostic::new(Code::ModuleMissing, module.tag(), message).help(help))
}

/// Sets what is missing.
pub(super) fn set(merge: &Merge<'_, '_>) -> Edits {
    let mut edits = Edits::default();
    for setting in merge.settings().filter(Setting::is_missing) {
        let Some(element) = setting.element else { continue };
        let last = element.attributes.last().map(|attribute| attribute.written.end + 1);
        let at = last.unwrap_or(element.offset + 1 + element.name.len());
        edits.insert(at, format!(" {}=\"{}\"", setting.name, setting.value));
    }
    edits
}

/// The same in words.
pub(super) fn steps(merge: &Merge<'_, '_>) -> Vec<Step> {
    let steps = merge.settings().map(|setting| {
        let (action, details) = match setting.is_missing() {
            true => {
                let becomes = format!("becomes {:?}, for every rule of this list", setting.value);
                (Action::Add, vec![becomes])
            }
            false => (Action::Nothing, Vec::new()),
        };
        let around = setting.part.around.last().map_or("", |around| around.name());
        step(around, setting.name, action, details)
    });
    steps.collect()
}

fn step(element: &str, attribute: &str, action: Action, details: Vec<String>) -> Step {
    Step { noun: NOUN, name: format!("{element}@{attribute}"), action, details, others: Vec::new() }
}

/// Takes back what was set with the deployment's nodes and comments, all of which are removed, unless another deployment needs it.
pub(super) fn take_back(merge: &Merge<'_, '_>) -> (Edits, Vec<Step>) {
    let (mut edits, mut steps) = (Edits::default(), Vec::new());
    let own = merge.holdings.own.iter().map(|own| (own.element.parent, &own.around));
    let orphans = merge.holdings.orphans.iter().map(|number| &merge.marked[*number]);
    let orphans = orphans.map(|orphan| (orphan.comment.parent, &orphan.mark.around));
    for (place, around) in own.chain(orphans) {
        let Some(element) = place.and_then(|place| merge.document.elements.get(place)) else { continue };
        let Some(set) = element.attributes.iter().find(|attribute| around.has_set(attribute)) else {
            continue;
        };
        match heir(merge, element) {
            Some(deployment) => {
                let stays = vec![format!("stays, because the deployment {deployment:?} needs it")];
                steps.push(step(element.name, set.name, Action::Nothing, stays));
            }
            None => {
                edits.delete(set.offset - 1..set.written.end + 1);
                let goes = vec!["becomes what it is by default".to_owned()];
                steps.push(step(element.name, set.name, Action::Remove, goes));
            }
        }
    }
    (edits, steps)
}

/// Another deployment with a rule in the same list. Its comment gets the record.
fn heir<'m>(merge: &'m Merge<'_, '_>, list: &Element<'_>) -> Option<&'m str> {
    let others = merge.marked.iter().filter(|marked| marked.fits(merge.document));
    let others = others.filter(|marked| {
        marked.comment.parent == Some(list.index)
            && marked.mark.node().is_some_and(|node| node.kind == Kind::GlobalRule)
            && marked.element.is_none_or(|element| merge.owned(element).is_none())
    });
    others.map(|marked| marked.mark.deployment.as_str()).next()
}
