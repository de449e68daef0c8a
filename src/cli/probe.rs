//! `probe`: says whether a built bridge will run.

use std::time::Duration;

use super::output::Output;
use super::{Outcome, ProbeArguments, Trouble};
use crate::deployed::Deployed;
use crate::probe::{Trial, probe};

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) fn run(arguments: &ProbeArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let deployed = Deployed::find(&arguments.folder)?;
    let gets = if arguments.get.is_empty() { vec!["/".to_owned()] } else { arguments.get.clone() };
    let trial = Trial { gets, user: arguments.user.clone(), patience: PATIENCE };
    let report = probe(&deployed, &trial, |remark| output.say(remark))?;
    if output.json() {
        output.print_json(&report)?;
    } else {
        output.print(&report.text())?;
    }
    Ok(if report.will_run { Outcome::Fine } else { Outcome::Found })
}
