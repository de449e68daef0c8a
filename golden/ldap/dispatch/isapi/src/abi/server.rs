//! What is known about the server, which is not always IIS.
//!
//! What enters: a control block before its pointers are followed; outcomes of calls. What leaves: whether the block can be
//! used, which calls are worth trying, and whether a request may be completed after the call that brought it. Every start
//! of the extension begins without this knowledge. Absent: the calls that send and read, which are in [`super::session`].

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;

use super::ControlBlock;
use super::session::Session;
use crate::{SETTINGS, log};

const IS_IN_PROCESS: u32 = 1030;

/// The largest answer of IS_IN_PROCESS: `HSE_APP_FLAG_POOLED_OOP` is 2, and no larger value is known.
const LARGEST_APPLICATION_FLAG: u32 = 2;

/// The value before the call. A server that reports success but does nothing leaves it there.
const UNANSWERED: u32 = u32::MAX;

/// The beginning of SERVER_SOFTWARE in IIS.
const SOFTWARE: &[u8] = b"Microsoft-IIS/";

/// VECTOR_SEND, with buffers only.
pub(super) static VECTOR_SEND: Ability = Ability::new();
/// VECTOR_SEND with a part of a file.
pub(super) static FILES: Ability = Ability::new();
/// SEND_RESPONSE_HEADER_EX.
pub(super) static HEADERS: Ability = Ability::new();
/// HSE_STATUS_PENDING.
static PENDING: Ability = Ability::new();
/// Whether the control blocks can be used.
static BLOCKS: Ability = Ability::new();

/// Whether the server supports something, as far as is known.
#[derive(Debug)]
pub(super) struct Ability(AtomicU8);

const UNTRIED: u8 = 0;
const WORKS: u8 = 1;
const LACKS: u8 = 2;

impl Ability {
    const fn new() -> Self {
        Self(AtomicU8::new(UNTRIED))
    }

    /// Notes that it worked.
    pub(super) fn works(&self) {
        self.0.store(WORKS, Relaxed);
    }

    /// Whether it has ever worked.
    pub(super) fn has_worked(&self) -> bool {
        self.0.load(Relaxed) == WORKS
    }

    /// Notes that the server does not support it, unless it has ever worked. `true` where this is new.
    pub(super) fn give_up(&self) -> bool {
        self.0.compare_exchange(UNTRIED, LACKS, Relaxed, Relaxed).is_ok()
    }

    /// Whether it has been given up.
    pub(super) fn is_lacking(&self) -> bool {
        self.0.load(Relaxed) == LACKS
    }
}

/// Forgets all of it: after a new start the configuration may differ, and a wrong judgement must not last.
pub(super) fn forget() {
    for ability in [&VECTOR_SEND, &FILES, &HEADERS, &PENDING, &BLOCKS] {
        ability.0.store(UNTRIED, Relaxed);
    }
}

/// Whether the block can be used at all. A server that fills it in another way gets an error; the reason is logged once.
///
/// # Safety
/// The block is readable for as many bytes as it says itself.
pub(super) unsafe fn can_follow(block: NonNull<ControlBlock>) -> bool {
    // SAFETY: the caller's promise.
    let Some(fault) = (unsafe { fault(block) }) else { return true };
    if BLOCKS.give_up() {
        log::error(&format!("this server's requests cannot be answered: {fault} of EXTENSION_CONTROL_BLOCK"));
    }
    false
}

/// What is wrong with a block. It is read field by field, since Rust must not treat a missing function as a function
/// pointer.
///
/// # Safety
/// As [`can_follow`].
unsafe fn fault(block: NonNull<ControlBlock>) -> Option<&'static str> {
    let block = block.as_ptr();
    // SAFETY: the caller's promise; every block begins with its size.
    let size = unsafe { (&raw const (*block).size).read() } as usize;
    // The structure has not changed since the first version of the interface. A size of 0 means that the server does
    // not say it; then the size is not checked.
    if size != 0 && size < size_of::<ControlBlock>() {
        return Some("cbSize is too small for the fields");
    }
    // SAFETY: by its size the block holds these fields; each function is as large as an address.
    let functions = unsafe {
        [
            (&raw const (*block).get_server_variable).cast::<usize>().read(),
            (&raw const (*block).write_client).cast::<usize>().read(),
            (&raw const (*block).read_client).cast::<usize>().read(),
            (&raw const (*block).server_support_function).cast::<usize>().read(),
        ]
    };
    // SAFETY: as above.
    let (available, length) =
        unsafe { ((&raw const (*block).available).read(), (&raw const (*block).available_bytes).read()) };
    match (functions.contains(&0), available.is_null() && length > 0) {
        (true, _) => Some("a function is missing"),
        (false, true) => Some("lpbData is missing, though cbAvailable says that there are bytes,"),
        (false, false) => None,
    }
}

/// Whether a request may be completed after the call that brought it has returned. A server that cannot wait frees the
/// request's memory, and the process crashes. So the server must show that it can wait before the bridge keeps the
/// first request.
pub(super) fn can_wait(session: &Session) -> bool {
    if !PENDING.has_worked() && !PENDING.is_lacking() {
        let software = software(session);
        if answers_as_iis(session, &software) {
            PENDING.works();
        } else if PENDING.give_up() && !SETTINGS.workers.synchronous {
            let software =
                if software.is_empty() { "this server".into() } else { String::from_utf8_lossy(&software) };
            log::warning(&format!(
                "{software} may not allow a request to be completed later, as IIS does; every request is \
                 answered in the call that brings it, as with `bridge.synchronous: true`, and the server's \
                 threads wait for the application"
            ));
        }
    }
    !PENDING.is_lacking()
}

/// Whether the server answers as IIS does. IIS answers IS_IN_PROCESS, which came with the versions that can wait. The
/// name alone proves little, since Apache's can be set to any text. So a server with IIS's name must also know its
/// metabase path.
fn answers_as_iis(session: &Session, software: &[u8]) -> bool {
    let mut flag = UNANSWERED;
    let is_answered = session.support(IS_IN_PROCESS, (&raw mut flag).cast()).is_ok();
    if is_answered && flag == UNANSWERED && VECTOR_SEND.give_up() {
        log::warning(
            "this server claims to support calls that it does not know; responses use the older calls",
        );
    }
    let mut path = Vec::new();
    (is_answered && flag <= LARGEST_APPLICATION_FLAG)
        || (software.starts_with(SOFTWARE)
            && session.append_variable(c"APPL_MD_PATH", &mut path)
            && path.first().is_some_and(|&first| first != 0))
}

/// SERVER_SOFTWARE up to its terminator.
fn software(session: &Session) -> Vec<u8> {
    let mut software = Vec::new();
    session.append_variable(c"SERVER_SOFTWARE", &mut software);
    software.truncate(software.iter().position(|&byte| byte == 0).unwrap_or(software.len()));
    software
}

/// Errors that mean that the client or the connection is gone: ERROR_NETNAME_DELETED, ERROR_BROKEN_PIPE, ERROR_SEM_TIMEOUT,
/// ERROR_NO_DATA, ERROR_PIPE_NOT_CONNECTED, ERROR_OPERATION_ABORTED, ERROR_GRACEFUL_DISCONNECT, ERROR_CONNECTION_INVALID,
/// ERROR_CONNECTION_ABORTED, ERROR_NOT_CONNECTED, and from Windows sockets WSAENETRESET, WSAECONNABORTED, WSAECONNRESET,
/// WSAENOTCONN, WSAESHUTDOWN, WSAETIMEDOUT, WSAEDISCON. None of them says anything about what the server can do.
const OF_THE_CONNECTION: [i32; 17] =
    [64, 109, 121, 232, 233, 995, 1226, 1229, 1236, 2250, 10052, 10053, 10054, 10057, 10058, 10060, 10101];

/// The Windows errors for "there is no such function": ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED,
/// ERROR_INVALID_PARAMETER, ERROR_CALL_NOT_IMPLEMENTED.
const NO_SUCH_FUNCTION: [i32; 4] = [1, 50, 87, 120];

/// Whether a call failed because of its client, and not because of the server.
pub(super) fn is_of_the_connection(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| OF_THE_CONNECTION.contains(&code))
}

/// Whether the error says that the function does not exist.
pub(super) fn says_unknown(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| NO_SUCH_FUNCTION.contains(&code))
}

/// The number of an error, as Windows' documentation lists them.
pub(super) fn number(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or_default()
}

/// Clears the thread's last error. Otherwise, when a server fails without a reason, the reason of an earlier call would
/// be read.
#[cfg(windows)]
pub(super) fn clear_last_error() {
    #[link(name = "kernel32")]
    unsafe extern "system" {
        safe fn SetLastError(error: u32);
    }
    SetLastError(0);
}

/// On other systems this is `errno`.
#[cfg(not(windows))]
pub(super) fn clear_last_error() {
    unsafe extern "C" {
        safe fn __errno_location() -> *mut i32;
    }
    // SAFETY: the C library returns the address of this thread's errno.
    unsafe { *__errno_location() = 0 };
}
