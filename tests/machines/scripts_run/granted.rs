//! Which rights count as enough. In: lists of rights as Windows writes them, which Wine cannot keep. Out: what is granted,
//! refused or warned of.

use crate::scripts_run::refused;
use crate::scripts_run::server::Server;

/// The SID of the pool's own account.
fn pool() -> String {
    iis_config::pool_sid(&crate::support::deployment_of("minimal").pool.name).expect("a SID")
}

/// A server on which every folder has this list of rights, with POOL for the pool's own account.
fn server(test: &str, list: &str) -> Server {
    let mut server = Server::new(test);
    server.write("repositories/closed/.keep", b"");
    let sddl = format!("O:BAD:{}", list.replace("POOL", &pool()));
    server.say(&format!(
        "$global:Sddl = '{sddl}'\n$global:Closed = 'O:BAD:P(A;OICI;FA;;;BA)'\n\
         function global:Get-Acl {{ param($LiteralPath) $acl = New-Object Security.AccessControl.DirectorySecurity; \
         $acl.SetSecurityDescriptorSddlForm($(if ($LiteralPath -like '*closed') {{ $global:Closed }} else {{ $global:Sddl }})); $acl }}"
    ));
    server
}

#[test]
fn only_a_right_on_the_folder_and_all_below_is_enough() {
    // The list of each folder, and whether the pool gets a right of its own on the repositories.
    let lists = [
        ("(A;OICI;0x1301bf;;;POOL)", false),
        ("(A;OICIID;FA;;;POOL)", false),
        ("(A;;0x1301bf;;;POOL)(A;OICIIO;GA;;;POOL)", false),
        ("(A;OICIIO;0x1301bf;;;POOL)", true),
        ("(A;OICINP;0x1301bf;;;POOL)", true),
        ("(A;OI;0x1301bf;;;POOL)", true),
        ("(A;OICI;0x1200a9;;;POOL)", true),
        ("(A;OICI;0x1301bf;;;BU)", true),
        ("(D;OICIID;SD;;;WD)(A;OICIID;0x1301bf;;;POOL)", true),
        ("(A;OICI;0x1301bf;;;POOL)(D;OICIID;SD;;;WD)", false),
    ];
    let server = server("enough", "(A;;FA;;;BA)");
    let place = server.named("repositories");
    let script = server.named("out\\install.ps1");
    let mut text = format!("$lines = Get-Content -LiteralPath '{script}' -Raw\n");
    // The functions alone, without the run at the end.
    text += "$start = $lines.IndexOf('# What the account of the worker process may do'); $end = $lines.IndexOf('# The groups of an account')\n";
    text += "Invoke-Expression $lines.Substring($start, $end - $start)\n";
    for (number, (list, _)) in lines_of(&lists) {
        text += &format!(
            "$global:Sddl = 'O:BAD:{list}'\nWrite-Host \"{number}=$(Test-Enough @{{ Path = '{place}'; Right = 'M'; Below = $true }} @('{0}') (@('{0}') + $EveryWorker))\"\n",
            pool()
        );
    }
    server.write("out/verdicts.ps1", text.as_bytes());
    let ran = server.run("verdicts.ps1", "");
    for (number, (list, granted)) in lines_of(&lists) {
        let verdict = if granted { "False" } else { "True" };
        assert!(ran.text.contains(&format!("{number}={verdict}\n")), "{list}: {}", ran.text);
    }
}

fn lines_of(lists: &[(&str, bool)]) -> Vec<(usize, (String, bool))> {
    lists.iter().map(|(list, granted)| (list.replace("POOL", &pool()), *granted)).enumerate().collect()
}

#[test]
fn an_entry_that_denies_is_named_before_anything_is_changed() {
    for who in ["WD", "S-1-5-32-568", "POOL"] {
        let server =
            server("denied", &format!("(D;OICI;0x2;;;{who})(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;POOL)"));
        refused(&server, "install.ps1", "", &["denies", "/remove:d '*S-1-"]);
    }
    let server = server("denied-others", "(D;OICI;0x2;;;BG)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;POOL)");
    assert_eq!(server.run("install.ps1", "-WhatIf").code, Some(0));
}

#[test]
fn a_folder_below_that_inherits_nothing_is_named() {
    let mut server = server("closed", "(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;POOL)");
    let ran = server.run("install.ps1", "-WhatIf");
    assert!(ran.text.contains(r"repositories\closed does not inherit rights"), "{}", ran.text);
    server.say(&format!("$global:Closed = 'O:BAD:P(A;OICI;0x1301bf;;;{})'", pool()));
    let ran = server.run("install.ps1", "-WhatIf");
    assert!(ran.code == Some(0) && !ran.text.contains("does not inherit"), "{}", ran.text);
}

/// A right on another machine is its administrators' to give, to the account or to a group of it.
#[test]
fn on_a_share_a_missing_right_is_a_warning_with_the_command() {
    let mut server = server("share", "(A;OICI;FA;;;BA)");
    let share = r"\\localhost\c$\repositories";
    server.rewrite(
        &format!("Path = '{}'; Right = 'M'", server.named("repositories")),
        &format!("Path = '{share}'; Right = 'M'"),
    );
    server.say("function global:Test-Path { param($LiteralPath, $PathType) if ($LiteralPath -like '\\\\*') { $true } else { Microsoft.PowerShell.Management\\Test-Path @PSBoundParameters } }");
    server.rewrite("(New-Object IO.DirectoryInfo($Right.Path)).GetDirectories()", "@()");
    server.rewrite(crate::scripts_run::IS_LINK, "$false");
    let ran = server.run("install.ps1", "-SkipProbe");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    let said = ran.text.replace('\n', "");
    assert!(said.contains(&format!("icacls '{share}' /grant '*{}:(OI)(CI)(M)'", pool())), "{}", ran.text);
    assert!(!ran.calls.iter().any(|call| call.line.contains(share)), "{}", ran.lines());
    server.say("$global:Sddl = 'O:BAD:(A;OICIID;0x1301bf;;;S-1-5-32-568)'");
    let ran = server.run("install.ps1", "-WhatIf");
    assert!(ran.code == Some(0) && !ran.text.contains("lacks the right"), "a group is enough: {}", ran.text);
}
