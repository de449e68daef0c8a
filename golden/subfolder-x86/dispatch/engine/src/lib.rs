//! The engine: runs the WSGI application in the worker process.
//!
//! What enters: requests from IIS, by way of the loader. What leaves: their responses. `service` takes requests in and
//! hands them to worker threads, `admission` decides which of them need the application, `python` runs it, `startup`
//! brings Python up, `crew` makes up for workers whose clients are slow, `watch` looks after requests that take long.
//! `kallithea` has what only that application needs. Absent: loading libraries, which the loader did; ending Python, which
//! nobody can.

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

/// ISAPI's export: begins a life of the bridge. Python comes up in the background; requests wait for it.
///
/// # Safety
/// As httpext.h has it: `info` points to a `HSE_VERSION_INFO`.
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
/// As httpext.h has it: `block` is the control block of a request that has just begun.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "ISAPI's name")]
pub unsafe extern "system" fn HttpExtensionProc(block: *mut ControlBlock) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { abi::request_entry(block, service::submit) }
}

/// ISAPI's export: ends a life of the bridge. Python and the application stay for the next.
///
/// # Safety
/// None beyond what calling into a library asks; the number is ISAPI's `HSE_TERM_` flag.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "ISAPI's name")]
pub unsafe extern "system" fn TerminateExtension(_flags: u32) -> i32 {
    abi::terminate_entry(service::stop)
}
