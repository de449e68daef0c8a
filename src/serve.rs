//! A web server in front of a built bridge, for trying it with browsers, hg, git and CI. It is not IIS.
//!
//! What enters: a deployed bridge, and how users are signed on. What leaves: HTTP/1.1 and 1.0 on the loopback address,
//! until Ctrl+C or SIGTERM, for requests with one of the machine's own names. Absent: every other address, TLS, HTTP/2,
//! IIS's request filtering and limits, and Windows authentication itself, which [`SignOn`] imitates.

mod accounts;
mod asked_for;
mod body;
mod exchange;
mod peer;
mod sign_on;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};

pub(crate) use accounts::Accounts;
use exchange::Server;
pub(crate) use sign_on::SignOn;

use isapi_host::{Host, LoadError};

/// A request may take as long as its client waits.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// HTTP.sys limits the bytes of the headers and not their number, which the bridge limits; hyper's own limit is 100.
const MOST_HEADERS: usize = 2000;

/// The time that busy connections have to end.
const DRAIN: Duration = Duration::from_secs(30);

/// What `serve` reports while it runs.
#[derive(Debug)]
pub(crate) enum Event {
    /// It listens here.
    Listening(SocketAddr),
    /// It was told to end, and waits for running requests.
    Ending,
    /// The bridge did what IIS would not have tolerated.
    Violation(String),
}

/// What receives an [`Event`].
pub(crate) type Listener = Arc<dyn Fn(Event) + Send + Sync>;

/// Why nothing is served.
#[derive(Debug)]
pub enum ServeError {
    /// The bridge cannot be loaded, or does not start.
    Bridge(LoadError),
    /// The port is taken, or the system refuses. The error says what to do.
    Io(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bridge(error) => error.fmt(formatter),
            Self::Io(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for ServeError {}

/// Serves until the process is told to end.
///
/// # Errors
/// See [`ServeError`].
pub fn serve(
    library: &std::path::Path,
    port: u16,
    sign_on: SignOn,
    listener: Listener,
) -> Result<(), ServeError> {
    let host = Host::load(library).map_err(ServeError::Bridge)?.patience(PATIENCE);
    host.start().map_err(ServeError::Bridge)?;
    let server = Arc::new(Server { host, sign_on, listener });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(ServeError::Io)?;
    let outcome = runtime.block_on(listen(Arc::clone(&server), port));
    server.host.stop();
    server.host.late_violations().into_iter().for_each(|what| (server.listener)(Event::Violation(what)));
    // A request that outlived the bridge's own time limit must not keep the program running.
    runtime.shutdown_background();
    outcome.map_err(ServeError::Io)
}

/// Accepts connections until the process is told to end, then waits for the busy ones.
async fn listen(server: Arc<Server>, port: u16) -> io::Result<()> {
    let sockets = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
        let why =
            format!("cannot listen on 127.0.0.1:{port}: {error}. Choose another port; 0 chooses a free one.");
        io::Error::new(error.kind(), why)
    })?;
    let local = sockets.local_addr()?;
    let connections = GracefulShutdown::new();
    let mut end = std::pin::pin!(told_to_end());
    (server.listener)(Event::Listening(local));
    loop {
        tokio::select! {
            outcome = &mut end => break outcome?,
            taken = sockets.accept() => match taken {
                Ok((stream, remote)) => take(&server, &connections, stream, local, remote),
                // A connection that ended before it was accepted is no error; a lack of sockets is temporary.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
    (server.listener)(Event::Ending);
    // Connections that are still open then end with the program.
    let _ = tokio::time::timeout(DRAIN, connections.shutdown()).await;
    Ok(())
}

/// Serves one connection in the background.
fn take(
    server: &Arc<Server>,
    connections: &GracefulShutdown,
    stream: TcpStream,
    local: SocketAddr,
    remote: SocketAddr,
) {
    let server = Arc::clone(server);
    let service = service_fn(move |request| Arc::clone(&server).answer(request, local, remote));
    let mut http = http1::Builder::new();
    http.title_case_headers(true).max_headers(MOST_HEADERS);
    let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        // Whatever ends a connection early, the client has noticed it.
        let _ = connection.await;
    });
}

/// Ctrl+C, or the system's request to end the process.
#[cfg(unix)]
async fn told_to_end() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Ctrl+C.
#[cfg(not(unix))]
async fn told_to_end() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
