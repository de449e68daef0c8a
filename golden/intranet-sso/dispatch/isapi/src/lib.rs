//! Code that loader and engine share: the ISAPI interface, the deployment's settings, the log, and every step of a
//! request that needs no Python.
//!
//! A request goes `abi` (raw pointers) -> `environ` (the application's variables, with `url` and `headers`) -> `body` and
//! `reply` (the streams in both directions). All of them see IIS through the trait [`client::Client`], so that they can be
//! tested without IIS. [`queue`] is where requests wait. Absent: Python, threads, and global state other than the log.

#![warn(unreachable_pub)]

pub mod abi;
pub mod account;
pub mod body;
pub mod client;
pub mod config;
pub mod domains;
pub mod environ;
mod fallback;
pub mod headers;
pub mod log;
pub mod paths;
pub mod proxies;
pub mod queue;
pub mod reply;
pub mod settings;
pub mod static_files;
#[cfg(windows)]
mod trace_channel;
pub mod url;
pub mod visible;

pub use config::SETTINGS;
