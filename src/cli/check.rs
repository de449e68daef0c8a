//! `check`: reports everything that is wrong with specs, and corrects what is certain.

use std::collections::HashMap;
use std::path::Path;

use super::output::Output;
use super::specs::Specs;
use super::written::write_fixed;
use super::{CheckArguments, Outcome, Trouble, spec};
use crate::check::Opened;
use crate::check::fix::fixed;
use crate::files::{self, TextFile};

pub(super) fn run(arguments: &CheckArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let specs = Specs::named(&arguments.specs.spec);
    let unwritten = if arguments.fix { fix_all(&specs, output)? } else { HashMap::new() };
    let reports = specs.map(spec::check);
    let mut outcomes = Vec::new();
    for report in &reports {
        report.begin(output);
        let trouble = unwritten.get(&report.source.name);
        trouble.iter().for_each(|trouble| output.trouble(trouble));
        if report.result.is_ok() && report.diagnostics.is_empty() {
            output.say(&format!("{}: no errors", report.source.name));
        }
        let outcome = report.outcome(output);
        outcomes.push(if trouble.is_some() { Outcome::Trouble } else { outcome });
    }
    Ok(specs.conclude(&outcomes, ["without errors", "with errors"], output))
}

/// Corrects every spec. Returns what prevents writing some of them, by their names, which does not keep the others from being corrected
/// and checked.
fn fix_all(specs: &Specs, output: &mut Output) -> Result<HashMap<String, String>, Trouble> {
    specs.each_a_file()?;
    let mut unwritten = HashMap::new();
    for path in specs.paths() {
        if let Err(trouble) = fix(path, output) {
            unwritten.insert(path.display().to_string(), trouble.to_string());
        }
    }
    Ok(unwritten)
}

/// Writes a spec with everything corrected that is certain. What cannot be read is reported by the check.
fn fix(path: &Path, output: &mut Output) -> Result<(), Trouble> {
    let Ok(file) = TextFile::open(path) else { return Ok(()) };
    let opened = Opened { real: files::real(path), bytes: file.text.clone().into_bytes() };
    let (text, changes) = fixed(&path.display().to_string(), opened, &spec::opened_base);
    if changes.is_empty() {
        return Ok(());
    }
    write_fixed(&file, &text, &changes, output)
}
