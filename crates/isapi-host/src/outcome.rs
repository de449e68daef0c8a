//! The outcome of one request.
//!
//! In: findings, while the bridge has the request. Out: an [`Outcome`]. Absent: the response, which went to the peer.

use std::time::Duration;

use serde::Serialize;

use super::response::Framing;

/// A limit, because a bridge in a loop must not fill the memory with its faults.
const MOST_FINDINGS: usize = 100;

/// The outcome of one request.
#[derive(Debug)]
pub struct Outcome {
    /// The status of completion: 1 success, 2 success and keep the connection, 4 error; `None` if it was never
    /// completed.
    pub log_status: Option<u32>,
    /// `dwHttpStatusCode`, which goes to IIS's log.
    pub http_status_code: u32,
    /// How the end of the response's body is marked.
    pub framing: Framing,
    /// Whether the response's body reached its marked end.
    pub complete: bool,
    /// Whether IIS would keep the connection.
    pub keep_alive: bool,
    /// Whether the host found that the client had disconnected.
    pub client_gone: bool,
    /// Bytes of the request's body that went to the bridge.
    pub bytes_received: u64,
    /// Bytes of the response's body that the peer received, including chunk marks.
    pub bytes_sent: u64,
    /// Calls that sent something: headers, bytes of a body, or both.
    pub sends: u64,
    /// Bytes of the response's body that the host read from files of the bridge.
    pub file_bytes: u64,
    /// The time from the call of HttpExtensionProc to completion.
    pub duration: Duration,
    /// What IIS would not have forgiven.
    pub violations: Vec<String>,
    /// What the bridge told the server about the request.
    pub notes: Notes,
}

/// What a bridge told the server about a request, separately from its response.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Notes {
    /// `lpszLogData`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub log_data: String,
    /// What APPEND_LOG_PARAMETER added, joined.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub log_parameters: String,
    /// The reasons given with REPORT_UNHEALTHY.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unhealthy: Vec<String>,
    /// The events raised with RAISE_TRACE_EVENT.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trace_events: Vec<TraceEvent>,
    /// Whether SET_FLUSH_FLAG asked IIS not to buffer the response.
    #[serde(skip_serializing_if = "is_false")]
    pub flush: bool,
    /// Whether CLOSE_CONNECTION was called.
    #[serde(skip_serializing_if = "is_false")]
    pub closed: bool,
}

/// An event for failed request tracing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TraceEvent {
    /// The provider's GUID, with dashes.
    pub provider: String,
    /// The provider's area of interest.
    pub area: u32,
    /// The event's number at the provider.
    pub event: u32,
    /// The event's name.
    pub name: String,
    /// 0 general, 1 fatal error, 2 error, 3 warning, 4 information, 5 verbose.
    pub verbosity: u32,
    /// Names and values, the values as text.
    pub items: Vec<(String, String)>,
}

impl Outcome {
    pub(super) fn new() -> Self {
        Self {
            log_status: None,
            http_status_code: 200,
            framing: Framing::None,
            complete: false,
            keep_alive: false,
            client_gone: false,
            bytes_received: 0,
            bytes_sent: 0,
            sends: 0,
            file_bytes: 0,
            duration: Duration::ZERO,
            violations: Vec::new(),
            notes: Notes::default(),
        }
    }

    /// Notes something that IIS would not forgive. The same text is noted once.
    pub(super) fn violation(&mut self, what: impl Into<String>) {
        let what = what.into();
        if self.violations.len() < MOST_FINDINGS && !self.violations.contains(&what) {
            self.violations.push(what);
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !value
}
