//! The application that is deployed: Kallithea 0.7.0. Another application would be another module beside this one.
//!
//! Every fact about Kallithea's own files, settings, pages and packages is below this module. The rest of the compiler uses
//! only what this file makes public, and [`facts`] if a constant is enough.

mod compat;
pub(crate) mod facts;
mod ini_file;
mod ini_files;
mod ini_keys;
mod page;
mod requests;
mod requirements;
mod rules;
mod settings;
mod symptoms;

pub use ini_file::{Written, ini_plan, written_folders};
pub use ini_keys::{ini_keys, node_keys};
pub(crate) use page::{DATABASE_PAGE, Database, database};
pub(crate) use requests::{
    ACCOUNT_PAGE, ONLY_CLIENTS, PRIVATE_FILES, PUSH, Wire, form_token, git_references, hg_capabilities,
};
pub(crate) use rules::RULES;
pub use symptoms::SYMPTOMS;

use crate::model::Deployment;
use crate::tree::Tree;

/// Parts of the runbook and of the scripts that concern Kallithea, by the names under which `src/templates` includes them.
pub(crate) const TEMPLATES: [(&str, &str); 8] = [
    ("runbook/installation.md.j2", include_str!("kallithea/templates/runbook/installation.md.j2")),
    ("runbook/settings.md.j2", include_str!("kallithea/templates/runbook/settings.md.j2")),
    ("runbook/node.md.j2", include_str!("kallithea/templates/runbook/node.md.j2")),
    ("runbook/farm_symptoms.md.j2", include_str!("kallithea/templates/runbook/farm_symptoms.md.j2")),
    ("open_folders.ps1.j2", include_str!("kallithea/templates/open_folders.ps1.j2")),
    ("front_end.ps1.j2", include_str!("kallithea/templates/front_end.ps1.j2")),
    ("packages.ps1.j2", include_str!("kallithea/templates/packages.ps1.j2")),
    ("settings.ps1.j2", include_str!("kallithea/templates/settings.ps1.j2")),
];

/// What Kallithea itself needs, below `kallithea/` of the outputs and of each node.
pub(crate) fn emit(deployment: &Deployment, tree: &mut Tree) {
    ini_files::emit(deployment, tree);
    settings::emit(deployment, tree);
    requirements::emit(deployment, tree);
    compat::emit(tree);
}
