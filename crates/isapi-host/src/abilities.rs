//! What a host can do: not every ISAPI host is IIS 10.
//!
//! In: the names of what the host must lack. Out: [`Abilities`]. Absent: what a single request lacks, such as a server
//! variable; [`super::Request`] says that.

use super::block;
use super::error::UnknownRequest;
use super::habits::{BlockHabits, Server, VariableHabits};
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

/// Whether anything receives the bridge's events for failed request tracing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tracing {
    /// GET_TRACE_INFO says that the request is not traced.
    #[default]
    Off,
    /// GET_TRACE_INFO says that the request is traced.
    On,
}

/// How a host refuses a request of ServerSupportFunction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// With this error.
    Error(u32),
    /// Without a reason: the thread's last error stays unchanged.
    Silent,
}

impl Default for Refusal {
    fn default() -> Self {
        Self::Error(block::ERROR_INVALID_PARAMETER)
    }
}

/// What a host can do, and how. [`Abilities::default`] is everything that this host can do, done as IIS does it.
#[derive(Debug, Clone, Default)]
pub struct Abilities {
    pub(super) pending: Pending,
    pub(super) tracing: Tracing,
    pub(super) refusal: Refusal,
    pub(super) server: Server,
    pub(super) variables: VariableHabits,
    pub(super) block: BlockHabits,
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

    /// Imitates a host of another make: the host lacks what that one lacks, and has its habits.
    #[must_use]
    pub fn server(mut self, server: Server) -> Self {
        let numbers = server.refused().iter().filter_map(|name| requests::number(name));
        self.refused.extend(numbers);
        if server == Server::ModIsapi {
            self.pending = Pending::Unsupported;
        }
        self.server = server;
        self
    }

    /// Sets how the host refuses requests that [`Abilities::refuse`] removed; error 87 by default.
    #[must_use]
    pub fn refusal(mut self, refusal: Refusal) -> Self {
        self.refusal = refusal;
        self
    }

    /// Sets how the host returns server variables.
    #[must_use]
    pub fn variables(mut self, variables: VariableHabits) -> Self {
        self.variables = variables;
        self
    }

    /// Sets what the host writes into control blocks.
    #[must_use]
    pub fn block(mut self, block: BlockHabits) -> Self {
        self.block = block;
        self
    }

    /// Removes one of ServerSupportFunction's requests: it then fails. The name is that of httpext.h, such as
    /// `VECTOR_SEND` or `HSE_REQ_VECTOR_SEND`.
    pub fn refuse(mut self, name: &str) -> Result<Self, UnknownRequest> {
        let number = requests::number(name);
        self.refused.push(number.ok_or_else(|| UnknownRequest(name.to_owned()))?);
        Ok(self)
    }

    pub(super) fn refuses(&self, request: u32) -> bool {
        self.refused.contains(&request)
    }
}
