//! `plan`, `apply` and `remove`: a deployment and a server's applicationHost.config.

use std::fmt::Write;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::diff::colored;
use super::output::Output;
use super::spec::{self, Compiled};
use super::{ApplyArguments, Outcome, PlanArguments, RemoveArguments, Trouble};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::redact::without_secrets;
use crate::merge::file::ConfigFile;
use crate::merge::{Action, Plan, Step, Strangers, plan, removal};
use crate::model::Deployment;
use crate::source::Source;
use crate::tree;

pub(super) fn run_plan(arguments: &PlanArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let Some(compiled) = spec::compile(&arguments.spec, output)? else {
        return Err(unsound());
    };
    let file = ConfigFile::open(&arguments.host_config)?;
    let planned = plan(&file.text, &machine(&compiled, arguments.front)?, strangers(arguments.adopt));
    let plan = sound(planned, &file, output)?;
    let host = unified(&file.path().display().to_string(), &file.text, &plan.text);
    let web = arguments.web_config.as_deref().map(|path| web_config(path, &compiled)).transpose()?;
    let diff = host + web.as_deref().unwrap_or_default();
    if output.json() {
        let steps: Vec<Value> = plan.steps.iter().map(as_json).collect();
        let plan = json!({ "file": file.path().display().to_string(), "steps": steps, "diff": diff });
        output.print_json(&plan)?;
    } else {
        output.print(&format!("{}{}", as_text(&plan), colored(&diff)))?;
    }
    let differs = plan.changes() || web.is_some_and(|diff| !diff.is_empty());
    output.say(if differs { "apply would change this" } else { "nothing to do" });
    Ok(if differs { Outcome::Found } else { Outcome::Fine })
}

pub(super) fn run_apply(apply: &ApplyArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let arguments = &apply.change;
    let Some(compiled) = spec::compile(&arguments.spec, output)? else {
        return Ok(Outcome::Found);
    };
    let file = ConfigFile::open(&arguments.host_config)?;
    let planned = plan(&file.text, &machine(&compiled, arguments.front)?, strangers(apply.adopt));
    let plan = sound(planned, &file, output)?;
    carry_out(&file, &plan, arguments.backup.as_deref(), output)
}

pub(super) fn run_remove(remove: &RemoveArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let arguments = &remove.change;
    let Some(compiled) = spec::compile(&arguments.spec, output)? else {
        return if remove.check { Err(unsound()) } else { Ok(Outcome::Found) };
    };
    let file = ConfigFile::open(&arguments.host_config)?;
    let plan = sound(removal(&file.text, &machine(&compiled, arguments.front)?), &file, output)?;
    if remove.check {
        return only_said(&plan, &file, output);
    }
    carry_out(&file, &plan, arguments.backup.as_deref(), output)
}

/// What `remove` would do, and nothing done.
fn only_said(plan: &Plan, file: &ConfigFile, output: &mut Output) -> Result<Outcome, Trouble> {
    if output.json() {
        let steps: Vec<Value> = plan.steps.iter().map(as_json).collect();
        output.print_json(&json!({ "file": file.path().display().to_string(), "steps": steps }))?;
    } else {
        output.print(&as_text(plan))?;
    }
    output.say(if plan.changes() { "remove would change this" } else { "nothing to do" });
    Ok(if plan.changes() { Outcome::Found } else { Outcome::Fine })
}

/// The deployment as the machine's file has it.
fn machine(compiled: &Compiled, front: bool) -> Result<Deployment, Trouble> {
    match front {
        false => Ok(compiled.deployment.clone()),
        true => compiled
            .deployment
            .front()
            .ok_or_else(|| "the spec has no farm, so that there is no front".into()),
    }
}

fn carry_out(
    file: &ConfigFile,
    plan: &Plan,
    backups: Option<&Path>,
    output: &mut Output,
) -> Result<Outcome, Trouble> {
    let written = file.write(&plan.text, backups)?;
    if output.json() {
        let steps: Vec<Value> = plan.steps.iter().map(as_json).collect();
        let backup = written.backup.as_ref().map(|path| path.display().to_string());
        let done = json!({ "file": file.path().display().to_string(), "steps": steps, "backup": backup });
        output.print_json(&done)?;
    } else {
        output.print(&as_text(plan))?;
    }
    match written.backup {
        Some(backup) => {
            output.say(&format!("{}: written; before: {}", file.path().display(), backup.display()))
        }
        None => output.say(&format!("{}: nothing to do", file.path().display())),
    }
    Ok(Outcome::Fine)
}

/// A plan, its warnings shown; or the reasons against one shown, and trouble.
pub(super) fn sound(
    planned: Result<Plan, Vec<Diagnostic>>,
    file: &ConfigFile,
    output: &mut Output,
) -> Result<Plan, Trouble> {
    match planned {
        Ok(plan) => {
            output.explain_problems(&shown(file, &plan.warnings), &plan.warnings);
            Ok(plan)
        }
        Err(diagnostics) => {
            output.diagnostics(&[(&shown(file, &diagnostics), &diagnostics)])?;
            Err("this configuration cannot take the deployment; nothing was written".into())
        }
    }
}

/// A file's text as diagnostics may show it, secrets hidden; empty where there is nothing to show of it.
pub(super) fn shown(file: &ConfigFile, diagnostics: &[Diagnostic]) -> Source {
    let name = file.path().display().to_string();
    match diagnostics.is_empty() {
        true => Source::new(name, ""),
        false => Source::new(name, without_secrets(&file.text)),
    }
}

fn unsound() -> Trouble {
    "there is no plan for a spec that is wrong".into()
}

fn strangers(adopt: bool) -> Strangers {
    if adopt { Strangers::Adopt } else { Strangers::Refuse }
}

/// How a deployed web.config differs from the compiled one. Line ends do not count.
fn web_config(path: &Path, compiled: &Compiled) -> Result<String, Trouble> {
    let file = ConfigFile::open_exactly(path)?;
    let wanted = compiled.tree.get("web.config").unwrap_or_default();
    Ok(unified(&path.display().to_string(), &file.text.replace("\r\n", "\n"), wanted))
}

fn unified(name: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    without_secrets(&tree::unified((name, name), before, after).replace('\r', "")).into_owned()
}

fn as_json(step: &Step) -> Value {
    let action = match step.action {
        Action::Add => "add",
        Action::Change => "change",
        Action::Nothing => "nothing",
        Action::Remove => "remove",
    };
    json!({
        "noun": step.noun, "name": step.name, "action": action, "details": step.details, "others": step.others,
    })
}

fn as_text(plan: &Plan) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        let (sign, style) = match step.action {
            Action::Add => ("+", AnsiColor::Green.on_default()),
            Action::Change => ("~", AnsiColor::Yellow.on_default()),
            Action::Nothing => ("=", Style::new()),
            Action::Remove => ("-", AnsiColor::Red.on_default()),
        };
        let mut line = |line: String| writeln!(text, "{line}").expect("writing to memory does not fail");
        line(format!("{style}{sign} {} {}{style:#}", step.noun, step.name));
        step.details.iter().for_each(|detail| line(format!("    {detail}")));
        step.others.iter().for_each(|other| line(format!("    {other}: not in the spec, stays")));
    }
    text
}
