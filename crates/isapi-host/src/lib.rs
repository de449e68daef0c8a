//! An ISAPI host that is not IIS: it loads a bridge into its own process and sends it requests.
//!
//! In: the path of a bridge's library, and requests, each with a [`Peer`] that sends the body and receives the response. Out:
//! an [`Outcome`] for each, with a list of what the bridge did that IIS would not forgive. Absent: sockets, HTTP parsing and
//! authentication; a request names the user that IIS would have authenticated. The host keeps no bodies, and nothing that grows
//! with the number of requests.
//!
//! The host is strict. It notes a violation when a request is completed twice or never. It also notes one when the bridge
//!
//! - calls back after completion, however late;
//! - writes to the control block after completion, or before it to a field that is not its own;
//! - sends headers twice, or a body before them or where none is allowed;
//! - breaks the chunked coding or the Content-Length;
//! - asks for asynchronous input or output, whose buffers outlive their calls;
//! - makes two calls for one request at a time;
//! - reads the client's password, or closes the impersonation token.
//!
//! ```no_run
//! use std::sync::Arc;
//! use isapi_host::{Client, Host, Prepared, Request};
//!
//! let host = Host::load("out/bin/_dispatch.dll".as_ref()).unwrap();
//! println!("{}", host.start().unwrap());
//! // The short way: a client in memory.
//! let request = Request { url: "/kallithea/".into(), ..Request::default() };
//! println!("{}", host.serve(request.clone()).status);
//! // The way for many requests: prepared once, with a separate peer for each exchange.
//! let prepared = Arc::new(Prepared::new(&request).unwrap());
//! let mut client = Client::new(&request).unwrap();
//! let outcome = host.exchange(&prepared, &mut client);
//! println!("{} in {:?}", client.response(outcome).status, prepared.url());
//! host.stop();
//! ```

#![warn(unreachable_pub)]

mod abilities;
mod block;
mod blocks;
mod callbacks;
mod chunked;
mod client;
mod completion;
mod error;
mod exchange;
mod habits;
mod handles;
mod library;
mod load;
mod memory;
mod outcome;
mod peer;
mod play;
mod prepared;
pub mod program;
pub mod protocol;
mod requests;
mod response;
mod support;
mod table;
mod token;
mod trace;
mod variables;
mod vector;
mod watch;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

pub use abilities::{Abilities, Pending, Refusal, Tracing};
pub use chunked::Decoder;
pub use client::Client;
pub use error::{BodyError, ScriptError, UnknownRequest};
use exchange::{Exchange, Terms};
pub use habits::{BlockHabits, Field, Server, Sizes, VariableHabits};
pub use handles::spoil_standard_handles;
use library::Bridge;
pub use library::LoadError;
pub use outcome::{Notes, Outcome, TraceEvent};
pub use peer::{HangUp, Peer};
pub use play::{PlayError, play};
pub use prepared::Prepared;
pub use protocol::Request;
pub use response::{Discarded, Framing, Head, Response};
use table::Quarantine;

/// A bridge, loaded into this process.
///
/// The library stays loaded when the host is dropped: a bridge holds Python, which cannot be unloaded.
pub struct Host {
    bridge: Bridge,
    terms: Arc<Terms>,
    quarantine: Quarantine,
    /// Held for reading while a request is handed over, and for writing while one life replaces another.
    handing_over: RwLock<()>,
}

impl Host {
    /// Loads the library at `path` and finds its three exports; it does not call any of them yet.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        Ok(Self {
            bridge: Bridge::load(path)?,
            terms: Arc::default(),
            quarantine: Quarantine::default(),
            handing_over: RwLock::default(),
        })
    }

    /// Sets how long a request may take before it counts as never completed; two minutes by default.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        self.with(|terms| terms.patience = patience)
    }

    /// Sets how long a thread waits for a completion without giving up its processor; zero by default. Some microseconds can
    /// make a single request faster if processors are idle, and cost processor time everywhere.
    #[must_use]
    pub fn spinning(self, spinning: Duration) -> Self {
        self.with(|terms| terms.spinning = spinning)
    }

    /// Sets what this host can do; by default everything that it supports.
    #[must_use]
    pub fn abilities(self, abilities: Abilities) -> Self {
        self.with(|terms| terms.abilities = abilities)
    }

    fn with(mut self, change: impl FnOnce(&mut Terms)) -> Self {
        // No exchange shares these settings before the host is built.
        if let Some(terms) = Arc::get_mut(&mut self.terms) {
            change(terms);
        }
        self
    }

    /// Begins a life of the bridge (`GetExtensionVersion`) and returns the bridge's description of itself.
    pub fn start(&self) -> Result<String, LoadError> {
        self.bridge.version()
    }

    /// Hands one request to the bridge and waits for its completion. Several threads may call this at the same time.
    pub fn exchange(&self, request: &Arc<Prepared>, peer: &mut dyn Peer) -> Outcome {
        // SAFETY: `end` is called below, while `peer` is still borrowed; a panic in between comes from the bridge and ends the
        // process at the boundary of its export.
        let exchange = unsafe { Exchange::begin(request, peer, &self.terms) };
        let status = self.hand_over(&exchange);
        self.end(exchange, status)
    }

    /// Hands the same request to the bridge once for each peer, and waits for the first completion only when all are
    /// handed over. IIS does the same: its thread goes on to the next request as soon as the bridge has taken one.
    pub fn exchange_all<P: Peer>(&self, request: &Arc<Prepared>, peers: &mut [P]) -> Vec<Outcome> {
        let begin = |peer: &mut P| {
            // SAFETY: `end` is called below for each of them, while `peers` is still borrowed; as in `exchange`.
            let exchange = unsafe { Exchange::begin(request, peer, &self.terms) };
            let status = self.hand_over(&exchange);
            (exchange, status)
        };
        let begun: Vec<_> = peers.iter_mut().map(begin).collect();
        // The last one comes first, so that a bridge that keeps their order wakes this thread once.
        let mut outcomes: Vec<_> =
            begun.into_iter().rev().map(|(exchange, status)| self.end(exchange, status)).collect();
        outcomes.reverse();
        outcomes
    }

    fn hand_over(&self, exchange: &Exchange) -> u32 {
        let _turn = self.handing_over.read().unwrap_or_else(PoisonError::into_inner);
        self.bridge.request(exchange)
    }

    fn end(&self, exchange: Arc<Exchange>, status: u32) -> Outcome {
        let outcome = exchange.end(status);
        self.quarantine.enter(exchange);
        outcome
    }

    /// Serves one request to a client in memory. A request with an impossible body is not served; the response's
    /// violations then say why.
    pub fn serve(&self, request: Request) -> Response {
        match (Client::new(&request), Prepared::new(&request)) {
            (Ok(mut client), Ok(prepared)) => {
                let outcome = self.exchange(&Arc::new(prepared), &mut client);
                client.response(outcome)
            }
            (Err(why), _) | (_, Err(why)) => {
                let mut outcome = Outcome::new();
                outcome.violation(why.to_string());
                Response::new(Head::default(), Vec::new(), None, outcome)
            }
        }
    }

    /// Ends the bridge's life (`TerminateExtension`), even if requests are still running; [`Host::start`] may begin
    /// another. Returns whether the bridge agreed to be unloaded.
    pub fn stop(&self) -> bool {
        self.bridge.terminate()
    }

    /// Ends the bridge's life and begins another, while requests continue. The bridge must still answer the requests
    /// that it was given before; those that arrive meanwhile wait for the new life.
    pub fn recycle(&self) -> Result<String, LoadError> {
        let _turn = self.handing_over.write().unwrap_or_else(PoisonError::into_inner);
        self.stop();
        self.start()
    }

    /// What the bridge did to requests after they were complete, in the order in which the host found it. Calls on
    /// connections that ended long ago are found for the whole process.
    pub fn late_violations(&self) -> Vec<String> {
        self.quarantine.inspect();
        let mut late = self.terms.journal.read();
        late.extend(table::strays());
        late
    }
}

/// Takes a lock even if a holder panicked: the data that it guards is never left half changed.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
