//! `dsc`: the operations of a resource of Microsoft's Desired State Configuration 3.
//!
//! DSC writes one JSON object to standard input, and reads one compact line a value from standard output and one object a line
//! from standard error. Exit code 0 is success, also where something differs.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::merge::{machine, shown, unreadable};
use super::output::Output;
use super::spec::compile_and;
use super::{Outcome, Trouble, own_host_config};
use crate::diagnostic::{Diagnostic, Problem, Severity, problems};
use crate::dsc::{Instance, all, differing, manifest, schema};
use crate::files::{self, TextFile};
use crate::merge::{Plan, host_config};
use crate::model::Deployment;
use crate::source::Source;

#[derive(Args)]
pub(super) struct DscArguments {
    #[command(subcommand)]
    operation: Operation,
}

#[derive(Subcommand)]
enum Operation {
    /// Print the state of a deployment
    #[command(after_help = "Example: Get-Content instance.json | kallithea-iisc dsc get")]
    Get,
    /// Print the state of a deployment, and which properties differ from what is wanted
    #[command(after_help = "Example: Get-Content instance.json | kallithea-iisc dsc test")]
    Test,
    /// Put a deployment into applicationHost.config, or remove it
    ///
    /// Prints its state afterwards, and which properties changed.
    #[command(after_help = "Example: Get-Content instance.json | kallithea-iisc dsc set")]
    Set(TrialArguments),
    /// Remove a deployment from applicationHost.config
    #[command(after_help = "Example: Get-Content instance.json | kallithea-iisc dsc delete")]
    Delete(TrialArguments),
    /// Print every deployment that the comments of an applicationHost.config name
    #[command(after_help = "Example: Get-Content instance.json | kallithea-iisc dsc export")]
    Export,
    /// Print the JSON schema of the resource
    #[command(after_help = "Example: kallithea-iisc dsc schema")]
    Schema,
    /// Print the manifest, or write it to a file
    #[command(after_help = "Example: kallithea-iisc dsc manifest -o kallithea-iisc.dsc.resource.json")]
    Manifest {
        /// Write the manifest to this file, and replace an older one: kallithea-iisc.dsc.resource.json beside the program
        /// [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Args)]
struct TrialArguments {
    /// Write nothing; print what would be
    #[arg(long)]
    what_if: bool,
}

/// Why an operation ended, as DSC reads it.
enum Refusal {
    /// Problems of a file.
    Problems(Source, Vec<Diagnostic>),
    /// Something else.
    Trouble(Trouble),
}

impl<E: Into<Trouble>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Trouble(error.into())
    }
}

pub(super) fn run(arguments: &DscArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let done = match &arguments.operation {
        Operation::Get => Work::begin(output).and_then(|work| work.get(output)),
        Operation::Test => Work::begin(output).and_then(|work| work.test(output)),
        Operation::Set(trial) => Work::begin(output).and_then(|work| work.set(trial.what_if, output)),
        Operation::Delete(trial) => Work::begin(output).and_then(|work| work.delete(trial.what_if, output)),
        Operation::Export => export(output),
        Operation::Schema => print(&schema(), output),
        Operation::Manifest { out } => return write_manifest(out.as_deref(), output),
    };
    match done {
        Ok(()) => return Ok(Outcome::Fine),
        Err(Refusal::Problems(source, diagnostics)) => tell(&source, &diagnostics, output),
        Err(Refusal::Trouble(trouble)) => output.line(&json!({ "error": as_property(&trouble.to_string()) })),
    }
    Ok(Outcome::Trouble)
}

/// One operation on one deployment.
struct Work {
    wish: Instance,
    deployment: Deployment,
    file: TextFile,
}

impl Work {
    /// Reads what DSC wants, the spec, and the server's file.
    fn begin(output: &mut Output) -> Result<Self, Refusal> {
        let wish = input()?.ok_or("the input is empty: write an instance as JSON to standard input")?;
        let spec =
            wish.spec.as_deref().ok_or("the property 'spec' is missing: it names the deployment spec")?;
        for (name, path) in [("spec", Some(spec)), ("backup", wish.backup.as_deref())] {
            check_absolute(name, path)?;
        }
        let report = compile_and(spec, Ok);
        let Some(compiled) = report.result? else {
            return Err(Refusal::Problems(report.source, report.diagnostics));
        };
        tell(&report.source, &report.diagnostics, output);
        let file = host_config::open(&config_of(&wish)?)?;
        Ok(Self { deployment: machine(&compiled, wish.front)?, wish, file })
    }

    fn get(&self, output: &mut Output) -> Result<(), Refusal> {
        print(&json!(self.state(&self.file.text)?), output)
    }

    fn test(&self, output: &mut Output) -> Result<(), Refusal> {
        let state = self.state(&self.file.text)?;
        let differing = match self.planned()? {
            Ok(plan) => differing(&state, &self.state(&plan.text)?),
            // It is not what is wanted, and `set` would refuse to change that.
            Err(reasons) => {
                tell_as_warnings(&self.shown(&reasons), &reasons, output);
                vec!["nodes"]
            }
        };
        print(&json!(state), output)?;
        print(&json!(differing), output)
    }

    fn set(&self, is_trial: bool, output: &mut Output) -> Result<(), Refusal> {
        let before = self.state(&self.file.text)?;
        let plan = self.sound(output)?;
        let after = self.state(&plan.text)?;
        self.write(&plan, is_trial, output)?;
        print(&json!(after), output)?;
        print(&json!(differing(&before, &after)), output)
    }

    fn delete(mut self, is_trial: bool, output: &mut Output) -> Result<(), Refusal> {
        self.wish.exist = false;
        let plan = self.sound(output)?;
        self.write(&plan, is_trial, output)?;
        if !is_trial {
            return Ok(());
        }
        let steps: Vec<_> =
            plan.steps.iter().map(|step| format!("remove {} {}", step.noun, step.name)).collect();
        print(&json!({ "_metadata": { "whatIf": steps } }), output)
    }

    fn state(&self, text: &str) -> Result<Instance, Refusal> {
        let state = self.wish.state(text, &self.deployment);
        state.map_err(|reasons| Refusal::Problems(self.shown(&reasons), reasons))
    }

    fn planned(&self) -> Result<Result<Plan, Vec<Diagnostic>>, Refusal> {
        if let Some(reason) =
            self.wish.exist.then(|| unreadable(&self.file, &self.deployment)).transpose()?.flatten()
        {
            return Ok(Err(vec![reason]));
        }
        Ok(self.wish.planned(&self.file.text, &self.deployment))
    }

    /// What to do, after its warnings are told.
    fn sound(&self, output: &mut Output) -> Result<Plan, Refusal> {
        let plan = self.planned()?.map_err(|reasons| Refusal::Problems(self.shown(&reasons), reasons))?;
        tell(&self.shown(&plan.warnings), &plan.warnings, output);
        Ok(plan)
    }

    fn write(&self, plan: &Plan, is_trial: bool, output: &mut Output) -> Result<(), Refusal> {
        if is_trial {
            return Ok(());
        }
        let written = self.file.write(&plan.text, self.wish.backup.as_deref())?;
        if let Some(backup) = written.backup {
            let told = format!("{}: written; backup: {}", self.file.path().display(), backup.display());
            output.line(&json!({ "info": told }));
        }
        Ok(())
    }

    fn shown(&self, diagnostics: &[Diagnostic]) -> Source {
        shown(&self.file, diagnostics)
    }
}

fn export(output: &mut Output) -> Result<(), Refusal> {
    let wish = input()?.unwrap_or_default();
    let file = host_config::open(&config_of(&wish)?)?;
    let found = all(&file.text).map_err(|reasons| Refusal::Problems(shown(&file, &reasons), reasons))?;
    for instance in found {
        let host_config = Some(file.path().to_owned());
        print(&json!(Instance { host_config, ..instance }), output)?;
    }
    Ok(())
}

/// What DSC wrote to standard input.
fn input() -> Result<Option<Instance>, Refusal> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot read standard input: {error}"))?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    let read = serde_json::from_str(&text);
    Ok(Some(read.map_err(|error| {
        format!("the input is not a valid instance: {error}. 'kallithea-iisc dsc schema' prints what it may contain")
    })?))
}

fn config_of(wish: &Instance) -> Result<PathBuf, Refusal> {
    check_absolute("hostConfig", wish.host_config.as_deref())?;
    let config = wish.host_config.clone().or_else(own_host_config);
    Ok(config.ok_or("the property 'hostConfig' is missing: it names the server's applicationHost.config")?)
}

fn check_absolute(name: &str, path: Option<&Path>) -> Result<(), Refusal> {
    match path.filter(|path| !path.is_absolute()) {
        None => Ok(()),
        Some(path) => {
            Err(format!("the property '{name}' must be an absolute path, and {} is not", path.display())
                .into())
        }
    }
}

fn print(value: &Value, output: &mut Output) -> Result<(), Refusal> {
    Ok(output.print(&format!("{value}\n"))?)
}

/// Reports problems as DSC reads them.
fn tell(source: &Source, diagnostics: &[Diagnostic], output: &mut Output) {
    for problem in problems(source, diagnostics) {
        let level = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warn",
        };
        output.line(&json!({ level: line(&problem) }));
    }
}

/// Reports the errors of another operation, which are none of this one.
fn tell_as_warnings(source: &Source, diagnostics: &[Diagnostic], output: &mut Output) {
    problems(source, diagnostics).iter().for_each(|problem| output.line(&json!({ "warn": line(problem) })));
}

/// A problem in one line: file, line, column, code, message, and what to do.
fn line(problem: &Problem) -> String {
    let Problem { file, line, column, code, message, help, .. } = problem;
    let help = help.as_deref().map(|help| format!("; {}", as_property(help))).unwrap_or_default();
    format!("{file}:{line}:{column}: {}: {message}{help}", code.id())
}

/// Advice that names a flag of `apply`, with the property in its place.
fn as_property(advice: &str) -> String {
    let properties = [("--adopt", "'adopt: true'"), ("--prune", "'prune: true'"), ("--front", "'front'")];
    properties.iter().fold(advice.to_owned(), |advice, (flag, property)| advice.replace(flag, property))
}

fn write_manifest(out: Option<&Path>, output: &mut Output) -> Result<Outcome, Trouble> {
    let text = format!("{:#}\n", manifest());
    match out {
        None => output.print(&text)?,
        Some(path) => files::renew(path, &text, is_manifest)?,
    }
    Ok(Outcome::Fine)
}

/// Whether a file is the manifest of this resource, of this version or another.
fn is_manifest(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_ok_and(|value| value["type"] == crate::dsc::TYPE)
}
