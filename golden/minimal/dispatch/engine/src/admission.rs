//! What happens to a request before the application, and without it.
//!
//! What enters: sessions from the queue. What leaves: those that the application is to answer, with their environ.
//! Redirects to the application's root, URLs outside of it and requests to a bridge that failed to start are answered
//! here. Absent: Python.

use std::io;
use std::time::Instant;

use kallithea_bridge_isapi::abi::Session;
use kallithea_bridge_isapi::client::Completion;
use kallithea_bridge_isapi::environ::{self, Arrival, Environ, Line};
use kallithea_bridge_isapi::{SETTINGS, log, reply};

use crate::exchange::{Exchange, Summary};

/// A request as it waits in the queue.
pub(crate) struct Waiting {
    pub(crate) session: Session,
    pub(crate) number: u64,
    pub(crate) since: Instant,
}

/// A request that the application is to answer.
pub(crate) struct Admitted {
    pub(crate) exchange: Exchange,
    pub(crate) environ: Box<Environ>,
    pub(crate) access: Access,
}

/// What the access line tells of a request.
pub(crate) struct Access {
    line: Line,
    since: Instant,
}

impl Access {
    /// Writes the access line.
    pub(crate) fn write(&self, summary: Summary) {
        let Line { method, path, user, .. } = &self.line;
        let user = user.as_deref().unwrap_or("-");
        let milliseconds = self.since.elapsed().as_secs_f64() * 1000.0;
        let Summary { code, sent, whole } = summary;
        let cut = if whole { "" } else { " (cut short)" };
        log::info(&format!("{method} {path} {code} {sent} bytes {milliseconds:.1} ms {user}{cut}"));
    }
}

/// Reads a request. It comes back unless it has been answered already.
pub(crate) fn admit(waiting: Waiting) -> Option<Admitted> {
    let Waiting { session, number, since } = waiting;
    log::set_request(number);
    let line = environ::line(&session, &SETTINGS);
    let access = Access { line: line.clone(), since };
    match environ::arrival(&session, &SETTINGS) {
        Arrival::Application(environ) => {
            let exchange = Exchange::new(session, line, environ.body_length);
            return Some(Admitted { exchange, environ, access });
        }
        Arrival::Redirect { location, method_may_change } => {
            let status = if method_may_change { "301 Moved Permanently" } else { "308 Permanent Redirect" };
            answer(
                session,
                &access,
                status,
                &[("Location", &location)],
                "The page is at the address with a slash.",
            );
        }
        Arrival::NotFound => {
            log::warning(&format!("{} is not below {}", line.path, SETTINGS.application.path));
            answer(session, &access, "404 Not Found", &[], "There is no such page.");
        }
    }
    None
}

/// Answers a request to a bridge whose application could not be started.
pub(crate) fn refuse(waiting: Waiting) {
    let Waiting { session, number, since } = waiting;
    log::set_request(number);
    let access = Access { line: environ::line(&session, &SETTINGS), since };
    let page = "The application could not start. The reason stands in the log on the server.";
    answer(session, &access, "500 Internal Server Error", &[], page);
}

/// Answers a request that came too much, or too late, in the call that brought it.
pub(crate) fn turn_away(waiting: Waiting) -> u32 {
    let Waiting { session, number, since } = waiting;
    log::set_request(number);
    let access = Access { line: environ::line(&session, &SETTINGS), since };
    let (status, sent) = busy(&session, &access);
    access.write(summary(status, &sent));
    log::set_request(0);
    session.finish_by_return(sent.unwrap_or(Completion::Failed))
}

/// Answers a request that still waits when the time to drain the queue is over.
pub(crate) fn send_away(waiting: Waiting) {
    let access = Access { line: environ::line(&waiting.session, &SETTINGS), since: waiting.since };
    let (_, sent) = busy(&waiting.session, &access);
    waiting.session.finish(sent.unwrap_or(Completion::Failed));
}

fn busy(session: &Session, access: &Access) -> (&'static str, io::Result<Completion>) {
    let status = "503 Service Unavailable";
    let page = "The server is busy. Please try again in a moment.";
    (status, reply::send_page(session, &access.line, status, &[("Retry-After", "5")], page))
}

fn answer(session: Session, access: &Access, status: &str, headers: &[(&str, &str)], page: &str) {
    let sent = reply::send_page(&session, &access.line, status, headers, page);
    let summary = summary(status, &sent);
    session.finish(sent.unwrap_or(Completion::Failed));
    access.write(summary);
}

/// The summary of a page of the bridge's own; its few bytes are not counted.
fn summary(status: &str, sent: &io::Result<Completion>) -> Summary {
    let code = status.get(..3).and_then(|code| code.parse().ok()).unwrap_or_default();
    let whole = sent.as_ref().is_ok_and(|completion| *completion != Completion::Failed);
    Summary { code, sent: 0, whole }
}
