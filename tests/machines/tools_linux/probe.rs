//! What `probe` reports for deployments that work, and for those that do not.

use std::fs;

use serde_json::Value;

use crate::specs;
use crate::support::program::answer_of;
use crate::tools_linux::deployed::{Deployed, temporary};

/// The output and the exit code of a probe.
struct Probed {
    code: Option<i32>,
    text: String,
    errors: String,
}

impl Probed {
    /// Fails the test unless this step had this outcome, with these words.
    fn step(self, outcome: &str, step: &str, words: &str) -> Self {
        let begin = format!("  {outcome:<8} {step:<20} ");
        let line = self.text.lines().find(|line| line.starts_with(&begin));
        let line = line.unwrap_or_else(|| panic!("no {begin:?} in\n{}\n{}", self.text, self.errors));
        assert!(line.contains(words), "{words:?} in\n{}", self.text);
        self
    }

    /// Fails the test unless the output says that the bridge will not run, and contains these words.
    fn will_not(self, words: &str) -> Self {
        assert_eq!(self.code, Some(1), "{}\n{}", self.text, self.errors);
        assert!(self.text.ends_with("It will not run.\n"), "{}", self.text);
        assert!(self.text.contains(words), "{words:?} in\n{}", self.text);
        self
    }
}

fn probe(deployed: &Deployed, arguments: &[&str]) -> Probed {
    probe_folder(deployed, &deployed.out.to_string_lossy(), arguments)
}

fn probe_folder(deployed: &Deployed, folder: &str, arguments: &[&str]) -> Probed {
    let mut command = deployed.compiler(&["probe", folder]);
    let output = command.args(arguments).output().expect("the compiler runs");
    Probed {
        code: output.status.code(),
        text: String::from_utf8_lossy(&output.stdout).into_owned(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn a_deployment_that_works_passes_every_step() {
    let probed = probe(&Deployed::new("works"), &["--get", "/", "--get", "/reason"])
        .step("ok", "bitness", "64-bit")
        .step("ok", "libraries", "torture")
        .step("ok", "virtual environment", "torture/venv")
        .step("ok", "ini file", "my.ini")
        .step("ok", "load", "Kallithea bridge")
        .step("ok", "Python", &format!("{}.", *specs::ON_LINUX))
        .step("ok", "application", "loaded in")
        .step("skipped", "database", "not Kallithea")
        .step("ok", "requests", "2 of 2")
        .step("ok", "rules of ISAPI", "");
    assert_eq!(probed.code, Some(0), "{}\n{}", probed.text, probed.errors);
    assert!(probed.text.ends_with("It will run.\n"), "{}", probed.text);
    let row = |status: &str, request: &str| {
        probed.text.lines().any(|line| line.contains(status) && line.ends_with(request))
    };
    assert!(row("200 OK", "GET /kallithea/"), "{}", probed.text);
    assert!(row("200 Script output follows", "GET /kallithea/reason"), "{}", probed.text);
}

#[test]
fn programs_get_the_same_as_json() {
    let deployed = Deployed::new("json");
    let probed = probe(&deployed, &["--format", "json", "--get", "/who", "--user", r"CORP\alice"]);
    let answer = answer_of(probed.text.as_bytes());
    let report = &answer["results"][0]["probe"];
    assert_eq!((&report["willRun"], &report["deployment"]), (&true.into(), &"torture".into()));
    assert_eq!(report["requests"][0]["status"], "200 OK");
    let steps = report["steps"].as_array().expect("there are steps");
    assert!(steps.iter().any(|step| step["step"] == "Python" && step["outcome"] == "ok"), "{report}");
    // The bridge's own log has the user that the application saw.
    let log = report["log"].as_array().expect("there is the log");
    let own = |line: &&Value| line.as_str().is_some_and(|line| line.contains("/kallithea/who"));
    let line = log.iter().find(own).and_then(Value::as_str).unwrap_or_else(|| panic!("{report}"));
    assert!(line.contains(r"CORP\alice"), "{line}");
}

#[test]
fn what_is_missing_is_named() {
    let home = Deployed::new("no-home");
    fs::remove_file(home.drive.place("Python")).expect("the link was made by the test");
    probe(&home, &[]).will_not("the Python home").step("failed", "Python", "the Python home");

    let broken = Deployed::new("broken-python");
    fs::remove_file(broken.drive.place("Python")).expect("the link was made by the test");
    fs::create_dir_all(broken.drive.place("Python/lib")).expect("a folder can be made");
    let library = format!("libpython{}", *specs::ON_LINUX);
    fs::write(broken.drive.place(&format!("Python/lib/{library}.so.1.0")), "no library")
        .expect("a file can be written");
    probe(&broken, &[]).will_not(&library).step("failed", "Python", "cannot load");

    let ini = Deployed::new("no-ini");
    fs::remove_file(ini.drive.place("my.ini")).expect("the file was made by the test");
    probe(&ini, &[]).will_not("could not start").step("failed", "ini file", "kallithea-cli config-create");

    let environment = Deployed::new("no-venv");
    fs::remove_file(environment.drive.place("venv")).expect("the link was made by the test");
    probe(&environment, &[]).will_not("could not start").step("failed", "virtual environment", "pyvenv.cfg");

    let other = Deployed::new("other-venv");
    fs::remove_file(other.drive.place("venv")).expect("the link was made by the test");
    fs::create_dir(other.drive.place("venv")).expect("a folder can be made");
    fs::write(other.drive.place("venv/pyvenv.cfg"), "version = 3.13.2\n").expect("a file can be written");
    probe(&other, &[]).will_not("Create another environment").step(
        "failed",
        "virtual environment",
        "Python 3.13",
    );

    let engine = Deployed::new("no-engine");
    fs::remove_file(engine.engine()).expect("the file was made by the test");
    probe(&engine, &[]).will_not("is missing").step("failed", "libraries", "Copy all files");
}

#[test]
fn an_application_that_raises_shows_its_traceback() {
    let deployed = Deployed::new("raises");
    deployed.drive.ini("fail = no database");
    probe(&deployed, &[])
        .will_not("LookupError: no database")
        .will_traceback()
        .step("ok", "Python", &format!("{}.", *specs::ON_LINUX))
        .step("failed", "application", "LookupError: no database. Read")
        .step("skipped", "requests", "does not answer");
}

#[test]
fn a_password_of_the_ini_file_is_not_shown() {
    let inis = [
        (
            "password-of-address",
            "fail = no database at postgresql:/kallithea:planted-pw@db/kallithea",
            "LookupError: no database at postgresql:***@db/kallithea",
        ),
        (
            "password-with-percent",
            "note = postgresql://kallithea:se%40cret-planted@db/kallithea",
            "followed by '%' or '(', found: ***",
        ),
    ];
    for (name, line, words) in inis {
        let deployed = Deployed::new(name);
        deployed.drive.ini(line);
        for more in [&[][..], &["--format", "json"]] {
            let probed = probe(&deployed, more);
            assert_eq!(probed.code, Some(1), "{}\n{}", probed.text, probed.errors);
            assert!(probed.text.contains(words), "{words:?} in\n{}", probed.text);
            assert!(!format!("{}{}", probed.text, probed.errors).contains("planted"), "{}", probed.text);
        }
    }
}

impl Probed {
    fn will_traceback(self) -> Self {
        assert!(self.text.contains("torture_app.py"), "{}", self.text);
        self
    }
}

#[test]
fn a_page_that_fails_is_a_failure() {
    let deployed = Deployed::new("page");
    probe(&deployed, &["--get", "/boom", "--get", "/"])
        .will_not("a secret of the application")
        .step("ok", "application", "loaded")
        .step("failed", "requests", "1 of 2");
    probe(&deployed, &["--get", "/no-such-page"])
        .will_not("404 Not Found")
        .step("failed", "requests", "1 of 1");
}

#[test]
fn only_the_lines_of_this_run_are_shown() {
    let deployed = Deployed::new("twice");
    deployed.drive.ini("fail = the first fault");
    probe(&deployed, &[]).will_not("the first fault");
    deployed.drive.ini("fail = the second fault");
    let second = probe(&deployed, &[]).will_not("the second fault");
    assert!(!second.text.contains("the first fault"), "{}", second.text);
}

#[test]
fn a_bridge_for_another_processor_is_named_before_it_is_loaded() {
    let deployed = Deployed::new("bitness");
    fs::write(deployed.out.join("bin/_dispatch.dll"), windows_library_of_32_bit())
        .expect("it can be written");
    let probed =
        probe(&deployed, &[]).will_not("32-bit (x86) for Windows").step("failed", "bitness", "64-bit");
    assert!(!probed.text.contains("load"), "nothing comes after it: {}", probed.text);
}

/// The smallest library for 32-bit Windows.
fn windows_library_of_32_bit() -> Vec<u8> {
    let mut library = b"MZ".to_vec();
    library.resize(0x3c, 0);
    library.extend([0x40, 0, 0, 0]);
    library.extend(b"PE\0\0\x4c\x01\0\0");
    library.resize(0x54, 0);
    library.extend([0xe0, 0, 0x02, 0x21]);
    library.extend([0x0b, 0x01]);
    library.resize(0x58 + 0xe0, 0);
    library
}

#[test]
fn libraries_without_their_manifest_are_tried_all_the_same() {
    let deployed = Deployed::new("bare");
    let bin = deployed.out.join("bin");
    let probed = probe_folder(&deployed, &bin.to_string_lossy(), &["--get", "/kallithea/"])
        .step("skipped", "settings", "manifest.json")
        .step("ok", "requests", "1 of 1");
    assert_eq!(probed.code, Some(0), "{}", probed.text);
}

#[test]
fn a_folder_without_a_bridge_is_trouble() {
    let empty = temporary().join("no-bridge");
    fs::create_dir_all(&empty).expect("a folder below target can be made");
    let probed = probe_folder(&Deployed::new("elsewhere"), &empty.to_string_lossy(), &[]);
    assert_eq!((probed.code, probed.text.as_str()), (Some(2), ""));
    assert!(probed.errors.contains("contains no bridge"), "{}", probed.errors);
}
