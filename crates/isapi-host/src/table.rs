//! Finds the request of a ConnID, and detects calls that come too late.
//!
//! In: exchanges, and ConnIDs from the bridge. Out: exchanges, and messages about late calls. A ConnID is a number that is
//! never reused, so an old one never leads to memory. Absent: anything that grows with the number of requests.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::exchange::Exchange;
use super::{lock, requests};

/// Numbers are consecutive, so the requests that run at one time are spread evenly.
const SHARDS: usize = 256;
/// How many completed requests a host remembers.
const QUARANTINE: usize = 64;
/// How many messages are kept.
const MOST_FINDINGS: usize = 1000;

static SHARD: [Mutex<Vec<Arc<Exchange>>>; SHARDS] = [const { Mutex::new(Vec::new()) }; SHARDS];
static NEXT: AtomicUsize = AtomicUsize::new(1);
/// Calls with ConnIDs that no host of this process knows any more.
static STRAYS: Journal = Journal::new();

/// A number that no connection of this process has had.
pub(super) fn new_number() -> usize {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Registers an exchange under its number.
pub(super) fn enter(exchange: &Arc<Exchange>) {
    lock(shard(exchange.number)).push(Arc::clone(exchange));
}

/// The exchange of a ConnID; if there is none, the call is noted.
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

/// As [`find`], for ServerSupportFunction.
pub(super) fn find_for_request(connection: *mut c_void, request: u32) -> Option<Arc<Exchange>> {
    find(connection, requests::name(request))
}

/// Late calls on connections of which only the number is known.
pub(super) fn strays() -> Vec<String> {
    STRAYS.read()
}

fn shard(number: usize) -> &'static Mutex<Vec<Arc<Exchange>>> {
    &SHARD[number % SHARDS]
}

fn leave(exchange: &Exchange) {
    lock(shard(exchange.number)).retain(|other| other.number != exchange.number);
}

/// Messages from any thread, up to a limit.
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

/// The latest completed requests of a host. Late calls still find them, and their control blocks are not reused yet.
#[derive(Default)]
pub(super) struct Quarantine(Mutex<VecDeque<Arc<Exchange>>>);

impl Quarantine {
    /// Adds a completed exchange, and removes the oldest.
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

    /// Checks the control blocks of all exchanges in quarantine.
    pub(super) fn inspect(&self) {
        lock(&self.0).iter().for_each(|exchange| exchange.inspect());
    }
}

impl Drop for Quarantine {
    /// A bridge outlives its host: the connections are removed, but their control blocks are never reused.
    fn drop(&mut self) {
        lock(&self.0).iter().for_each(|exchange| leave(exchange));
    }
}
