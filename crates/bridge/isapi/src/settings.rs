//! What one deployment decides: the types whose literals `config.rs` holds.
//!
//! The compiler writes `config.rs` and nothing else in these crates; every path is a path on the server.

/// Everything that the bridge must know, fixed when the deployment was compiled.
#[derive(Debug)]
pub struct Settings {
    /// The deployment's name, as it stands in log lines.
    pub deployment: &'static str,
    /// File name of the engine's DLL; it lies in the loader's own folder.
    pub engine: &'static str,
    /// The Python that runs the application.
    pub python: Python,
    /// The WSGI application.
    pub application: Application,
    /// Where the user's name comes from.
    pub identity: Identity,
    /// The Windows domains whose users are let through; none for all.
    pub domains: &'static [&'static str],
    /// The domain in which the server signs on who types a name without one; empty where none is named.
    pub default_domain: &'static str,
    /// The reverse proxies that are believed.
    pub trusted_proxies: &'static [Network],
    /// How many requests run and wait at once.
    pub workers: Workers,
    /// How much of a request is taken into memory.
    pub limits: Limits,
    /// Where the bridge's own lines and the application's output go.
    pub log: Log,
    /// Variables that `os.environ` holds before the application is loaded, sorted by name.
    pub environment: &'static [(&'static str, &'static str)],
}

/// The interpreter that the loader maps into the worker process.
#[derive(Debug)]
pub struct Python {
    /// Folder of `python3XX.dll`.
    pub home: &'static str,
    /// Major and minor version: `(3, 11)` names `python311.dll`.
    pub version: (u8, u8),
    /// Folder of a virtual environment (the one that holds `pyvenv.cfg`), if the packages live in one.
    pub virtual_environment: Option<&'static str>,
}

/// The application that `paste.deploy` loads.
#[derive(Debug)]
pub struct Application {
    /// The ini file that `paste.deploy.loadapp` reads.
    pub ini: &'static str,
    /// Folder of the distribution, against which `paste.deploy` resolves what the ini file's own address leaves open.
    pub distribution: &'static str,
    /// Path of the IIS application: `/`, or `/name` without a trailing slash.
    pub path: &'static str,
}

/// Where the user's name comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// IIS authenticates, and its `REMOTE_USER` reaches the application.
    Server,
    /// The application authenticates; no `REMOTE_USER` ever reaches it.
    Application,
}

/// Addresses that begin with the same bits.
#[derive(Debug)]
pub struct Network {
    /// An address of version 4 or 6.
    pub address: &'static str,
    /// How many of its bits count: 32 or 128 for this one address.
    pub prefix: u8,
}

/// How many requests run and wait at once.
#[derive(Debug)]
pub struct Workers {
    /// Threads that run the application, at least 1.
    pub threads: usize,
    /// Requests that wait for a thread before the next is answered 503.
    pub queue_length: usize,
    /// Seconds that running requests have to end once IIS asks the bridge to stop; less than the pool's
    /// `shutdownTimeLimit`.
    pub drain_seconds: u64,
    /// Whether Python comes up before the first request.
    pub preload: bool,
    /// Whether a request is answered in the call that brings it, for a host that cannot wait for its completion. With
    /// `false` that happens only where the host does not show that it can.
    pub synchronous: bool,
    /// Workers that may wait for their clients beside the threads that run the application; 0 for none.
    pub slow_clients: usize,
    /// Seconds after which a client is let go that neither sends nor takes a byte; 0 never.
    pub client_seconds: u64,
    /// Seconds that the application may compute for a request without a word to its client or from it; 0 for ever.
    pub limit_seconds: u64,
    /// Seconds after which the log shows what the threads of an unfinished request are doing; 0 never.
    pub slow_seconds: u64,
}

/// How much of a request is taken into memory, whoever sends it.
#[derive(Debug)]
pub struct Limits {
    /// Megabytes of a form without its files, and of a call of the application's API.
    pub form_megabytes: u64,
    /// Fields of a form.
    pub form_fields: u32,
    /// Kilobytes of a Mercurial command's arguments that come in a request's body.
    pub argument_kilobytes: u64,
}

/// Where the log goes.
#[derive(Debug)]
pub struct Log {
    /// The log file; its folder is made when it is missing.
    pub file: &'static str,
    /// The least level that is written.
    pub level: Level,
    /// Size in megabytes at which the file is put aside and another begun.
    pub max_megabytes: u64,
    /// How many files put aside are kept.
    pub keep: u32,
    /// Whether IIS's failed request tracing is set up, and wants to see the bridge's events.
    pub failed_request_tracing: bool,
}

/// Levels of a log line, the least important last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed: a request, or the start.
    Error,
    /// Something is odd, and the bridge went on.
    Warning,
    /// One line per request, and the start and the end.
    Info,
    /// Everything.
    Debug,
}
