//! The settings of one deployment: the types of the literals in `config.rs`.
//!
//! The compiler generates only `config.rs` in these crates. Every path is a path on the server.

/// Everything that the bridge must know, fixed when the deployment was compiled.
#[derive(Debug)]
pub struct Settings {
    /// The deployment's name, as log lines show it.
    pub deployment: &'static str,
    /// File name of the engine's DLL, which is in the loader's folder.
    pub engine: &'static str,
    /// The Python that runs the application.
    pub python: Python,
    /// The WSGI application.
    pub application: Application,
    /// Where the user's name comes from.
    pub identity: Identity,
    /// The Windows domains whose users are admitted; empty for all users.
    pub domains: &'static [&'static str],
    /// The domain for users who type a name without one; empty where none is set.
    pub default_domain: &'static str,
    /// The trusted reverse proxies.
    pub trusted_proxies: &'static [Network],
    /// How many requests run and wait at once.
    pub workers: Workers,
    /// How much of a request is taken into memory.
    pub limits: Limits,
    /// Where the bridge's own lines and the application's output go.
    pub log: Log,
    /// A folder in which programs are looked for before those of `PATH`.
    pub programs: Option<&'static str>,
    /// Variables that `os.environ` holds before the application is loaded, sorted by name.
    pub environment: &'static [(&'static str, &'static str)],
}

/// A version of Python: major and minor.
pub type Version = (u8, u8);

/// The interpreter that the loader maps into the worker process.
#[derive(Debug)]
pub struct Python {
    /// Folder of `python3XX.dll`.
    pub home: &'static str,
    /// Major and minor version: `(3, 11)` names `python311.dll`.
    pub version: Version,
    /// Folder of a virtual environment (the one that holds `pyvenv.cfg`), if the packages are in one.
    pub virtual_environment: Option<&'static str>,
}

/// The application that `paste.deploy` loads.
#[derive(Debug)]
pub struct Application {
    /// The ini file that `paste.deploy.loadapp` reads.
    pub ini: &'static str,
    /// Folder of the distribution. `paste.deploy` resolves a relative path to the ini file against it.
    pub distribution: &'static str,
    /// Path of the IIS application: `/`, or `/name` without a trailing slash.
    pub path: &'static str,
    /// Who answers requests for its static files.
    pub static_files: StaticFiles,
    /// Paths below `path` by which IIS and a farm's front find out whether the application answers. So the bridge
    /// answers none of them.
    pub monitored: &'static [&'static str],
}

/// Who answers requests for static files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaticFiles {
    /// The bridge, with what the application would send.
    Bridge,
    /// The application.
    Application,
}

/// Where the user's name comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// IIS authenticates, and its `REMOTE_USER` reaches the application.
    Server,
    /// The application authenticates; no `REMOTE_USER` ever reaches it.
    Application,
}

/// A network: addresses that begin with the same bits.
#[derive(Debug)]
pub struct Network {
    /// An address of version 4 or 6.
    pub address: &'static str,
    /// The length of its prefix in bits: 32 or 128 for this one address.
    pub prefix: u8,
}

/// How many requests run and wait at once.
#[derive(Debug)]
pub struct Workers {
    /// Threads that run the application, at least 1.
    pub threads: usize,
    /// How many requests may wait for a thread; the next one is answered with 503.
    pub queue_length: usize,
    /// Seconds that running requests have to finish after IIS asks the bridge to stop; less than the pool's
    /// `shutdownTimeLimit`.
    pub drain_seconds: u64,
    /// Whether Python starts before the first request.
    pub preload: bool,
    /// Whether a request is answered in the call that brings it, for a host that cannot wait for its completion. With
    /// `false`, this happens only on a host that does not show that it can wait.
    pub synchronous: bool,
    /// Workers that may wait for their clients in addition to the threads that run the application; 0 for none.
    pub slow_clients: usize,
    /// Seconds after which a client that neither sends nor receives a byte is disconnected; 0 for never.
    pub client_seconds: u64,
    /// Seconds that the application may compute for a request without sending or receiving a byte; 0 for no limit.
    pub limit_seconds: u64,
    /// Seconds after which the log shows what the threads of an unfinished request are doing; 0 for never.
    pub slow_seconds: u64,
}

/// How much of a request is taken into memory, regardless of the client.
#[derive(Debug)]
pub struct Limits {
    /// Megabytes of a form without its files, and of a call to the application's API.
    pub form_megabytes: u64,
    /// Fields of a form.
    pub form_fields: u32,
    /// Kilobytes of a Mercurial command's arguments that come in a request's body.
    pub argument_kilobytes: u64,
}

/// Where the log goes.
#[derive(Debug)]
pub struct Log {
    /// The log file; its folder is created if it is missing.
    pub file: &'static str,
    /// The least important level that is written.
    pub level: Level,
    /// Size in megabytes at which the file is rotated.
    pub max_megabytes: u64,
    /// How many rotated files are kept.
    pub keep: u32,
    /// Whether IIS's failed request tracing is set up and receives the bridge's events.
    pub failed_request_tracing: bool,
}

/// Levels of a log line, the least important last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed: a request, or the start.
    Error,
    /// Something unexpected happened, and the bridge continued.
    Warning,
    /// One line for each request, and for start and stop.
    Info,
    /// Everything.
    Debug,
}
