//! `diff`: compiles specs in memory, and compares each with checked-in files.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use kallithea_bridge_isapi::visible;

use super::answer::{Changed, Compared, Data, Difference};
use super::output::Output;
use super::specs::Specs;
use super::{DiffArguments, Outcome, Trouble, folder_beside, spec};
use crate::manifest::OURS;
use crate::tree::{Comparison, Versions, compare};

pub(super) fn run(arguments: &DiffArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let specs = Specs::named(&arguments.specs.spec);
    specs.each_a_file()?;
    specs.each_beside("--against", arguments.against.as_ref())?;
    let versions = if arguments.ignore_version { Versions::Ignore } else { Versions::Count };
    let reports = specs.map(|path| {
        let folder = folder_beside(path, arguments.against.as_ref());
        spec::compile_and(path, |compiled| {
            if !folder.exists() {
                let (shown, spec) = (folder.display(), path.display());
                let build = format!("kallithea-iisc build {spec}");
                return Err(format!("{shown}: there is no such folder; to make it, run `{build}`").into());
            }
            let Comparison { made_by, changes } = compare(&compiled.tree, &folder, versions)?;
            let changes = changes.into_iter().map(Changed::of).collect();
            let made_by = made_by.filter(|_| versions == Versions::Count);
            Ok(Compared { against: folder.display().to_string(), made_by, changes })
        })
    });
    let mut outcomes = Vec::new();
    for report in reports {
        report.begin(output);
        let outcome = report.outcome(output);
        let Ok(Some(compared)) = report.result else {
            outcomes.push(outcome);
            continue;
        };
        show(&compared, arguments, &specs, output)?;
        outcomes.push(if compared.changes.is_empty() { outcome } else { Outcome::Found });
        output.result(Data::Diff(compared));
    }
    Ok(specs.conclude(&outcomes, ["as compiled", "different or with errors"], output))
}

/// If there are several specs, the file is named with its folder, `above`.
fn text(change: &Changed, above: &str) -> String {
    let bold = Style::new().bold();
    let diff = change.diff.as_deref().map(colored).unwrap_or_default();
    format!("{bold}{}: {above}{}{bold:#}\n{diff}", change.change.word(), change.path)
}

/// How much of a file differs, in one line.
fn stat(change: &Changed, above: &str) -> String {
    let path = format!("{above}{}", change.path);
    match change.change {
        Difference::Changed => {
            let (more, less) = change.counts();
            format!("{path:<50} | +{more} -{less}\n")
        }
        other => format!("{path:<50} | {}\n", other.word()),
    }
}

/// Outputs of another version differ in many files for one reason, so this alone is said.
fn show(
    compared: &Compared,
    arguments: &DiffArguments,
    specs: &Specs,
    output: &mut Output,
) -> Result<(), Trouble> {
    let Compared { against, made_by, changes } = compared;
    if let Some(theirs) = made_by {
        output.say(&format!(
            "{against}: made by {theirs}, this is {OURS}; build again, or use --ignore-version"
        ));
        return Ok(());
    }
    if output.is_text() {
        let above = if specs.is_one { String::new() } else { format!("{against}/") };
        let shown = |change: &Changed| match (arguments.name_only, arguments.stat) {
            (true, _) => format!("{against}/{}\n", change.path),
            (_, true) => stat(change, &above),
            _ => text(change, &above),
        };
        output.print(&changes.iter().map(shown).collect::<String>())?;
    }
    match changes.len() {
        0 => output.say(&format!("{against}: as compiled")),
        1 => output.say(&format!("{against}: 1 file differs")),
        count => output.say(&format!("{against}: {count} files differ")),
    }
    Ok(())
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
