//! `check`: reports everything that is wrong with specs, and corrects what is certain.

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
    if arguments.fix {
        specs.each_a_file()?;
    }
    let mut outcomes = Vec::new();
    for path in specs.paths().filter(|_| arguments.fix) {
        // What cannot be written does not keep the other specs from being corrected and checked.
        if let Err(trouble) = fix(path, output) {
            output.trouble(&trouble.to_string());
            outcomes.push(Outcome::Trouble);
        }
    }
    let reports = specs.map(spec::check);
    for report in &reports {
        report.begin(output);
        if report.result.is_ok() && report.diagnostics.is_empty() {
            output.say(&format!("{}: no errors", report.source.name));
        }
        outcomes.push(report.outcome(output));
    }
    Ok(specs.conclude(&outcomes, ["without errors", "with errors"], output))
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
