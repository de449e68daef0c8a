//! `probe`: says whether a built bridge will run.

use std::time::Duration;

use super::answer::Data;
use super::output::Output;
use super::{Outcome, ProbeArguments, Trouble};
use crate::deployed::Deployed;
use crate::probe::{Trial, probe};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) fn run(arguments: &ProbeArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    output.about(&arguments.folder.display().to_string());
    let deployed = Deployed::find(&arguments.folder)?;
    let gets = if arguments.get.is_empty() { vec!["/".to_owned()] } else { arguments.get.clone() };
    let trial = Trial { gets, user: arguments.user.clone(), patience: PATIENCE };
    let report = probe(&deployed, &trial, |remark| output.say(remark))?;
    let outcome = if report.will_run { Outcome::Fine } else { Outcome::Found };
    match output.is_text() {
        true => output.print(&report.text())?,
        false => output.result(Data::Probe(report)),
    }
    Ok(outcome)
}
