//! Finds out whether a built bridge will run, by running it: in this process, as the server would.
//!
//! What enters: a folder with a built bridge, and the requests to try. What leaves: a [`Report`] of steps and requests.
//! The bridge logs what it finds, so the part of the log that this process wrote is read, too. Absent: IIS, and with it
//! authentication, request filtering and the rights of the pool's identity; and every change, except that the bridge
//! writes to the deployment's own log, as it always does.

mod before;
mod log;
mod report;
mod run;
mod verdict;

use std::time::Duration;

use crate::deployed::{Deployed, DeployedError};
use log::LogPart;

pub(crate) use report::{Outcome, Report, Served, Step};

/// What to try.
#[derive(Debug, Clone)]
pub(crate) struct Trial {
    /// Paths below the application, each with its slash.
    pub gets: Vec<String>,
    /// The user that Windows authentication would have signed on.
    pub user: Option<String>,
    /// How long one request may take.
    pub patience: Duration,
}

/// After this time the user is told that the run goes on.
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// What can be known to stand in a bridge's way before it runs, in the words of [`probe`].
///
/// # Errors
/// If a file of the bridge cannot be read.
pub fn obstacles(deployed: &Deployed) -> Result<Vec<Step>, DeployedError> {
    let mut steps = before::files(deployed)?;
    steps.retain(|step| step.outcome == Outcome::Failed);
    Ok(steps)
}

/// Tries a bridge; `tell` receives what takes long. The error concerns the files themselves, not what they do.
pub fn probe(
    deployed: &Deployed,
    trial: &Trial,
    mut tell: impl FnMut(&str),
) -> Result<Report, DeployedError> {
    let mut steps = Vec::new();
    let suits = before::suits(deployed);
    let stops = suits.outcome == Outcome::Failed;
    steps.push(suits);
    if stops {
        return Ok(Report::new(deployed, steps, Vec::new(), Vec::new()));
    }
    steps.extend(before::files(deployed)?);
    let part = deployed.facts.as_ref().map(LogPart::begin);
    let ran = run::run(&deployed.library, deployed.path(), trial, TEN_SECONDS, &mut tell);
    let lines = part.map(|part| part.lines()).unwrap_or_default();
    verdict::judge(deployed, &ran, &lines, &mut steps);
    Ok(Report::new(deployed, steps, ran.requests, lines))
}
