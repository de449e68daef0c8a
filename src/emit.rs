//! From the model to files: one emitter per target, each a pure function, all gathered in one [`Tree`].
//!
//! Nothing is decided here and nothing is read or written. The same model gives the same bytes everywhere; line
//! ends are line feeds.

mod application_host;
mod dispatch;
mod escape;
mod farm;
mod ini_keys;
mod kallithea;
mod manifest;
mod requirements;
mod role_services;
mod runbook;
mod scripts;
mod sections;
mod template;
mod web_config;
pub mod xml;

pub use application_host::{Kind, Part, parts};
pub use dispatch::{ENGINE_PACKAGE, LOADER_PACKAGE, engine_file_name};
pub use ini_keys::{ini_keys, node_keys};
pub use role_services::needed as needed_role_services;
pub use sections::web_config_sections;

use iis_config::check;

use crate::model::Deployment;
use crate::tree::Tree;

/// Everything that a deployment compiles to, `bin/` excepted.
pub fn emit(deployment: &Deployment) -> Tree {
    let engine = engine_file_name(deployment);
    let mut tree = Tree::default();
    web_config::emit(deployment, &mut tree);
    application_host::emit(deployment, &mut tree);
    kallithea::emit(deployment, &mut tree);
    farm::emit(deployment, &mut tree);
    dispatch::emit(deployment, &engine, &mut tree);
    requirements::emit(deployment, &mut tree);
    runbook::emit(deployment, engine.clone(), &mut tree);
    scripts::emit(deployment, &mut tree);
    manifest::emit(deployment, &engine, &mut tree);
    tree
}

/// What IIS would refuse in the files for it, each as `file:line:column: path: problem`. It is empty, unless the
/// compiler itself is wrong: the last look before anything is written.
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

/// The sentence that opens every generated file.
fn provenance(deployment: &Deployment) -> String {
    format!(
        "Made by kallithea-iisc {} from {}. Change that file and build again; edits here are lost.",
        env!("CARGO_PKG_VERSION"),
        escape::file_name(&deployment.origin.file)
    )
}
