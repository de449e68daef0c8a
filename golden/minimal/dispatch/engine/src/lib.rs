//! The engine: runs the WSGI application in the worker process.
//!
//! What enters: requests from IIS, through the loader. What leaves: their responses. `service` accepts requests and passes
//! them to worker threads, `admission` decides which of them need the application, `python` runs it, `startup` starts
//! Python, `crew` replaces workers whose clients are slow, and `watch` supervises requests that take long. `kallithea` has
//! what only that application needs. Absent: loading libraries, which the loader has done; ending Python, which is not
//! possible.

#![warn(unreachable_pub)]

mod admission;
mod crew;
mod exchange;
mod kallithea;
mod post;
mod python;
mod service;
mod startup;
mod watch;

use kallithea_bridge_isapi::abi::{self, ControlBlock, VersionInfo};

/// ISAPI's export: starts the bridge. Python starts in the background, and requests wait for it.
///
/// # Safety
/// As in httpext.h: `info` points to a `HSE_VERSION_INFO`.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "ISAPI's name")]
pub unsafe extern "system" fn GetExtensionVersion(info: *mut VersionInfo) -> i32 {
    let description = concat!("Kallithea bridge ", env!("CARGO_PKG_VERSION"));
    // SAFETY: the caller's promise.
    unsafe { abi::version_entry(info, description, service::start) }
}

/// ISAPI's export: a request.
///
/// # Safety
/// As in httpext.h: `block` is the control block of a request that has just begun.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "ISAPI's name")]
pub unsafe extern "system" fn HttpExtensionProc(block: *mut ControlBlock) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { abi::request_entry(block, service::submit) }
}

/// ISAPI's export: stops the bridge. Python and the application's modules stay loaded for the next start.
///
/// # Safety
/// Nothing beyond the rules for any call into a library; the number is ISAPI's `HSE_TERM_` flag.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "ISAPI's name")]
pub unsafe extern "system" fn TerminateExtension(_flags: u32) -> i32 {
    abi::terminate_entry(service::stop)
}
