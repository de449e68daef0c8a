//! Deployments in a server's applicationHost.config: added, inspected, removed, and every reason for a refusal.
//!
//! `merge/server.config` is the server. With the feature `schemas`, the real files in the folder of
//! `KALLITHEA_IISC_IIS_SAMPLES` are tested, too.

mod above;
mod asleep;
mod conflicts;
mod files;
mod histories;
mod history;
mod neighbours;
mod others;
mod ownership;
#[cfg(feature = "schemas")]
mod real;
mod round_trip;
mod taken_over;
mod told;
mod variants;

use kallithea_iisc::diagnostic::Diagnostic;
use kallithea_iisc::merge::{Action, Orders, Plan, Stale, Strangers, plan, removal};
use kallithea_iisc::model::Deployment;

use crate::support::{deployment, deployment_of, spec_of};

/// The server that most tests start from.
const SERVER: &str = include_str!("merge/server.config");

fn planned(text: &str, deployment: &Deployment) -> Plan {
    plan(text, deployment, Strangers::Refuse).unwrap_or_else(|reasons| panic!("{reasons:#?}"))
}

/// The plan with the order to delete what the spec no longer has.
fn pruned(text: &str, deployment: &Deployment) -> Plan {
    let orders = Orders { strangers: Strangers::Refuse, stale: Stale::Prune };
    plan(text, deployment, orders).unwrap_or_else(|reasons| panic!("{reasons:#?}"))
}

fn removed(text: &str, deployment: &Deployment) -> Plan {
    removal(text, deployment).unwrap_or_else(|reasons| panic!("{reasons:#?}"))
}

/// The codes of the reasons against a deployment, and the text that each points at.
fn reasons(text: &str, deployment: &Deployment) -> Vec<(&'static str, String)> {
    let found = plan(text, deployment, Strangers::Refuse).err().unwrap_or_default();
    found.iter().map(|reason| said(text, reason)).collect()
}

fn said(text: &str, reason: &Diagnostic) -> (&'static str, String) {
    (reason.code.id(), text.get(reason.span.clone()).unwrap_or_default().to_owned())
}

/// The steps of a plan, in short: `add application pool Kallithea`.
fn steps(plan: &Plan) -> Vec<String> {
    let word = |action| match action {
        Action::Add => "add",
        Action::Change => "change",
        Action::Nothing => "leave",
        Action::Remove => "remove",
    };
    plan.steps.iter().map(|step| format!("{} {} {}", word(step.action), step.noun, step.name)).collect()
}
