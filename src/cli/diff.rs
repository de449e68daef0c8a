//! `diff`: compiles specs in memory, and compares each with checked-in files.

use std::fmt::Write;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use kallithea_bridge_isapi::visible;

use super::output::Output;
use super::spec::Report;
use super::specs::Specs;
use super::{DiffArguments, Outcome, Trouble, folder_beside, spec};
use crate::diagnostic::problems;
use crate::tree::{Change, Comparison, compare};

/// The folder of checked-in files, and how they differ.
type Compared = (PathBuf, Comparison);

pub(super) fn run(arguments: &DiffArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let specs = Specs::named(&arguments.specs.spec);
    specs.each_beside("--against", arguments.against.as_ref())?;
    let reports = specs.map(|path| {
        let folder = folder_beside(path, arguments.against.as_ref());
        spec::compile_and(path, |compiled| {
            if !folder.exists() {
                let (shown, spec) = (folder.display(), path.display());
                let build = format!("kallithea-iisc build {spec}");
                return Err(format!("{shown}: there is no such folder; to make it, run `{build}`").into());
            }
            Ok((folder.clone(), compare(&compiled.tree, &folder)?))
        })
    });
    match reports.as_slice() {
        [report] if specs.is_one && output.json() => one_as_json(report, output)?,
        reports if output.json() => {
            output.print_json(&reports.iter().map(report_as_json).collect::<Vec<_>>())?
        }
        _ => {}
    }
    let mut outcomes = Vec::new();
    for report in &reports {
        if !output.json() {
            output.explain_problems(&report.source, &report.diagnostics);
            show(report, &specs, output)?;
        }
        outcomes.push(match &report.result {
            Ok(Some((_, changes))) if !changes.is_empty() => Outcome::Found,
            _ => report.outcome(output),
        });
    }
    Ok(specs.conclude(&outcomes, ["as compiled", "different or with errors"], output))
}

/// If there are several specs, each file is named with its folder.
fn show(report: &Report<Compared>, specs: &Specs, output: &mut Output) -> Result<(), Trouble> {
    let Ok(Some((folder, changes))) = &report.result else { return Ok(()) };
    let shown = folder.display();
    let above = if specs.is_one { String::new() } else { format!("{shown}/") };
    output.print(&changes.iter().map(|change| as_text(change, &above)).collect::<String>())?;
    match changes.len() {
        0 => output.say(&format!("{shown}: as compiled")),
        1 => output.say(&format!("{shown}: 1 file differs")),
        count => output.say(&format!("{shown}: {count} files differ")),
    }
    Ok(())
}

/// The differences of a spec's outputs, or its problems if there is nothing to compare.
fn one_as_json(report: &Report<Compared>, output: &mut Output) -> Result<(), Trouble> {
    if let Ok(None) = report.result {
        return output.diagnostics(&[(&report.source, &report.diagnostics)]);
    }
    output.explain_problems(&report.source, &report.diagnostics);
    let Ok(Some((_, changes))) = &report.result else { return Ok(()) };
    output.print_json(&changes.iter().map(as_json).collect::<Vec<_>>())
}

/// Everything about one spec among several.
fn report_as_json(report: &Report<Compared>) -> Value {
    let spec = &report.source.name;
    let problems = problems(&report.source, &report.diagnostics);
    match &report.result {
        Ok(Some((folder, changes))) => {
            let changes: Vec<Value> = changes.iter().map(as_json).collect();
            let folder = folder.display().to_string();
            json!({ "spec": spec, "problems": problems, "against": folder, "changes": changes })
        }
        Ok(None) => json!({ "spec": spec, "problems": problems }),
        Err(trouble) => json!({ "spec": spec, "problems": problems, "trouble": trouble.to_string() }),
    }
}

fn as_json(change: &Change) -> Value {
    match change {
        Change::Changed { path, diff } => json!({ "path": path, "change": "changed", "diff": diff }),
        Change::Missing { path } => json!({ "path": path, "change": "missing" }),
        Change::Extra { path } => json!({ "path": path, "change": "extra" }),
    }
}

fn as_text(change: &Change, above: &str) -> String {
    let bold = Style::new().bold();
    match change {
        Change::Changed { path, diff } => format!("{bold}changed: {above}{path}{bold:#}\n{}", colored(diff)),
        Change::Missing { path } => format!("{bold}missing: {above}{path}{bold:#}\n"),
        Change::Extra { path } => format!("{bold}extra: {above}{path}{bold:#}\n"),
    }
}

/// A unified diff with coloured lines. Its text cannot control the terminal.
pub(super) fn colored(diff: &str) -> String {
    let mut text = String::new();
    for line in diff.lines() {
        let style = match line.as_bytes().first() {
            Some(b'+') => AnsiColor::Green.on_default(),
            Some(b'-') => AnsiColor::Red.on_default(),
            Some(b'@') => AnsiColor::Cyan.on_default(),
            _ => Style::new(),
        };
        let line = visible::lines(line);
        writeln!(text, "{style}{line}{style:#}").expect("writing to memory does not fail");
    }
    text
}
