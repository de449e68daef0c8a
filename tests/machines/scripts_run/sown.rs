//! Faults sown into `install.ps1`: what these tests ask of a run must find each of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;

use super::faults::taken_back;
use super::stage::{Run, Stage};

/// A fault.
#[derive(Serialize, Clone, Copy)]
pub struct Sown {
    /// What the script has, and what stands there instead.
    here: &'static str,
    there: &'static str,
    /// How it is run: `-WhatIf`, again, as an upgrade, or with a step that fails after it worked, which is named by words in it.
    way: &'static str,
}

/// Faults of the way back, of waiting, of asking and of comparing.
const ALL: [Sown; 12] = [
    sown(
        "        $acl.SetSecurityDescriptorSddlForm($it.Before, 'Access')\n",
        "        return\n",
        "bind the certificate",
    ),
    sown(
        "Invoke-Program $Netsh @('http', 'delete', 'sslcert', $Place) | Out-Null",
        "return",
        "add the deployment",
    ),
    sown("    if ($now -eq $Before) { return }\n", "    return\n", "add the deployment"),
    sown("            [IO.Directory]::Delete($it.Path)\n", "", "copy the file"),
    sown("            [IO.File]::Delete($it.To)\n", "", "bind the certificate"),
    sown(
        "        if (-not (Test-Path -LiteralPath $it.Record)) { return }\n",
        "        return\n",
        "bind the certificate",
    ),
    sown("    if ($above) { New-Folder $above $Readers }\n", "", "copy the file"),
    sown("    if ($Undo) { $Changes.Push(", "    if ($false) { $Changes.Push(", "grant M"),
    sown("        if (-not $whole) {\n", "        if ($false) {\n", "grant M"),
    sown("-in 'Started', 'Stopping' -or (Get-Worker); $second++)", "-in 'never'; $second++)", "upgrade"),
    sown("    if (-not $PSCmdlet.ShouldProcess($Target, $Action)) { return }\n", "", "-WhatIf"),
    sown("    if ($runs -and $Done -eq 0) { return }\n", "", "again"),
];

const fn sown(here: &'static str, there: &'static str, way: &'static str) -> Sown {
    Sown { here, there, way }
}

/// What every test of this tier asks of a run.
fn is_right(run: &Run, way: &str) {
    match way {
        "-WhatIf" | "again" => {
            assert!(run.code == 0 && run.difference.is_empty() && run.steps.is_empty(), "{run:#?}")
        }
        "upgrade" => assert!(run.code == 0 && run.events.is_empty() && run.pool == "Started", "{run:#?}"),
        _ => taken_back(run),
    }
}

#[test]
fn every_sown_fault_is_found() {
    let stage = Stage::new("intranet-sso", "iisc-sown");
    let runs = stage.run_sown(&ALL);
    assert_eq!(runs.len(), 2 * ALL.len(), "{runs:#?}");
    for (pair, fault) in runs.chunks(2).zip(ALL) {
        is_right(&pair[0], fault.way);
        let found = catch_unwind(AssertUnwindSafe(|| is_right(&pair[1], fault.way))).is_err();
        assert!(found, "nobody notices {:?} in place of {:?}: {:#?}", fault.there, fault.here, pair[1]);
    }
}
