//! A deployment in an applicationHost.config as a resource of Microsoft's Desired State Configuration (DSC) 3.
//!
//! In: an [`Instance`] that a configuration document wants, a file's text, the deployment. Out: its state, what differs, and what
//! would be written. The contract is Microsoft's page `powershell/dsc/reference/schemas/resource/manifest/root`. Absent: files
//! and streams, which the command line knows.

use std::collections::BTreeMap;
use std::path::PathBuf;

use iis_config::markup;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::merge::mark::{Claim, marked};
use crate::merge::{Action, Orders, Plan, Stale, Step, Strangers, malformed, noun, plan, removal};
use crate::model::Deployment;
use crate::schema;

/// The name of the resource, and of its manifest's file.
pub const TYPE: &str = "KallitheaIisc/Deployment";

/// A deployment in the configuration of IIS.
///
/// It covers applicationHost.config only. The files of the build folder, rights and Kallithea's ini file are put on the server by
/// install.ps1.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Instance {
    /// The deployment spec, as an absolute path: DSC starts the program in the folder of the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<PathBuf>,
    /// The server's applicationHost.config, or its redirection.config if the configuration is shared, as an absolute path. By
    /// default, on Windows, the file of this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_config: Option<PathBuf>,
    /// Whether the file is that of the front server of the spec's farm.
    #[serde(default, skip_serializing_if = "is_false")]
    pub front: bool,
    /// Whether the deployment is in the file. `false` removes it.
    #[serde(rename = "_exist", default = "yes")]
    #[schemars(default = "yes")]
    pub exist: bool,
    /// Adopt nodes that have the deployment's names, although no comment says that they are its own.
    #[serde(default, skip_serializing_if = "is_false")]
    #[schemars(extend("writeOnly" = true))]
    pub adopt: bool,
    /// Delete what this deployment created and its spec no longer contains, but nothing that others added.
    #[serde(default, skip_serializing_if = "is_false")]
    #[schemars(extend("writeOnly" = true))]
    pub prune: bool,
    /// Keep the backup of the file in this folder, an absolute path. By default beside the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("writeOnly" = true))]
    pub backup: Option<PathBuf>,
    /// The deployment's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("readOnly" = true))]
    pub name: Option<String>,
    /// The deployment's nodes in the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("readOnly" = true))]
    pub nodes: Vec<Node>,
}

/// A node of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Node {
    /// What it is, in the words of IIS: `application pool`.
    pub kind: String,
    /// Its name, its path or another key.
    pub name: String,
    /// How it compares with the spec. Without a spec it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<NodeState>,
}

/// How a node compares with the spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NodeState {
    /// It is not there.
    Absent,
    /// It is there, and it is not what the spec says.
    Different,
    /// It is what the spec says.
    AsWanted,
    /// It is there, and the spec no longer contains it.
    LeftOver,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

fn yes() -> bool {
    true
}

impl Instance {
    fn orders(&self) -> Orders {
        Orders {
            strangers: if self.adopt { Strangers::Adopt } else { Strangers::Refuse },
            stale: if self.prune { Stale::Prune } else { Stale::Refuse },
        }
    }

    /// What `set` would do to a file: apply the deployment, or remove it.
    ///
    /// # Errors
    /// Every reason against it.
    pub fn planned(&self, text: &str, deployment: &Deployment) -> Result<Plan, Vec<Diagnostic>> {
        match self.exist {
            true => plan(text, deployment, self.orders()),
            false => removal(text, deployment),
        }
    }

    /// The state of this deployment in a file.
    ///
    /// # Errors
    /// If the file cannot be read as a configuration, or neither applying nor removing the deployment is possible.
    pub fn state(&self, text: &str, deployment: &Deployment) -> Result<Self, Vec<Diagnostic>> {
        let gone = removal(text, deployment);
        // What cannot be removed because others depend on it is there.
        let exist = gone.as_ref().map_or(true, Plan::changes);
        let steps = match plan(text, deployment, Orders { strangers: Strangers::Adopt, stale: Stale::Prune })
        {
            Ok(plan) => plan.steps,
            Err(reasons) => gone.map_err(|_| reasons)?.steps,
        };
        let nodes = steps.iter().map(Node::of).collect();
        let name = Some(deployment.name.clone());
        let Self { spec, host_config, front, .. } = self.clone();
        Ok(Self { spec, host_config, front, exist, name, nodes, ..Self::default() })
    }
}

impl Node {
    fn of(step: &Step) -> Self {
        let state = match step.action {
            Action::Add => NodeState::Absent,
            Action::Change => NodeState::Different,
            Action::Nothing => NodeState::AsWanted,
            Action::Remove => NodeState::LeftOver,
        };
        Self { kind: step.noun.to_owned(), name: step.name.clone(), state: Some(state) }
    }
}

/// The names of the properties that differ between two states.
pub fn differing(before: &Instance, after: &Instance) -> Vec<&'static str> {
    let exist = (before.exist != after.exist).then_some("_exist");
    let nodes = (before.nodes != after.nodes).then_some("nodes");
    exist.into_iter().chain(nodes).collect()
}

/// Every deployment that a file's comments name, in the order of their names. Their specs are not in the file.
///
/// # Errors
/// If the file is not XML.
pub fn all(text: &str) -> Result<Vec<Instance>, Vec<Diagnostic>> {
    let document = markup::parse(text).map_err(malformed)?;
    let mut all: BTreeMap<String, Vec<Node>> = BTreeMap::new();
    for mark in marked(&document).into_iter().filter(|mark| mark.fits(&document)) {
        if let Claim::Node(identity, _) = mark.mark.claim {
            let node = Node { kind: noun(identity.kind).to_owned(), name: identity.key, state: None };
            all.entry(mark.mark.deployment).or_default().push(node);
        }
    }
    let instance = |(name, nodes)| Instance { name: Some(name), exist: true, nodes, ..Instance::default() };
    Ok(all.into_iter().map(instance).collect())
}

/// The JSON schema of an instance. DSC follows no references.
pub fn schema() -> Value {
    schema::of::<Instance>()
}

/// The manifest, which DSC finds beside the program in a folder of PATH.
pub fn manifest() -> Value {
    let run = |operation: &str| json!(["dsc", operation]);
    let trial = |operation: &str| json!(["dsc", operation, { "whatIfArg": "--what-if" }]);
    let executable = "kallithea-iisc";
    json!({
        "$schema": "https://aka.ms/dsc/schemas/v3/bundled/resource/manifest.json",
        "type": TYPE,
        "version": env!("CARGO_PKG_VERSION"),
        "description": "A deployment of Kallithea in the configuration of IIS",
        "tags": ["IIS", "Kallithea", "Windows"],
        "get": { "executable": executable, "args": run("get"), "input": "stdin" },
        "set": {
            "executable": executable,
            "args": trial("set"),
            "input": "stdin",
            "implementsPretest": true,
            "handlesExist": true,
            "return": "stateAndDiff",
        },
        "test": { "executable": executable, "args": run("test"), "input": "stdin", "return": "stateAndDiff" },
        "delete": { "executable": executable, "args": trial("delete"), "input": "stdin" },
        "export": { "executable": executable, "args": run("export"), "input": "stdin" },
        "schema": { "command": { "executable": executable, "args": run("schema") } },
    })
}
