//! `check`: everything that is wrong with specs.

use super::output::Output;
use super::{CheckArguments, Outcome, Trouble, spec};
use crate::diagnostic::{Diagnostic, has_errors};
use crate::source::Source;

pub(super) fn run(arguments: &CheckArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let checked =
        arguments.spec.iter().map(|path| spec::read_and_check(path)).collect::<Result<Vec<_>, _>>()?;
    let reports: Vec<(&Source, &[Diagnostic])> =
        checked.iter().map(|(source, checked)| (source, checked.diagnostics.as_slice())).collect();
    output.diagnostics(&reports)?;
    for (source, diagnostics) in &reports {
        if diagnostics.is_empty() && !output.json() {
            output.say(&format!("{}: nothing wrong", source.name));
        }
    }
    let found = reports.iter().any(|(_, diagnostics)| has_errors(diagnostics));
    Ok(if found { Outcome::Found } else { Outcome::Fine })
}
