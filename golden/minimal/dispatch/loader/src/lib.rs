//! `_dispatch.dll`: finds Python, loads the engine, forwards the three exports.
//!
//! This library does not import Python, so IIS can load it wherever Python is. If something is missing, a readable
//! message appears instead of error 126. What enters: IIS's calls. What leaves: the same calls to the engine. If the
//! engine could not be loaded: a plain page for every request, the reason in the log, and another attempt now and
//! then. Absent: work in DllMain.

#![warn(unreachable_pub)]

mod error;
pub mod guard;
pub mod pe;
mod platform;
pub mod start;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use kallithea_bridge_isapi::abi::{self, ControlBlock, Session, VersionInfo};
use kallithea_bridge_isapi::client::Completion;
use kallithea_bridge_isapi::environ::Environ;
use kallithea_bridge_isapi::reply::{self, Reply};
use kallithea_bridge_isapi::{SETTINGS, log};

use platform::Engine;

/// How long after a failed start the loader waits before the next.
const RETRY: Duration = Duration::from_secs(10);

/// After this many failed starts in a row, IIS is told that the worker process is unhealthy.
const ENOUGH: u32 = 3;

/// The engine, once it is loaded; it then stays until the process ends.
static ENGINE: OnceLock<Engine> = OnceLock::new();

/// The number of failed starts, and the time of the last one.
static FAILURES: Mutex<(u32, Option<Instant>)> = Mutex::new((0, None));

/// ISAPI's export: starts the bridge.
///
/// # Safety
/// As in httpext.h: `info` points to a `HSE_VERSION_INFO`.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "ISAPI's name")]
pub unsafe extern "system" fn GetExtensionVersion(info: *mut VersionInfo) -> i32 {
    let description = concat!("Kallithea bridge ", env!("CARGO_PKG_VERSION"));
    // SAFETY: the caller's promise.
    let answer = unsafe { abi::version_entry(info, description, load) };
    match ENGINE.get() {
        // SAFETY: the caller's promise, and the export's signature is httpext.h's.
        Some(engine) if answer != 0 => unsafe { (engine.get_extension_version)(info) },
        _ => answer,
    }
}

/// ISAPI's export: a request.
///
/// # Safety
/// As in httpext.h: `block` is the control block of a request that has just begun.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "ISAPI's name")]
pub unsafe extern "system" fn HttpExtensionProc(block: *mut ControlBlock) -> u32 {
    match ENGINE.get().or_else(|| guard::on_a_thread_of_its_own(try_again)) {
        // SAFETY: the caller's promise, and the export's signature is httpext.h's.
        Some(engine) => unsafe { (engine.http_extension_proc)(block) },
        // SAFETY: the caller's promise.
        None => unsafe { abi::request_entry(block, refuse) },
    }
}

/// ISAPI's export: stops the bridge.
///
/// # Safety
/// Nothing beyond the rules for any call into a library; the number is ISAPI's `HSE_TERM_` flag.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "ISAPI's name")]
pub unsafe extern "system" fn TerminateExtension(flags: u32) -> i32 {
    match ENGINE.get() {
        // SAFETY: the export takes a plain number.
        Some(engine) => unsafe { (engine.terminate_extension)(flags) },
        None => abi::terminate_entry(|| ()),
    }
}

/// Loads the engine unless an earlier start has. This library is never unloaded, like the engine and Python: their threads,
/// and requests that outlast a run, return into it.
fn load() {
    if let Err(why) = platform::stay() {
        log::warning(&format!("the bridge cannot make sure that it stays loaded: {why}"));
    }
    load_with(&mut FAILURES.lock().unwrap_or_else(PoisonError::into_inner));
}

fn load_with(failures: &mut (u32, Option<Instant>)) {
    if ENGINE.get().is_some() {
        return;
    }
    match start::load(&SETTINGS) {
        Ok(engine) => drop(ENGINE.set(engine)),
        Err(reason) => {
            log::error(&format!("the bridge could not start: {reason}"));
            *failures = (failures.0 + 1, Some(Instant::now()));
        }
    }
}

/// Loads the engine if the last attempt is long enough ago, and starts it, since IIS has already started the bridge.
fn try_again() -> Option<&'static Engine> {
    let mut failures = FAILURES.lock().unwrap_or_else(PoisonError::into_inner);
    if failures.1.is_some_and(|failed| failed.elapsed() >= RETRY) {
        load_with(&mut failures);
        let mut info = VersionInfo { version: 0, description: [0; 256] };
        if let Some(engine) = ENGINE.get() {
            failures.1 = None;
            // SAFETY: the structure is valid for the call, which is all that the export may rely on.
            unsafe { (engine.get_extension_version)(&mut info) };
        }
    }
    ENGINE.get()
}

/// Answers a request while the engine is not loaded.
fn refuse(session: Session) -> u32 {
    let mut environ = Environ::default();
    environ.read_line(&session, &SETTINGS);
    let (method, path) = (String::from_utf8_lossy(environ.method()), String::from_utf8_lossy(environ.path()));
    log::info(&format!("{method} {path} 500, because the bridge could not start"));
    let failures = FAILURES.lock().unwrap_or_else(PoisonError::into_inner).0;
    if failures >= ENOUGH {
        let reason = format!("Kallithea's bridge could not be loaded {failures} times in a row");
        // A server that does not accept this report keeps this worker process; nothing else can be done.
        let _ = session.report_unhealthy(&reason);
    }
    let page = "The application could not start. The log on the server gives the reason.";
    let head =
        reply::page_head("500 Internal Server Error", &[("Retry-After", &RETRY.as_secs().to_string())]);
    let sent = Reply::new(environ.method(), environ.protocol()).write_page(&session, head, page);
    session.finish_by_return(sent.unwrap_or(Completion::Failed))
}
