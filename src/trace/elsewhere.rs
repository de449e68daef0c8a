//! Systems without the channel: it cannot be opened, so the functions for an open one never run.

use std::io;

use super::{Company, Reach};

/// An open channel, which cannot exist here.
pub(crate) enum Channel {}

impl Channel {
    /// Reports that there is no such channel.
    pub(crate) fn open() -> io::Result<Self> {
        let why = "this command works on Windows only; read the bridge's log file instead";
        Err(io::Error::new(io::ErrorKind::Unsupported, why))
    }

    /// Which programs' text can be received.
    pub(crate) fn reach(&self) -> Reach {
        match *self {}
    }

    /// Whether the channel already existed.
    pub(crate) fn company(&self) -> Company {
        match *self {}
    }

    /// Waits for text.
    pub(crate) fn next_text(&self) -> String {
        match *self {}
    }
}
