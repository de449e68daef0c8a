//! Reads the shared memory that pywin32's `python -m win32traceutil` reads, in its place: what the bridge logs, live.
//!
//! What enters: nothing but time. What leaves: text, as the programs of this machine write it to the channel. The
//! protocol is that of pywin32's win32trace.cpp, which `shared_memory` describes. Absent: earlier entries, which are
//! in the log file; and every system except Windows, which has no such channel.

#[cfg(not(windows))]
mod elsewhere;
#[cfg(windows)]
mod shared_memory;

#[cfg(not(windows))]
pub(crate) use elsewhere::Channel;
#[cfg(windows)]
pub(crate) use shared_memory::Channel;

/// Which programs' text can be received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(windows), expect(dead_code, reason = "Windows alone has the channel"))]
pub(crate) enum Reach {
    /// That of every program on this machine.
    Machine,
    /// That of this session's programs only, which do not include IIS.
    Session,
}

/// Whether the channel already existed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(windows), expect(dead_code, reason = "Windows alone has the channel"))]
pub(crate) enum Company {
    /// No other program had it open.
    Alone,
    /// Another program has it open and may be a second reader: each text then reaches only one of the two.
    Shared,
}
