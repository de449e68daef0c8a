//! The commands on files: encodings, backups, changes by others in the meantime, and secrets.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use kallithea_iisc::merge::host_config;
use tempfile::TempDir;

use super::SERVER;
use crate::support;
use crate::support::program::{PROGRAM, code, run, said};
use crate::support::{file_alone, names_in, text};

fn on(command: &str, example: &str, file: &Path, more: &[&str]) -> Output {
    let spec = support::example(example);
    run(&[&[command, text(&spec), "--host-config", text(file)], more].concat())
}

fn server(bytes: &[u8]) -> (TempDir, PathBuf) {
    file_alone("applicationHost.config", bytes)
}

#[test]
fn exit_codes_are_those_of_diff() {
    let (_folder, file) = server(SERVER.as_bytes());
    let codes = ["plan", "apply", "plan", "apply", "remove", "remove", "plan"]
        .map(|what| code(&on(what, "minimal", &file, &[])));
    assert_eq!(codes, [1, 0, 0, 0, 0, 0, 1]);
    assert_eq!(fs::read_to_string(&file).expect("the file"), SERVER);
    assert_eq!(code(&on("plan", "minimal", Path::new("missing.config"), &[])), 2);
}

#[test]
fn every_encoding_that_iis_reads_stays() {
    let wide = |pair: fn(u16) -> [u8; 2]| {
        "\u{feff}".encode_utf16().chain(SERVER.encode_utf16()).flat_map(pair).collect()
    };
    let encodings: [Vec<u8>; 3] =
        [["\u{feff}", SERVER].concat().into_bytes(), wide(u16::to_le_bytes), wide(u16::to_be_bytes)];
    for bytes in encodings {
        let (_folder, file) = server(&bytes);
        let applied = on("apply", "intranet-sso", &file, &[]);
        assert_eq!(code(&applied), 0, "{}", said(&applied));
        let present = fs::read(&file).expect("the file");
        assert_eq!(present[..2], bytes[..2]);
        assert_ne!(present, bytes);
        assert_eq!(code(&on("remove", "intranet-sso", &file, &[])), 0);
        assert_eq!(fs::read(&file).expect("the file"), bytes);
    }
    let (folder, file) = server(b"<configuration>\xe4</configuration>");
    let refused = on("apply", "minimal", &file, &[]);
    assert_eq!(code(&refused), 2);
    assert!(said(&refused).contains("not valid UTF-8 at byte 15"), "{}", said(&refused));
    assert_eq!(names_in(folder.path()), ["applicationHost.config"]);
}

#[test]
fn nothing_is_written_that_the_declared_encoding_would_turn_into_other_words() {
    for (declared, is_taken) in [("windows-1252", false), ("us-ascii", false), ("utf-8", true)] {
        let (folder, file) = server(SERVER.replace("\"UTF-8\"", &format!("'{declared}'")).as_bytes());
        let before = fs::read(&file).expect("the file");
        // ASCII letters are the same in all of these encodings.
        assert_eq!(code(&on("apply", "minimal", &file, &[])), 0, "{declared}");
        assert_eq!(code(&on("remove", "minimal", &file, &[])), 0, "{declared}");
        let spec = folder.path().join("deploy.yaml");
        fs::write(&spec, support::spec_of("minimal").replace("name: Kallithea", "name: Bücher"))
            .expect("the spec");
        let applied = run(&["apply", text(&spec), "--host-config", text(&file)]);
        assert_eq!(code(&applied) == 0, is_taken, "{declared}: {}", said(&applied));
        if !is_taken {
            assert!(said(&applied).contains(declared), "{}", said(&applied));
            assert_eq!(fs::read(&file).expect("the file"), before, "{declared}");
        }
    }
}

#[test]
fn the_former_file_is_kept_once() {
    let (folder, file) = server(SERVER.as_bytes());
    let backups = folder.path().join("kept");
    let more = ["--backup", backups.to_str().expect("UTF-8")];
    for command in ["apply", "apply", "remove", "apply"] {
        assert_eq!(code(&on(command, "minimal", &file, &more)), 0);
    }
    let kept = names_in(&backups);
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(kept.iter().any(|name| fs::read_to_string(backups.join(name)).is_ok_and(|text| text == SERVER)));
    assert_eq!(names_in(folder.path()), ["applicationHost.config", "kept"]);
}

#[test]
fn a_file_that_somebody_changed_meanwhile_stays_as_they_left_it() {
    let (folder, file) = server(SERVER.as_bytes());
    let read = host_config::open(&file).expect("the file");
    let theirs = SERVER.replace("Wiki", "Encyclopedia");
    fs::write(&file, &theirs).expect("the file");
    let refused = read.write("<configuration />", None).expect_err("it is refused");
    assert!(refused.to_string().contains("somebody has changed the file"), "{refused}");
    assert_eq!(fs::read_to_string(&file).expect("the file"), theirs);
    assert_eq!(names_in(folder.path()), ["applicationHost.config"]);
}

#[test]
fn a_killed_process_leaves_a_whole_file() {
    // Each process is killed after another fraction of the time; most die while they read, compile or write.
    let (_folder, file) = server(SERVER.as_bytes());
    let backups = tempfile::tempdir().expect("a folder");
    let spec = support::example("intranet-sso");
    let (mut old, mut new) = (0, 0);
    for pause in 0..60_u64 {
        fs::write(&file, SERVER).expect("the file");
        let mut process = Command::new(PROGRAM)
            .args(["apply", "--quiet"])
            .arg(&spec)
            .arg("--host-config")
            .arg(&file)
            .arg("--backup")
            .arg(backups.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(Duration::from_micros(pause * 800));
        process.kill().expect("it can be killed");
        process.wait().expect("it ends");
        let left = fs::read_to_string(&file).expect("the file");
        if left == SERVER {
            old += 1
        } else {
            new += 1
        }
        assert!(left == SERVER || left.contains("<location path=\"Kallithea\">"), "{left}");
        assert!(left.ends_with("</configuration>\n"), "{left}");
        assert_eq!(code(&on("plan", "intranet-sso", &file, &[])), i32::from(left == SERVER), "{left}");
    }
    eprintln!("killed before its end: {old}, after it: {new}");
    assert!(old > 0, "no process was killed in time");
}

#[test]
fn a_conflict_writes_nothing() {
    let (folder, file) = server(SERVER.replace("name=\"IsapiModule\"", "name=\"Other\"").as_bytes());
    let before = fs::read(&file).expect("the file");
    let refused = on("apply", "minimal", &file, &[]);
    assert_eq!(code(&refused), 2);
    assert!(
        said(&refused).contains("KI408") && said(&refused).contains("nothing was written"),
        "{}",
        said(&refused)
    );
    assert_eq!((fs::read(&file).expect("the file"), names_in(folder.path()).len()), (before, 1));
}

#[test]
fn a_shared_configuration_is_found_by_its_redirection() {
    let (shared, file) = server(SERVER.as_bytes());
    let local = tempfile::tempdir().expect("a folder");
    let redirection = local.path().join("redirection.config");
    let points = format!(
        "<configuration><configurationRedirection enabled=\"true\" path=\"{}\" userName=\"CORP\\iis\" \
         password=\"planted-secret-3\" \
         /></configuration>",
        shared.path().display()
    );
    fs::write(&redirection, points).expect("the redirection");
    let stale = local.path().join("applicationHost.config");
    fs::write(&stale, SERVER).expect("the server's own file");
    let refused = on("apply", "minimal", &stale, &[]);
    assert_eq!(code(&refused), 2);
    assert!(said(&refused).contains("this server does not use this file"), "{}", said(&refused));
    assert!(!said(&refused).contains("planted-secret"), "{}", said(&refused));
    assert_eq!(code(&on("apply", "minimal", &redirection, &[])), 0);
    assert!(fs::read_to_string(&file).expect("the file").contains("kallithea-iisc: minimal"));
    assert_eq!(code(&on("remove", "minimal", &redirection, &[])), 0);
    assert_eq!(fs::read_to_string(&file).expect("the file"), SERVER);
}

#[test]
fn secrets_of_the_server_are_not_shown() {
    // The lines that a diff shows around a change, and the line that a conflict points at.
    let near = SERVER.replace(
        "</applicationPoolDefaults>\n",
        "</applicationPoolDefaults>\n<add name=\"Last\"><processModel userName=\"a\" \
         password=\"planted-secret-4\" /></add>\n",
    );
    let taken = near.replace(
        "<add name=\"Last\"><processModel",
        "<add name=\"Kallithea\" password='planted-secret-5'><processModel",
    );
    for (text, format) in [(&near, "text"), (&near, "json"), (&taken, "text"), (&taken, "json")] {
        let (_folder, file) = server(text.as_bytes());
        let shown = said(&on("plan", "minimal", &file, &["--format", format]));
        assert!(shown.contains("Kallithea"), "{shown}");
        assert!(!shown.contains("planted-secret"), "{shown}");
    }
}

#[test]
fn plan_holds_the_deployed_web_config_against_the_compiled_one() {
    let (folder, file) = server(SERVER.as_bytes());
    assert_eq!(code(&on("apply", "minimal", &file, &[])), 0);
    let golden = fs::read_to_string("golden/minimal/web.config").expect("the golden web.config");
    let deployed = folder.path().join("web.config");
    let more = ["--web-config", deployed.to_str().expect("UTF-8")];
    fs::write(&deployed, golden.replace('\n', "\r\n")).expect("the web.config");
    assert_eq!(code(&on("plan", "minimal", &file, &more)), 0);
    fs::write(&deployed, golden.replace("allowDoubleEscaping=\"true\"", "allowDoubleEscaping=\"false\""))
        .expect("the web.config");
    let drift = on("plan", "minimal", &file, &more);
    assert_eq!(code(&drift), 1);
    assert!(
        said(&drift).contains("+") && said(&drift).contains("allowDoubleEscaping=\"true\""),
        "{}",
        said(&drift)
    );
}
