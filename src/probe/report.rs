//! What a probe found, as data and as text.
//!
//! What enters: steps, requests, and lines of the log. What leaves: a [`Report`] that can be printed either way.
//! Absent: finding things out.

use std::fmt::Write as _;

use kallithea_bridge_isapi::visible;
use schemars::JsonSchema;
use serde::Serialize;

use crate::deployed::Deployed;

/// The number of the log's last lines that are shown with a failure.
const SHOWN: usize = 60;

/// Everything that a probe found.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Probed")]
pub(crate) struct Report {
    /// The library that was loaded.
    pub library: String,
    /// The deployment's name, if it is known.
    pub deployment: Option<String>,
    /// Whether the bridge will run, as far as the probe can tell.
    pub will_run: bool,
    /// What was checked, in this order.
    pub steps: Vec<Step>,
    /// The requests that were made.
    pub requests: Vec<Served>,
    /// Where the bridge's log is.
    pub log_file: Option<String>,
    /// What this run wrote to it.
    pub log: Vec<String>,
}

/// One thing that was checked.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProbedStep")]
pub(crate) struct Step {
    /// What it is.
    pub step: &'static str,
    /// Its result.
    pub outcome: Outcome,
    /// What was found, and after a failure what to do.
    pub detail: String,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ProbedOutcome")]
pub(crate) enum Outcome {
    /// It is as it should be.
    Ok,
    /// The server would not work with it.
    Failed,
    /// It could not be checked, or there is nothing to check.
    Skipped,
}

/// One request and what came back.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProbedRequest")]
pub(crate) struct Served {
    /// Its method and URL.
    pub request: String,
    /// Status code and reason phrase; empty if there was no answer.
    pub status: String,
    /// From the call to completion.
    pub milliseconds: f64,
    /// What IIS would not have tolerated.
    pub violations: Vec<String>,
}

impl Step {
    pub(super) fn ok(step: &'static str, detail: impl Into<String>) -> Self {
        Self { step, outcome: Outcome::Ok, detail: detail.into() }
    }

    pub(super) fn failed(step: &'static str, detail: impl Into<String>) -> Self {
        Self { step, outcome: Outcome::Failed, detail: detail.into() }
    }

    pub(super) fn skipped(step: &'static str, detail: impl Into<String>) -> Self {
        Self { step, outcome: Outcome::Skipped, detail: detail.into() }
    }
}

impl Report {
    pub(super) fn new(
        deployed: &Deployed,
        steps: Vec<Step>,
        requests: Vec<Served>,
        log: Vec<String>,
    ) -> Self {
        let facts = deployed.facts.as_ref();
        Self {
            library: deployed.library.display().to_string(),
            deployment: facts.map(|facts| facts.deployment.clone()),
            will_run: steps.iter().all(|step| step.outcome != Outcome::Failed),
            steps,
            requests,
            log_file: facts.map(|facts| crate::deployed::local(&facts.log).display().to_string()),
            log,
        }
    }

    /// The report for a person: the steps, the requests, and after a failure the end of the log.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n", self.library);
        for step in &self.steps {
            let outcome = match step.outcome {
                Outcome::Ok => "ok",
                Outcome::Failed => "failed",
                Outcome::Skipped => "skipped",
            };
            put(&mut text, format_args!("  {outcome:<8} {:<20} {}", step.step, step.detail));
        }
        if !self.requests.is_empty() {
            put(&mut text, format_args!("\n  {:>10}  {:<28} request", "time", "status"));
        }
        for served in &self.requests {
            let status = if served.status.is_empty() { "no answer" } else { &served.status };
            let time = format!("{:.1} ms", served.milliseconds);
            put(&mut text, format_args!("  {time:>10}  {status:<28} {}", served.request));
        }
        if !self.will_run && !self.requests.is_empty() {
            self.put_log(&mut text);
        }
        put(&mut text, format_args!("\n{}", if self.will_run { "It will run." } else { "It will not run." }));
        // Statuses, and what the application says about itself, may contain anything.
        visible::lines(&text)
    }

    fn put_log(&self, text: &mut String) {
        let Some(file) = &self.log_file else { return };
        let shown = &self.log[self.log.len().saturating_sub(SHOWN)..];
        if shown.is_empty() {
            return put(text, format_args!("\nThis run wrote nothing to {file}."));
        }
        put(text, format_args!("\nWhat this run wrote to {file}:"));
        shown.iter().for_each(|line| put(text, format_args!("  | {line}")));
    }
}

fn put(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes everything");
}
