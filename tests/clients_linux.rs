//! Real clients through `serve`: Mercurial, Git and Chromium, the real Kallithea behind the bridge as a shared object.
#![cfg(target_os = "linux")]

#[path = "clients_linux/browser.rs"]
mod browser;
#[path = "clients_linux/client.rs"]
mod client;
#[path = "clients_linux/connection.rs"]
mod connection;
#[path = "kallithea/mod.rs"]
mod kallithea;
#[path = "clients_linux/many.rs"]
mod many;
#[path = "matrix/mod.rs"]
mod matrix;
#[path = "clients_linux/names.rs"]
mod names;
#[path = "clients_linux/served.rs"]
mod served;
#[path = "tools/server.rs"]
mod server;
mod support;
#[path = "clients_linux/version_control.rs"]
mod version_control;

use std::sync::LazyLock;

use kallithea::Deployment;
use kallithea::machine::Machine;

static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::linux);
static ROOT: LazyLock<Deployment> = LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "clients"));
static BELOW: LazyLock<Deployment> = LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "clients-below"));
