//! The shipped bridge, built as shared objects, serves a small application in the project's own ISAPI host.
#![cfg(target_os = "linux")]

#[path = "bridge_linux/lives.rs"]
mod lives;
#[path = "bridge_linux/requests.rs"]
mod requests;
#[path = "bridge_linux/responses.rs"]
mod responses;
#[path = "bridge_linux/support.rs"]
mod support;
