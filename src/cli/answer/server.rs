//! What `plan`, `apply`, `remove`, `route` and `lint` make of a server's files, for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::files::TextFile;
use crate::merge::{Action, Plan, Step};
use crate::route::{self, Front, Outcome, Route};

/// What happens in a server's file.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// The file.
    pub file: String,
    /// What happens to each of the deployment's nodes.
    pub steps: Vec<Step>,
    /// How many of them change.
    pub summary: Summary,
    /// The changes as a unified diff without secrets, with those of the web.config that `plan` compared. Only `plan` has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// Whether the web.config that `plan` compared differs from the compiled one; absent if it compared none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_config_differs: Option<bool>,
    /// The backup of the file; absent if nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<String>,
    /// The command that undoes the change; absent if nothing was written, or if no command can name the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
}

/// How many nodes change.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// How many are added.
    pub add: usize,
    /// How many are changed.
    pub change: usize,
    /// How many are deleted.
    pub delete: usize,
}

impl Planned {
    /// A plan for a file.
    pub fn of(file: &TextFile, plan: Plan) -> Self {
        let summary = Summary {
            add: plan.count(Action::Add),
            change: plan.count(Action::Change),
            delete: plan.count(Action::Remove),
        };
        let file = file.path().display().to_string();
        Self {
            file,
            steps: plan.steps,
            summary,
            diff: None,
            web_config_differs: None,
            backup: None,
            undo: None,
        }
    }

    /// Everything that differs, in words.
    pub fn changes(&self) -> impl Iterator<Item = String> {
        let web_config = self.web_config_differs.filter(|differs| *differs);
        let web_config =
            web_config.map(|_| "the deployed web.config differs from the compiled one".to_owned());
        let nodes = self.steps.iter().filter_map(|step| {
            let verb = match step.action {
                Action::Add => "add",
                Action::Change => "change",
                Action::Remove => "delete",
                Action::Nothing => return None,
            };
            Some(format!("apply would {verb} the {} {} in {}", step.noun, step.name, self.file))
        });
        nodes.chain(web_config)
    }
}

/// The way of a request.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Routed {
    /// The rules that the front server checked, if the request began there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub front: Option<Vec<route::Step>>,
    /// The rules that were checked, in order.
    pub steps: Vec<route::Step>,
    /// Whether the request reaches the bridge.
    pub reaches: bool,
    /// Where it ends.
    #[serde(flatten)]
    pub end: Outcome,
}

impl Routed {
    /// The way of a request, through a front server if there is one.
    pub fn of(route: &Route, front: Option<&Front>) -> Self {
        let reaches = matches!(route.outcome, Outcome::Bridge { .. });
        let front = front.map(|front| front.steps.clone());
        Self { front, steps: route.steps.clone(), reaches, end: route.outcome.clone() }
    }
}

/// What nobody has looked at in a file.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Linted {
    /// The sections of the file for which there is no schema, by their paths.
    pub not_looked_at: Vec<String>,
}
