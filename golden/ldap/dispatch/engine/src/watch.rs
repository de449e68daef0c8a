//! Looks after requests that take long.
//!
//! What enters: which worker is at which request, and since when. What leaves: once for a request that is not done after
//! `bridge.slowRequest` seconds, what every Python thread is doing, in the log. Absent: any power over the request.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kallithea_bridge_isapi::{SETTINGS, log};

use crate::python;

static WATCHED: Mutex<Watched> = Mutex::new(Watched { requests: Vec::new(), has_thread: false });

struct Watched {
    requests: Vec<Request>,
    has_thread: bool,
}

struct Request {
    number: u64,
    /// Python's name for the worker's thread.
    thread: u64,
    since: Instant,
    shown: bool,
}

/// Begins to watch, where that is wanted.
pub(crate) fn begin() {
    let mut watched = lock();
    if SETTINGS.workers.slow_seconds == 0 || watched.has_thread {
        return;
    }
    match std::thread::Builder::new().name("watch".into()).spawn(keep) {
        Ok(_) => watched.has_thread = true,
        Err(error) => log::warning(&format!("slow requests will not be shown: no thread: {error}")),
    }
}

/// Notes that a worker begins a request.
pub(crate) fn enter(number: u64, thread: u64) {
    if SETTINGS.workers.slow_seconds > 0 {
        lock().requests.push(Request { number, thread, since: Instant::now(), shown: false });
    }
}

/// Notes that a request is done.
pub(crate) fn leave(number: u64) {
    if SETTINGS.workers.slow_seconds > 0 {
        lock().requests.retain(|request| request.number != number);
    }
}

fn keep() {
    let limit = Duration::from_secs(SETTINGS.workers.slow_seconds);
    let round = (limit / 4).clamp(Duration::from_millis(250), Duration::from_secs(5));
    loop {
        std::thread::sleep(round);
        while let Some((number, thread)) = slow(limit) {
            show(number, thread, limit);
        }
    }
}

/// A request that has taken too long and was not shown yet.
fn slow(limit: Duration) -> Option<(u64, u64)> {
    let mut watched = lock();
    let is_slow = |request: &&mut Request| !request.shown && request.since.elapsed() >= limit;
    let request = watched.requests.iter_mut().find(is_slow)?;
    request.shown = true;
    Some((request.number, request.thread))
}

fn show(number: u64, thread: u64, limit: Duration) {
    log::set_request(number);
    // Said before Python is asked, which may be what is stuck.
    log::warning(&format!("the request is not done after {} s", limit.as_secs()));
    match python::stacks(thread) {
        Ok(stacks) => log::warning(&stacks),
        Err(reason) => log::warning(&format!("what Python is doing cannot be shown: {reason}")),
    }
    log::set_request(0);
}

fn lock() -> MutexGuard<'static, Watched> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}
