//! Plays a script: the work of the program `isapi-host`.
//!
//! In: a host and a script. Out: a report. Absent: standard input and output; loads of requests, which `load` plays.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::error::BodyError;
use super::memory::{self, Meter};
use super::protocol::{Answer, Report, Request, Script};
use super::{Client, Host, LoadError, Prepared, Response, load, lock};

/// Why a script was not played to its end.
#[derive(Debug)]
pub enum PlayError {
    /// The life of this number, counted from 1, did not begin.
    Start(usize, LoadError),
    /// The life of this number was begun, but not once more.
    StartAgain(usize, LoadError),
    /// One of its requests has no valid body.
    Body(BodyError),
}

impl fmt::Display for PlayError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(life, error) => write!(formatter, "life {life}: {error}"),
            Self::StartAgain(life, error) => write!(formatter, "life {life}, begun again: {error}"),
            Self::Body(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for PlayError {}

impl From<BodyError> for PlayError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

/// Plays a script. The error says why a life did not begin, or what is wrong with the script.
pub fn play(host: &Host, script: &Script) -> Result<Report, PlayError> {
    let mut report = Report::default();
    let requests = prepare(&script.requests)?;
    let mut meter = None;
    for life in 1..=script.lives {
        report.descriptions.push(host.start().map_err(|error| PlayError::Start(life, error))?);
        for _ in 1..script.starts {
            host.start().map_err(|error| PlayError::StartAgain(life, error))?;
        }
        if life == 1 {
            warm_up(host, script, &mut report)?;
            report.memory_of_an_idle_thread = memory::of_an_idle_thread();
            meter = Meter::start();
        }
        if script.summary {
            load::play(host, script, &requests, life, &mut report);
        } else {
            serve_all(host, script, &requests, life, &mut report);
        }
        serve_late(host, script, life, &mut report)?;
    }
    report.memory_growth = meter.and_then(|meter| meter.growth());
    report.violations.extend(host.late_violations());
    Ok(report)
}

/// The requests of a script, each with its prepared form.
pub(super) type Requests<'a> = [(&'a Request, Arc<Prepared>)];

fn prepare(requests: &[Request]) -> Result<Vec<(&Request, Arc<Prepared>)>, BodyError> {
    requests.iter().map(|request| Ok((request, Arc::new(Prepared::new(request)?)))).collect()
}

fn warm_up(host: &Host, script: &Script, report: &mut Report) -> Result<(), BodyError> {
    for (number, (request, prepared)) in prepare(&script.warm_up)?.iter().enumerate() {
        let response = serve(host, request, prepared)?;
        let place = |what: &String| format!("warm-up, request {number}: {what}");
        report.violations.extend(response.violations.iter().map(place));
    }
    Ok(())
}

/// Serves the requests that come after the end of a life.
fn serve_late(host: &Host, script: &Script, life: usize, report: &mut Report) -> Result<(), BodyError> {
    for (number, (request, prepared)) in (script.requests.len()..).zip(prepare(&script.after_end)?) {
        let response = serve(host, request, &prepared)?;
        let place = |what: &String| format!("after life {life}, request {number}: {what}");
        report.violations.extend(response.violations.iter().map(place));
        report.responses.push(Answer::new(life, number, response));
    }
    Ok(())
}

fn serve(host: &Host, request: &Request, prepared: &Arc<Prepared>) -> Result<Response, BodyError> {
    let mut client = Client::new(request)?;
    let outcome = host.exchange(prepared, &mut client);
    Ok(client.response(outcome))
}

/// Serves the script's requests with its number of threads, ends the life, and reports the responses in order.
fn serve_all(host: &Host, script: &Script, requests: &Requests<'_>, life: usize, report: &mut Report) {
    let served = Mutex::new(Vec::new());
    in_parallel(host, script, |number| {
        let (request, prepared) = &requests[number % requests.len()];
        if let Ok(response) = serve(host, request, prepared) {
            lock(&served).push((number, response));
        }
    });
    let mut served = served.into_inner().unwrap_or_else(PoisonError::into_inner);
    served.sort_by_key(|(number, _)| *number);
    for (number, response) in served {
        let request = number % requests.len();
        let place = |what: &String| format!("life {life}, request {request}: {what}");
        report.violations.extend(response.violations.iter().map(place));
        report.responses.push(Answer::new(life, request, response));
    }
}

/// Calls `serve` for the numbers of one life's requests, from as many threads as the script says, and ends the life.
pub(super) fn in_parallel(host: &Host, script: &Script, serve: impl Fn(usize) + Sync) {
    let count = script.requests.len() * script.repeat;
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        if let Some(milliseconds) = script.stop_after_milliseconds {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(milliseconds));
                host.stop();
            });
        }
        for _ in 0..script.parallel.clamp(1, count.max(1)) {
            scope.spawn(|| {
                let numbers = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
                numbers.take_while(|&number| number < count).for_each(&serve);
            });
        }
    });
    if script.stop_after_milliseconds.is_none() && script.terminate {
        host.stop();
    }
}
