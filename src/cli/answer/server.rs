//! What `plan`, `apply`, `remove`, `route` and `lint` make of a server's files, for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::files::TextFile;
use crate::merge::{Action, Plan, Step};
use crate::route::{self, Front, Route};

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
    pub front: Option<Vec<RoutedStep>>,
    /// The rules that were checked, in order.
    pub steps: Vec<RoutedStep>,
    /// Whether the request reaches the bridge.
    pub reaches: bool,
    /// Where it ends.
    #[serde(flatten)]
    pub end: End,
}

/// Where a request ends.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum End {
    /// At the bridge.
    Bridge {
        /// SCRIPT_NAME.
        script_name: String,
        /// PATH_INFO, decoded.
        path_info: String,
        /// The value of REMOTE_USER.
        remote_user: String,
    },
    /// Before the bridge.
    Answered {
        /// IIS's status with its sub-status: `404.11`. It is `-` if there is no answer.
        status: &'static str,
        /// Why, and what to do.
        why: String,
    },
}

/// A rule that was checked.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RoutedStep {
    /// What was checked.
    pub rule: &'static str,
    /// The result.
    pub says: String,
    /// Microsoft's page about it.
    pub page: String,
}

impl Routed {
    /// The way of a request, through a front server if there is one.
    pub fn of(route: &Route, front: Option<&Front>) -> Self {
        let end = match route.outcome.clone() {
            route::Outcome::Bridge { script_name, path_info, remote_user } => {
                End::Bridge { script_name, path_info, remote_user }
            }
            route::Outcome::Answered { status, why } => End::Answered { status, why },
        };
        let reaches = matches!(end, End::Bridge { .. });
        let front = front.map(|front| routed_steps(&front.steps));
        Self { front, steps: routed_steps(&route.steps), reaches, end }
    }
}

fn routed_steps(steps: &[route::Step]) -> Vec<RoutedStep> {
    let page = |page| format!("https://learn.microsoft.com/en-us/{page}");
    let one =
        |step: &route::Step| RoutedStep { rule: step.rule, says: step.says.clone(), page: page(step.page) };
    steps.iter().map(one).collect()
}

/// What nobody has looked at in a file.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Linted {
    /// The sections of the file for which there is no schema, by their paths.
    pub not_looked_at: Vec<String>,
}
