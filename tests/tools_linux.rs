//! `probe` and `serve` on Linux: a bridge that the compiler built, with a small application of the tests.
#![cfg(target_os = "linux")]

#[allow(dead_code, reason = "the bridge's own tests use the rest")]
#[path = "bridge_linux/support.rs"]
mod support;

#[path = "tools_linux/deployed.rs"]
mod deployed;
#[path = "tools_linux/probe.rs"]
mod probe;
#[path = "tools_linux/serve.rs"]
mod serve;
#[path = "tools/server.rs"]
mod server;
