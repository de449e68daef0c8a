//! The Ansible role and its playbooks, run by Ansible on this machine.
//!
//! `KALLITHEA_IISC_ANSIBLE` names the folder with `ansible-playbook` and `ansible-lint`. Stand-ins in `ansible/` replace the modules
//! for Windows and PowerShell; the compiler is the real one. Absent: Windows, and the script for the front's server farm.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::program::{PROGRAM, code, said};
use crate::support::{files_below, names_in, spec_of, text};

const SERVER: &str = include_str!("../it/merge/server.config");

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn programs() -> PathBuf {
    env::var_os("KALLITHEA_IISC_ANSIBLE").expect("KALLITHEA_IISC_ANSIBLE names a folder of programs").into()
}

/// Runs a program of Ansible. It finds the other ones on PATH.
fn ansible(program: &str, change: impl FnOnce(&mut Command)) -> Output {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [programs()].into_iter().chain(env::split_paths(&path));
    let mut command = Command::new(programs().join(program));
    command
        .env("PATH", env::join_paths(folders).expect("a PATH"))
        .env("ANSIBLE_COLLECTIONS_PATH", here("tests/machines/ansible/collections"))
        .env("ANSIBLE_ROLES_PATH", here("contrib/ansible/roles"))
        .env("ANSIBLE_NOCOLOR", "1")
        .env("ANSIBLE_LOCALHOST_WARNING", "0")
        .env("LC_ALL", "C.UTF-8");
    change(&mut command);
    command.output().expect("the program starts")
}

/// A controller with a build of the minimal example, and a server.
struct Controller {
    folder: TempDir,
}

impl Controller {
    fn new() -> Self {
        let controller = Self { folder: tempfile::tempdir().expect("a folder") };
        fs::write(controller.at("deploy.yaml"), spec_of("minimal")).expect("the spec");
        fs::write(controller.at("applicationHost.config"), SERVER).expect("the file");
        fs::write(controller.at("calls"), "").expect("the calls");
        fs::create_dir(controller.at("temporary")).expect("a folder");
        let build =
            Command::new(PROGRAM).args(["build", "--no-dll"]).arg(controller.at("deploy.yaml")).output();
        assert_eq!(code(&build.expect("the program starts")), 0);
        // The modules of this machine copy file by file, and the scripts do not need the bridge's sources.
        fs::remove_dir_all(controller.at("out/dispatch")).expect("the sources");
        let hosts = "[kallithea]\nserver\n[kallithea_nodes]\n\
            one kallithea_iis_farm_node=192.0.2.1 kallithea_iis_node=node1\n\
            two kallithea_iis_farm_node=192.0.2.2 kallithea_iis_node=node2\n[kallithea_front]\nfront\n";
        let variables = [
            ("ansible_connection", "local".to_owned()),
            ("ansible_python_interpreter", text(&programs().join("python3")).to_owned()),
            ("ansible_remote_tmp", text(&controller.at("remote")).to_owned()),
            ("kallithea_iis_farm", "farm".to_owned()),
            ("kallithea_iis_build", text(&controller.at("out")).to_owned()),
            ("kallithea_iis_program", PROGRAM.to_owned()),
            ("kallithea_iis_host_config", text(&controller.at("applicationHost.config")).to_owned()),
            ("kallithea_iis_powershell", text(&here("tests/machines/ansible/powershell.exe")).to_owned()),
        ];
        let variables: String = variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        fs::write(controller.at("hosts"), format!("{hosts}[all:vars]\n{variables}")).expect("the inventory");
        controller
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self) -> String {
        fs::read_to_string(self.at("applicationHost.config")).expect("the file")
    }

    /// What PowerShell was called with, each by the script and the arguments after it.
    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.at("calls")).expect("the calls");
        let short = |line: &str| {
            let (_, script) =
                line.rsplit_once('/').filter(|_| !line.contains("-Spec")).unwrap_or_else(|| {
                    let (before, _) = line.split_once(" -Compiler").expect("the compiler");
                    ("", &line[before.rfind('/').expect("a folder") + 1..])
                });
            script.to_owned()
        };
        calls.lines().map(short).collect()
    }

    /// Plays a playbook.
    fn play(&self, playbook: &str, arguments: &[&str]) -> Output {
        let output = ansible("ansible-playbook", |command| {
            command
                .args(["-i", text(&self.at("hosts")), text(&here(playbook))])
                .args(arguments)
                .env("CALLS", self.at("calls"))
                .env("PROGRAM", PROGRAM)
                .env("TMPDIR", self.at("temporary"))
                .env("ANSIBLE_LOCAL_TEMP", self.at("local"));
        });
        assert_eq!(names_in(&self.at("temporary")), <[String; 0]>::default(), "what it copied is removed");
        output
    }
}

const INSTALL: &str = "contrib/ansible/playbooks/install.yml";

/// Whether a host's line of the recap has these counts.
fn counts(output: &Output, host: &str, words: &[&str]) -> bool {
    let said = said(output);
    let line = said.lines().rev().find(|line| line.starts_with(host)).unwrap_or_else(|| panic!("{said}"));
    words.iter().all(|word| line.contains(word))
}

/// It writes beside what it reads, so that it reads a copy.
#[test]
fn ansible_lint_finds_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, bytes) in files_below(&here("contrib/ansible")) {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder");
        fs::write(file, bytes).expect("the file");
    }
    let output = ansible("ansible-lint", |command| {
        command.env_remove("ANSIBLE_COLLECTIONS_PATH").args(["--nocolor", "."]).current_dir(folder.path());
    });
    assert_eq!(code(&output), 0, "{}", said(&output));
}

#[test]
fn check_mode_tells_and_changes_nothing() {
    let controller = Controller::new();
    let output = controller.play(INSTALL, &["--check"]);
    assert!(counts(&output, "server", &["changed=1 ", "failed=0 "]), "{}", said(&output));
    assert!(said(&output).contains("+ site Kallithea"), "the plan is shown: {}", said(&output));
    assert_eq!(controller.config(), SERVER);
    let calls = controller.calls();
    assert!(
        calls.len() == 1 && calls[0].starts_with("install.ps1 ") && calls[0].ends_with(" -WhatIf"),
        "{calls:?}"
    );
}

#[test]
fn a_second_play_changes_nothing_and_absent_takes_all_back() {
    let controller = Controller::new();
    let first = controller.play(INSTALL, &[]);
    assert!(counts(&first, "server", &["changed=1 ", "failed=0 "]), "{}", said(&first));
    let installed = controller.config();
    assert_ne!(installed, SERVER);
    for more in [&[][..], &["--check"][..]] {
        let again = controller.play(INSTALL, more);
        assert!(counts(&again, "server", &["changed=0 ", "failed=0 "]), "{}", said(&again));
        assert_eq!(controller.config(), installed);
    }
    let absent = ["-e", "kallithea_iis_state=absent"];
    let trial = controller.play(INSTALL, &[&absent[..], &["--check"]].concat());
    assert!(counts(&trial, "server", &["changed=1 ", "failed=0 "]), "{}", said(&trial));
    assert_eq!(controller.config(), installed);
    let gone = controller.play(INSTALL, &absent);
    assert!(counts(&gone, "server", &["changed=1 ", "failed=0 "]), "{}", said(&gone));
    assert_eq!(controller.config(), SERVER);
    let again = controller.play(INSTALL, &absent);
    assert!(counts(&again, "server", &["changed=0 ", "failed=0 "]), "{}", said(&again));
}

#[test]
fn a_conflict_ends_the_play_before_the_script() {
    let controller = Controller::new();
    let theirs = SERVER.replacen("<applicationPools>", "<applicationPools>\n<add name=\"minimal\" />", 1);
    fs::write(controller.at("applicationHost.config"), &theirs).expect("the file");
    let output = controller.play(INSTALL, &[]);
    assert!(
        counts(&output, "server", &["failed=1 "]) && said(&output).contains("KI402"),
        "{}",
        said(&output)
    );
    assert_eq!((controller.config(), controller.calls().len()), (theirs, 0));
}

#[test]
fn a_wrong_variable_is_named() {
    let controller = Controller::new();
    let output = controller.play(INSTALL, &["-e", "kallithea_iis_state=gone"]);
    assert!(
        counts(&output, "server", &["failed=1 "]) && said(&output).contains("kallithea_iis_state"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_farm_is_upgraded_node_by_node() {
    let controller = Controller::new();
    let farm = "contrib/ansible/playbooks/farm.yml";
    // The nodes are one machine here, so that the second one has nothing to do.
    let output = controller.play(farm, &["-e", r#"{"kallithea_iis_verify_arguments": ["--help"]}"#]);
    for host in ["one", "two", "front"] {
        assert!(counts(&output, host, &["failed=0 ", "unreachable=0 "]), "{}", said(&output));
    }
    let calls = controller.calls();
    let steps: Vec<(&str, bool)> = calls
        .iter()
        .map(|call| {
            (
                call.split(' ').next().unwrap_or_default(),
                call.contains("192.0.2.1") || call.contains("-Node node1"),
            )
        })
        .collect();
    let of = |node| [("set-node.ps1", node), ("install.ps1", node), ("set-node.ps1", node)];
    assert_eq!(steps, [of(true), of(false)].concat(), "{calls:#?}");
    assert!(calls[0].contains("-State GracefulStop") && calls[2].contains("-State Start"), "{calls:#?}");
}

#[test]
fn a_node_that_fails_stays_out_of_the_farm() {
    let controller = Controller::new();
    fs::write(controller.at("calls.fail"), "").expect("the order to fail");
    let output = controller.play("contrib/ansible/playbooks/farm.yml", &[]);
    assert_ne!(code(&output), 0);
    let calls = controller.calls();
    assert_eq!(calls.len(), 2, "the first node only, and not put back: {calls:#?}");
    assert!(calls[1].starts_with("install.ps1"), "{calls:#?}");
}
