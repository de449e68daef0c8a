//! `probe` and `serve` on Linux: a bridge that the compiler built, with the torture application.
#![cfg(target_os = "linux")]

#[path = "tools_linux/deployed.rs"]
mod deployed;
#[path = "tools_linux/probe.rs"]
mod probe;
#[path = "tools_linux/serve.rs"]
mod serve;
#[path = "tools/server.rs"]
mod server;
mod support;
#[allow(unused_imports, unused_macros, reason = "other tests play the scenarios")]
mod torture;
