//! What a host can do: not every ISAPI host is IIS 10.
//!
//! What enters: names of what is to be lacking. What leaves: [`Abilities`]. Absent: what a single request lacks, such as
//! a server variable; that is said in [`super::Request`].

use super::requests;

/// Whether a bridge may return HSE_STATUS_PENDING and complete the request later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pending {
    /// It may, as under IIS.
    #[default]
    Supported,
    /// The return value completes the request.
    Unsupported,
}

/// Whether somebody listens to what the bridge tells the tracing of failed requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tracing {
    /// GET_TRACE_INFO says that the request is not traced.
    #[default]
    Off,
    /// GET_TRACE_INFO says that the request is traced.
    On,
}

/// What a host can do; [`Abilities::default`] is all that this one can.
#[derive(Debug, Clone, Default)]
pub struct Abilities {
    pub(super) pending: Pending,
    pub(super) tracing: Tracing,
    refused: Vec<u32>,
}

impl Abilities {
    /// Sets whether requests may be completed after HttpExtensionProc has returned.
    #[must_use]
    pub fn pending(mut self, pending: Pending) -> Self {
        self.pending = pending;
        self
    }

    /// Sets whether requests are traced.
    #[must_use]
    pub fn tracing(mut self, tracing: Tracing) -> Self {
        self.tracing = tracing;
        self
    }

    /// Takes one of ServerSupportFunction's requests away: it fails with error 87. The name is httpext.h's, such as
    /// `VECTOR_SEND` or `HSE_REQ_VECTOR_SEND`.
    pub fn refuse(mut self, name: &str) -> Result<Self, String> {
        let number = requests::number(name);
        let unknown = || format!("{name:?} is no request of ServerSupportFunction that this host knows");
        self.refused.push(number.ok_or_else(unknown)?);
        Ok(self)
    }

    pub(super) fn refuses(&self, request: u32) -> bool {
        self.refused.contains(&request)
    }
}
