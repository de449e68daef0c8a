//! An ISAPI host that is not IIS: it loads a bridge into its own process and feeds it requests.
//!
//! What enters: the path of a bridge's library and [`Request`]s. What leaves: [`Response`]s, each with the list of
//! what the bridge did that IIS would not forgive. Absent: sockets, HTTP parsing and authentication; a request says
//! who the user is, as IIS would have found out.
//!
//! The host is strict. It notes a violation when a request is completed twice or never, when the bridge calls back
//! after completion, sends headers twice or a body before them, reads the client's password, or frames a body wrongly.
//!
//! ```no_run
//! use kallithea_iisc::host::{Host, Request};
//!
//! let host = Host::load("out/bin/_dispatch.dll".as_ref()).unwrap();
//! println!("{}", host.start().unwrap());
//! let response = host.serve(Request { url: "/kallithea/".into(), ..Request::default() });
//! println!("{}", response.status);
//! host.stop();
//! ```

mod block;
mod callbacks;
mod exchange;
mod library;
pub mod protocol;
mod response;
mod variables;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use exchange::Exchange;
use library::Bridge;
pub use library::LoadError;
pub use protocol::Request;
pub use response::{Framing, Response};

/// A bridge, loaded into this process.
///
/// The library stays loaded when the host is dropped: a bridge holds Python, which cannot be unloaded.
pub struct Host {
    bridge: Bridge,
    /// Every request ever served: a bridge that calls back too late must meet a control block that still exists.
    exchanges: Mutex<Vec<Arc<Exchange>>>,
    /// How long a request may take before it counts as never completed.
    patience: Duration,
}

impl Host {
    /// Loads the library at `path` and finds its three exports; nothing of it is called yet.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let bridge = Bridge::load(path)?;
        Ok(Self { bridge, exchanges: Mutex::default(), patience: Duration::from_secs(120) })
    }

    /// Sets how long a request may take before it counts as never completed; two minutes to begin with.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Begins a life of the bridge (`GetExtensionVersion`) and returns how it describes itself.
    pub fn start(&self) -> Result<String, LoadError> {
        self.bridge.version()
    }

    /// Serves one request and waits for its completion. Threads may call this at the same time.
    pub fn serve(&self, request: Request) -> Response {
        let begun = Instant::now();
        let exchange = Exchange::new(request);
        lock(&self.exchanges).push(Arc::clone(&exchange));
        let status = self.bridge.request(&exchange);
        let outcome = exchange.wait(status, self.patience);
        response::read(&exchange.request, outcome, begun.elapsed())
    }

    /// Ends the bridge's life (`TerminateExtension`); [`Host::start`] may begin another.
    /// Returns whether the bridge agreed to be unloaded.
    pub fn stop(&self) -> bool {
        self.bridge.terminate()
    }

    /// What the bridge did to requests after they were complete, in the order in which it happened.
    pub fn late_violations(&self) -> Vec<String> {
        lock(&self.exchanges).iter().flat_map(|exchange| exchange.late_violations()).collect()
    }
}

/// A lock whose holder panicked is taken all the same: what it guards is only ever appended to.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
