//! What `uninstall.ps1` checks first, and the order of its work.

use crate::scripts_run::refused;
use crate::scripts_run::server::Server;

/// The SID of the pool's own account, computed from its name.
fn pool_sid() -> String {
    iis_config::pool_sid(&crate::support::deployment_of("minimal").pool.name).expect("a SID")
}

/// A server on which `install.ps1` has run, and every folder gives the pool its own right.
pub(super) fn installed(test: &str) -> Server {
    let mut server = Server::new(test);
    let ran = server.run("install.ps1", "-SkipProbe");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    grant(&mut server, "OICI");
    server
}

/// Every folder gives the pool its own right, which is handed down by these flags.
pub(super) fn grant(server: &mut Server, flags: &str) {
    server.say(&format!(
        "function global:Get-Acl {{ param($LiteralPath) $acl = New-Object \
         Security.AccessControl.DirectorySecurity; \
         $acl.SetSecurityDescriptorSddlForm('O:BAD:(A;OICI;FA;;;BA)(A;{flags};0x1301bf;;;{})'); $acl }}",
        pool_sid()
    ));
}

#[test]
fn a_refusal_of_remove_comes_before_anything_is_changed() {
    let mut server = installed("refusal");
    server.answer(" remove ", 2, "error[KI411]: another application is in the site");
    let ran = refused(&server, "uninstall.ps1", "", &["KI411"]);
    for word in ["/remove:g", "stop apppool", "delete sslcert"] {
        assert!(!ran.lines().contains(word), "{word}: {}", ran.lines());
    }
    assert!(ran.calls.iter().all(|call| !call.line.contains(" remove ") || call.line.contains("--check")));
}

#[test]
fn rights_go_last_and_by_their_number_even_where_the_pool_is_gone() {
    let mut server = installed("gone");
    server.answer("list apppool", 1, "");
    let ran = server.run("uninstall.ps1", "");
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.text, ran.lines());
    let lines = ran.lines();
    let taken = format!("/remove:g *{}", pool_sid());
    let [checked, removed] = [true, false].map(|check| {
        ran.calls
            .iter()
            .position(|call| call.line.contains(" remove ") && call.line.contains("--check") == check)
            .expect(&lines)
    });
    let rights: Vec<usize> =
        (0..ran.calls.len()).filter(|place| ran.calls[*place].line.contains(&taken)).collect();
    assert!(rights.len() >= 5, "{lines}");
    assert!(checked < removed && rights.iter().all(|place| *place > removed), "{lines}");
    assert!(!server.at("kallithea/bridge/_dispatch.dll").exists(), "{}", ran.text);
    assert!(server.at("kallithea/my.ini").exists() && server.at("repositories").exists());
}

#[test]
fn a_trial_changes_nothing_and_an_open_folder_runs_nothing() {
    let server = installed("trial-removal");
    let before = server.everything();
    let ran = server.run("uninstall.ps1", "-WhatIf");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert_eq!(before, server.everything());
    assert!(ran.calls.iter().all(|call| !call.line.contains("/remove:g")), "{}", ran.lines());
    server.open_to_all("out/kallithea-iisc.exe");
    let ran = refused(&server, "uninstall.ps1", "-WhatIf", &["others can change"]);
    assert!(!ran.lines().contains("kallithea-iisc"), "{}", ran.lines());
}

/// A link that the pool made leads to a folder of others, and the script must not change the rights there.
#[test]
fn no_right_is_taken_from_what_a_link_leads_to() {
    let server = installed("removed-link");
    server.rewrite(crate::scripts_run::IS_LINK, "$Path.EndsWith('repositories')");
    let ran = server.run("uninstall.ps1", "");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert!(ran.text.contains("repositories is a link"), "{}", ran.text);
    let taken: Vec<_> = ran.calls.iter().filter(|call| call.line.contains("/remove:g")).collect();
    assert!(
        taken.len() >= 4 && !taken.iter().any(|call| call.line.contains("repositories")),
        "{}",
        ran.lines()
    );
}
