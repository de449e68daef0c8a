//! Reads server variables from servers of any make.
//!
//! What enters: names. What leaves: bytes, up to the terminator that the server wrote. Absent: what the variables mean, and
//! trust in the sizes that a server reports.

use std::ffi::CStr;

use super::server;
use super::session::{Session, check};

const ERROR_INSUFFICIENT_BUFFER: i32 = 122;
const ERROR_INVALID_INDEX: i32 = 1413;

/// Buffer size that nearly every server variable fits in.
const USUAL_VARIABLE: usize = 2048;

/// Buffer size that every server variable fits in: HTTP.sys takes at most 16 MiB of headers (`MaxRequestBytes`), which
/// take twice that in UTF-16. A larger size from a server is ignored.
const LARGEST_VARIABLE: usize = 64 << 20;

/// Growth of the buffer for the next try, where the server does not say how much it needs.
const MORE_ROOM: usize = 8;

impl Session {
    /// Appends a variable to `buffer`. `false` where the server does not know it; then the buffer is unchanged.
    pub(super) fn append_variable(&self, name: &CStr, buffer: &mut Vec<u8>) -> bool {
        let mut room = USUAL_VARIABLE;
        loop {
            match self.try_variable(name, buffer, room) {
                Ok(()) => return true,
                // The room grows with each try, so that a server which always asks for more is asked only a few
                // times.
                Err(Some(wanted)) if room < LARGEST_VARIABLE && wanted <= LARGEST_VARIABLE => {
                    room = wanted.max(room * 2).min(LARGEST_VARIABLE);
                }
                Err(_) => return false,
            }
        }
    }

    /// Appends a variable to `buffer` if it fits into `room` bytes; otherwise returns how much room the server wants.
    fn try_variable(&self, name: &CStr, buffer: &mut Vec<u8>, room: usize) -> Result<(), Option<usize>> {
        let block = self.block();
        let begin = buffer.len();
        buffer.resize(begin + room, 0);
        let spare = &mut buffer[begin..];
        let mut size = u32::try_from(room).unwrap_or(u32::MAX);
        server::clear_last_error();
        // SAFETY: the function and its connection come from IIS; the spare room holds `size` bytes.
        let answer = unsafe {
            (block.get_server_variable)(block.connection, name.as_ptr(), spare.as_mut_ptr().cast(), &mut size)
        };
        let wanted = size as usize;
        let outcome = match check(answer) {
            Ok(()) if wanted <= room => {
                let length = written(spare, wanted, name);
                buffer.truncate(begin + length);
                return Ok(());
            }
            Err(error) if error.raw_os_error() == Some(ERROR_INVALID_INDEX) => None,
            // Whatever error it reports, the server wants more room and says how much.
            _ if wanted > room => Some(wanted),
            Err(error) if error.raw_os_error() == Some(ERROR_INSUFFICIENT_BUFFER) => Some(room * MORE_ROOM),
            _ => None,
        };
        buffer.truncate(begin);
        Err(outcome)
    }
}

/// How much of the room a server variable takes, where the server says `size` bytes. The room held only zeros before. So
/// what the server has written shows whether it counts letters instead of bytes, or does not count at all.
fn written(room: &[u8], size: usize, name: &CStr) -> usize {
    let is_wide = name.to_bytes().starts_with(b"UNICODE_");
    let ends_there = match room[..size] {
        [.., 0, 0] if is_wide => size.is_multiple_of(2),
        [.., 0] => !is_wide,
        _ => false,
    };
    if ends_there {
        return size;
    }
    let last = room.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    // The upper half of a UTF-16 letter may be a zero that belongs to it.
    if is_wide { last.next_multiple_of(2).min(room.len()) } else { last }
}
