//! Loads the bridge and makes the requests.
//!
//! What enters: the library and what to try. What leaves: what came back, and how long it took. Absent: judging it.

use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use isapi_host::{Host, LoadError, Request, Response};

use super::{Served, Trial};
use crate::kallithea::DATABASE_PAGE;

/// What happened.
#[derive(Default)]
pub(super) struct Ran {
    /// How the bridge describes itself, or why it could not be loaded.
    pub description: Option<Result<String, LoadError>>,
    /// The time from loading to the first answer.
    pub first_answer: Duration,
    /// The status code of the page that queries the database.
    pub database_page: Option<u16>,
    /// The requests, that page last.
    pub requests: Vec<Served>,
    /// What the bridge did to requests after they were complete.
    pub late: Vec<String>,
}

/// Runs everything; reports that the application takes long if its first answer has not come in time.
pub(super) fn run(
    library: &Path,
    application: &str,
    trial: &Trial,
    long: Duration,
    tell: &mut impl FnMut(&str),
) -> Ran {
    let begun = Instant::now();
    let host = match Host::load(library).and_then(|host| host.start().map(|described| (host, described))) {
        Ok((host, described)) => (host.patience(trial.patience), described),
        Err(error) => {
            return Ran { description: Some(Err(error)), ..Ran::default() };
        }
    };
    let (host, described) = host;
    let mut ran = Ran { description: Some(Ok(described)), ..Ran::default() };
    for path in trial.gets.iter().map(String::as_str).chain([DATABASE_PAGE]) {
        let url = format!("{application}{path}");
        let user = trial.user.as_deref().filter(|_| path != DATABASE_PAGE);
        let response = if ran.requests.is_empty() {
            patiently(&host, request(&url, user), trial.patience, long, tell)
        } else {
            host.serve(request(&url, user))
        };
        if ran.requests.is_empty() {
            ran.first_answer = begun.elapsed();
        }
        ran.database_page = response.code();
        ran.requests.push(served(url, response));
    }
    host.stop();
    ran.late = host.late_violations();
    ran
}

/// Makes a request, and reports it if it takes long.
fn patiently(
    host: &Host,
    request: Request,
    patience: Duration,
    long: Duration,
    tell: &mut impl FnMut(&str),
) -> Response {
    std::thread::scope(|scope| {
        let (done, is_done) = mpsc::channel();
        let serving = scope.spawn(move || {
            let response = host.serve(request);
            // The receiver may be gone; the response is returned below.
            let _ = done.send(());
            response
        });
        if is_done.recv_timeout(long) == Err(mpsc::RecvTimeoutError::Timeout) {
            let (long, patience) = (long.as_secs(), patience.as_secs());
            tell(&format!(
                "the application takes longer than {long} s to answer; waiting at most {patience} s"
            ));
        }
        serving.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn request(url: &str, user: Option<&str>) -> Request {
    Request {
        url: url.to_owned(),
        headers: vec![("Host".into(), "localhost".into())],
        user: user.unwrap_or_default().to_owned(),
        auth_type: user.map_or("", |_| "Negotiate").to_owned(),
        remote_addr: "127.0.0.1".into(),
        local_addr: "127.0.0.1".into(),
        ..Request::default()
    }
}

fn served(url: String, response: Response) -> Served {
    let mut violations = response.violations;
    if !response.complete {
        violations.push("the response ended too early".into());
    }
    Served {
        request: format!("GET {url}"),
        status: response.status,
        milliseconds: response.duration.as_secs_f64() * 1000.0,
        violations,
    }
}
