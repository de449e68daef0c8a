//! `plan`, `apply` and `remove`: merge a deployment into a server's applicationHost.config, or remove it.

use std::fmt::Write;
use std::path::Path;

use super::above::{Above, is_of_this_server};
use super::answer::{Data, Planned};
use super::arguments::{ChangeArguments, OrderArguments};
use super::commands::word;
use super::diff::colored;
use super::output::Output;
use super::spec::{self, Compiled};
use super::{ApplyArguments, Outcome, PlanArguments, RemoveArguments, Trouble};
use crate::characters::shown as one_line;
use crate::diagnostic::redact::{without_secrets, without_secrets_but};
use crate::diagnostic::{Code, Diagnostic, Severity, has_errors};
use crate::files::TextFile;
use crate::merge::host_config;
use crate::merge::{Action, Orders, Plan, Stale, Strangers, plan, removal, unknown_to};
use crate::model::Deployment;
use crate::route::Broken;
use crate::source::Source;
use crate::tree;
use anstyle::{AnsiColor, Style};

pub(super) fn run_plan(arguments: &PlanArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let Some(compiled) = spec::compile(&arguments.spec, output)? else {
        return Err(unsound());
    };
    let file = host_config::open(&super::host_config(arguments.host_config.as_ref())?)?;
    let deployment = machine(&compiled, arguments.front)?;
    let orders = orders(&arguments.orders);
    readable(&file, &deployment, output)?;
    let (plan, untold) = match plan(&file.text, &deployment, orders) {
        Err(reasons) if reasons.iter().any(|reason| reason.code == Code::NotPruned) => {
            let pruned = Orders { stale: Stale::Prune, ..orders };
            match plan(&file.text, &deployment, pruned) {
                Ok(plan) => (plan, reasons),
                Err(_) => (sound(Err(reasons), &file, output)?, Vec::new()),
            }
        }
        planned => (sound(planned, &file, output)?, Vec::new()),
    };
    let is_refused = !arguments.front && is_refused(&file, &plan, &compiled, arguments, output)?;
    let host = unified(file.path(), &file.text, &plan.text, &compiled.deployment);
    let web = arguments.web_config.as_deref().map(|path| web_config(path, &compiled)).transpose()?;
    let diff = host + web.as_deref().unwrap_or_default();
    let web_config_differs = web.map(|diff| !diff.is_empty());
    let differs = plan.changes() || web_config_differs == Some(true);
    output.say(if differs { "apply would change this" } else { "nothing to do" });
    output.diagnostics(&shown(&file, &untold), &untold);
    match output.is_text() {
        true => output.print(&format!("{}{}{}\n", as_text(&plan), colored(&diff), counted(&plan)))?,
        false => output.result(Data::Plan(Planned {
            diff: Some(diff),
            web_config_differs,
            ..Planned::of(&file, plan)
        })),
    }
    if !untold.is_empty() {
        return Err("apply would write nothing: use --prune to delete that".into());
    }
    if is_refused {
        return Err("IIS would answer 500.19 to the application: correct the web.config files first".into());
    }
    Ok(if differs { Outcome::Found } else { Outcome::Fine })
}

/// Says what the web.config files above the application break of it. Returns whether IIS would refuse one of them, or the application's
/// own below them.
fn is_refused(
    file: &TextFile,
    plan: &Plan,
    compiled: &Compiled,
    arguments: &PlanArguments,
    output: &mut Output,
) -> Result<bool, Trouble> {
    let (deployment, host) = (&compiled.deployment, plan.text.as_str());
    let is_own = is_of_this_server(file.path());
    let above = Above::of(arguments.site_web_config.as_deref(), (host, is_own), deployment)?;
    above.not_looked_at().iter().for_each(|words| output.say(words));
    let web = compiled.tree.get("web.config").unwrap_or_default();
    let broken = above.broken((host, web), deployment)?;
    for Broken { file, found } in &broken {
        let source = match file {
            Some(index) => shown(above.file(*index), found),
            None => Source::new("web.config".to_owned(), web.to_owned()),
        };
        output.diagnostics(&source, found);
    }
    Ok(broken.iter().any(|broken| has_errors(&broken.found)))
}

pub(super) fn run_apply(apply: &ApplyArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let arguments = &apply.change;
    let Some(compiled) = spec::compile(&arguments.spec, output)? else {
        return Ok(Outcome::Found);
    };
    let config = super::host_config(arguments.host_config.as_ref())?;
    let file = host_config::open(&config)?;
    let deployment = machine(&compiled, arguments.front)?;
    readable(&file, &deployment, output)?;
    let planned = plan(&file.text, &deployment, orders(&apply.orders));
    let plan = sound(planned, &file, output)?;
    carry_out((&file, &config), plan, arguments, Data::Apply, output)
}

pub(super) fn run_remove(remove: &RemoveArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let arguments = &remove.change;
    let Some(compiled) = spec::compile(&arguments.spec, output)? else {
        return if remove.check { Err(unsound()) } else { Ok(Outcome::Found) };
    };
    let config = super::host_config(arguments.host_config.as_ref())?;
    let file = host_config::open(&config)?;
    let plan = sound(removal(&file.text, &machine(&compiled, arguments.front)?), &file, output)?;
    if remove.check {
        return only_said(plan, &file, output);
    }
    carry_out((&file, &config), plan, arguments, Data::Remove, output)
}

/// Only shows what `remove` would do.
fn only_said(plan: Plan, file: &TextFile, output: &mut Output) -> Result<Outcome, Trouble> {
    let changes = plan.changes();
    match output.is_text() {
        true => output.print(&format!("{}{}\n", as_text(&plan), counted(&plan)))?,
        false => output.result(Data::Remove(Planned::of(file, plan))),
    }
    output.say(if changes { "remove would change this" } else { "nothing to do" });
    Ok(if changes { Outcome::Found } else { Outcome::Fine })
}

/// The deployment as it is in the machine's file.
pub(super) fn machine(compiled: &Compiled, front: bool) -> Result<Deployment, Trouble> {
    match front {
        false => Ok(compiled.deployment.clone()),
        true => compiled
            .deployment
            .front()
            .ok_or_else(|| "the spec has no farm and so no front; leave out --front".into()),
    }
}

/// Writes the file, which `config` means, and says how to undo that.
fn carry_out(
    (file, config): (&TextFile, &Path),
    plan: Plan,
    arguments: &ChangeArguments,
    data: fn(Planned) -> Data,
    output: &mut Output,
) -> Result<Outcome, Trouble> {
    let written = file.write(&plan.text, arguments.backup.as_deref())?;
    let back = written.backup.as_deref().map(|backup| way_back((file, config), &plan, backup, arguments));
    match &written.backup {
        Some(backup) => {
            output.say(&format!("{}: written; backup: {}", file.path().display(), backup.display()))
        }
        None => output.say(&format!("{}: nothing to do", file.path().display())),
    }
    match output.is_text() {
        true => {
            let back = back.map(|back| format!("{}\n", back.words)).unwrap_or_default();
            output.print(&format!("{}{}\n{back}", as_text(&plan), counted(&plan)))?;
        }
        false => output.result(data(Planned {
            backup: written.backup.map(|path| path.display().to_string()),
            undo: back.and_then(|back| back.command),
            ..Planned::of(file, plan)
        })),
    }
    Ok(Outcome::Fine)
}

/// The command that undoes a change.
struct WayBack {
    /// The command, if the paths can be written in one.
    command: Option<String>,
    /// The command, or what to do, in one line.
    words: String,
}

/// What undoes a change. If nodes were only added, `remove` removes them, whatever others change meanwhile. For everything
/// else only the backup helps.
fn way_back(
    (file, config): (&TextFile, &Path),
    plan: &Plan,
    backup: &Path,
    arguments: &ChangeArguments,
) -> WayBack {
    let (when, command, otherwise) = if plan.steps.iter().all(|step| step.action == Action::Add) {
        let front = if arguments.front { " --front" } else { "" };
        let paths = word(&arguments.spec).zip(word(config));
        let command =
            paths.map(|(spec, config)| format!("kallithea-iisc remove {spec} --host-config {config}{front}"));
        ("", command, "run remove with the same spec and the same file")
    } else {
        let copy = if cfg!(windows) { "cmd /c copy /y" } else { "cp" };
        let paths = word(backup).zip(word(file.path()));
        let command = paths.map(|(backup, file)| format!("{copy} {backup} {file}"));
        (", unless somebody has changed the file since", command, "copy the backup over it")
    };
    let words = format!("to undo this{when}: {}", command.as_deref().unwrap_or(otherwise));
    WayBack { command, words }
}

/// A plan, after its warnings are shown. If there are reasons against it, these are shown, and trouble is returned.
pub(super) fn sound(
    planned: Result<Plan, Vec<Diagnostic>>,
    file: &TextFile,
    output: &mut Output,
) -> Result<Plan, Trouble> {
    match planned {
        Ok(plan) => {
            output.diagnostics(&shown(file, &plan.warnings), &plan.warnings);
            Ok(plan)
        }
        Err(diagnostics) => {
            output.diagnostics(&shown(file, &diagnostics), &diagnostics);
            Err(refusal(&diagnostics))
        }
    }
}

/// Fails if the modules of the server could not read what the deployment needs.
fn readable(file: &TextFile, deployment: &Deployment, output: &mut Output) -> Result<(), Trouble> {
    match unreadable(file, deployment)? {
        Some(reason) => sound(Err(vec![reason]), file, output).map(drop),
        None => Ok(()),
    }
}

/// The reason why the modules of the server could not read what the deployment needs, if there is one.
pub(super) fn unreadable(file: &TextFile, deployment: &Deployment) -> Result<Option<Diagnostic>, Trouble> {
    let schema = host_config::rewrite_schema(file.path())?;
    Ok(schema.and_then(|schema| unknown_to(&schema, &file.text, deployment)))
}

/// The error for the reasons against a plan.
fn refusal(reasons: &[Diagnostic]) -> Trouble {
    let is_only_untold =
        reasons.iter().all(|reason| reason.severity() == Severity::Warning || reason.code == Code::NotPruned);
    match is_only_untold {
        true => "nothing was written: use --prune to delete what the spec no longer contains",
        false => "the deployment conflicts with this configuration; nothing was written",
    }
    .into()
}

/// A file's text as diagnostics may show it, with secrets hidden; empty if there is nothing to show.
pub(super) fn shown(file: &TextFile, diagnostics: &[Diagnostic]) -> Source {
    let name = file.path().display().to_string();
    match diagnostics.is_empty() {
        true => Source::new(name, ""),
        false => Source::new(name, without_secrets(&file.text)),
    }
}

fn unsound() -> Trouble {
    "the spec has errors; fix them first".into()
}

fn orders(given: &OrderArguments) -> Orders {
    Orders {
        strangers: if given.adopt { Strangers::Adopt } else { Strangers::Refuse },
        stale: if given.prune { Stale::Prune } else { Stale::Refuse },
    }
}

/// How a deployed web.config differs from the compiled one. Line ends are ignored.
fn web_config(path: &Path, compiled: &Compiled) -> Result<String, Trouble> {
    let file = TextFile::open(path)?;
    let wanted = compiled.tree.get("web.config").unwrap_or_default();
    Ok(unified(path, &file.text.replace("\r\n", "\n"), wanted, &compiled.deployment))
}

/// How a file's text differs from another one, with secrets hidden, except the environment variables of the spec. It searches
/// the whole texts, since a part does not show which element it belongs to.
fn unified(path: &Path, before: &str, after: &str, deployment: &Deployment) -> String {
    if before == after {
        return String::new();
    }
    let name = &path.display().to_string();
    let own = deployment.pool.own.as_ref();
    let is_own = |name: &str, value: &str| {
        own.is_some_and(|own| own.environment_variables.get(name).is_some_and(|known| known == value))
    };
    let [before, after] = [before, after].map(|text| without_secrets_but(text, &is_own));
    if before == after {
        return format!("--- {name}\n+++ {name}\n only values that are not shown differ\n");
    }
    tree::unified((name, name), &before, &after).replace('\r', "")
}

/// How many nodes are added, changed and removed.
fn counted(plan: &Plan) -> String {
    let [add, change, delete] =
        [Action::Add, Action::Change, Action::Remove].map(|action| plan.count(action));
    format!("{add} to add, {change} to change, {delete} to delete")
}

/// Steps line by line. A name that others gave to a node adds no line and cannot control the terminal.
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
        line(format!("{style}{sign} {} {}{style:#}", step.noun, one_line(&step.name)));
        step.details.iter().for_each(|detail| line(format!("    {}", one_line(detail))));
        step.others.iter().for_each(|other| line(format!("    {}: not in the spec, stays", one_line(other))));
    }
    text
}
