//! The ready-made files for pipelines, run as a runner runs them: their own commands, on a repository with a mistake.
//!
//! In: `action.yml`, the templates in `contrib/ci`, the hooks. Out: what each reports, and its exit code. Absent: the runners, and
//! the installation of the program, which the tests replace by this build.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support;
use crate::support::program::{PROGRAM, code, error, out};

fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(path).expect("a ready-made file");
    serde_yaml::from_str(&text).unwrap_or_else(|why| panic!("{path}: {why}"))
}

fn text<'a>(file: &'a Value, pointer: &str) -> &'a str {
    file.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {file:#}"))
}

/// A repository with a spec that has a mistake, and a folder `runner` in which the program is installed.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let bin = folder.path().join("runner/kallithea-iisc/bin");
    fs::create_dir_all(&bin).expect("a folder");
    symlink(PROGRAM, bin.join("kallithea-iisc")).expect("the program");
    fs::create_dir(folder.path().join("code")).expect("a folder");
    let spec = support::spec_of("minimal") + "surprise: 1\n";
    fs::write(folder.path().join("code/deploy.yaml"), spec).expect("a spec");
    folder
}

/// Runs a step as GitHub and Azure run one of the shell `bash`.
fn bash(folder: &Path, script: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(folder);
    let runner = folder.join("runner");
    command.env("RUNNER_TEMP", &runner).env("AGENT_TEMPDIRECTORY", &runner);
    command.envs(variables.iter().copied()).output().expect("bash starts")
}

#[test]
fn the_action_annotates_a_mistake_and_fails() {
    let action = yaml("action.yml");
    let (specs, script) = (text(&action, "/inputs/specs/default"), text(&action, "/runs/steps/1/run"));
    let folder = repository();
    let output = bash(folder.path(), script, &[("SPECS", specs)]);
    assert_eq!(code(&output), 1, "{}", error(&output));
    assert!(out(&output).starts_with("::error title=KI201,file=code/deploy.yaml,line="), "{}", out(&output));
    let output = bash(folder.path(), script, &[("SPECS", "code/deploy.yaml\n\nno such.yaml\n")]);
    assert_eq!(code(&output), 2, "each line is one argument: {}", out(&output));
    assert!(out(&output).contains("file=no such.yaml"), "{}", out(&output));
}

#[test]
fn the_template_for_gitlab_writes_its_report_and_fails() {
    let template = yaml("contrib/ci/gitlab.yml");
    let folder = repository();
    symlink(folder.path().join("runner/kallithea-iisc"), folder.path().join(".kallithea-iisc"))
        .expect("a link");
    let specs = text(&template, "/variables/KALLITHEA_IISC_SPECS");
    let script = text(&template, "/kallithea-iisc/script/1");
    let output = bash(folder.path(), script, &[("KALLITHEA_IISC_SPECS", specs)]);
    assert_eq!(code(&output), 1, "{}", error(&output));
    let report = folder.path().join(text(&template, "/kallithea-iisc/artifacts/reports/codequality"));
    let report: Value = serde_json::from_slice(&fs::read(report).expect("the report")).expect("JSON");
    assert_eq!(report[0]["location"]["path"], "code/deploy.yaml");
}

#[test]
fn the_template_for_azure_logs_an_issue_and_fails() {
    let template = yaml("contrib/ci/azure-pipelines.yml");
    let specs = text(&template, "/parameters/1/default");
    let output = bash(repository().path(), text(&template, "/steps/1/bash"), &[("SPECS", specs)]);
    assert_eq!(code(&output), 1, "{}", error(&output));
    assert!(
        out(&output).starts_with("##vso[task.logissue type=error;sourcepath=code/deploy.yaml;"),
        "{}",
        out(&output)
    );
}

/// The page's lines, with a `curl` that takes the files from a folder.
#[test]
fn the_lines_for_a_release_compare_its_hash_and_fail_at_a_mistake() {
    let page = fs::read_to_string("docs/how-to/ci.md").expect("the page");
    let (_, rest) = page.split_once("# a workflow of GitHub that uses a release\n").expect("the workflow");
    let workflow: Value = serde_yaml::from_str(rest.split("```").next().expect("its end")).expect("YAML");
    let name = text(&workflow, "/jobs/specs/steps/1/env/NAME");
    let script = text(&workflow, "/jobs/specs/steps/1/run");
    let folder = repository();
    let at = |path: &str| folder.path().join(path);
    fs::create_dir_all(at("release").join(name)).expect("a folder");
    fs::rename(at("code"), at("deployments")).expect("the specs");
    symlink(PROGRAM, at("release").join(name).join("kallithea-iisc")).expect("the program");
    let pack = format!("cd release; tar -czf {name}.tar.gz {name}; sha256sum {name}.tar.gz > SHA256SUMS");
    assert_eq!(code(&bash(folder.path(), &pack, &[])), 0);
    let lines =
        format!("curl() {{ for file; do case $file in -*) ;; *) cp \"$file\" .; esac; done; }}\n{script}");
    let (from, here) = (at("release"), folder.path());
    let variables =
        [("FROM", support::text(&from)), ("NAME", name), ("GITHUB_WORKSPACE", support::text(here))];
    let output = bash(here, &lines, &variables);
    assert_eq!(code(&output), 1, "{}", error(&output));
    let finding = "::error title=KI201,file=deployments/deploy.yaml,line=";
    assert!(out(&output).contains(finding), "{}", out(&output));
    fs::write(from.join(format!("{name}.tar.gz")), "another archive").expect("an archive");
    let output = bash(here, &lines, &variables);
    assert!(code(&output) != 0 && !out(&output).contains("KI201"), "{}", out(&output));
    assert!(out(&output).contains("FAILED"), "{}", out(&output));
}

#[test]
fn the_hooks_run_the_program_and_fail() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let folder = repository();
    for hook in hooks.as_array().expect("hooks") {
        // pre-commit passes the files that match, unless the hook forbids it.
        let mut words: Vec<&str> = text(hook, "/entry").split(' ').collect();
        words.extend(hook["args"].as_array().into_iter().flatten().filter_map(Value::as_str));
        if hook["pass_filenames"] != false {
            let files = regex::Regex::new(text(hook, "/files")).expect("a pattern");
            words.extend(
                ["code/deploy.yaml", "code/xdeploy.yaml"].into_iter().filter(|file| files.is_match(file)),
            );
        }
        assert_eq!(words.remove(0), "kallithea-iisc");
        let output =
            Command::new(PROGRAM).args(&words).current_dir(folder.path()).output().expect("it starts");
        assert_eq!(code(&output), 1, "{words:?}: {}", error(&output));
        assert!(error(&output).contains("code/deploy.yaml"), "{words:?}: {}", error(&output));
    }
}

/// The workflow repeats these lines, because a runner has no person who reads the runbook.
#[test]
fn the_workflow_for_windows_does_what_the_runbook_of_its_example_says() {
    let workflow = fs::read_to_string(".github/workflows/windows.yml").expect("the workflow");
    let runbook = fs::read_to_string("golden/minimal/RUNBOOK.md").expect("the runbook");
    let plain = |text: &str| text.replace("'C:\\Python313\\python.exe' -I ", "").replace('\'', "");
    let workflow = plain(&workflow);
    for begin in [
        "Install-WindowsFeature ",
        "& 'C:\\Python313\\python.exe' -I -m pip install",
        "& 'C:\\Python313\\python.exe' -I -c $cli config-create",
        "& 'C:\\Python313\\python.exe' -I -c $cli db-create",
        "Get-ChildItem -LiteralPath kallithea\\compat",
    ] {
        let lines: Vec<&str> = runbook.lines().filter(|line| line.starts_with(begin)).collect();
        assert!(!lines.is_empty(), "the runbook has no line {begin}");
        for line in lines {
            let line = plain(line.trim_start_matches("& "));
            assert!(workflow.contains(&line), "the workflow lacks {line}");
        }
    }
    assert!(
        support::spec_of("minimal").contains(text(&yaml(".github/workflows/windows.yml"), "/env/HOST_NAME"))
    );
}
