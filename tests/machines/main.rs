//! Tests that need a machine: toolchains, the real Kallithea on Linux and under Wine, PowerShell, databases and clients.
//!
//! In: the machines that `cargo xtask test` lays down, given by variables. Each suite is one module;
//! `cargo test --features machines --test machines -- bridge_linux::` runs one of them. Out: passed and failed tests.
//! Absent: tests that need only the sources, which are in `tests/it`.
#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod host;
mod kallithea;
mod matrix;
mod server;
mod specs;
mod torture;
mod wine;

mod ansible;
mod bridge_linux;
mod bridge_wine;
mod clients_linux;
mod dsc_engine;
mod ini_linux;
mod kallithea_linux;
mod kallithea_wine;
mod killed;
mod neovim;
mod planted;
mod route_kallithea;
mod scripts_run;
mod server_wine;
mod settings_linux;
mod shells;
mod toolchain;
mod tools_linux;
mod tools_wine;
mod verify_linux;
mod verify_wine;
