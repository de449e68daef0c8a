//! `diff`: a spec compiled in memory, held against checked-in files.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::output::Output;
use super::spec::Answer;
use super::{DiffArguments, Outcome, Trouble, folder_beside, spec};
use crate::tree::{Change, compare};

pub(super) fn run(arguments: &DiffArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let folder = folder_beside(&arguments.spec, arguments.against.as_ref());
    let Some(compiled) = spec::compile(&arguments.spec, Answer::Other, output)? else {
        return Ok(Outcome::Found);
    };
    let changes = compare(&compiled.tree, &folder)?;
    let shown = folder.display().to_string();
    if output.json() {
        let list: Vec<Value> = changes.iter().map(as_json).collect();
        output.print(&format!("{}\n", serde_json::to_string_pretty(&list)?))?;
    } else {
        output.print(&changes.iter().map(as_text).collect::<String>())?;
        match changes.len() {
            0 => output.say(&format!("{shown}: as compiled")),
            1 => output.say(&format!("{shown}: 1 file differs")),
            count => output.say(&format!("{shown}: {count} files differ")),
        }
    }
    Ok(if changes.is_empty() { Outcome::Fine } else { Outcome::Found })
}

fn as_json(change: &Change) -> Value {
    match change {
        Change::Changed { path, diff } => json!({ "path": path, "change": "changed", "diff": diff }),
        Change::Missing { path } => json!({ "path": path, "change": "missing" }),
        Change::Extra { path } => json!({ "path": path, "change": "extra" }),
    }
}

fn as_text(change: &Change) -> String {
    let bold = Style::new().bold();
    match change {
        Change::Changed { path, diff } => format!("{bold}changed: {path}{bold:#}\n{}", colored(diff)),
        Change::Missing { path } => format!("{bold}missing: {path}{bold:#}\n"),
        Change::Extra { path } => format!("{bold}extra: {path}{bold:#}\n"),
    }
}

/// A unified diff with its lines in colours.
pub(super) fn colored(diff: &str) -> String {
    let mut text = String::new();
    for line in diff.lines() {
        let style = match line.as_bytes().first() {
            Some(b'+') => AnsiColor::Green.on_default(),
            Some(b'-') => AnsiColor::Red.on_default(),
            Some(b'@') => AnsiColor::Cyan.on_default(),
            _ => Style::new(),
        };
        writeln!(text, "{style}{line}{style:#}").expect("writing to memory does not fail");
    }
    text
}
