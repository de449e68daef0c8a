//! The command line as a user meets it: what it prints, what it writes, how it exits.

mod folders;

use crate::support;
use std::fs;
use std::path::PathBuf;

use crate::support::program::{code, error, out, run, run_in};
use crate::support::{files_below, text};
use tempfile::TempDir;

/// A folder with an example's spec, compiled.
fn built(example: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = folder.path().join("deploy.yaml");
    fs::copy(support::example(example), &spec).expect("the spec");
    let output = run(&["build", "--no-dll", spec.to_str().expect("UTF-8")]);
    assert_eq!(code(&output), 0, "{}", error(&output));
    (folder, spec)
}

#[test]
fn build_writes_out_beside_the_spec_and_says_what_it_wrote() {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = folder.path().join("deploy.yaml");
    fs::copy(support::example("minimal"), &spec).expect("the spec");
    let output = run(&["build", "--no-dll", text(&spec)]);
    assert_eq!(code(&output), 0);
    assert!(error(&output).contains("new or changed, 0 removed"), "{}", error(&output));
    assert!(error(&output).contains("RUNBOOK.md"));
    assert!(folder.path().join("out/web.config").is_file());
    let left: Vec<_> = fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(left.len(), 2, "nothing but the spec and out stays: {left:?}");
}

#[test]
fn quiet_prints_nothing() {
    let (_folder, spec) = built("minimal");
    let output = run(&["build", "--no-dll", "-q", text(&spec)]);
    assert_eq!((code(&output), out(&output), error(&output)), (0, String::new(), String::new()));
}

#[test]
fn a_wrong_spec_leaves_the_former_outputs_alone() {
    let (folder, spec) = built("minimal");
    let before = files_below(&folder.path().join("out"));
    let broken = fs::read_to_string(&spec).expect("the spec").replace("C:\\Python311", "Python311");
    fs::write(&spec, broken).expect("the spec");
    let output = run(&["build", "--no-dll", text(&spec)]);
    assert_eq!(code(&output), 1);
    assert!(error(&output).contains("KI312"), "{}", error(&output));
    assert_eq!(files_below(&folder.path().join("out")), before);
}

#[test]
fn build_refuses_to_overwrite_what_it_did_not_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = folder.path().join("deploy.yaml");
    fs::copy(support::example("minimal"), &spec).expect("the spec");
    let foreign = folder.path().join("out/web.config");
    fs::create_dir(folder.path().join("out")).expect("out");
    fs::write(&foreign, "<mine/>").expect("a file of somebody's");
    let output = run(&["build", "--no-dll", text(&spec)]);
    assert_eq!(code(&output), 2);
    assert!(
        error(&output).contains("web.config") && error(&output).contains("--force"),
        "{}",
        error(&output)
    );
    assert_eq!(files_below(&folder.path().join("out")).len(), 1, "nothing else was written");
    assert_eq!(fs::read_to_string(&foreign).expect("the file"), "<mine/>");

    let output = run(&["build", "--no-dll", "--force", text(&spec)]);
    assert_eq!(code(&output), 0);
    assert!(fs::read_to_string(&foreign).expect("the file").contains("Made by kallithea-iisc"));
}

#[test]
fn build_refuses_to_overwrite_an_edit_of_its_own_output() {
    let (folder, spec) = built("minimal");
    let edited = folder.path().join("out/web.config");
    let text_of = fs::read_to_string(&edited).expect("a file").replace("8192", "9999");
    fs::write(&edited, &text_of).expect("an edit");
    let output = run(&["build", "--no-dll", text(&spec)]);
    assert_eq!(code(&output), 2, "{}", error(&output));
    assert_eq!(fs::read_to_string(&edited).expect("the file"), text_of);
}

#[test]
fn line_ends_that_git_changed_are_no_edit() {
    let (folder, spec) = built("minimal");
    let out = folder.path().join("out");
    for (path, bytes) in files_below(&out) {
        let text = String::from_utf8(bytes).expect("text").replace('\n', "\r\n");
        fs::write(out.join(path), text).expect("a file");
    }
    assert_eq!(code(&run(&["diff", text(&spec)])), 0);
    assert_eq!(code(&run(&["build", "--no-dll", text(&spec)])), 0);
}

#[test]
fn files_of_nobody_and_stale_files_are_told_apart() {
    let (folder, spec) = built("minimal");
    let notes = folder.path().join("out/notes.txt");
    fs::write(&notes, "mine").expect("a note");
    assert!(folder.path().join("out/applicationHost/site.config").exists());
    let below = fs::read_to_string(support::example("subfolder-x86")).expect("an example");
    fs::write(&spec, below).expect("the spec");
    let output = run(&["build", "--no-dll", text(&spec)]);
    assert_eq!(code(&output), 0, "{}", error(&output));
    assert!(!folder.path().join("out/applicationHost/site.config").exists(), "stale files go");
    assert!(folder.path().join("out/applicationHost/application.config").exists());
    assert_eq!(fs::read_to_string(&notes).expect("the note"), "mine", "other people's files stay");
}

#[test]
fn diff_is_0_for_every_example_against_its_golden() {
    for name in support::examples() {
        let spec = support::example(&name);
        let golden = format!("golden/{name}");
        let output = run(&["diff", text(&spec), "--against", &golden]);
        assert_eq!(code(&output), 0, "{name}: {}{}", out(&output), error(&output));
        assert_eq!(out(&output), "");
    }
}

#[test]
fn diff_is_1_after_an_edit_a_removal_and_an_extra_file() {
    let (folder, spec) = built("intranet-sso");
    let outputs = folder.path().join("out");
    let edited = outputs.join("web.config");
    let text_of = fs::read_to_string(&edited).expect("a file").replace("maxUrl=\"8192\"", "maxUrl=\"4096\"");
    fs::write(&edited, text_of).expect("an edit");
    fs::remove_file(outputs.join("kallithea/auth.ini")).expect("a removal");
    fs::write(outputs.join("applicationHost/old.config"), "<configuration/>").expect("an extra file");
    let output = run(&["diff", text(&spec)]);
    assert_eq!(code(&output), 1);
    let report = out(&output);
    assert!(
        report.contains("changed: web.config")
            && report.contains("maxUrl=\"4096\"")
            && report.contains("\n+"),
        "{report}"
    );
    assert!(report.contains("missing: kallithea/auth.ini"), "{report}");
    assert!(report.contains("extra: applicationHost/old.config"), "{report}");
    assert!(!report.contains('\x1b'), "no colours where nobody watches");
    assert!(error(&output).contains("3 files differ"));
}

#[test]
fn diff_leaves_binaries_out() {
    let (folder, spec) = built("minimal");
    let outputs = folder.path().join("out");
    fs::create_dir(outputs.join("bin")).expect("bin");
    fs::write(outputs.join("bin/_dispatch.dll"), "MZ").expect("a binary");
    let manifest = fs::read_to_string(outputs.join("manifest.json")).expect("the manifest");
    let mut value: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    value["binaries"] = serde_json::json!({ "bin/_dispatch.dll": "00" });
    fs::write(outputs.join("manifest.json"), format!("{value:#}\n")).expect("the manifest");
    let output = run(&["diff", text(&spec)]);
    assert_eq!(code(&output), 0, "{}", out(&output));
}

#[test]
fn diff_is_2_where_there_is_nothing_to_read() {
    let spec = support::example("minimal");
    let output = run(&["diff", text(&spec), "--against", "no/such/folder"]);
    assert_eq!(code(&output), 2);
    assert!(error(&output).contains("no/such/folder"), "{}", error(&output));
}

#[test]
fn diff_as_json_is_for_programs() {
    let (folder, spec) = built("minimal");
    fs::remove_file(folder.path().join("out/web.config")).expect("a removal");
    let output = run(&["diff", "--format", "json", text(&spec)]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(value, serde_json::json!([{ "path": "web.config", "change": "missing" }]));
}

#[test]
fn warnings_reach_programs_and_people() {
    let spec = "tests/it/diagnostics/many-threads.yaml";
    let folder = tempfile::tempdir().expect("a folder");
    let out_folder = text(folder.path()).to_owned() + "/out";
    let output = run(&["build", "--no-dll", "--format", "json", spec, "--out", &out_folder]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((code(&output), &value[0]["severity"]), (0, &"warning".into()));
    let output = run(&["diff", "--format", "json", spec, "--against", &out_folder]);
    assert_eq!((code(&output), out(&output)), (0, "[]\n".to_owned()));
    assert!(error(&output).contains("KI337"), "{}", error(&output));
}

#[test]
fn a_spec_that_is_not_there_is_trouble() {
    for command in ["build", "check", "diff"] {
        let output = run(&[command, "no-such.yaml"]);
        assert_eq!(code(&output), 2, "{command}");
        assert!(error(&output).contains("no-such.yaml"), "{command}: {}", error(&output));
    }
}

#[test]
fn check_takes_many_specs_and_answers_in_text_and_json() {
    let bad = "tests/it/diagnostics/bad-path-posix.yaml";
    let good = support::example("minimal");
    let output = run(&["check", text(&good), bad]);
    assert_eq!(code(&output), 1);
    assert!(
        error(&output).contains("nothing wrong") && error(&output).contains("2 errors"),
        "{}",
        error(&output)
    );
    let output = run(&["check", "--format", "json", text(&good), bad]);
    assert_eq!(code(&output), 1);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(value[0]["code"], "KI312");
    assert_eq!((&value[0]["line"], &value[0]["column"]), (&4.into(), &17.into()));
    assert_eq!(value[0]["file"], bad);
}

#[test]
fn a_warning_is_no_error() {
    let output = run(&["check", "tests/it/diagnostics/many-threads.yaml"]);
    assert_eq!(code(&output), 0);
    assert!(error(&output).contains("warning[KI337]"));
}

#[test]
fn colours_come_when_they_are_asked_for() {
    let bad = "tests/it/diagnostics/bad-path-posix.yaml";
    assert!(error(&run(&["check", "--color", "always", bad])).contains('\x1b'));
    assert!(!error(&run(&["check", "--color", "never", bad])).contains('\x1b'));
    assert!(!error(&run(&["check", bad])).contains('\x1b'));
}

#[test]
fn schema_prints_what_is_checked_in() {
    let expected = fs::read_to_string("schema/deploy.schema.json").expect("the schema");
    assert_eq!(out(&run(&["schema"])), expected.replace("\r\n", "\n"));
}

#[test]
fn a_schema_in_a_file_replaces_an_older_one_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("deploy.schema.json");
    let write = || run_in(folder.path(), &["schema", "-o", "deploy.schema.json"]);
    let printed = run(&["schema"]).stdout;
    assert_eq!((code(&write()), fs::read(&file).expect("the schema")), (0, printed.clone()));
    fs::write(&file, r#"{"properties": {"apiVersion": {}}}"#).expect("an older schema");
    let output = write();
    assert_eq!((code(&output), out(&output).as_str(), fs::read(&file).expect("it")), (0, "", printed));
    for others in ["apiVersion: kallithea-iisc/v1\n", r#"{"apiVersion": "kallithea-iisc/v1"}"#] {
        fs::write(&file, others).expect("a spec");
        let output = write();
        assert_eq!(code(&output), 2);
        assert!(error(&output).contains("deploy.schema.json: it is there already"), "{}", error(&output));
        assert_eq!(fs::read_to_string(&file).expect("the spec"), others);
    }
    assert_eq!(support::names_in(folder.path()), ["deploy.schema.json"], "nothing is left beside it");
    assert_eq!(code(&run_in(folder.path(), &["schema", "-o", "no/deploy.schema.json"])), 2);
}

#[test]
fn help_has_an_example_for_each_command() {
    for command in ["build", "check", "diff", "explain", "init", "schema"] {
        let help = out(&run(&[command, "--help"]));
        assert!(help.contains(&format!("Example: kallithea-iisc {command}")), "{help}");
    }
    assert!(out(&run(&["--version"])).starts_with("kallithea-iisc "));
}

#[test]
fn usage_mistakes_are_trouble() {
    assert_eq!(code(&run(&["biuld"])), 2);
    assert_eq!(code(&run(&["check"])), 2);
}
