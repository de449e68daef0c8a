//! A deployment in a server's applicationHost.config: what would change, the changed text, and the way back.
//!
//! What enters: the file's text and a deployment. What leaves: a [`Plan`], or every reason against one. A deployment owns
//! the nodes of its [parts](crate::emit::parts), and nothing else: a comment before each names the deployment, the kind and
//! the key, and counts only where all three [fit](ownership). Every byte that is not theirs stays. Absent: reading and
//! writing files, which [`file`] does.
//!
//! Within its nodes a deployment decides what its spec says. What somebody else added to them stays, too, and is named.
//! Nothing is deleted that was not told: a node that the spec no longer has is a reason against a plan, unless its caller
//! says [`Stale::Prune`].

mod conflicts;
mod content;
mod farms;
pub mod file;
mod insert;
pub(crate) mod keys;
mod locate;
pub(crate) mod mark;
pub(crate) mod ownership;
mod pools;
mod put;
mod reconcile;
mod remove;
mod served;
mod shadowed;
mod take;
mod twins;
mod unreadable;

use std::collections::BTreeMap;

use iis_config::edit::Edits;
use iis_config::markup;

use crate::diagnostic::{self, Code, Diagnostic};
use crate::emit::Kind;
use crate::model::Deployment;
use locate::Merge;
use put::Put;
use remove::Going;

/// What is to be done to a file.
#[derive(Debug)]
pub struct Plan {
    /// The file's text afterwards.
    pub text: String,
    /// What becomes of each node.
    pub steps: Vec<Step>,
    /// What the administrator should also know.
    pub warnings: Vec<Diagnostic>,
}

impl Plan {
    /// Whether the text would change.
    pub fn changes(&self) -> bool {
        self.steps.iter().any(|step| step.action != Action::Nothing)
    }

    /// How many steps do that.
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
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

/// What to do with nodes of the deployment's that its spec no longer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// Refuse, and name them.
    Refuse,
    /// Take them out, unless somebody else's work is in them.
    Prune,
}

/// What was told about nodes that are not simply the deployment's own as the spec has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orders {
    /// Those without a comment.
    pub strangers: Strangers,
    /// Those that the spec no longer has.
    pub stale: Stale,
}

impl From<Strangers> for Orders {
    /// Nothing is deleted untold.
    fn from(strangers: Strangers) -> Self {
        Self { strangers, stale: Stale::Refuse }
    }
}

/// Plans a deployment into a file's text, without a byte-order mark. The error holds every reason against it.
pub fn plan(text: &str, deployment: &Deployment, orders: impl Into<Orders>) -> Result<Plan, Vec<Diagnostic>> {
    let orders: Orders = orders.into();
    let document = markup::parse(text).map_err(malformed)?;
    let merge = Merge::new(&document, deployment, orders.strangers);
    let mut diagnostics = conflicts::find(&merge, orders.strangers);
    let stale = take::stale(&merge);
    diagnostics.extend(stale.reasons(&merge, orders.stale));
    diagnostics.extend(take::orphans(&merge));
    if diagnostic::sort(&mut diagnostics) {
        return Err(diagnostics);
    }
    let puts: Vec<(Step, Put<'_, '_>)> =
        merge.parts.iter().map(|(part, spot)| merge.put(part, spot)).collect();
    let filled: Vec<usize> = puts.iter().filter_map(|(_, put)| put.filled()).collect();
    let mut going = Going::default();
    take::orphans_out(&merge, &mut going);
    stale.out(&merge, &mut going);
    let removed = going.remove(&document, &filled);
    let (mut steps, mut edits) = (Vec::new(), vec![removed.edits]);
    let mut new: BTreeMap<usize, Vec<insert::New<'_, '_>>> = BTreeMap::new();
    for (mut step, put) in puts {
        match put {
            Put::New(node) => new.entry(node.around.index).or_default().push(node),
            Put::Present(present) => edits.push(present.edits(&merge, &removed.inherited, &mut step)),
        }
        steps.push(step);
    }
    for (place, nodes) in &new {
        edits.push(insert::insert(&document, &merge.layout, nodes, removed.inherited.get(place)));
    }
    edits.push(merge.hand_on(&removed.inherited, &filled, &stale.comments()));
    steps.extend(stale.steps);
    steps.extend(take::orphan_steps(&merge));
    Ok(Plan { text: Edits::all(edits).apply(text), steps, warnings: diagnostics })
}

/// Plans a deployment out of a file's text.
pub fn removal(text: &str, deployment: &Deployment) -> Result<Plan, Vec<Diagnostic>> {
    let document = markup::parse(text).map_err(malformed)?;
    let merge = Merge::new(&document, deployment, Strangers::Refuse);
    let unreadable = unreadable::find(&merge);
    if !unreadable.is_empty() {
        return Err(unreadable);
    }
    let taken = take::everything(&merge);
    let mut diagnostics = taken.reasons(&merge, Stale::Prune);
    diagnostics.extend(conflicts::elsewhere(&merge));
    diagnostics.extend(twins::find(&merge));
    diagnostics.extend(take::orphans(&merge));
    if diagnostic::sort(&mut diagnostics) {
        return Err(diagnostics);
    }
    let mut going = Going::default();
    take::orphans_out(&merge, &mut going);
    taken.out(&merge, &mut going);
    let removed = going.remove(&document, &[]);
    let handed_on = merge.hand_on(&removed.inherited, &[], &taken.comments());
    let mut steps = taken.steps;
    steps.extend(take::orphan_steps(&merge));
    let text = Edits::all([removed.edits, handed_on]).apply(text);
    Ok(Plan { text, steps, warnings: diagnostics })
}

/// The diagnostic for a file that is no XML.
pub(crate) fn malformed(flaw: markup::Flaw) -> Vec<Diagnostic> {
    let message = format!("IIS cannot read this file: {}", flaw.detail);
    let help = "correct the file, or restore a backup (%windir%\\System32\\inetsrv\\backup or \
        %SystemDrive%\\inetpub\\history); nothing was changed";
    vec![Diagnostic::new(Code::MalformedConfig, flaw.offset..flaw.offset + 1, message).help(help)]
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
