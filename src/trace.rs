//! The shared memory that pywin32's `python -m win32traceutil` reads, read in its place: what the bridge logs, live.
//!
//! What enters: nothing but time. What leaves: text, as the programs of this machine write it to the channel. The
//! protocol is that of pywin32's win32trace.cpp, which `shared_memory` describes. Absent: the log of the time before,
//! which is in the log file; and every system but Windows, which has no such channel.

#[cfg(not(windows))]
mod elsewhere;
#[cfg(windows)]
mod shared_memory;

#[cfg(not(windows))]
pub(crate) use elsewhere::Channel;
#[cfg(windows)]
pub(crate) use shared_memory::Channel;

/// Whose text can be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(windows), expect(dead_code, reason = "Windows alone has the channel"))]
pub(crate) enum Reach {
    /// That of every program of this machine.
    Machine,
    /// That of this session's programs only, to which IIS does not belong.
    Session,
}

/// Whether the channel was there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(windows), expect(dead_code, reason = "Windows alone has the channel"))]
pub(crate) enum Company {
    /// Nobody else had it open.
    Alone,
    /// Somebody else has it open, who may be a second reader: a text reaches one of the two.
    Shared,
}
