//! The bridge between IIS and Python: `bridge`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The bridge between IIS and Python.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct BridgeSpec {
    /// The folder of the bridge's DLLs, outside of any folder that IIS serves. Default: `bridge` in the
    /// distribution folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// Requests that run at once in one worker process. The bridge gives each of them a `KALLITHEA_EXTRAS` of
    /// its own, the variable in which Kallithea 0.7.0 tells its hooks who is pushing; see `docs/threads.md`.
    #[schemars(range(min = 1, max = 256))]
    pub threads: u32,
    /// Requests that wait for a thread before the next one is answered 503.
    #[schemars(range(min = 1, max = 65535))]
    pub queue_length: u32,
    /// Clients that may be slow to send or to take without holding up anybody else: a thread that waits for its client is
    /// made up for by another, so many times beside `threads`. One client, by its address, gets half of them; further
    /// requests of it are answered 503 while it holds these, and closed where it does not even take that. Where all are
    /// taken and requests wait, the slowest client is let go, if it moves fewer than 1,000 bytes a second of late. Default: 8
    /// times `threads`, at least 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 2048))]
    pub slow_clients: Option<u32>,
    /// Seconds after which a client is let go that has not sent a byte of the body it announced, or has not taken a piece
    /// of its response, of at most 256 KB where it is slow; 0 never. IIS has a limit of its own for a client that sends
    /// nothing, the `connectionTimeout` of the site, 120 seconds by default.
    #[schemars(range(max = 86_400), extend("x-unit" = "seconds"))]
    pub client_timeout: u32,
    /// Seconds that Kallithea may compute for a request without a word to its client or from it; 0 for ever. Then an
    /// exception is raised in the request's thread, and the log shows what it was doing. If the request still goes on as
    /// long again, but at most a minute later, IIS is told that the worker process is unhealthy, and recycles it where
    /// the pool is pinged.
    #[schemars(range(max = 86_400), extend("x-unit" = "seconds"))]
    pub request_time_limit: u32,
    /// Whether Python and Kallithea come up when the worker process loads the bridge, so that the first visitor
    /// need not wait for them; `false` waits for the first request.
    pub preload: bool,
    /// Seconds after which the log shows what the Python threads of an unfinished request are doing, once for each
    /// request; 0 never. A clone of a large repository takes long without being stuck.
    #[schemars(range(max = 86_400), extend("x-unit" = "seconds"))]
    pub slow_request: u32,
    /// Reverse proxies whose word is taken for the client's address and the like, but not for the URL's scheme: addresses
    /// (`192.0.2.10`) or networks (`192.0.2.0/24`, `2001:db8::/32`). `X-Forwarded-*`, `Forwarded` and `X-Real-IP` reach
    /// Kallithea from these peers only; from anybody else they are dropped. Who the user is, these do not say either. They send
    /// several people's requests through one connection, so that of Windows authentication only Kerberos is taken with them.
    #[schemars(length(max = 64))]
    pub trusted_proxies: Vec<String>,
    /// Whether every request is answered in the very call that brings it, so that the host's own threads wait for
    /// Kallithea. IIS needs no such thing. With `false` the bridge finds out from the first request whether its host lets
    /// a request be completed later, as IIS does; where the host does not show that, as Apache's mod_isapi, the bridge
    /// answers in the call by itself and says so in its log.
    pub synchronous: bool,
    /// How much of a request Kallithea takes in before it knows who sends it, pushes aside. More is answered 413.
    pub limits: LimitsSpec,
    /// What the bridge writes down.
    pub log: LogSpec,
    /// Environment variables that Kallithea sees, and no other process. Names are upper case.
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
            slow_request: 60,
            trusted_proxies: Vec::new(),
            synchronous: false,
            limits: LimitsSpec::default(),
            log: LogSpec::default(),
            environment_variables: BTreeMap::new(),
        }
    }
}

/// How much of a request Kallithea takes in before it knows who sends it, pushes aside. More is answered 413.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LimitsSpec {
    /// Megabytes of a form, or of a call of Kallithea's API, that are taken into memory. The files in a form are no part of
    /// them: of these IIS is the judge, by `requestLimits.maxContentLength`. A file that is edited in the browser comes in a
    /// form, three times as large where it is not English.
    #[schemars(range(min = 1, max = 1024), extend("x-unit" = "megabytes"))]
    pub form_size: u32,
    /// Fields of a form. The form for the members of a group, and the one for a repository's permissions, have one or
    /// two for each user.
    #[schemars(range(min = 100, max = 1_000_000))]
    pub form_fields: u32,
    /// Kilobytes of a Mercurial command's arguments that come in a request's body. Mercurial sends them there only to servers
    /// that ask for it, which Kallithea does not.
    #[schemars(range(min = 1, max = 65_536), extend("x-unit" = "kilobytes"))]
    pub argument_size: u32,
}

impl Default for LimitsSpec {
    fn default() -> Self {
        Self { form_size: 8, form_fields: 10_000, argument_size: 1024 }
    }
}

/// What the bridge writes down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LogSpec {
    /// The log file. A link there is not written through. Default: `logs\bridge.log` in the distribution folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The least level that is written.
    pub level: LogLevelSpec,
    /// The size in megabytes at which the file becomes `bridge.log.1`, the former `.1` becomes `.2`, and so on.
    #[schemars(range(min = 1, max = 1024), extend("x-unit" = "megabytes"))]
    pub max_size: u32,
    /// How many former files are kept.
    #[schemars(range(min = 1, max = 99))]
    pub keep: u32,
}

impl Default for LogSpec {
    fn default() -> Self {
        Self { file: None, level: LogLevelSpec::default(), max_size: 10, keep: 5 }
    }
}

/// Levels of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LogLevelSpec {
    /// Failures only.
    Error,
    /// Failures and oddities.
    Warning,
    /// One line per request besides.
    #[default]
    Info,
    /// Everything.
    Debug,
}
