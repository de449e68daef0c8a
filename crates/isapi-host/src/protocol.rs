//! The JSON documents of the program `isapi-host`: one is read from standard input, one is written to standard
//! output.
//!
//! In and out: text. Absent: the bridge; `program` connects the two.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::abilities::{Abilities, Pending, Refusal, Tracing};
use super::error::{BodyError, ScriptError};
use super::habits::{BlockHabits, Server, VariableHabits};
use super::outcome::Notes;
use super::response::{Discarded, Framing, Response};

/// What `isapi-host --help` prints.
pub const HELP: &str = include_str!("help.txt");

/// What to do with a bridge: the document on standard input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// How often the bridge is started, given all requests, and ended, in this one process.
    #[serde(default = "one")]
    pub lives: usize,
    /// How many requests run at the same time.
    #[serde(default = "one")]
    pub parallel: usize,
    /// How often each life goes through the list of requests.
    #[serde(default = "one")]
    pub repeat: usize,
    /// Seconds after which a request counts as never completed.
    #[serde(default = "two_minutes")]
    pub timeout_seconds: u64,
    /// Ends each life that many milliseconds after its first request began, even if requests are still running.
    pub stop_after_milliseconds: Option<u64>,
    /// The server whose habits the host starts with.
    #[serde(default)]
    pub server: Server,
    /// The requests of ServerSupportFunction that this host does not know, such as `VECTOR_SEND`.
    #[serde(default)]
    pub refuse: Vec<String>,
    /// The error with which it refuses them; `None` leaves the thread's last error unchanged.
    #[serde(default = "invalid_parameter")]
    pub refuse_error: Option<u32>,
    /// How the host returns server variables.
    #[serde(default)]
    pub variables: VariableHabits,
    /// What the host writes into control blocks.
    #[serde(default)]
    pub block: BlockHabits,
    /// How often each life is begun before its requests come, one beginning after the other.
    #[serde(default = "one")]
    pub starts: usize,
    /// Whether each life is ended.
    #[serde(default = "yes")]
    pub terminate: bool,
    /// Requests that come after the end of each life, one after the other.
    #[serde(default)]
    pub after_end: Vec<Request>,
    /// Whether the host supports HSE_STATUS_PENDING.
    #[serde(default = "yes")]
    pub pending: bool,
    /// Whether requests are traced.
    #[serde(default)]
    pub tracing: bool,
    /// What the bridge finds as standard input, output and error.
    #[serde(default)]
    pub standard_handles: StandardHandles,
    /// Requests served one after the other at the beginning of the first life. Memory is measured after they have
    /// ended.
    #[serde(default)]
    pub warm_up: Vec<Request>,
    /// Counts the responses instead of keeping them.
    #[serde(default)]
    pub summary: bool,
    /// Checks each response against its request, in a summary: this header must carry the request's number.
    pub expect_echo: Option<String>,
    /// The header in which each request carries its number, in a summary.
    #[serde(default = "number_header")]
    pub number_header: String,
    /// The status codes that are not violations in a summary.
    #[serde(default = "ok")]
    pub expect_statuses: Vec<u16>,
    /// In a summary: one life ends and another begins after that many requests, while the clients continue.
    pub restart_every: Option<usize>,
    /// In a summary: one client in that many requests disconnects before it has the response.
    pub vanish_every: Option<usize>,
    /// The requests, begun in this order.
    pub requests: Vec<Request>,
}

/// What a bridge finds as standard input, output and error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StandardHandles {
    /// The handles that the host was given.
    #[default]
    Valid,
    /// INVALID_HANDLE_VALUE, and no descriptors, as in a worker process of IIS.
    Invalid,
    /// NULL, and no descriptors.
    Null,
    /// Closed handles, and descriptors that refer to them.
    Stale,
    /// Events, which are not files.
    Event,
}

impl Script {
    /// Reads a script; the error says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, ScriptError> {
        let mut script: Self = serde_json::from_str(text)?;
        let all = [&mut script.requests, &mut script.warm_up, &mut script.after_end];
        all.into_iter().flatten().for_each(|request| script.server.adopt(request));
        for (number, request) in script.requests.iter().enumerate() {
            request.declared_length().map_err(|why| ScriptError::Body(number, why))?;
        }
        let of_summaries =
            script.expect_echo.is_some() || script.restart_every.is_some() || script.vanish_every.is_some();
        if of_summaries && !script.summary {
            return Err(ScriptError::OfSummaries);
        }
        if script.requests.is_empty() {
            return Err(ScriptError::Empty);
        }
        Ok(script)
    }

    /// The abilities that the host must have.
    pub fn abilities(&self) -> Result<Abilities, ScriptError> {
        let tracing = if self.tracing { Tracing::On } else { Tracing::Off };
        let mut abilities = Abilities::default().tracing(tracing).server(self.server);
        if !self.pending {
            abilities = abilities.pending(Pending::Unsupported);
        }
        let refusal = self.refuse_error.map_or(Refusal::Silent, Refusal::Error);
        let abilities =
            abilities.refusal(refusal).variables(self.variables.clone()).block(self.block.clone());
        Ok(self.refuse.iter().try_fold(abilities, |abilities, name| abilities.refuse(name))?)
    }
}

/// One request, as IIS would know it.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The method; `GET` by default.
    pub method: String,
    /// The request target as the client sent it, percent-encoded, with its query.
    pub url: String,
    /// The headers as the client sent them.
    pub headers: Vec<(String, String)>,
    /// The body, if it is text.
    pub body: Option<String>,
    /// The body in base64, if it is not text.
    pub body_base64: Option<String>,
    /// The length of a generated body, in which byte number n is n modulo 251; for bodies that are too long to write
    /// down.
    pub body_size: Option<u64>,
    /// The announced length, if it differs from the body's own.
    pub declared_size: Option<u64>,
    /// Keeps only length and checksum of the response's body.
    pub discard_response: bool,
    /// The user that IIS authenticated; empty for an anonymous request.
    pub user: String,
    /// The variable LOGON_USER, if it is not that user, as under a filter.
    pub logon_user: Option<String>,
    /// How IIS authenticated: `Negotiate`, `NTLM`, `Basic`; empty for anonymous.
    pub auth_type: String,
    /// Whether the request came over TLS.
    pub https: bool,
    /// The HTTP version; `HTTP/1.1` by default.
    pub protocol: String,
    /// The client's address.
    pub remote_addr: String,
    /// The server's address.
    pub local_addr: String,
    /// The server's port; by default 80, or 443 over TLS.
    pub port: Option<u16>,
    /// How many bytes of the body IIS has read before it calls the bridge.
    pub read_ahead: usize,
    /// The largest number of bytes that one `ReadClient` returns.
    pub read_size: usize,
    /// Whether the body is chunked, so that its length is not known in advance.
    pub chunked: bool,
    /// The client disconnects after it has sent this many bytes of its body.
    pub abort_upload_after: Option<u64>,
    /// The client disconnects after it has received this many bytes of the response's body.
    pub abort_download_after: Option<u64>,
    /// How long the client takes for each piece of the response.
    pub write_delay_milliseconds: u64,
    /// How fast the client sends: that many bytes, then a pause of that many milliseconds.
    pub send_pace: Option<(usize, u64)>,
    /// How fast the client receives the response, in the same form.
    pub take_pace: Option<(usize, u64)>,
    /// That many bytes, in each direction, go at full speed before the pace applies.
    pub pace_after: u64,
    /// The client disconnects after that time, if it has a pace or stalls.
    pub leaves_after_milliseconds: Option<u64>,
    /// After that many bytes of its body the client sends no more, but stays connected.
    pub stall_upload_after: Option<u64>,
    /// After that many bytes of the response's body the client receives no more, but stays connected.
    pub stall_download_after: Option<u64>,
    /// Server variables that this host does not know, to imitate hosts other than IIS. A name that ends in `*` means
    /// all names with that beginning.
    pub missing: Vec<String>,
    /// `false` leaves `lpszPathInfo` NULL, as some other hosts do.
    pub path_info: bool,
    /// The variable SERVER_SOFTWARE; that of IIS 10 by default.
    pub software: Option<String>,
    /// The extension's own path, for hosts whose PATH_INFO is what follows it. By default PATH_INFO is the whole path, as for a
    /// script map of IIS.
    pub script_name: Option<String>,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            method: "GET".into(),
            url: "/".into(),
            headers: Vec::new(),
            body: None,
            body_base64: None,
            body_size: None,
            declared_size: None,
            discard_response: false,
            user: String::new(),
            logon_user: None,
            auth_type: String::new(),
            https: false,
            protocol: "HTTP/1.1".into(),
            remote_addr: "192.0.2.7".into(),
            local_addr: "192.0.2.1".into(),
            port: None,
            read_ahead: 49152,
            read_size: 65536,
            chunked: false,
            abort_upload_after: None,
            abort_download_after: None,
            write_delay_milliseconds: 0,
            send_pace: None,
            take_pace: None,
            pace_after: 0,
            leaves_after_milliseconds: None,
            stall_upload_after: None,
            stall_download_after: None,
            missing: Vec::new(),
            path_info: true,
            software: None,
            script_name: None,
        }
    }
}

impl Request {
    /// The body's bytes, from whichever form was given. It is empty for a generated body.
    pub fn body_bytes(&self) -> Result<Cow<'_, [u8]>, BodyError> {
        match (&self.body, &self.body_base64, self.body_size) {
            (None, None, _) => Ok(Cow::Borrowed(&[])),
            (Some(text), None, None) => Ok(Cow::Borrowed(text.as_bytes())),
            (None, Some(text), None) => Ok(Cow::Owned(STANDARD.decode(text)?)),
            _ => Err(BodyError::Several),
        }
    }

    /// The length of the body as the client announces it.
    pub fn declared_length(&self) -> Result<u64, BodyError> {
        let own = self.body_bytes()?.len() as u64;
        Ok(self.declared_size.or(self.body_size).unwrap_or(own))
    }
}

/// The result: the document on standard output.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// How the bridge described itself, once for each life.
    pub descriptions: Vec<String>,
    /// The responses, in the order of the requests, life after life; empty in a summary.
    pub responses: Vec<Answer>,
    /// The counted responses, in a summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// By how many bytes the process's memory grew at its peak, measured from the end of the first start and the
    /// warm-up.
    pub memory_growth: Option<u64>,
    /// Bytes that the system itself uses for a thread that does nothing, measured before that.
    pub memory_of_an_idle_thread: Option<u64>,
    /// Everything that IIS would not have forgiven. If there is anything, the program's exit code is 1.
    pub violations: Vec<String>,
}

/// Many responses, counted.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// Requests that were handed to the bridge.
    pub requests: u64,
    /// Responses by their status code; 0 means no response.
    pub statuses: BTreeMap<u16, u64>,
    /// Clients that disconnected before they had the response.
    pub vanished: u64,
    /// Responses with status 200 that carried their request's number.
    pub echoed: u64,
    /// Responses with status 200 that carried a different number, or none.
    pub mismatched: u64,
    /// Requests without a response, although their clients waited.
    pub lost: u64,
    /// Numbers that more than one response carried.
    pub doubled: u64,
    /// How often one life replaced another while requests continued.
    pub restarts: u64,
    /// Bytes of requests' bodies that the bridge read.
    pub bytes_received: u64,
    /// Bytes of responses' bodies, including chunk marks.
    pub bytes_sent: u64,
    /// The time from the first request to the last response.
    pub seconds: f64,
}

/// One response.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// Number of the life, counted from 1.
    pub life: usize,
    /// Number of the request in the list, counted from 0.
    pub request: usize,
    /// Status code and reason phrase, as the bridge gave them; empty when it sent no headers.
    pub status: String,
    /// The headers that the bridge sent.
    pub headers: Vec<(String, String)>,
    /// The body without its chunked coding, if it is UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The body without its chunked coding.
    pub body_base64: String,
    /// Length and checksum of the body, if the request said to discard it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discarded: Option<Discarded>,
    /// How the body's end is marked.
    pub framing: Framing,
    /// Whether the body reached its marked end.
    pub complete: bool,
    /// Whether IIS would keep the connection.
    pub keep_alive: bool,
    /// The status with which the bridge completed the request: 1 success, 2 success and keep the connection, 4 error.
    pub log_status: Option<u32>,
    /// `dwHttpStatusCode`, which goes to IIS's log.
    pub http_status_code: u32,
    /// Calls that sent something: headers, bytes of a body, or both.
    pub sends: u64,
    /// Bytes of the body that the host read from files of the bridge.
    pub file_bytes: u64,
    /// The time from the call of `HttpExtensionProc` to completion.
    pub milliseconds: f64,
    /// What the bridge told the server in addition to the response.
    #[serde(flatten)]
    pub notes: Notes,
}

impl Answer {
    /// The printable form of a response.
    pub fn new(life: usize, request: usize, response: Response) -> Self {
        Self {
            life,
            request,
            status: response.status,
            headers: response.headers,
            body_base64: STANDARD.encode(&response.body),
            body: String::from_utf8(response.body).ok(),
            discarded: response.discarded,
            framing: response.framing,
            complete: response.complete,
            keep_alive: response.keep_alive,
            log_status: response.log_status,
            http_status_code: response.http_status_code,
            sends: response.sends,
            file_bytes: response.file_bytes,
            milliseconds: response.duration.as_secs_f64() * 1000.0,
            notes: response.notes,
        }
    }
}

fn yes() -> bool {
    true
}

fn ok() -> Vec<u16> {
    vec![200]
}

fn number_header() -> String {
    "X-Request-Number".into()
}

fn one() -> usize {
    1
}

fn invalid_parameter() -> Option<u32> {
    Some(super::block::ERROR_INVALID_PARAMETER)
}

fn two_minutes() -> u64 {
    120
}
