//! `show`: prints a spec with all that it extends.

use std::path::PathBuf;
use std::slice;

use clap::Args;

use super::output::Output;
use super::spec::{read, show_all};
use super::{Outcome, Trouble};
use crate::show::show;

/// The arguments of `show`.
#[derive(Args)]
pub(super) struct ShowArguments {
    /// The deployment spec
    spec: PathBuf,
    /// Show every key that has a fixed default, too
    #[arg(long)]
    defaults: bool,
}

pub(super) fn run(arguments: &ShowArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let report = read(&arguments.spec);
    let outcome = report.outcome(output);
    let Ok(Some((spec, root))) = &report.result else {
        show_all(slice::from_ref(&report), output)?;
        return Ok(outcome);
    };
    output.explain_problems(&report.source, &report.diagnostics);
    let shown = show(spec, root, &report.source, arguments.defaults);
    match output.json() {
        true => output.print_json(&shown.json())?,
        false => output.print(&shown.yaml())?,
    }
    Ok(outcome)
}
