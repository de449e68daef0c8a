//! `_dispatch.dll`: finds Python, loads the engine, forwards the three exports.
//!
//! This library imports no Python, so IIS can load it wherever Python lies, and what is missing becomes a readable
//! message instead of error 126. What enters: IIS's calls. What leaves: the same calls on the engine; where it could
//! not be loaded, a plain page for every request and the reason in the log. Absent: work in DllMain.

pub mod pe;
mod platform;
pub mod start;

use std::sync::OnceLock;

use kallithea_bridge_isapi::abi::{self, ControlBlock, Session, VersionInfo};
use kallithea_bridge_isapi::client::Completion;
use kallithea_bridge_isapi::{SETTINGS, environ, log, reply};
use platform::Engine;

/// The engine, once it is loaded; then it stays as long as the process.
static ENGINE: OnceLock<Engine> = OnceLock::new();

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
    match ENGINE.get() {
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

/// Loads the engine unless an earlier life did.
fn load() {
    if ENGINE.get().is_some() {
        return;
    }
    match start::load(&SETTINGS) {
        Ok(engine) => drop(ENGINE.set(engine)),
        Err(reason) => log::error(&format!("the bridge could not start: {reason}")),
    }
}

/// Answers a request that nobody can serve.
fn refuse(session: Session) -> u32 {
    let line = environ::line(&session, &SETTINGS);
    log::info(&format!("{} {} 500, since the bridge could not start", line.method, line.path));
    let page = "The application could not start. The reason stands in the log on the server.";
    let sent = reply::send_page(&session, &line, "500 Internal Server Error", &[], page);
    session.finish_by_return(sent.unwrap_or(Completion::Failed))
}
