//! `install.ps1` and `uninstall.ps1` run by PowerShell under Wine, on a server of stand-ins that record who was called.
//!
//! `KALLITHEA_IISC_PWSH` names the program `pwsh` of the project's shared tools; `cargo xtask test --facts DIR` sets it, and says that
//! these were left out where there is none. Windows PowerShell 5.1, NTFS and IIS are not here: see `tests/scripts_run/server.rs`.

#[path = "scripts_run/server.rs"]
mod server;
mod support;

use std::fs;

use server::{Ran, Server};

#[test]
fn a_trial_run_on_a_sound_server_asks_and_changes_nothing() {
    let server = Server::new("trial");
    let before = server.everything();
    let ran = server.run("install.ps1", "-WhatIf");
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.text, ran.lines());
    assert_eq!(before, server.everything(), "{}", ran.text);
}
