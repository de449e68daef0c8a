//! Handles a request before the application does, or without it.
//!
//! What enters: sessions from the queue. What leaves: those that the application must answer, with their environ. This
//! module answers the rest: static files, redirects to the application's root, URLs outside it or that IIS would refuse, requests that
//! contradict themselves, requests from a client that is already slow in many others, and requests to a bridge that failed
//! to start. Absent: Python.

use std::fmt::Write as _;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kallithea_bridge_isapi::abi::{Session, Trace, Verbosity};
use kallithea_bridge_isapi::client::{Client as _, Completion};
use kallithea_bridge_isapi::environ::{Arrival, Environ};
use kallithea_bridge_isapi::reply::{self, Reply};
use kallithea_bridge_isapi::static_files::StaticFiles;
use kallithea_bridge_isapi::{SETTINGS, headers, log};

use crate::crew::Seldom;
use crate::exchange::{Exchange, Summary};
use crate::post::{Post, Wait};
use crate::watch;

/// Seconds after which a client may retry when the bridge was busy.
const RETRY_AFTER: &str = "5";

/// A request that waits in the queue.
pub(crate) struct Waiting {
    pub(crate) session: Session,
    pub(crate) number: u64,
    pub(crate) since: Instant,
}

/// A request that the application must answer.
pub(crate) struct Admitted {
    pub(crate) exchange: Exchange,
    pub(crate) access: Access,
}

/// When a request arrived and when a worker took it. The access line shows these along with the outcome.
#[derive(Clone, Copy)]
pub(crate) struct Access {
    pub(crate) number: u64,
    since: Instant,
    taken: Instant,
}

impl Access {
    fn of(waiting: &Waiting) -> Self {
        Self { number: waiting.number, since: waiting.since, taken: Instant::now() }
    }

    /// How long the request waited for a worker.
    pub(crate) fn queued(&self) -> Duration {
        self.taken - self.since
    }

    /// Writes the access line.
    pub(crate) fn write(&self, environ: &Environ, summary: Summary) {
        let Summary { code, received, sent, whole } = summary;
        let mut line = String::with_capacity(160);
        push_word(&mut line, environ.method());
        line.push(' ');
        push_word(&mut line, environ.path());
        let tenths = |time: Duration| (time.as_millis(), time.subsec_micros() % 1000 / 100);
        let (queued, worked) = (tenths(self.queued()), tenths(self.taken.elapsed()));
        let user = environ.user().unwrap_or("-");
        let _ = write!(
            line,
            " {code} in={received} out={sent} queue={}.{}ms python={}.{}ms user={user}",
            queued.0, queued.1, worked.0, worked.1
        );
        if !whole {
            line.push_str(" (cut short)");
        }
        log::info(&line);
    }
}

/// Reads a request. Returns it unless it has already been answered.
pub(crate) fn admit(
    waiting: Waiting,
    environ: &mut Environ,
    static_files: &StaticFiles,
    post: &Arc<Post>,
) -> Option<Admitted> {
    let access = Access::of(&waiting);
    let Waiting { session, number, .. } = waiting;
    log::set_request(number);
    environ.read_line(&session, &SETTINGS);
    let arrival = environ.arrive(&session, &SETTINGS);
    let client = environ.client(&SETTINGS);
    let share = client.map_or(Share::Room, share_of);
    // Every later call may have to wait for the client, also those that send the bridge's own pages.
    post.set_client(client);
    match (share, arrival) {
        (Share::Room, Arrival::Application) => {
            let trace = trace(&session, access);
            let exchange = Exchange::new(session, environ, trace, Arc::clone(post));
            let Some(answer) = static_files.answer(environ) else {
                return Some(Admitted { exchange, access });
            };
            let summary = exchange.finish_with_file(answer);
            access.write(environ, summary);
        }
        (Share::Exceeded, _) => hang_up(session, environ, access),
        (Share::Full, Arrival::Application) => post.calling(Wait::ToTake, || {
            let page = "Too many of your requests are already waiting. Please try again in a moment.";
            let headers = [("Retry-After", RETRY_AFTER)];
            answer(session, environ, access, "503 Service Unavailable", &headers, page);
        }),
        (_, arrival) => post.calling(Wait::ToTake, || decline(session, environ, access, arrival)),
    }
    None
}

/// How much of the workers for slow clients one client uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    /// There is room for more.
    Room,
    /// Other clients would get too few: the bridge answers with an error page.
    Full,
    /// The client leaves even these error pages unread.
    Exceeded,
}

fn share_of(client: IpAddr) -> Share {
    static SAID: Seldom = Seldom::new();
    let slow_clients = SETTINGS.workers.slow_clients;
    if slow_clients == 0 {
        return Share::Room;
    }
    let (half, held) = (slow_clients.div_ceil(2), watch::held_by(client));
    if held < half {
        return Share::Room;
    }
    if SAID.is_due() {
        log::warning(&format!(
            "{client} has too many slow requests (half of `bridge.slowClients`), so further ones get 503"
        ));
    }
    if held < half + slow_clients.div_ceil(4) { Share::Full } else { Share::Exceeded }
}

/// Closes the connection of a client that leaves answers unread.
fn hang_up(session: Session, environ: &Environ, access: Access) {
    session.close_connection();
    session.finish(Completion::Failed);
    access.write(environ, Summary { code: 0, received: 0, sent: 0, whole: false });
}

/// Answers a request that is not for the application.
fn decline(session: Session, environ: &Environ, access: Access, arrival: Arrival) {
    match arrival {
        Arrival::Application => {}
        Arrival::Redirect { location, method_may_change } => {
            let status = if method_may_change { "301 Moved Permanently" } else { "308 Permanent Redirect" };
            let page = "The page is at the address with a slash.";
            answer(session, environ, access, status, &[("Location", &location)], page);
        }
        Arrival::NotFound => {
            let path = String::from_utf8_lossy(environ.path());
            log::warning(&format!("{path} is not below {}", SETTINGS.application.path));
            answer(session, environ, access, "404 Not Found", &[], "There is no such page.");
        }
        Arrival::Elsewhere => {
            let path = String::from_utf8_lossy(environ.path());
            log::warning(&format!(
                "{path} would name a drive or a share of Windows, so the bridge refuses it"
            ));
            answer(session, environ, access, "404 Not Found", &[], "There is no such page.");
        }
        Arrival::Unreadable(why) => {
            let path = String::from_utf8_lossy(environ.path());
            log::warning(&format!("{path} is not a path that IIS allows: {why}"));
            answer(session, environ, access, "400 Bad Request", &[], "There is no such address.");
        }
        Arrival::Forbidden => {
            let user = environ.user().unwrap_or_default();
            log::warning(&format!("{user} does not belong to any domain in `authentication.domains`"));
            let page = "Users of your domain are not admitted here.";
            answer(session, environ, access, "403 Forbidden", &[], page);
        }
        Arrival::Unclear => {
            let user = environ.user().unwrap_or_default();
            log::warning(&format!(
                "{user} is refused: the client chose how to write the name, so its domain is unknown. Sign \
                 on as DOMAIN\\name, without @ and / (docs/settings.md, \"Whose alice\")"
            ));
            let page = "Sign on as DOMAIN\\name: this server cannot identify a name with @ or /.";
            answer(session, environ, access, "403 Forbidden", &[], page);
        }
        Arrival::TooManyHeaders => {
            log::warning(&format!("the request has more than {} headers", headers::MOST));
            let page = "The request has too many headers.";
            answer(session, environ, access, "431 Request Header Fields Too Large", &[], page);
        }
        Arrival::Bad(why) => {
            log::warning(&format!("the request contradicts itself: {why}"));
            let page = "The request contradicts itself.";
            let mut reply = Reply::new(environ.method(), environ.protocol()).closing();
            let sent = reply.write_page(&session, reply::page_head("400 Bad Request", &[]), page);
            let summary = summary("400", &sent);
            session.finish(sent.unwrap_or(Completion::Failed));
            access.write(environ, summary);
        }
    }
}

/// The request's trace if IIS traces it, with the first event already written.
fn trace(session: &Session, access: Access) -> Option<Trace> {
    let trace = SETTINGS.log.failed_request_tracing.then(|| session.trace()).flatten()?;
    let items = [
        ("Number", access.number.to_string()),
        ("QueuedMilliseconds", access.queued().as_millis().to_string()),
    ];
    session.raise(&trace, Verbosity::Information, (1, "KALLITHEA_BRIDGE_BEGIN"), &items);
    Some(trace)
}

/// Answers a request to a bridge whose application could not be started. With `unhealthy`, IIS is told that this worker
/// process is unhealthy.
pub(crate) fn refuse(waiting: Waiting, unhealthy: Option<&str>, post: &Post) {
    let access = Access::of(&waiting);
    let Waiting { session, number, .. } = waiting;
    log::set_request(number);
    if let Some(reason) = unhealthy
        && session.report_unhealthy(reason).is_err()
    {
        log::debug("this server does not accept a report of an unhealthy worker process");
    }
    let mut environ = Environ::default();
    environ.read_line(&session, &SETTINGS);
    let page = "The application could not start. The log on the server gives the reason.";
    let retry = crate::startup::RETRY.as_secs().to_string();
    post.calling(Wait::ToTake, || {
        answer(session, &environ, access, "500 Internal Server Error", &[("Retry-After", &retry)], page);
    });
}

/// Answers a request for which the queue is full or closed, in the call that brought it.
pub(crate) fn turn_away(waiting: Waiting) -> u32 {
    log::set_request(waiting.number);
    let completion = busy(&waiting);
    log::set_request(0);
    waiting.session.finish_by_return(completion)
}

/// Answers a request that still waits when the time to drain the queue is over.
pub(crate) fn send_away(waiting: Waiting) {
    let completion = busy(&waiting);
    waiting.session.finish(completion);
}

fn busy(waiting: &Waiting) -> Completion {
    let access = Access::of(waiting);
    let mut environ = Environ::default();
    environ.read_line(&waiting.session, &SETTINGS);
    let page = "The server is busy. Please try again in a moment.";
    let headers = [("Retry-After", RETRY_AFTER)];
    let sent = send(&waiting.session, &environ, "503 Service Unavailable", &headers, page);
    access.write(&environ, summary("503", &sent));
    sent.unwrap_or(Completion::Failed)
}

fn answer(
    session: Session,
    environ: &Environ,
    access: Access,
    status: &str,
    headers: &[(&str, &str)],
    page: &str,
) {
    let sent = send(&session, environ, status, headers, page);
    let summary = summary(status, &sent);
    session.finish(sent.unwrap_or(Completion::Failed));
    access.write(environ, summary);
}

fn send(
    session: &Session,
    environ: &Environ,
    status: &str,
    headers: &[(&str, &str)],
    page: &str,
) -> io::Result<Completion> {
    let mut reply = Reply::new(environ.method(), environ.protocol());
    reply.write_page(session, reply::page_head(status, headers), page)
}

/// The summary of one of the bridge's own pages; its few bytes are not counted.
fn summary(status: &str, sent: &io::Result<Completion>) -> Summary {
    let code = status.get(..3).and_then(|code| code.parse().ok()).unwrap_or_default();
    let whole = sent.as_ref().is_ok_and(|completion| *completion != Completion::Failed);
    Summary { code, received: 0, sent: 0, whole }
}

/// Appends a word of the access line. Spaces are escaped, so that a client cannot forge the rest of the line.
fn push_word(line: &mut String, bytes: &[u8]) {
    line.push_str(&String::from_utf8_lossy(bytes).replace(' ', "%20"));
}
