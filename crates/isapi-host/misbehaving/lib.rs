//! An ISAPI extension that does what the query string asks for, right or wrong.
//!
//! In: requests from the tests of the host. Out: whatever a test needs to see. Absent: usefulness.

mod abi;

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::{CStr, c_void};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;

use abi::{ControlBlock, Session, VectorElement, VersionInfo, buffer};

/// Where cargo put this library: beside the tests that depend on it.
///
/// # Panics
/// If the system does not say where the running program is.
pub fn library() -> PathBuf {
    let tests = std::env::current_exe().expect("the running program has a place");
    tests.with_file_name(format!("{DLL_PREFIX}kallithea_host_extension{DLL_SUFFIX}"))
}

const KEEP: u32 = 2;
const PENDING: u32 = 3;
const ERROR: u32 = 4;
const PLAIN: &str = "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\n";
const CHUNKED: &str = "Transfer-Encoding: chunked\r\n\r\n";

/// How often each of the two other exports was called.
static CALLS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
/// A session that was completed long ago.
static STALE: Mutex<Option<Session>> = Mutex::new(None);
/// The thread that answers the requests that `queued` asks for.
static QUEUE: Mutex<Option<mpsc::Sender<Session>>> = Mutex::new(None);

/// ISAPI's export.
///
/// # Safety
/// As httpext.h specifies.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "ISAPI's name")]
pub unsafe extern "system" fn GetExtensionVersion(info: *mut VersionInfo) -> i32 {
    CALLS[0].fetch_add(1, Ordering::Relaxed);
    // SAFETY: the host passes a structure that may be written.
    let info = unsafe { &mut *info };
    info.version = 0x0008_0000;
    info.description[..5].copy_from_slice(b"tests");
    let (sender, receiver) = mpsc::channel::<Session>();
    thread::spawn(move || {
        for session in receiver {
            answer(session);
            session.done(KEEP);
        }
    });
    *QUEUE.lock().expect("no thread panics") = Some(sender);
    1
}

/// ISAPI's export.
///
/// # Safety
/// As httpext.h specifies.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "ISAPI's name")]
pub unsafe extern "system" fn TerminateExtension(_flags: u32) -> i32 {
    CALLS[1].fetch_add(1, Ordering::Relaxed);
    *QUEUE.lock().expect("no thread panics") = None;
    1
}

/// ISAPI's export.
///
/// # Safety
/// As httpext.h specifies.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "ISAPI's name")]
pub unsafe extern "system" fn HttpExtensionProc(block: *mut ControlBlock) -> u32 {
    let session = Session::new(block);
    if let Some(found) = session.oddities() {
        say(session, &found);
        return KEEP;
    }
    // SAFETY: the host gives a C string.
    let query = unsafe { CStr::from_ptr((*block).query_string) }.to_str().expect("the tests ask in ASCII");
    let (what, number) = query.split_once('=').unwrap_or((query, "0"));
    let number = number.parse().expect("the tests give numbers");
    completions(session, what).or_else(|| headers_and_bodies(session, what, number)).unwrap_or_else(|| {
        match what.strip_prefix("raw-") {
            Some(name) => say(session, &session.raw_variable(name, number as usize)),
            None => notes(session, what),
        }
        KEEP
    })
}

/// A careless extension ignores the answers to its calls.
fn ignore<const COUNT: usize>(_answers: [bool; COUNT]) {}

/// Requests about completion and the time after it.
fn completions(session: Session, what: &str) -> Option<u32> {
    match what {
        "queued" => {
            let queue = QUEUE.lock().expect("no thread panics");
            queue.as_ref().expect("a life").send(session).expect("a thread that listens");
        }
        "done-twice" => ignore([answer(session), session.done(KEEP), session.done(KEEP)]),
        "done-and-return" => {
            ignore([answer(session), session.done(KEEP)]);
            return Some(KEEP);
        }
        "late-write" => ignore([answer(session), session.done(KEEP), session.write(b"x")]),
        "late-status" => {
            ignore([answer(session), session.done(KEEP)]);
            // SAFETY: the host never frees a control block.
            unsafe { (*session.block).http_status_code = 500 };
        }
        "remember" => {
            *STALE.lock().expect("no thread panics") = Some(session);
            ignore([answer(session), session.done(KEEP)]);
        }
        "stale" => {
            let stale = STALE.lock().expect("no thread panics").expect("a session to remember");
            ignore([stale.write(b"x"), answer(session), session.done(KEEP)]);
        }
        "never" => {}
        "done-pending" => ignore([answer(session), session.done(PENDING)]),
        "return-7" => {
            answer(session);
            return Some(7);
        }
        "write-method" => {
            answer(session);
            // SAFETY: nothing is read through the pointer.
            unsafe { (*session.block).method = std::ptr::null() };
            session.done(KEEP);
        }
        "two-threads" => two_threads(session),
        _ => return None,
    }
    Some(PENDING)
}

/// One thread writes to a slow client while another keeps calling.
fn two_threads(session: Session) {
    session.head("200 OK", PLAIN);
    let written = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            session.write(b"hello");
            written.store(true, Ordering::Release);
        });
        while !written.load(Ordering::Acquire) {
            session.variable("URL");
        }
    });
    session.done(KEEP);
}

/// Requests about what is sent.
fn headers_and_bodies(session: Session, what: &str, number: u64) -> Option<u32> {
    let send = |headers: &str, body: &[u8]| ignore([session.head("200 OK", headers), session.write(body)]);
    let memory = |flags: u32| session.vector(flags, None, &[buffer(b"hello")]);
    match what {
        "head-twice" => {
            ignore([session.head("200 OK", PLAIN), session.head("200 OK", PLAIN), session.write(b"hello")])
        }
        "body-first" => ignore([session.write(b"hello"), session.head("200 OK", "\r\n")]),
        "no-head" => {}
        "no-code" => ignore([session.head("fine", "\r\n")]),
        "open-block" => ignore([session.head("200 OK", "A: b\r\n")]),
        "no-header" => ignore([session.head("200 OK", "A b\r\n\r\n")]),
        "too-long" => send("Content-Length: 3\r\n\r\n", b"hello"),
        "too-short" => send("Content-Length: 9\r\n\r\n", b"hello"),
        "no-content" => ignore([session.head("204 No Content", "\r\n"), session.write(b"hello")]),
        "plain" => ignore([answer(session)]),
        "head-500" => {
            if !session.head("500 Internal Server Error", PLAIN) {
                return Some(ERROR);
            }
        }
        "old-head" => {
            ignore([session.old_head(c"202 Accepted", c"Content-Length: 5\r\n\r\n"), session.write(b"hello")])
        }
        "bad-chunk" => send(CHUNKED, b"5\r\nhello!\r\n0\r\n\r\n"),
        "good-chunk" => send(CHUNKED, b"5\r\nhello\r\n0\r\n\r\n"),
        "both-lengths" => {
            send("Content-Length: 15\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n")
        }
        "async-write" => {
            ignore([session.head("200 OK", PLAIN), session.write_with(b"hello", 2), session.write(b"hello")])
        }
        "async-vector" => ignore([session.head("200 OK", PLAIN), memory(2), memory(1)]),
        "async-read" => ignore([session.support(1010, std::ptr::null_mut(), 0), answer(session)]),
        "vector" => vector(session),
        "vector-or-not" => {
            if !session.vector(8, Some(("200 OK", PLAIN)), &[buffer(b"hello")]) {
                answer(session);
            }
        }
        "vector-head-twice" => {
            ignore([session.head("200 OK", PLAIN), session.vector(8, Some(("200 OK", PLAIN)), &[])])
        }
        "vector-body-first" => ignore([memory(1)]),
        "vector-without-head" => ignore([session.vector(8, None, &[])]),
        "vector-flags" => ignore([session.vector(0x8000, None, &[])]),
        "vector-empty" => ignore([session.head("200 OK", "\r\n"), session.vector(1, None, &[buffer(b"")])]),
        "after-final" => {
            ignore([session.vector(24, Some(("200 OK", "\r\n")), &[buffer(b"a")]), session.write(b"b")])
        }
        "upload" => ignore([upload(session)]),
        "download" => download(session, number),
        "download-chunked" => download_chunked(session, number),
        _ => return None,
    }
    Some(KEEP)
}

/// Sends the status, headers, a chunk from buffers and one from a file.
fn vector(session: Session) {
    let path = session.variable("HEADER_X-File").expect("the test names a file");
    let file = std::fs::File::open(path).expect("the test's file");
    #[cfg(unix)]
    let handle = std::ptr::without_provenance_mut(std::os::fd::AsRawFd::as_raw_fd(&file) as usize);
    #[cfg(windows)]
    let handle = std::os::windows::io::AsRawHandle::as_raw_handle(&file);
    let part = VectorElement { kind: 1, context: handle, offset: 6, size: 5 };
    let elements = [buffer(b"5\r\n"), buffer(b"hello"), buffer(b"\r\n5\r\n"), part, buffer(b"\r\n0\r\n\r\n")];
    session.vector(8 | 16, Some(("200 OK", CHUNKED)), &elements);
}

/// Reads the whole body and answers with its length and the sum of its bytes.
fn upload(session: Session) -> bool {
    let block = session.block();
    // SAFETY: the host gives that many bytes.
    let ahead = unsafe { std::slice::from_raw_parts(block.available, block.available_bytes as usize) };
    let add = |sum: u64, bytes: &[u8]| bytes.iter().fold(sum, |sum, &byte| sum.wrapping_add(byte.into()));
    let (mut length, mut sum) = (ahead.len() as u64, add(0, ahead));
    let mut piece = vec![0; 1 << 16];
    while block.total_bytes == u32::MAX || length < u64::from(block.total_bytes) {
        match session.read(&mut piece) {
            Some(0) => break,
            Some(size) => (length, sum) = (length + size as u64, add(sum, &piece[..size])),
            None => return session.head("400 Bad Request", "Content-Length: 0\r\n\r\n"),
        }
    }
    let text = format!("{length} {sum} of {}", block.total_bytes);
    session.head("200 OK", &format!("Content-Length: {}\r\n\r\n", text.len()))
        && session.write(text.as_bytes())
}

fn download(session: Session, size: u64) {
    session.head("200 OK", &format!("Content-Length: {size}\r\n\r\n"));
    send_zeros(size, |piece| session.write(piece));
}

fn download_chunked(session: Session, size: u64) {
    session.head("200 OK", CHUNKED);
    send_zeros(size, |piece| {
        session.write(format!("{:x}\r\n", piece.len()).as_bytes())
            && session.write(piece)
            && session.write(b"\r\n")
    });
    session.write(b"0\r\n\r\n");
}

fn send_zeros(mut left: u64, send: impl Fn(&[u8]) -> bool) {
    let zeros = vec![0; 1 << 16];
    while left > 0 {
        let part = left.min(zeros.len() as u64);
        if !send(&zeros[..part as usize]) {
            return;
        }
        left -= part;
    }
}

/// Requests that tell the server something or ask it something; the response says what the extension saw.
fn notes(session: Session, what: &str) {
    let say = move |text: &str| say(session, text);
    let text = |text: &'static CStr| text.as_ptr().cast_mut().cast::<c_void>();
    match what {
        "password" => say(&session.variable("AUTH_PASSWORD").unwrap_or_default()),
        "log" => {
            session.support(1003, text(c"more"), 5);
            // SAFETY: an extension may write these two.
            unsafe {
                (&raw mut (*session.block).log_data).cast::<[u8; 5]>().write(*b"data\0");
                (*session.block).http_status_code = 299;
            }
            say("");
        }
        "unhealthy" => {
            session.support(1032, text(c"no database"), 0);
            say("");
        }
        "trace" => trace(session, say),
        "support" => {
            let ask = |request: u32| {
                let mut answer = 0_u32;
                (session.support(request, (&raw mut answer).cast(), 4), answer)
            };
            let asked = [1018, 1008, 1030, 1043, 1017, 1005, 1006].map(ask);
            say(&format!("{asked:?}"));
        }
        "connected" => {
            session.head("200 OK", PLAIN);
            session.write(b"hello");
            let mut connected = 7_u32;
            session.support(1018, (&raw mut connected).cast(), 4);
            let mut text = if connected == 0 { *b"gone" } else { *b"here" };
            session.support(1003, text.as_mut_ptr().cast(), 4);
        }
        "path-info" => say(if session.block().path_info.is_null() { "NULL" } else { "there" }),
        "handles" => say(handles()),
        "calls" => {
            let [started, ended] = [0, 1].map(|call| CALLS[call].load(Ordering::Relaxed));
            say(&format!("{started} started, {ended} ended"));
        }
        "refused" => {
            abi::set_last_error(99);
            let answer = session.support(1030, std::ptr::null_mut(), 0);
            say(&format!("{} {}", i32::from(answer), abi::last_error()));
        }
        name => say(&session.variable(name).unwrap_or_else(|| "missing".into())),
    }
}

fn say(session: Session, text: &str) {
    session.head("200 OK", &format!("Content-Length: {}\r\n\r\n", text.len()));
    session.write(text.as_bytes());
}

fn trace(session: Session, say: impl Fn(&str)) {
    #[repr(C)]
    struct Item(*const u16, i32, *const u8, u32, *const u16);
    #[repr(C)]
    struct Event(
        *const u8,
        u32,
        *const u8,
        u32,
        *const u16,
        u32,
        u32,
        *const u8,
        *const u8,
        u32,
        u32,
        u32,
        *const Item,
    );

    let mut info = [0_u32; 7];
    session.support(1042, info.as_mut_ptr().cast(), 28);
    let wide = |text: &str| text.encode_utf16().chain([0]).collect::<Vec<_>>();
    let (name, number, word) = (wide("Ended"), wide("status"), wide("user"));
    let (status, user) = (404_u32.to_le_bytes(), wide("jörg"));
    let null = std::ptr::null();
    let items = [
        Item(number.as_ptr(), 19, status.as_ptr(), 4, std::ptr::null()),
        Item(word.as_ptr(), 31, user.as_ptr().cast(), 10, std::ptr::null()),
    ];
    let provider: [u8; 16] = [4, 3, 2, 1, 6, 5, 8, 7, 9, 10, 11, 12, 13, 14, 15, 16];
    let mut event =
        Event(provider.as_ptr(), 1, null, 2, name.as_ptr(), 0, 4, null, null, 0, 1, 2, items.as_ptr());
    session.support(1045, (&raw mut event).cast(), size_of::<Event>() as u32);
    say(if info[0] == 0 { "not traced" } else { "traced" });
}

#[cfg(unix)]
fn handles() -> &'static str {
    unsafe extern "C" {
        fn fcntl(descriptor: i32, command: i32) -> i32;
    }
    const F_GETFD: i32 = 1;
    // SAFETY: the command only queries the descriptor.
    let open = (0..=2).any(|descriptor| unsafe { fcntl(descriptor, F_GETFD) } != -1);
    if open { "open" } else { "closed" }
}

#[cfg(windows)]
fn handles() -> &'static str {
    use std::os::windows::io::AsRawHandle;
    let open = [std::io::stdout().as_raw_handle(), std::io::stderr().as_raw_handle()];
    if open.iter().any(|handle| handle.addr() != usize::MAX) { "open" } else { "closed" }
}

/// Sends five bytes, with the number of the request if it carries one.
fn answer(session: Session) -> bool {
    let number = session.variable("HEADER_X-Request-Number");
    let echo = number.map_or(String::new(), |number| format!("X-Answer-Number: {number}\r\n"));
    session.head("200 OK", &format!("{echo}{PLAIN}")) && session.write(b"hello")
}
