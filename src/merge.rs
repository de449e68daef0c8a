//! Merges a deployment into a server's applicationHost.config: what would change, the changed text, and how to undo it.
//!
//! What enters: the file's text and a deployment. What leaves: a [`Plan`], or every reason against one. A deployment owns
//! the nodes of its [parts](crate::emit::parts), and nothing else. A comment before each node names the deployment, the kind
//! and the key, and counts only if all three [match](ownership). Every other byte stays. Absent: reading and writing files,
//! which [`files`](crate::files) does.
//!
//! Within its nodes a deployment decides only what its spec says. What others added to them stays, and is named. Nothing is
//! deleted without an order: a node that the spec no longer has is a reason against a plan, unless the caller says
//! [`Stale::Prune`].

mod asleep;
mod clashes;
mod conflicts;
mod content;
mod farms;
pub mod host_config;
mod insert;
pub(crate) mod keys;
mod locate;
pub(crate) mod mark;
pub(crate) mod ownership;
mod pools;
mod put;
mod reconcile;
mod remove;
mod sections;
pub(crate) mod served;
mod settings;
mod shadowed;
mod take;
mod twins;
mod unreadable;

use std::collections::BTreeMap;

use iis_config::edit::Edits;
use iis_config::markup;
use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::{self, Code, Diagnostic};
use crate::emit::Kind;
use crate::model::Deployment;
use locate::Merge;
use put::Put;
use remove::Going;
pub use settings::unknown_to;

/// The changes of a file.
#[derive(Debug)]
pub struct Plan {
    /// The file's text afterwards.
    pub text: String,
    /// What happens to each node.
    pub steps: Vec<Step>,
    /// What the administrator should also know.
    pub warnings: Vec<Diagnostic>,
}

impl Plan {
    /// Whether the text would change.
    pub fn changes(&self) -> bool {
        self.steps.iter().any(|step| step.action != Action::Nothing)
    }

    /// How many steps have that action.
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }
}

/// What happens to one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "PlannedStep")]
pub struct Step {
    /// What it is, in IIS's words: `application pool`.
    pub noun: &'static str,
    /// Its name, path or other key.
    pub name: String,
    /// What is done.
    pub action: Action,
    /// What it contains, or what differs, line by line.
    pub details: Vec<String>,
    /// What it contains that is not in the spec, and stays.
    pub others: Vec<String>,
}

/// The action on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "PlannedAction")]
pub enum Action {
    /// It is added.
    Add,
    /// It exists, and is changed to what the spec says.
    Change,
    /// It is as the spec says.
    Nothing,
    /// It is removed.
    Remove,
}

/// What to do with nodes of the spec that have no comment of this program in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    /// Refuse.
    Refuse,
    /// Make them the deployment's own.
    Adopt,
}

/// What to do with nodes of the deployment that its spec no longer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// Refuse, and name them.
    Refuse,
    /// Remove them, unless they contain the work of others.
    Prune,
}

/// The caller's orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orders {
    /// About nodes without a comment.
    pub strangers: Strangers,
    /// About nodes that the spec no longer has.
    pub stale: Stale,
}

impl From<Strangers> for Orders {
    /// Nothing is deleted without an order.
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
    diagnostics.extend(settings::conflicts(&merge));
    diagnostics.extend(asleep::find(&merge));
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
    edits.push(settings::set(&merge));
    steps.extend(settings::steps(&merge));
    steps.extend(stale.steps);
    steps.extend(take::orphan_steps(&merge));
    Ok(Plan { text: Edits::all(edits).apply(text), steps, warnings: diagnostics })
}

/// Plans the removal of a deployment from a file's text.
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
    let (taken_back, settings) = settings::take_back(&merge);
    let mut steps = taken.steps;
    steps.extend(settings);
    steps.extend(take::orphan_steps(&merge));
    let text = Edits::all([removed.edits, handed_on, taken_back]).apply(text);
    Ok(Plan { text, steps, warnings: diagnostics })
}

/// The diagnostic for a file that is not XML.
pub(crate) fn malformed(flaw: markup::Flaw) -> Vec<Diagnostic> {
    let message = format!("IIS cannot read this file: {}", flaw.detail);
    let help = "correct the file, or restore a backup (%windir%\\System32\\inetsrv\\backup or \
        %SystemDrive%\\inetpub\\history); nothing was changed";
    vec![Diagnostic::new(Code::MalformedConfig, flaw.offset..flaw.offset + 1, message).help(help)]
}

/// What IIS calls a part.
pub(crate) fn noun(kind: Kind) -> &'static str {
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
