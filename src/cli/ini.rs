//! `ini`: sets or compares what a deployment needs in Kallithea's ini file.

use std::io;
use std::path::PathBuf;

use super::answer::{Data, IniChanges, IniFolder, IniKey};
use super::diff::colored;
use super::output::Output;
use super::spec;
use super::{Outcome, Trouble};
use crate::diagnostic::{Code, Diagnostic};
use crate::files::TextFile;
use crate::ini::{self, Action, Key, Plan, hidden};
use crate::kallithea::{Written, ini_keys, ini_plan, node_keys, written_folders};
use crate::model::Deployment;
use crate::source::Source;
use clap::Args;

#[derive(Args)]
pub(super) struct IniArguments {
    /// The deployment spec
    spec: PathBuf,
    /// Change this ini file of Kallithea
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Write nothing; only show what differs
    #[arg(long)]
    check: bool,
    /// Set the keys of this node of the farm, too
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    /// Create the secrets that all nodes of the farm share; for the first node only
    #[arg(long)]
    first_node: bool,
    /// Keep the backup, which contains the same secrets, in this folder [default: beside the file]
    #[arg(long, value_name = "DIR", conflicts_with = "check")]
    backup: Option<PathBuf>,
    /// Write nothing; only print the folders that Kallithea writes to according to the file
    #[arg(long, conflicts_with_all = ["check", "first_node", "backup"])]
    folders: bool,
}

pub(super) fn run(arguments: &IniArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let Some(compiled) = spec::compile(&arguments.spec, output)? else {
        return if arguments.check {
            Err("the spec has errors; fix them first".into())
        } else {
            Ok(Outcome::Found)
        };
    };
    let keys = keys(&compiled.deployment, arguments.node.as_deref())?;
    let file = TextFile::open(&arguments.config).map_err(unreadable)?;
    if arguments.folders {
        return print_folders(&file, output);
    }
    let plan = sound(planned(&file, &keys), &file, output)?;
    if compiled.deployment.farm.is_some() && !arguments.first_node {
        shared(&plan)?;
    }
    let name = file.path().display().to_string();
    let diff = plan.diff(&name);
    let backup = match arguments.check {
        true => None,
        false => {
            file.write(&plan.apply(&file.text, ini::random_secret)?, arguments.backup.as_deref())?.backup
        }
    };
    let backup = backup.map(|path| path.display().to_string());
    if output.is_text() {
        output.print(&colored(&diff))?;
    }
    let count = plan.steps.len();
    output.say(&match (count, &backup) {
        (0, _) => format!("{name}: nothing to change"),
        (_, Some(backup)) => format!("{name}: written; backup: {backup}, which contains the same secrets"),
        (1, None) => format!("{name}: 1 key differs"),
        (_, None) => format!("{name}: {count} keys differ"),
    });
    let keys = plan.steps.iter().map(IniKey::of).collect();
    output.result(Data::Ini(IniChanges { file: name, keys, diff, backup }));
    Ok(if arguments.check && count > 0 { Outcome::Found } else { Outcome::Fine })
}

/// Prints the folders that Kallithea writes to.
fn print_folders(file: &TextFile, output: &mut Output) -> Result<Outcome, Trouble> {
    let path = std::path::absolute(file.path())?;
    let here = path.parent().unwrap_or(&path).to_string_lossy();
    let source = || Source::new(file.path().display().to_string(), hidden(&file.text));
    let written = match written_folders(&file.text, &here) {
        Ok(written) => written,
        Err(faults) => {
            output.diagnostics(&source(), &faults);
            return Err("Python cannot read this ini file; fix the errors first".into());
        }
    };
    if output.is_text() {
        for Written { path, with_subfolders } in &written {
            output.print(&format!("{path}{}\n", if *with_subfolders { "" } else { " (its files alone)" }))?;
        }
    }
    let folder = |Written { path, with_subfolders }| IniFolder { path, subfolders: with_subfolders };
    output.result(Data::Folders(written.into_iter().map(folder).collect()));
    Ok(Outcome::Fine)
}

/// What the deployment needs, and for a node of its farm, what only this node needs.
fn keys(deployment: &Deployment, node: Option<&str>) -> Result<Vec<Key>, Trouble> {
    let mut keys = ini_keys(deployment);
    let Some(name) = node else { return Ok(keys) };
    let Some(farm) = &deployment.farm else {
        return Err("--node is for farms; leave it out, because this spec has no farm".into());
    };
    let Some(node) = farm.nodes.iter().find(|node| node.name == name) else {
        let names: Vec<&str> = farm.nodes.iter().map(|node| &*node.name).collect();
        return Err(format!("the farm has no node {name}; use one of {}", names.join(", ")).into());
    };
    keys.extend(node_keys(deployment, node));
    Ok(keys)
}

/// The same error; an error about an encoding gets its code and help.
fn unreadable(error: io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("{error}; make Kallithea's ini file first, as the runbook says").into()
        }
        io::ErrorKind::InvalidData => format!("{}: {error}; {}", Code::IniEncoding.id(), ini::SAVE_AS).into(),
        _ => error.into(),
    }
}

fn planned(file: &TextFile, keys: &[Key]) -> Result<Plan, Vec<Diagnostic>> {
    ini::check_encoding(&file.text, file.is_marked())?;
    ini_plan(&file.text, keys)
}

/// A plan, after its warnings are shown. If there are reasons against it, these are shown, and trouble is returned.
fn sound(
    planned: Result<Plan, Vec<Diagnostic>>,
    file: &TextFile,
    output: &mut Output,
) -> Result<Plan, Trouble> {
    let source = || Source::new(file.path().display().to_string(), hidden(&file.text));
    match planned {
        Ok(plan) if plan.warnings.is_empty() => Ok(plan),
        Ok(plan) => {
            output.diagnostics(&source(), &plan.warnings);
            Ok(plan)
        }
        Err(faults) => {
            output.diagnostics(&source(), &faults);
            Err("nothing was written, because the keys cannot be set in this ini file; fix the errors first"
                .into())
        }
    }
}

/// Nothing, or trouble if a node of a farm would create secrets of its own: it would then not accept sessions that other
/// nodes began.
fn shared(plan: &Plan) -> Result<(), Trouble> {
    let made = plan.steps.iter().filter(|(_, action)| *action == Action::Generate);
    let names: Vec<&str> = made.map(|(key, _)| key.name).collect();
    if names.is_empty() {
        return Ok(());
    }
    let message = format!(
        "nothing was written: this file lacks {}, which must be the same on every node of the farm. Copy the \
         first node's ini file here; on the first node, use --first-node",
        names.join(", ")
    );
    Err(message.into())
}
