//! Finds the request of a ConnID, and detects calls that come too late.
//!
//! What enters: exchanges, ConnIDs of the bridge. What leaves: exchanges; sentences about late calls. A ConnID is a number
//! that is never used again, so that nothing a bridge does with an old one reaches memory. Absent: anything that grows
//! with the number of requests.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::exchange::Exchange;
use super::{lock, requests};

/// Numbers follow one another, so the requests that run at one time are spread evenly.
const SHARDS: usize = 256;
/// How many completed requests a host remembers.
const QUARANTINE: usize = 64;
/// How many sentences are kept.
const MOST_FINDINGS: usize = 1000;

static SHARD: [Mutex<Vec<Arc<Exchange>>>; SHARDS] = [const { Mutex::new(Vec::new()) }; SHARDS];
static NEXT: AtomicUsize = AtomicUsize::new(1);
/// What was done with ConnIDs of which no host of this process knows anything any more.
static STRAYS: Journal = Journal::new();

/// A number that no connection of this process has had.
pub(super) fn new_number() -> usize {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Makes an exchange known under its number.
pub(super) fn enter(exchange: &Arc<Exchange>) {
    lock(shard(exchange.number)).push(Arc::clone(exchange));
}

/// The exchange of a ConnID; without one the call is noted.
pub(super) fn find(connection: *mut c_void, call: &str) -> Option<Arc<Exchange>> {
    let number = connection.addr();
    let found = lock(shard(number)).iter().find(|exchange| exchange.number == number).cloned();
    if found.is_none() {
        let given = (1..NEXT.load(Ordering::Relaxed)).contains(&number);
        let what = if given { "after completion" } else { "with a ConnID that was never given" };
        STRAYS.note(format!("{call} {what}, on connection #{number}"));
    }
    found
}

/// The same for ServerSupportFunction.
pub(super) fn find_for_request(connection: *mut c_void, request: u32) -> Option<Arc<Exchange>> {
    find(connection, requests::name(request))
}

/// Late calls on connections of which only the number is left.
pub(super) fn strays() -> Vec<String> {
    STRAYS.read()
}

fn shard(number: usize) -> &'static Mutex<Vec<Arc<Exchange>>> {
    &SHARD[number % SHARDS]
}

fn leave(exchange: &Exchange) {
    lock(shard(exchange.number)).retain(|other| other.number != exchange.number);
}

/// Sentences from any thread, up to a limit.
#[derive(Debug, Default)]
pub(super) struct Journal(Mutex<Vec<String>>);

impl Journal {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(super) fn note(&self, what: String) {
        let mut notes = lock(&self.0);
        if notes.len() < MOST_FINDINGS {
            notes.push(what);
        }
    }

    pub(super) fn read(&self) -> Vec<String> {
        lock(&self.0).clone()
    }
}

/// The latest completed requests of a host: late calls still find them, and their control blocks are still theirs.
#[derive(Default)]
pub(super) struct Quarantine(Mutex<VecDeque<Arc<Exchange>>>);

impl Quarantine {
    /// Takes a completed exchange in, and lets the oldest go.
    pub(super) fn enter(&self, exchange: Arc<Exchange>) {
        let mut waiting = lock(&self.0);
        waiting.push_back(exchange);
        let oldest = if waiting.len() > QUARANTINE { waiting.pop_front() } else { None };
        drop(waiting);
        if let Some(oldest) = oldest {
            leave(&oldest);
            oldest.leave_quarantine();
        }
    }

    /// Looks at the control blocks of all that are in quarantine.
    pub(super) fn inspect(&self) {
        lock(&self.0).iter().for_each(|exchange| exchange.inspect());
    }
}

impl Drop for Quarantine {
    /// A bridge outlives its host: the connections go, their control blocks stay out of use for ever.
    fn drop(&mut self) {
        lock(&self.0).iter().for_each(|exchange| leave(exchange));
    }
}
