//! The bridge between IIS and Python: `bridge`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WindowsPath;
use super::readings::{Read, Reading};
use super::words::words;

/// The bridge between IIS and Python.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct BridgeSpec {
    /// The folder of the bridge's DLLs, outside any folder that IIS serves. Default: `bridge` in the
    /// distribution folder.
    #[schemars(with = "Option<String>", transform = Read(Reading::Path))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<WindowsPath>,
    /// The number of requests that one worker process runs at once. The bridge gives each its own `KALLITHEA_EXTRAS`,
    /// the variable in which Kallithea 0.7.0 tells its hooks who is pushing; see `docs/threads.md`.
    #[schemars(range(min = 1, max = 256))]
    pub threads: u32,
    /// The number of requests that can wait for a thread. The bridge answers 503 to further ones.
    #[schemars(range(min = 1, max = 65535))]
    pub queue_length: u32,
    /// The number of slow clients that do not delay others: for each thread that waits for its client, the bridge
    /// starts another one, up to this number. One client address gets half of them. The bridge answers 503 to its
    /// further requests, and closes the connection if it does not read even that. If all are in use and requests
    /// wait, the bridge disconnects the slowest client that lately moved fewer than 1,000 bytes a second. Default: 8
    /// times `threads`, at least 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 2048))]
    pub slow_clients: Option<u32>,
    /// Seconds after which the bridge disconnects a client that sends no byte of its announced body; 0 for never. It
    /// also disconnects a client that takes no piece of its response for so long (at most 256 KB if it is slow). IIS
    /// has its own limit for a client that sends nothing, the site's `connectionTimeout`, 120 seconds by default.
    #[schemars(range(max = 86_400), extend("x-unit" = "seconds"))]
    pub client_timeout: u32,
    /// Seconds that Kallithea may compute for a request without communicating with its client; 0 for no limit. After
    /// that the bridge raises an exception in the request's thread, and logs what it was doing. If the request
    /// continues for the same time again, at most a minute, the bridge reports the worker process to IIS as
    /// unhealthy. IIS recycles it if the pool is pinged.
    #[schemars(range(max = 86_400), extend("x-unit" = "seconds"))]
    pub request_time_limit: u32,
    /// Whether Python and Kallithea start when the worker process loads the bridge. `false` starts them with the first request.
    /// IIS loads the bridge with the first request of all, or before it: see
    /// `applicationPool.startMode`.
    pub preload: bool,
    /// Who answers requests for Kallithea's static files: its style sheets, scripts, fonts and pictures.
    pub static_files: StaticFilesSpec,
    /// Seconds after which the log shows what the Python threads of an unfinished request are doing, once for each
    /// request; 0 for never. A clone of a large repository takes long without being stuck.
    #[schemars(range(max = 86_400), extend("x-unit" = "seconds"))]
    pub slow_request: u32,
    /// Reverse proxies that the bridge trusts for the client's address, but not for the URL's scheme or the user's
    /// name: addresses (`192.0.2.10`) or networks (`192.0.2.0/24`, `2001:db8::/32`). The bridge passes
    /// `X-Forwarded-*`, `Forwarded` and `X-Real-IP` on only from these, and removes them otherwise. A proxy sends the
    /// requests of several users through one connection, so Windows authentication allows only Kerberos with it.
    #[schemars(length(max = 64))]
    pub trusted_proxies: Vec<String>,
    /// Whether the bridge answers every request in the call that brings it, so that the host's own threads wait for
    /// Kallithea. IIS does not need this. With `false` the bridge finds out from the first request whether its host
    /// allows a request to be completed later, as IIS does. Otherwise, as with Apache's mod_isapi, it answers in the
    /// call and logs that.
    pub synchronous: bool,
    /// Limits for requests before Kallithea knows the user, except for pushes. The bridge answers 413 to a larger request.
    pub limits: LimitsSpec,
    /// The bridge's log.
    pub log: LogSpec,
    /// The path of `git.exe`, such as `C:\Program Files\Git\cmd\git.exe`: Kallithea looks for programs in its folder before those
    /// of `PATH`. Default: the server's `PATH` alone. Services see a changed `PATH` only after the Windows Process Activation
    /// Service restarts.
    #[schemars(with = "Option<String>", transform = Read(Reading::Path))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<WindowsPath>,
    /// Environment variables that only Kallithea sees. Names are upper case. Nothing in a value is expanded.
    pub environment_variables: BTreeMap<String, String>,
}

impl Default for BridgeSpec {
    fn default() -> Self {
        Self {
            directory: None,
            threads: 8,
            queue_length: 100,
            slow_clients: None,
            client_timeout: 300,
            request_time_limit: 600,
            preload: true,
            static_files: StaticFilesSpec::default(),
            slow_request: 60,
            trusted_proxies: Vec::new(),
            synchronous: false,
            limits: LimitsSpec::default(),
            log: LogSpec::default(),
            git: None,
            environment_variables: BTreeMap::new(),
        }
    }
}

/// Limits for requests before Kallithea knows the user, except for pushes. The bridge answers 413 to a larger request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LimitsSpec {
    /// Megabytes of a form, or of a call of Kallithea's API, in memory. Uploaded files do not count:
    /// `requestLimits.maxAllowedContentLength` limits them. A file that a user edits in the browser is a part of a form, and
    /// three times as large if it is not English.
    #[schemars(range(min = 1, max = 1024), extend("x-unit" = "megabytes"))]
    pub form_size: u32,
    /// The number of fields in a form. The form for the members of a group, and the one for a repository's
    /// permissions, have one or two for each user.
    #[schemars(range(min = 100, max = 1_000_000))]
    pub form_fields: u32,
    /// Kilobytes of a Mercurial command's arguments in a request's body. Mercurial sends them there only to servers
    /// that request it, which Kallithea does not.
    #[schemars(range(min = 1, max = 65_536), extend("x-unit" = "kilobytes"))]
    pub argument_size: u32,
}

impl Default for LimitsSpec {
    fn default() -> Self {
        Self { form_size: 8, form_fields: 10_000, argument_size: 1024 }
    }
}

/// The bridge's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LogSpec {
    /// The log file. The bridge does not write through a link. Default: `logs\bridge.log` in the distribution folder.
    #[schemars(with = "Option<String>", transform = Read(Reading::Path))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<WindowsPath>,
    /// The lowest level that the bridge logs.
    pub level: LogLevelSpec,
    /// The size in megabytes at which the file becomes `bridge.log.1`, the former `.1` becomes `.2`, and so on.
    #[schemars(range(min = 1, max = 1024), extend("x-unit" = "megabytes"))]
    pub max_size: u32,
    /// The number of former files to keep.
    #[schemars(range(min = 1, max = 99))]
    pub keep: u32,
}

impl Default for LogSpec {
    fn default() -> Self {
        Self { file: None, level: LogLevelSpec::default(), max_size: 10, keep: 5 }
    }
}

words! {
    /// Who answers requests for static files.
    #[derive(Default)]
    pub enum StaticFilesSpec, as_word {
        /// The bridge, from a list that it makes at the start of what Kallithea itself sends. IIS sends the file. Addresses
        /// with Kallithea's version may be kept for seven days.
        #[default]
        Bridge = "bridge",
        /// Kallithea, in Python.
        Application = "application",
    }
}

words! {
    /// Levels of the log.
    #[derive(Default)]
    pub enum LogLevelSpec, as_word {
        /// Only errors.
        Error = "error",
        /// Errors and warnings.
        Warning = "warning",
        /// Also one line per request.
        #[default]
        Info = "info",
        /// Everything.
        Debug = "debug",
    }
}
