//! Supervises requests that take long.
//!
//! What enters: which worker handles which request, and since when. What leaves: one log entry for a request that is not
//! done after `bridge.slowRequest` seconds, which shows what it waits for or what Python is doing; and an exception in
//! the thread of a request that has computed for `bridge.requestTimeLimit`. Absent: what must work while Python does not
//! respond, which `crew` does; the thread here may have to wait for Python's lock.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use kallithea_bridge_isapi::{SETTINGS, log};

use crate::exchange::Exchange;
use crate::post::{Post, Wait};
use crate::python;

/// How long after an interrupt a thread is interrupted again, if its code swallows the exception.
const AGAIN: Duration = Duration::from_secs(5);

/// The longest time between two checks.
const ROUND: Duration = Duration::from_secs(5);

static WATCHED: Mutex<Watched> = Mutex::new(Watched { requests: Vec::new(), has_thread: false });

struct Watched {
    requests: Vec<Request>,
    has_thread: bool,
}

/// A request that a worker has taken and not finished.
pub(crate) struct Request {
    pub(crate) number: u64,
    pub(crate) post: Arc<Post>,
    since: Instant,
    shown: bool,
    /// Set while the application handles the request.
    python: Option<InPython>,
    /// The progress at its last change, and the time of that change.
    progress: (u64, u64),
    came_on: Instant,
    /// The mark from which the client's pace is measured, and the next such mark.
    pace_from: Mark,
    pace_next: Mark,
    /// Whether the client has been disconnected.
    pub(crate) let_go: bool,
    /// Whether IIS has been told that this request does not end.
    pub(crate) reported: bool,
}

/// How long workers had waited for a client, and how many bytes had moved by then.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    waited: Duration,
    moved: u64,
}

/// A request that the application handles.
struct InPython {
    /// Python's ID of the worker's thread.
    thread: u64,
    exchange: Weak<Exchange>,
    interrupted: Option<Instant>,
}

impl Request {
    /// How long the request has neither sent its client anything nor received anything from it.
    pub(crate) fn quiet(&mut self) -> Duration {
        let progress = self.post.progress();
        if progress != self.progress {
            (self.progress, self.came_on) = (progress, Instant::now());
        }
        self.came_on.elapsed()
    }

    /// How long the application has computed without sending its client anything or receiving anything from it.
    pub(crate) fn computing(&mut self) -> Duration {
        let quiet = self.quiet();
        if self.python.is_some() && self.post.wait().is_none() { quiet } else { Duration::ZERO }
    }

    /// Bytes a second that the client has recently moved: over `span` to twice `span` of waiting. `None` before workers
    /// have waited for it that long. Earlier progress does not count. The limit of twice `span` holds only if this is
    /// called often.
    pub(crate) fn pace(&mut self, span: Duration) -> Option<u64> {
        let (_, moved) = self.post.progress();
        let now = Mark { waited: self.post.waited(), moved };
        if now.waited.saturating_sub(self.pace_next.waited) >= span {
            (self.pace_from, self.pace_next) = (self.pace_next, now);
        }
        let time = now.waited.saturating_sub(self.pace_from.waited);
        let moved = moved.saturating_sub(self.pace_from.moved);
        (time >= span).then(|| moved / time.as_secs().max(1))
    }

    /// The request's streams, as long as they exist.
    pub(crate) fn exchange(&self) -> Option<Arc<Exchange>> {
        self.python.as_ref().and_then(|python| python.exchange.upgrade())
    }
}

/// What to do after a check of the requests.
enum Due {
    /// A request takes long, and this has not been logged yet.
    Show { number: u64, thread: Option<u64>, wait: Option<Wait> },
    /// A request has computed for too long.
    Interrupt { number: u64, thread: u64 },
}

/// Begins to watch, if the settings ask for it.
pub(crate) fn begin() {
    let mut watched = lock();
    let is_wanted = slow_limit().is_some() || time_limit().is_some();
    if !is_wanted || watched.has_thread {
        return;
    }
    match std::thread::Builder::new().name("watch".into()).spawn(keep) {
        Ok(_) => watched.has_thread = true,
        Err(error) => {
            log::warning(&format!("cannot show slow requests, because a thread could not start: {error}"))
        }
    }
}

/// Notes that a worker has taken a request.
pub(crate) fn enter(number: u64, post: &Arc<Post>) {
    let now = Instant::now();
    lock().requests.push(Request {
        number,
        post: Arc::clone(post),
        since: now,
        shown: false,
        python: None,
        progress: (0, 0),
        came_on: now,
        pace_from: Mark::default(),
        pace_next: Mark::default(),
        let_go: false,
        reported: false,
    });
}

/// Notes that the application handles the request, on this Python thread.
pub(crate) fn enter_python(number: u64, thread: u64, exchange: &Arc<Exchange>) {
    let python = InPython { thread, exchange: Arc::downgrade(exchange), interrupted: None };
    if let Some(request) = of(&mut lock(), number) {
        request.python = Some(python);
    }
}

/// Notes that the application is done with the request. Returns whether its thread was interrupted: the exception may
/// still be pending, and must not hit the next request.
pub(crate) fn leave_python(number: u64) -> bool {
    let mut watched = lock();
    let python = of(&mut watched, number).and_then(|request| request.python.take());
    python.is_some_and(|python| python.interrupted.is_some())
}

/// Notes that a request is done.
pub(crate) fn leave(number: u64) {
    lock().requests.retain(|request| request.number != number);
}

/// Runs `interrupt` if the application still handles the request and is not waiting for its client. The application
/// cannot finish the request meanwhile.
pub(crate) fn if_computing(number: u64, interrupt: impl FnOnce()) {
    let mut watched = lock();
    let request = of(&mut watched, number).filter(|request| request.post.wait().is_none());
    if let Some(python) = request.and_then(|request| request.python.as_mut()) {
        python.interrupted = Some(Instant::now());
        interrupt();
    }
}

/// Calls `look` with every request.
pub(crate) fn each(look: impl FnMut(&mut Request)) {
    lock().requests.iter_mut().for_each(look);
}

/// How many workers wait for this client and have a stand-in.
pub(crate) fn held_by(client: IpAddr) -> usize {
    let holds = |request: &&Request| request.post.is_lent() && request.post.client() == Some(client);
    lock().requests.iter().filter(holds).count()
}

/// How long an application may compute without sending or receiving anything, if there is a limit.
pub(crate) fn time_limit() -> Option<Duration> {
    seconds(SETTINGS.workers.limit_seconds)
}

fn slow_limit() -> Option<Duration> {
    seconds(SETTINGS.workers.slow_seconds)
}

fn seconds(seconds: u64) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

fn keep() {
    let shortest = [slow_limit(), time_limit()].into_iter().flatten().min().unwrap_or(ROUND);
    let round = (shortest / 4).clamp(Duration::from_millis(250), ROUND);
    loop {
        std::thread::sleep(round);
        while let Some(due) = next() {
            match due {
                Due::Show { number, thread, wait } => show(number, thread, wait),
                Due::Interrupt { number, thread } => interrupt(number, thread),
            }
        }
    }
}

/// The next thing to do, if any is due.
fn next() -> Option<Due> {
    let mut watched = lock();
    watched.requests.iter_mut().find_map(|request| {
        let number = request.number;
        let thread = request.python.as_ref().map(|python| python.thread);
        if !request.shown && slow_limit().is_some_and(|limit| request.since.elapsed() >= limit) {
            request.shown = true;
            return Some(Due::Show { number, thread, wait: request.post.wait() });
        }
        let is_late = time_limit().is_some_and(|limit| request.computing() >= limit);
        let python = request.python.as_mut().filter(|_| is_late)?;
        let is_due = python.interrupted.is_none_or(|before| before.elapsed() >= AGAIN);
        // Noted now, so that the next check does not find it again while Python is called.
        is_due.then(|| python.interrupted = Some(Instant::now()))?;
        Some(Due::Interrupt { number, thread: python.thread })
    })
}

fn show(number: u64, thread: Option<u64>, wait: Option<Wait>) {
    log::set_request(number);
    let limit = SETTINGS.workers.slow_seconds;
    // Logged before Python is called, which may be what is stuck.
    log::warning(&match wait {
        None => format!("the request is not done after {limit} s"),
        Some(wait) => format!("the request is not done after {limit} s: it is {}", describe(wait)),
    });
    if let Some(thread) = thread {
        show_stacks(thread, wait.is_some());
    }
    log::set_request(0);
}

/// Logs what Python is doing: only this thread, or all of them.
fn show_stacks(thread: u64, alone: bool) {
    match python::stacks(thread, alone) {
        Ok(stacks) => log::warning(&stacks),
        Err(reason) => log::warning(&format!("cannot show what Python is doing: {reason}")),
    }
}

fn interrupt(number: u64, thread: u64) {
    log::set_request(number);
    log::error(&format!(
        "the application has computed for more than {} s without communicating with the client; the bridge \
         interrupts it",
        SETTINGS.workers.limit_seconds
    ));
    show_stacks(thread, true);
    if let Err(reason) = python::interrupt(number, thread) {
        log::warning(&format!("cannot interrupt the request's thread: {reason}"));
    }
    log::set_request(0);
}

/// What a request is doing while it waits for its client.
pub(crate) fn describe(wait: Wait) -> &'static str {
    match wait {
        Wait::ToSend => "waiting for the client to send",
        Wait::ToTake => "waiting for the client to take the response",
    }
}

fn of(watched: &mut Watched, number: u64) -> Option<&mut Request> {
    watched.requests.iter_mut().find(|request| request.number == number)
}

fn lock() -> MutexGuard<'static, Watched> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}
