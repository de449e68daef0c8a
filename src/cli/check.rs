//! `check`: reports everything that is wrong with specs.

use super::output::Output;
use super::specs::Specs;
use super::{Outcome, SpecsArguments, Trouble, spec};

pub(super) fn run(arguments: &SpecsArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let specs = Specs::named(&arguments.spec);
    let reports = specs.map(spec::check);
    let mut outcomes = Vec::new();
    for report in &reports {
        report.begin(output);
        if report.result.is_ok() && report.diagnostics.is_empty() {
            output.say(&format!("{}: no errors", report.source.name));
        }
        outcomes.push(report.outcome(output));
    }
    Ok(specs.conclude(&outcomes, ["without errors", "with errors"], output))
}
