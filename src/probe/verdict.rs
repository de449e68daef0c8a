//! What the run shows: the steps that need the running bridge.
//!
//! What enters: what came back, and what the bridge wrote to its log. What leaves: further steps. Absent: the run.

use super::run::Ran;
use super::{Outcome, Served, Step, log};
use crate::deployed::Deployed;
use crate::kallithea::{self, Database};

const SEE_THE_LOG: &str = "Read the bridge's log below, correct the error, and probe again.";

/// Adds the steps of the run.
pub(super) fn judge(deployed: &Deployed, ran: &Ran, lines: &[String], steps: &mut Vec<Step>) {
    match &ran.description {
        Some(Ok(description)) => steps.push(Step::ok("load", description.clone())),
        Some(Err(why)) => return steps.push(Step::failed("load", why.to_string())),
        None => {}
    }
    let answers = ran.requests.iter().any(|request| code(request).is_some_and(|code| code < 500));
    let refusal = log::refusal(lines);
    let python = python(deployed, lines, refusal.as_deref(), answers);
    let application = match python.outcome {
        Outcome::Failed => Step::skipped("application", "it cannot be loaded without Python"),
        _ => application(ran, lines, refusal.as_deref(), answers),
    };
    steps.extend([python, application]);
    steps.extend(git(lines));
    steps.push(database(ran, answers));
    steps.push(requests(&ran.requests, answers));
    let mut violations: Vec<_> = ran.requests.iter().flat_map(|request| &request.violations).collect();
    violations.extend(&ran.late);
    steps.push(match violations.as_slice() {
        [] => Step::ok("rules of ISAPI", "the bridge kept them"),
        some => {
            let list: Vec<_> = some.iter().map(|what| what.as_str()).collect();
            Step::failed(
                "rules of ISAPI",
                format!("report this as an error of the bridge: {}", list.join("; ")),
            )
        }
    });
}

fn python(deployed: &Deployed, lines: &[String], refusal: Option<&str>, answers: bool) -> Step {
    let wanted = deployed.facts.as_ref().map(|facts| facts.python_version.as_str());
    let line = lines.iter().find_map(|line| line.split_once(" - Python ")?.1.split_once(" runs from "));
    match (line, refusal) {
        (Some((version, home)), _) => {
            let version = version.split(' ').next().unwrap_or(version);
            match wanted {
                Some(wanted) if !version.starts_with(&format!("{wanted}.")) => Step::failed(
                    "Python",
                    format!("{version} in {home}, but the spec says {wanted}. Correct one of them."),
                ),
                _ => Step::ok("Python", format!("{version} in {home}")),
            }
        }
        (None, Some(why)) => Step::failed("Python", why),
        (None, None) if answers => Step::ok("Python", "it runs; the log level hides its version"),
        (None, None) => Step::skipped("Python", "the bridge did not log anything about it"),
    }
}

fn application(ran: &Ran, lines: &[String], refusal: Option<&str>, answers: bool) -> Step {
    let up = lines.iter().find_map(|line| line.split_once(" the application is up after "));
    match (up, refusal) {
        (_, Some(why)) => Step::failed("application", format!("{} {SEE_THE_LOG}", ended(why))),
        (Some((_, time)), None) => {
            // An application with adjustments says what it is.
            let what = lines.iter().find_map(|line| line.split_once(" - this is "));
            let what = what.map(|(_, what)| format!(": {what}")).unwrap_or_default();
            Step::ok("application", format!("loaded in {time}{what}"))
        }
        (None, None) if answers => {
            Step::ok("application", format!("first answer after {:.1} s", ran.first_answer.as_secs_f64()))
        }
        (None, None) => Step::failed("application", format!("it answered only with errors. {SEE_THE_LOG}")),
    }
}

/// What the application says of git; nothing if it is another application, or if the log level hides it.
fn git(lines: &[String]) -> Option<Step> {
    let said = lines.iter().find_map(|line| line.split_once(" - git: "))?.1;
    Some(match said {
        found if !found.contains(" does not start (") => Step::ok("git", found),
        missing if missing.ends_with("No repository needs it.") => Step::skipped("git", missing),
        missing => Step::failed("git", missing),
    })
}

fn database(ran: &Ran, answers: bool) -> Step {
    let judged = ran.database_page.filter(|_| answers).map(kallithea::database);
    match judged {
        Some(Database::Reached(how)) => Step::ok("database", how),
        Some(Database::Failed(why)) => Step::failed("database", format!("{why} {SEE_THE_LOG}")),
        Some(Database::Unknown(why)) => Step::skipped("database", why),
        None => Step::skipped("database", "the application does not answer"),
    }
}

/// Each requested page must exist: 401 and 403 only say that it exists for other users.
fn requests(requests: &[Served], answers: bool) -> Step {
    let Some((_, asked)) = requests.split_last() else { return Step::skipped("requests", "none was made") };
    let fails =
        |request: &&Served| code(request).is_none_or(|code| code >= 400 && !matches!(code, 401 | 403));
    match asked.iter().filter(fails).count() {
        0 => Step::ok("requests", format!("{} of {} answered", asked.len(), asked.len())),
        _ if !answers => Step::skipped("requests", "the application does not answer"),
        failed => Step::failed("requests", format!("{failed} of {} failed. {SEE_THE_LOG}", asked.len())),
    }
}

fn code(request: &Served) -> Option<u16> {
    request.status.split(' ').next()?.parse().ok()
}

fn ended(sentence: &str) -> String {
    format!("{}.", sentence.trim_end_matches(['.', ':', ' ']))
}
