//! What a command reads: standard input, files that are not there, and the server's own file.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support;
use crate::support::program::{PROGRAM, code, error, out, run, run_in};

/// Runs the program in a folder, with this text on standard input.
fn with_input(folder: &Path, arguments: &[&str], text: &str) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder).env_remove("NO_COLOR");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // A program that refuses its arguments reads nothing.
    child.stdin.take().expect("its input").write_all(text.as_bytes()).ok();
    child.wait_with_output().expect("its output")
}

#[test]
fn a_spec_may_come_on_standard_input() {
    let (here, spec) = (Path::new("."), support::spec_of("minimal"));
    let fine = with_input(here, &["check", "-"], &spec);
    assert_eq!((code(&fine), error(&fine)), (0, "standard input: no errors\n".to_owned()));
    let wrong = with_input(here, &["check", "-"], &spec.replace("name:", "nam:"));
    assert_eq!(code(&wrong), 1);
    assert!(error(&wrong).contains(" --> standard input:"), "{}", error(&wrong));
    let routed = with_input(here, &["route", "-", "http://kallithea.corp.example.com/"], &spec);
    assert!(out(&routed).contains("It reaches the bridge"), "{}{}", out(&routed), error(&routed));
    assert_eq!(code(&with_input(here, &["check", "-"], "")), 1, "an empty spec");
}

#[test]
fn what_a_spec_on_standard_input_extends_is_found_from_the_working_directory() {
    let dev = Path::new("examples/environments/dev");
    let spec = std::fs::read_to_string(dev.join("deploy.yaml")).expect("the spec");
    assert_eq!(code(&with_input(dev, &["check", "-"], &spec)), 0);
    assert_eq!(code(&with_input(Path::new("examples"), &["check", "-"], &spec)), 1);
}

/// A file that is called like the argument is not standard input.
#[test]
fn a_base_is_never_standard_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = "apiVersion: kallithea-iisc/v1\nextends: \"-\"\n";
    let output = with_input(folder.path(), &["check", "-"], spec);
    assert_eq!(code(&output), 1);
    assert!(error(&output).contains("there is no such file"), "{}", error(&output));
}

#[test]
fn outputs_are_made_from_a_file_and_corrections_are_made_in_one() {
    let folder = tempfile::tempdir().expect("a folder");
    for command in [
        &["build", "--no-dll", "-"][..],
        &["diff", "-"],
        &["check", "--fix", "-"],
        &["plan", "-", "--host-config", "a"],
        &["apply", "-", "--host-config", "a"],
        &["remove", "-", "--host-config", "a"],
        &["ini", "-", "--config", "a"],
        &["verify", "-"],
    ] {
        let output = with_input(folder.path(), command, &support::spec_of("minimal"));
        assert_eq!(code(&output), 2, "{command:?}");
        assert!(error(&output).contains("write the spec to a file"), "{}", error(&output));
    }
    assert_eq!(support::names_in(folder.path()), [""; 0]);
}

#[test]
fn a_file_that_is_not_there_is_named_with_what_to_do() {
    let spec = support::example("minimal");
    let spec = support::text(&spec);
    for (arguments, words) in [
        (
            &["plan", spec, "--host-config", "nowhere.config"][..],
            r"nowhere.config: there is no such file or folder; on a server it is C:\Windows",
        ),
        (&["import", "--site", "Code", "--host-config", "nowhere.config"], r"on a server it is C:\Windows"),
        (
            &["ini", spec, "--config", "nowhere.ini"],
            "nowhere.ini: there is no such file or folder; make Kallithea's ini file first",
        ),
        (&["lint", "nowhere.config"], "nowhere.config: there is no such file or folder"),
        (&["serve", spec], "is a file. Name the folder with the bridge"),
        (&["probe", spec], "is a file. Name the folder with the bridge"),
    ] {
        let output = run(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(error(&output).contains(words), "{}", error(&output));
        assert!(!error(&output).contains("os error"), "{}", error(&output));
    }
}

#[cfg(unix)]
#[test]
fn a_machine_that_is_no_server_has_no_file_of_its_own() {
    let spec = support::example("minimal");
    for command in ["plan", "apply", "remove"] {
        let output = run(&[command, support::text(&spec)]);
        assert_eq!(code(&output), 2, "{command}");
        assert!(
            error(&output).contains("name the server's applicationHost.config with --host-config"),
            "{command}"
        );
    }
    let output = run_in(Path::new("."), &["import", "--site", "Code"]);
    assert!(error(&output).contains("--host-config"), "{}", error(&output));
}
