//! `show`: prints a spec with all that it extends.

use std::path::PathBuf;

use clap::Args;

use super::answer::Data;
use super::output::Output;
use super::spec::read;
use super::{Outcome, Trouble};
use crate::show::show;

/// The arguments of `show`.
#[derive(Args)]
pub(super) struct ShowArguments {
    /// The deployment spec, or `-` for standard input
    spec: PathBuf,
    /// Show every key that has a fixed default, too
    #[arg(long)]
    defaults: bool,
}

pub(super) fn run(arguments: &ShowArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let report = read(&arguments.spec);
    report.begin(output);
    let outcome = report.outcome(output);
    let Ok(Some((spec, root))) = &report.result else { return Ok(outcome) };
    let shown = show(spec, root, &report.source, arguments.defaults);
    match output.is_text() {
        true => output.print(&shown.yaml())?,
        false => output.result(Data::Show(shown)),
    }
    Ok(outcome)
}
