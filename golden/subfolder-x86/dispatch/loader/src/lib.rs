//! `_dispatch.dll`: finds Python, loads the engine, forwards the three exports.
//!
//! This library imports no Python, so IIS can load it wherever Python lies, and what is missing becomes a readable
//! message instead of error 126. What enters: IIS's calls. What leaves: the same calls on the engine; where it could
//! not be loaded, a plain page for every request, the reason in the log, and another try now and then. Absent: work in
//! DllMain.

#![warn(unreachable_pub)]

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

/// How long a failed start is left alone.
const RETRY: Duration = Duration::from_secs(10);

/// After so many failed tries in a row IIS is told that the worker process is unhealthy.
const ENOUGH: u32 = 3;

/// The engine, once it is loaded; then it stays as long as the process.
static ENGINE: OnceLock<Engine> = OnceLock::new();

/// The tries so far that failed, and when the last of them was.
static FAILURES: Mutex<(u32, Option<Instant>)> = Mutex::new((0, None));

/// ISAPI's export: begins a life of the bridge.
///
/// # Safety
/// As httpext.h has it: `info` points to a `HSE_VERSION_INFO`.
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
/// As httpext.h has it: `block` is the control block of a request that has just begun.
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

/// ISAPI's export: ends a life of the bridge.
///
/// # Safety
/// None beyond what calling into a library asks; the number is ISAPI's `HSE_TERM_` flag.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "ISAPI's name")]
pub unsafe extern "system" fn TerminateExtension(flags: u32) -> i32 {
    match ENGINE.get() {
        // SAFETY: the export takes a plain number.
        Some(engine) => unsafe { (engine.terminate_extension)(flags) },
        None => abi::terminate_entry(|| ()),
    }
}

/// Loads the engine unless an earlier life did. This library stays for good, as the engine and Python do: their threads, and
/// requests that outlast a life, come back to it.
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

/// Loads the engine if the last try is long enough ago, and begins its life, which IIS has begun already.
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

/// Answers a request that nobody can serve.
fn refuse(session: Session) -> u32 {
    let mut environ = Environ::default();
    environ.read_line(&session, &SETTINGS);
    let (method, path) = (String::from_utf8_lossy(environ.method()), String::from_utf8_lossy(environ.path()));
    log::info(&format!("{method} {path} 500, because the bridge could not start"));
    let failures = FAILURES.lock().unwrap_or_else(PoisonError::into_inner).0;
    if failures >= ENOUGH {
        let reason = format!("Kallithea's bridge could not be loaded {failures} times in a row");
        // A server that takes no such report goes on with this worker process, which is all that is left to do.
        let _ = session.report_unhealthy(&reason);
    }
    let page = "The application could not start. The log on the server gives the reason.";
    let head =
        reply::page_head("500 Internal Server Error", &[("Retry-After", &RETRY.as_secs().to_string())]);
    let sent = Reply::new(environ.method(), environ.protocol()).write_page(&session, head, page);
    session.finish_by_return(sent.unwrap_or(Completion::Failed))
}
