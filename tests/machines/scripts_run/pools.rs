//! What the scripts do with the pool, its worker processes and the site: state before is state after, and only an answer of the
//! site itself decides.

use std::fs;

use crate::scripts_run::server::{Ran, Server};
use crate::scripts_run::{but_backups, refused};

const DISPATCH: &str = "kallithea/bridge/_dispatch.dll";
const CONFIGURATION: &str = "System32/inetsrv/config/applicationHost.config";

fn text(server: &Server, file: &str) -> String {
    fs::read_to_string(server.at(file)).unwrap_or_default()
}

fn succeeded(server: &Server, script: &str, arguments: &str) -> Ran {
    let ran = server.run(script, arguments);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.text, ran.lines());
    ran
}

/// Where the DLL of a former build lies.
fn upgraded(test: &str) -> Server {
    let server = Server::new(test);
    server.write(DISPATCH, b"former");
    server
}

#[test]
fn a_pool_that_takes_its_time_is_waited_for_and_runs_again_after_a_rollback() {
    let mut server = upgraded("slow-pool");
    server.write("on-stop.txt", b"Stopping\nStopping\nStopped\n");
    server.answer(" apply ", 2, "error: conflict");
    let ran = server.run("install.ps1", "");
    assert_eq!(ran.code, Some(1), "{}", ran.text);
    assert_eq!(text(&server, "pool.txt"), "Started\n", "{}\n{}", ran.text, ran.lines());
    assert_eq!(text(&server, DISPATCH), "former");
}

#[test]
fn no_dll_is_replaced_while_a_worker_process_of_the_pool_is_there() {
    let server = upgraded("workers");
    let worker = "WP \"4711\" (applicationPool:Kallithea)\n";
    server.write("workers.txt", format!("{worker}{worker}{worker}\n").as_bytes());
    let ran = succeeded(&server, "install.ps1", "");
    assert!(ran.calls.iter().filter(|call| call.line.contains("list wp")).count() >= 4, "{}", ran.lines());
    assert_ne!(text(&server, DISPATCH), "former");
    let mut never = upgraded("worker-for-ever");
    never.write("workers.txt", worker.as_bytes());
    never.answer("shutdownTimeLimit", 0, "00:00:01");
    let ran = never.run("install.ps1", "");
    assert!(ran.text.contains("does not stop within 16 seconds: WP \"4711\""), "{}", ran.text);
    assert_eq!((ran.code, text(&never, DISPATCH).as_str()), (Some(1), "former"), "{}", ran.text);
}

#[test]
fn a_pool_that_somebody_stopped_stays_stopped() {
    let server = upgraded("stopped");
    server.write("pool.txt", b"Stopped\n");
    let ran = succeeded(&server, "install.ps1", "");
    assert!(ran.text.contains("so it stays stopped. To start it: & '"), "{}", ran.text);
    assert!(server.site.asked().is_empty(), "nobody asks a site whose pool has stopped");
    succeeded(&server, "uninstall.ps1", "");
    assert_eq!(text(&server, "pool.txt"), "Stopped\n");
}

#[test]
fn an_error_of_appcmd_is_not_a_missing_pool() {
    let mut server = Server::new("appcmd");
    let name = &crate::support::deployment_of("minimal").pool.name;
    let pools = format!(
        "<configuration><system.applicationHost><applicationPools><add name=\"{name}\" /></applicationPools>\
         </system.applicationHost></configuration>"
    );
    server.write(CONFIGURATION, pools.as_bytes());
    server.answer("list apppool", 1, "ERROR ( message:Cannot read configuration file )");
    refused(&server, "install.ps1", "", &["appcmd does not say whether", "Cannot read configuration file"]);
    refused(&server, "uninstall.ps1", "", &["appcmd does not say whether"]);
}

#[test]
fn a_second_run_says_that_there_is_nothing_to_do_and_recycles_nothing() {
    let mut server = super::uninstall::installed("nothing");
    server.answer(" plan ", 0, "");
    server.answer("--check", 0, "");
    server.write("kallithea/data/.keep", b"");
    let ran = succeeded(&server, "install.ps1", "");
    assert!(ran.text.contains("Nothing to do: this server is as the spec says."), "{}", ran.text);
    for word in ["recycle", "icacls", " apply ", "--backup", "--record", "stop apppool"] {
        assert!(!ran.lines().contains(word), "{word}: {}", ran.lines());
    }
    assert!(!server.site.asked().is_empty(), "the site is looked at all the same");
    // A right on what is below alone is no right on the folder.
    super::uninstall::grant(&mut server, "OICIIO");
    let ran = succeeded(&server, "install.ps1", "-SkipProbe");
    assert!(ran.lines().contains("icacls"), "{}", ran.text);
}

#[test]
fn dlls_of_former_builds_go_and_nothing_else_does() {
    let server = Server::new("former-dlls");
    let former = ["kallithea_engine-0123abcd.dll", "_dispatch.dll.abcd1234.xyz.old"];
    let others = ["other.dll", "kallithea_engine-mine.dll", "_dispatch.dll.old"];
    for file in former.iter().chain(&others) {
        server.write(&format!("kallithea/bridge/{file}"), b"");
    }
    succeeded(&server, "install.ps1", "");
    let there = |file: &&&str| server.at("kallithea/bridge").join(file).exists();
    assert_eq!((former.iter().filter(there).count(), others.iter().filter(there).count()), (0, 3));
}

/// The line of the script that lets the compiler change a file.
const RUN: &str = "Invoke-Program $Compiler $Arguments | Out-Null";

#[test]
fn what_apply_wrote_before_it_failed_is_taken_back() {
    let server = Server::new("half");
    let write = "if ($Arguments[0] -eq 'apply') { [IO.Directory]::CreateDirectory($Backup) | Out-Null; \
        [IO.File]::Copy($Path, $former); [IO.File]::WriteAllText($Path, 'new'); throw 'it failed' }";
    server.rewrite(RUN, write);
    let before = text(&server, CONFIGURATION);
    let ran = server.run("install.ps1", "");
    assert_eq!(ran.code, Some(1), "{}", ran.text);
    assert_eq!(text(&server, CONFIGURATION), before, "{}", ran.text);
    assert!(!server.at(DISPATCH).exists(), "{}", ran.text);
}

/// A configuration that somebody else changed stays, and so does what it may refer to.
#[test]
fn files_of_a_configuration_that_stays_are_not_deleted() {
    let server = Server::new("stays");
    let write =
        "if ($Arguments[0] -eq 'apply') { [IO.File]::WriteAllText($Path, 'theirs'); throw 'it failed' }";
    server.rewrite(RUN, write);
    let ran = server.run("install.ps1", "");
    assert_eq!(ran.code, Some(3), "{}", ran.text);
    assert!(ran.text.contains("somebody else has changed"), "{}", ran.text);
    assert!(ran.text.contains("still refers to it, so it stays"), "{}", ran.text);
    assert_eq!(text(&server, CONFIGURATION), "theirs");
    assert!(server.at(DISPATCH).exists() && server.at("kallithea/iis/web.config").exists());
}

#[test]
fn ctrl_c_takes_back_what_was_done() {
    let mut server = Server::new("ctrl-c");
    server.answer(" apply ", 77, "");
    let before = server.everything();
    let ran = server.run_until(" apply ", "-SkipProbe");
    assert_eq!(ran.code, None, "{}", ran.text);
    assert!(ran.text.contains("The script rolled back its changes."), "{}\n{}", ran.text, ran.lines());
    assert!(before == but_backups(&server), "{}", ran.text);
}

#[test]
fn an_empty_line_of_an_error_is_an_empty_line() {
    let mut server = Server::new("blank");
    server.say("$global:said = @(& $env:ComSpec /c 'echo one>&2& echo.>&2& echo two>&2' 2>&1)");
    server.rewrite(
        "$said = @(& $Program @Arguments 2>&1)",
        "$said = @(& $Program @Arguments 2>&1) + $global:said",
    );
    let ran = server.run("install.ps1", "-WhatIf");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert!(ran.text.contains("    two") && !ran.text.contains("RemoteException"), "{}", ran.text);
}

/// What the site answers, whether the bridge logs a request, the exit code, and a part of what is said.
const ANSWERS: [(&str, bool, i32, &str); 8] = [
    ("200 OK", true, 0, "answers 200"),
    ("302 Found", true, 0, "answers 302"),
    ("200 OK", false, 0, "has no new line, so something else may have answered"),
    ("403 Forbidden", true, 0, "refuses this page to your account"),
    ("403 Forbidden", false, 1, "answers 403"),
    ("404 Not Found", false, 1, "answers 404"),
    ("500 Internal Server Error", true, 1, "answers 500"),
    ("407 Proxy Authentication Required", false, 0, "the site was not checked"),
];

#[test]
fn the_site_itself_decides_and_is_asked_at_this_machines_own_address() {
    let mut server = Server::new("answers");
    // A proxy of this user is not asked.
    server.say("[Net.WebRequest]::DefaultWebProxy = New-Object Net.WebProxy('http://127.0.0.1:9')");
    let log = server.at("kallithea/logs/bridge.log");
    for (answer, logged, code, words) in ANSWERS {
        server.site.answer(answer, logged.then_some(&*log));
        let ran = server.run("install.ps1", "");
        assert_eq!(ran.code, Some(code), "{answer}, logged: {logged}: {}", ran.text);
        assert!(ran.text.replace('\n', "").contains(words), "{answer}: {}", ran.text);
    }
    let host = format!("Host: kallithea.corp.example.com:{}\r\n", server.site.port);
    assert!(server.site.asked().contains(&host), "{}", server.site.asked());
    server.site.close();
    let ran = succeeded(&server, "install.ps1", "");
    assert!(ran.text.contains("the site was not checked"), "{}", ran.text);
}
