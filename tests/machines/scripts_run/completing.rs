//! Completions in PowerShell, by the function that it calls for the key Tab.

use super::powershell;
use super::powershell::quoted;
use crate::support;
use crate::support::program::{out, run};

#[test]
fn powershell_completes_commands_and_options() {
    let (_folder, script) = support::file_alone("completions.ps1", out(&run(&["completions", "powershell"])));
    let script = format!("Z:{}", support::text(&script)).replace('/', "\\");
    for (typed, meant) in [
        ("kallithea-iisc rou", "route"),
        ("kallithea-iisc check --fi", "--fix"),
        ("kallithea-iisc dsc man", "manifest"),
    ] {
        let line = format!(
            "Get-Content -Raw {} | Invoke-Expression; (TabExpansion2 {} {}).CompletionMatches.CompletionText",
            quoted(&script),
            quoted(typed),
            typed.len()
        );
        let said = powershell::run(&line);
        assert!(said.text.lines().any(|line| line.trim() == meant), "{typed}: {}", said.text);
    }
}
