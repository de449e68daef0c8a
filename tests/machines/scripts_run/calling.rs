//! How a script is called, and what it keeps of what it said.

use std::fs;
use std::path::PathBuf;

use crate::scripts_run::refused;
use crate::scripts_run::server::Server;

/// The files that say what a script said.
fn transcripts(server: &Server) -> Vec<PathBuf> {
    let all = server.everything().into_iter().map(|(path, _)| path);
    all.filter(|path| path.ends_with("transcript.txt")).collect()
}

#[test]
fn what_a_script_said_is_kept_from_its_first_change_on() {
    let server = Server::new("transcript");
    let ran = server.run("install.ps1", "-WhatIf");
    assert_eq!((ran.code, transcripts(&server).len()), (Some(0), 0), "a trial writes nothing: {}", ran.text);
    let ran = server.run("install.ps1", "-SkipProbe");
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    let kept = transcripts(&server);
    assert_eq!(kept.len(), 1, "{}", ran.text);
    let text = fs::read_to_string(&kept[0]).expect("a text");
    assert!(text.contains("- copy the file: ") && text.contains("Done. Backups"), "{text}");
    let ran = server.run("uninstall.ps1", "");
    assert_eq!((ran.code, transcripts(&server).len()), (Some(0), 2), "{}", ran.text);
}

/// Who looks for the cause of a failure finds what was said, with what was taken back.
#[test]
fn what_a_script_said_outlasts_its_failure() {
    let mut server = Server::new("transcript-fails");
    server.answer(" apply ", 2, "error: conflict");
    let ran = server.run("install.ps1", "");
    assert_eq!(ran.code, Some(1), "{}", ran.text);
    let kept = transcripts(&server);
    let text = fs::read_to_string(&kept[0]).expect("a text");
    assert!(text.contains("error: conflict") && text.contains("rolled back: "), "{text}");
    assert!(ran.text.contains(r"transcript.txt."), "the person is told where: {}", ran.text);
}

/// `cmd.exe` keeps single quotes, and `"C:\folder\"` arrives with a double one.
#[test]
fn a_quote_that_a_shell_left_in_a_value_is_named() {
    let server = Server::new("quotes");
    for arguments in ["-Backup '''C:\\kept'''", "-Backup 'C:\\kept\"'"] {
        refused(&server, "install.ps1", arguments, &["the value of -Backup has a quote that cmd.exe"]);
        refused(&server, "uninstall.ps1", arguments, &["the value of -Backup has a quote that cmd.exe"]);
    }
    refused(&server, "install.ps1", "-Administrator '''alice'''", &["the value of -Administrator"]);
    let ran = server.run("install.ps1", "-WhatIf -Administrator O''Brien");
    assert_eq!(ran.code, Some(0), "an apostrophe is none: {}", ran.text);
}

/// Group Policy may demand signed scripts, and a signature is a block of comments at the end.
#[test]
fn a_signed_script_is_the_one_of_the_manifest() {
    let server = Server::new("signed");
    for script in ["install.ps1", "uninstall.ps1"] {
        let path = format!("out/{script}");
        let plain = fs::read_to_string(server.at(&path)).expect("a script").replace('\n', "\r\n");
        let block = "\r\n# SIG # Begin signature block\r\n# MIIFdgYJ\r\n# SIG # End signature block\r\n";
        server.write(&path, format!("{plain}{block}").as_bytes());
    }
    for script in ["install.ps1", "uninstall.ps1"] {
        let ran = server.run(script, "-WhatIf");
        assert_eq!(ran.code, Some(0), "{}", ran.text);
    }
    let signed = fs::read_to_string(server.at("out/uninstall.ps1")).expect("a script");
    server.write("out/uninstall.ps1", signed.replace("exit $Code", "exit 0").as_bytes());
    refused(&server, "install.ps1", "-WhatIf", &["uninstall.ps1 is missing or differs from manifest.json"]);
}
