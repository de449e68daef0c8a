//! Turns the model into files: one emitter per target, each a pure function, all results in one [`Tree`].
//!
//! Nothing is decided here, and nothing is read or written. The same model gives the same bytes everywhere;
//! line ends are line feeds.

mod application_host;
mod dispatch;
mod farm;
mod manifest;
mod runbook;
mod scripts;
mod sections;
mod web_config;
pub mod xml;

pub use application_host::{Kind, Part, parts};
pub(crate) use dispatch::{ENGINE_PACKAGE, LOADER_PACKAGE, engine_file_name};
pub(crate) use sections::{web_config_sections, web_server};

use iis_config::check;

use crate::kallithea;
use crate::model::server::ServerPlan;
use crate::model::{Deployment, MERGED};
use crate::tree::Tree;

/// Everything that a deployment compiles to, except `bin/`.
pub fn emit(deployment: &Deployment) -> Tree {
    let engine = engine_file_name(deployment);
    let mut tree = Tree::default();
    web_config::emit(deployment, &mut tree);
    application_host::emit(deployment, &mut tree);
    kallithea::emit(deployment, &mut tree);
    dispatch::emit(deployment, &engine, &mut tree);
    let plan = ServerPlan::of(deployment);
    runbook::emit(deployment, &plan, engine.clone(), &mut tree);
    scripts::emit(deployment, &plan, &mut tree);
    if let Some(merged) = &deployment.origin.merged {
        tree.insert(MERGED, merged.clone());
    }
    manifest::emit(deployment, &engine, &mut tree);
    tree
}

/// What IIS would refuse in the files for it, each as `file:line:column: path: problem`. It is empty unless the
/// compiler itself is wrong: this is the last check before anything is written.
pub fn refused_by_iis(deployment: &Deployment, tree: &Tree) -> Vec<String> {
    let unlocked: Vec<&str> = deployment.target.unlocked.iter().map(String::as_str).collect();
    tree.iter()
        .filter(|(path, _)| path.ends_with(".config"))
        .flat_map(|(path, text)| {
            let kind = match path {
                "web.config" => check::Kind::WebConfig { unlocked: &unlocked, locked: &[] },
                _ => check::Kind::HostFragment,
            };
            let problems = check::document(text, kind, deployment.target.version);
            problems.into_iter().map(move |problem| format!("{path}: {problem}"))
        })
        .collect()
}
