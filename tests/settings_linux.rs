//! The generated `apply_settings.py` and Kallithea itself, on SQLite and on PostgreSQL, and with an OpenLDAP server.
#![cfg(target_os = "linux")]

#[path = "settings_linux/accounts.rs"]
mod accounts;
#[path = "settings_linux/applied.rs"]
mod applied;
#[allow(dead_code, reason = "the clients of clients_linux need more")]
#[path = "clients_linux/client.rs"]
mod client;
#[path = "settings_linux/daemon.rs"]
mod daemon;
#[path = "settings_linux/directory.rs"]
mod directory;
#[path = "settings_linux/farm.rs"]
mod farm;
#[path = "settings_linux/form.rs"]
mod form;
#[path = "settings_linux/installation.rs"]
mod installation;
#[path = "kallithea/mod.rs"]
mod kallithea;
#[path = "settings_linux/ldap.rs"]
mod ldap;
#[path = "settings_linux/ldap_served.rs"]
mod ldap_served;
#[path = "settings_linux/locked_out.rs"]
mod locked_out;
#[path = "matrix/mod.rs"]
mod matrix;
#[path = "settings_linux/misused.rs"]
mod misused;
#[path = "settings_linux/postgresql.rs"]
mod postgresql;
#[allow(dead_code, reason = "the clients of clients_linux need more")]
#[path = "clients_linux/served.rs"]
mod served;
#[path = "tools/server.rs"]
mod server;
mod support;
#[path = "settings_linux/undone.rs"]
mod undone;

use std::process::Command;
use std::sync::LazyLock;

use kallithea::machine::Machine;

static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::linux);

/// A password that is planted wherever one can stand, and must come out nowhere.
const PLANTED: &str = kallithea::secrets::PROGRAMS;

/// The Python that Kallithea is installed in.
fn python() -> Command {
    let mut python = MACHINE.python();
    python.env("PYTHONDONTWRITEBYTECODE", "1");
    python
}

fn kallithea_cli(arguments: &[&str]) -> Command {
    let mut command = python();
    command.args(["-c", "from kallithea.bin.kallithea_cli import cli; cli()"]).args(arguments);
    command
}
