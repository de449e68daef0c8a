//! The generated `apply_settings.py` and Kallithea itself, on SQLite and on PostgreSQL, and with an OpenLDAP server.

mod accounts;
mod applied;
#[allow(dead_code, reason = "the clients of clients_linux need more")]
mod daemon;
mod directory;
mod farm;
mod form;
mod installation;
mod ldap;
mod ldap_served;
mod locked_out;
mod misused;
mod postgresql;
#[allow(dead_code, reason = "the clients of clients_linux need more")]
mod undone;

use std::process::Command;
use std::sync::LazyLock;

use crate::kallithea;
use crate::kallithea::machine::Machine;

static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::linux);

/// A password that is planted wherever a password can be, and must not come out anywhere.
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
