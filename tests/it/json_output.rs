//! What `--format json` prints: one form for every command, every number of files and every end of a run.
//!
//! In: runs of every command that end well, with errors and in trouble. Out: their documents, held to the schema that
//! `schema json-output` prints; `support/program.rs` does so for every test that reads JSON.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support;
use crate::support::program::{answer, code, commands, error, out, run, run_in};

/// Commands that have no results for programs.
const SILENT: [&str; 7] = ["completions", "dsc", "lsp", "man", "schema", "serve", "trace"];

#[test]
fn the_schema_that_is_checked_in_is_the_one_that_is_printed() {
    let path = Path::new("schema/output.schema.json");
    let printed = out(&run(&["schema", "json-output"]));
    assert!(support::matches(path, &printed), "{} is out of date; BLESS=1 rewrites it", path.display());
}

/// A folder with a good spec, a bad one, a server's file, an ini file and the outputs of the good spec.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    let spec = fs::read_to_string(support::example("minimal")).expect("an example");
    put("deploy.yaml", &spec);
    put("bad.yaml", &spec.replace("name: minimal", "name: minimal\nsurprise: 1"));
    put(
        "applicationHost.config",
        "<configuration><system.applicationHost><applicationPools /><sites /></system.applicationHost></configuration>",
    );
    put("broken.config", "<configuration>");
    put("my.ini", "[app:main]\ncache_dir = %(here)s/data\n");
    assert_eq!(code(&run_in(folder.path(), &["build", "--no-dll", "-q", "deploy.yaml"])), 0);
    folder
}

/// Runs of each command, and whether each makes something.
const RUNS: &[(&[&str], bool)] = &[
    (&["check", "deploy.yaml"], false),
    (&["check", "bad.yaml"], false),
    (&["check", "nowhere"], false),
    (&["check", "."], false),
    (&["build", "--no-dll", "deploy.yaml"], true),
    (&["build", "--no-dll", "bad.yaml"], false),
    (&["build", "--no-dll", "--out", "x", "."], false),
    (&["diff", "deploy.yaml"], true),
    (&["diff", "--against", ".", "deploy.yaml"], true),
    (&["diff", "bad.yaml"], false),
    (&["diff", "--against", "nowhere", "deploy.yaml"], false),
    (&["lint", "applicationHost.config", "out/web.config"], true),
    (&["lint", "broken.config"], false),
    (&["lint", "nowhere.config"], false),
    (&["plan", "deploy.yaml", "--host-config", "applicationHost.config"], true),
    (&["plan", "bad.yaml", "--host-config", "applicationHost.config"], false),
    (&["plan", "deploy.yaml", "--host-config", "broken.config"], false),
    (&["apply", "deploy.yaml", "--host-config", "applicationHost.config"], true),
    (&["apply", "bad.yaml", "--host-config", "applicationHost.config"], false),
    (&["remove", "--check", "deploy.yaml", "--host-config", "applicationHost.config"], true),
    (&["remove", "deploy.yaml", "--host-config", "applicationHost.config"], true),
    (&["remove", "deploy.yaml", "--host-config", "nowhere.config"], false),
    (&["verify", "bad.yaml"], false),
    (&["verify", "deploy.yaml", "--address", "127.0.0.1:1"], false),
    (&["import", "--host-config", "applicationHost.config", "--site", "None"], false),
    (&["init", "--yes", "-o", "new.yaml", "--site", "Wiki", "--host-name", "wiki.example.com"], true),
    (&["init", "--yes", "-o", "deploy.yaml"], false),
    (&["ini", "deploy.yaml", "--config", "my.ini", "--check"], true),
    (&["ini", "deploy.yaml", "--config", "my.ini"], true),
    (&["ini", "deploy.yaml", "--config", "my.ini", "--folders"], true),
    (&["ini", "deploy.yaml", "--config", "nowhere.ini"], false),
    (&["probe", "out"], false),
    (&["route", "deploy.yaml", "https://kallithea.corp.example.com/"], true),
    (&["route", "bad.yaml", "https://kallithea.corp.example.com/"], false),
    (&["show", "deploy.yaml"], true),
    (&["show", "bad.yaml"], false),
    (&["explain", "KI301", "404.8", "no-such-word"], true),
];

#[test]
fn every_command_answers_in_the_form_of_the_schema() {
    let folder = folder();
    for (arguments, makes) in RUNS {
        let output = run_in(folder.path(), &[*arguments, &["--format", "json"]].concat());
        let answer = answer(&output);
        assert!(output.stdout.is_ascii(), "{arguments:?}");
        assert_eq!(answer["command"], arguments[0]);
        assert_eq!(answer["exitCode"], code(&output), "{arguments:?}: {}", error(&output));
        let results = answer["results"].as_array().expect("a list");
        let key = if arguments.contains(&"--folders") { "folders" } else { arguments[0] };
        let made = results.iter().any(|result| result.get(key).is_some());
        assert_eq!(made, *makes, "{arguments:?}: {answer:#}");
        let told = |result: &Value| {
            result["trouble"].is_string()
                || result["problems"].as_array().is_some_and(|problems| !problems.is_empty())
                || result.get(key).is_some()
        };
        assert!(code(&output) == 0 || results.iter().any(told), "{arguments:?}: {answer:#}");
    }
    for (command, _) in commands() {
        let command = command.split(' ').next().unwrap_or_default();
        let is_held = RUNS.iter().any(|(arguments, _)| arguments[0] == command);
        assert!(
            is_held || SILENT.contains(&command) || command == "help",
            "{command} is not held to the schema"
        );
    }
}

#[test]
fn what_prevents_a_run_is_in_its_document() {
    let folder = folder();
    for (arguments, words) in [
        (&["check", "nowhere.yaml"][..], "nowhere.yaml"),
        (&["build", ".", "--out", "x"], "--out is for a single spec"),
        (&["lint", "nowhere.config"], "nowhere.config"),
        (&["plan", "bad.yaml", "--host-config", "applicationHost.config"], "the spec has errors"),
        (&["plan", "deploy.yaml", "--host-config", "broken.config"], "conflicts"),
    ] {
        let output = run_in(folder.path(), &[arguments, &["--format", "json"]].concat());
        let answer = answer(&output);
        let last = answer["results"].as_array().and_then(|all| all.last()).expect("a result");
        assert!(
            last["trouble"].as_str().is_some_and(|told| told.contains(words)),
            "{arguments:?}: {answer:#}"
        );
    }
}

#[test]
fn one_file_and_a_folder_have_one_form() {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = fs::read_to_string(support::example("minimal")).expect("an example");
    fs::write(folder.path().join("deploy.yaml"), spec).expect("a spec");
    let of = |argument: &str| {
        let mut answer = answer(&run_in(folder.path(), &["check", argument, "--format", "json"]));
        answer["results"][0]["file"] = "the same".into();
        answer
    };
    assert_eq!(of("deploy.yaml"), of("."));
}

#[test]
fn a_command_without_results_says_so() {
    for command in [&["schema"][..], &["serve", "out"], &["trace"], &["dsc", "schema"], &["man"], &["lsp"]] {
        let output = run(&[command, &["--format", "json"]].concat());
        assert_eq!((code(&output), out(&output).as_str()), (2, ""));
        assert!(error(&output).contains("leave out --format"), "{}", error(&output));
    }
}
