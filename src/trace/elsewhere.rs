//! Systems without the channel: it cannot be opened, so what could be done with an open one is never done.

use std::io;

use super::{Company, Reach};

/// An open channel, of which there is none.
pub(crate) enum Channel {}

impl Channel {
    /// Says that there is no such channel.
    pub(crate) fn open() -> io::Result<Self> {
        let why = "this command works on Windows only; read the bridge's log file instead";
        Err(io::Error::new(io::ErrorKind::Unsupported, why))
    }

    /// Whose text can be heard.
    pub(crate) fn reach(&self) -> Reach {
        match *self {}
    }

    /// Whether the channel was there already.
    pub(crate) fn company(&self) -> Company {
        match *self {}
    }

    /// Waits for text.
    pub(crate) fn next_text(&self) -> String {
        match *self {}
    }
}
