//! The pool's named account: known, usable, and with a password that Windows accepts before anything is changed.
//!
//! Wine's `LogonUserW` accepts every password, so a refusal replaces its answer here. `WebAdministration` is a function.

use crate::scripts_run::refused;
use crate::scripts_run::server::Server;

const CONFIGURATION: &str = "System32/inetsrv/config/applicationHost.config";
const TRY: &str = "[KallitheaIisc.Logon]::Try($user, $domain, $password)";
const GIVEN: &str = "-SkipProbe -Credential $credential";

/// A server whose pool runs as an account of the domain, for which IIS has this password.
fn server(test: &str, user: &str, stored: &str) -> Server {
    let mut server = Server::new(test);
    server.rewrite("Identity         = 'ApplicationPoolIdentity'", "Identity         = 'SpecificUser'");
    server.rewrite("UserName         = ''", &format!("UserName         = '{user}'"));
    if !user.ends_with('$') {
        server.rewrite("NeedsPassword    = $false", "NeedsPassword    = $true");
    }
    server.rewrite(
        "'SpecificUser' { return Get-Sid",
        "'SpecificUser' { return 'S-1-5-21-1-2-3-1105' } '' { return Get-Sid",
    );
    let name = &crate::support::deployment_of("minimal").pool.name;
    let text = format!(
        "<configuration><system.applicationHost><applicationPools><add name=\"{name}\"><processModel userName=\"{user}\" \
         password=\"{stored}\" /></add></applicationPools></system.applicationHost></configuration>"
    );
    server.write(CONFIGURATION, text.as_bytes());
    let file = server.named(&CONFIGURATION.replace('/', "\\"));
    server.say(&format!(
        "function global:Import-Module {{ param($Name) }}\n\
         function global:Set-ItemProperty {{ param($LiteralPath, $Name, $Value) \
         [IO.File]::WriteAllText('{file}', ([IO.File]::ReadAllText('{file}') -replace 'password=\"[^\"]*\"', 'password=\"stored\"')) }}\n\
         function global:Get-Credential {{ throw 'nobody is there to ask' }}\n\
         $word = ConvertTo-SecureString -String 'Hop & skip' -AsPlainText -Force\n\
         $credential = New-Object Management.Automation.PSCredential('{user}', $word)"
    ));
    server
}

fn stored(server: &Server) -> bool {
    std::fs::read_to_string(server.at(CONFIGURATION)).expect("a file").contains("password=\"stored\"")
}

#[test]
fn a_password_is_tried_and_stored_and_never_said() {
    let server = server("password", r"CORP\svc", "");
    let ran = server.run("install.ps1", GIVEN);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert!(stored(&server), "{}", ran.text);
    for (path, bytes) in server.everything() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains("Hop & skip"), "{}", path.display());
    }
    assert!(!ran.text.contains("Hop") && !ran.lines().contains("Hop"), "{}", ran.text);
}

#[test]
fn a_password_that_windows_refuses_changes_nothing() {
    let server = server("wrong-password", r"CORP\svc", "");
    server.rewrite(TRY, "if ($user -eq 'svc' -and $domain -eq 'CORP') { 1326 }");
    refused(&server, "install.ps1", GIVEN, &[r"does not accept the password of CORP\svc", "(1326)"]);
    refused(&server, "install.ps1", "-SkipProbe", &["nobody is there to ask"]);
    refused(
        &server,
        "install.ps1",
        "-Credential $(New-Object Management.Automation.PSCredential('CORP\\other', $word))",
        &["is that of CORP\\other, but the spec says"],
    );
    let trial = server.run("install.ps1", "-WhatIf");
    assert_eq!(trial.code, Some(0), "a trial asks nobody: {}", trial.text);
    server.rewrite("{ 1326 }", "{ 1385 }");
    let ran = server.run("install.ps1", GIVEN);
    assert!(ran.code == Some(0) && ran.text.contains("could not be tried"), "{}", ran.text);
}

#[test]
fn a_stored_password_stays_until_it_is_to_be_replaced() {
    let mut server = server("reset", r"CORP\svc", "former");
    server.answer(" plan ", 0, "");
    let ran = server.run("install.ps1", GIVEN);
    assert_eq!((ran.code, stored(&server)), (Some(0), false), "{}", ran.text);
    assert!(ran.text.contains("so the one of -Credential is not used"), "{}", ran.text);
    server.answer("recycle", 5, "error");
    let ran = server.run("install.ps1", &format!("{GIVEN} -ResetPassword"));
    assert_eq!((ran.code, stored(&server)), (Some(1), false), "taken back: {}", ran.text);
    server.answer("recycle", 0, "");
    let ran = server.run("install.ps1", &format!("{GIVEN} -ResetPassword"));
    assert_eq!((ran.code, stored(&server)), (Some(0), true), "{}", ran.text);
}

#[test]
fn a_managed_account_is_one_that_this_machine_may_use() {
    let mut server = server("managed", r"CORP\code$", "");
    let ran = server.run("install.ps1", "-WhatIf");
    assert!(
        ran.code == Some(0) && ran.text.contains("Test-ADServiceAccount -Identity 'code'"),
        "{}",
        ran.text
    );
    server.say("function global:Test-ADServiceAccount { param($Identity) $Identity -ne 'code' }");
    let words = ["cannot use the account CORP\\code$", "Install-ADServiceAccount -Identity 'code'"];
    refused(&server, "install.ps1", "", &words);
    refused(&server, "install.ps1", "-ResetPassword", &["leave out -Credential and -ResetPassword"]);
    server.say("function global:Test-ADServiceAccount { param($Identity) $Identity -eq 'code' }");
    let ran = server.run("install.ps1", "-WhatIf");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
}
