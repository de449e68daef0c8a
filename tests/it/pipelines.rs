//! The formats of pipelines, as a runner reads them.
//!
//! In: runs of the commands that a pipeline runs, in a repository with one good spec, one with errors, and outputs that differ.
//! Out: SARIF and GitLab's report held to their schemas (`pipelines/README.md` says where these are from), and the places that GitHub, GitLab and Azure show.

use std::collections::HashSet;
use std::fs;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support;
use crate::support::program::{code, error, out, run, run_in};

/// A repository: `code` has outputs that differ, `wiki` has a mistake in its base.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let spec = support::spec_of("minimal");
    put("code/deploy.yaml", &spec);
    assert_eq!(code(&run_in(folder.path(), &["build", "--no-dll", "-q", "code"])), 0);
    fs::remove_file(folder.path().join("code/out/kallithea/auth.ini")).expect("an output");
    let web_config = fs::read_to_string(folder.path().join("code/out/web.config")).expect("an output");
    put("code/out/web.config", &web_config.replacen("maxUrl", "minUrl", 1));
    put("base.yaml", &format!("{spec}surprise: 1\n"));
    put("wiki/deploy.yaml", "apiVersion: kallithea-iisc/v1\nextends: ../base.yaml\nname: wiki\n");
    put("more/deploy.yaml", "apiVersion: kallithea-iisc/v1\nextends: ../base.yaml\nname: more\n");
    put(
        "server.config",
        "<configuration><system.applicationHost><applicationPools /><sites /></system.applicationHost></configuration>",
    );
    put(
        "web.config",
        "<configuration><system.webServer><httpErrors a:b=\"\" /></system.webServer></configuration>",
    );
    folder
}

/// Runs of each command that a pipeline runs, with the rules of what each finds.
const RUNS: &[(&[&str], &[&str])] = &[
    (&["check", "."], &["KI201"]),
    (&["check", "code"], &[]),
    (&["build", "--no-dll", "--out", "code/out", "code/deploy.yaml"], &["failed"]),
    (&["diff", "."], &["differs", "differs", "KI201"]),
    (&["lint", "web.config"], &["KI509"]),
    (&["plan", "code/deploy.yaml", "--host-config", "server.config"], &["would-change"]),
    (&["plan", "wiki/deploy.yaml", "--host-config", "server.config"], &["KI201", "failed"]),
    (&["verify", "code/deploy.yaml", "--address", "127.0.0.1:1"], &["failed"]),
];

fn reported(folder: &TempDir, arguments: &[&str], format: &str) -> Output {
    run_in(folder.path(), &[arguments, &["-q", "--format", format]].concat())
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().expect("results")
}

fn validator(name: &str) -> jsonschema::Validator {
    let schema = fs::read_to_string(format!("tests/it/pipelines/{name}")).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

fn assert_valid(schema: &jsonschema::Validator, value: &Value, what: impl std::fmt::Debug) {
    let errors: Vec<String> = schema.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{what:?}: {errors:#?}");
}

/// GitLab has no schema of its own that it publishes; ours says what its page asks for.
#[test]
fn the_report_of_every_command_is_what_gitlab_asks_for_with_a_fingerprint_for_each_entry() {
    let schema = validator("gitlab.json");
    let folder = repository();
    for (arguments, expected) in RUNS {
        let report: Value =
            serde_json::from_slice(&reported(&folder, arguments, "gitlab").stdout).expect("JSON");
        assert_valid(&schema, &report, arguments);
        let entries = report.as_array().expect("a list");
        assert!(entries.len() >= expected.len(), "{arguments:?}: {report:#}");
        let prints: HashSet<&str> =
            entries.iter().filter_map(|entry| entry["fingerprint"].as_str()).collect();
        assert_eq!(prints.len(), entries.len(), "{report:#}");
    }
    let mut wrong = json!([{ "description": "x", "check_name": "x", "fingerprint": "x", "severity": "minor",
        "location": { "path": "a.yaml", "lines": { "begin": 1 } } }]);
    assert_valid(&schema, &wrong, "the smallest report");
    for (key, value) in [("/0/severity", json!("error")), ("/0/location/path", json!("./a.yaml"))] {
        let right = wrong.pointer(key).cloned().expect(key);
        *wrong.pointer_mut(key).expect(key) = value;
        assert!(!schema.is_valid(&wrong), "{wrong:#}");
        *wrong.pointer_mut(key).expect(key) = right;
    }
}

#[test]
fn sarif_is_that_of_its_schema_and_has_a_region_and_a_rule_for_each_result() {
    let schema = validator("sarif-2.1.0.json");
    let folder = repository();
    for (arguments, expected) in RUNS {
        let output = reported(&folder, arguments, "sarif");
        let log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_valid(&schema, &log, arguments);
        let run = &log["runs"][0];
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        assert_eq!(run["invocations"][0]["exitCode"], code(&output));
        let ids: Vec<&str> = results(&log).iter().map(|one| one["ruleId"].as_str().expect("an id")).collect();
        match expected {
            ["would-change"] => {
                assert!(ids.len() > 3 && ids.iter().all(|id| *id == "would-change"), "{ids:?}")
            }
            _ => assert_eq!(&ids, expected, "{arguments:?}: {log:#}"),
        }
        for result in results(&log) {
            let rule =
                &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().expect("an index") as usize];
            assert_eq!(rule["id"], result["ruleId"]);
            let place = &result["locations"][0]["physicalLocation"];
            assert!(place["region"]["startLine"].as_u64().is_some_and(|line| line > 0), "{result:#}");
            let uri = place["artifactLocation"]["uri"].as_str().expect("a path");
            assert!(!uri.starts_with('/') && !uri.contains("..") && !uri.contains('\\'), "{uri}");
        }
    }
}

/// A text after the first fix of a result, made as a viewer of SARIF makes it.
fn mended(text: &str, result: &Value) -> String {
    let change = &result["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"], result["locations"][0]["physicalLocation"]["artifactLocation"]);
    let replacement = &change["replacements"][0];
    let offset = |line: &str, column: &str| {
        let number = |key: &str| replacement["deletedRegion"][key].as_u64().expect("a number") as usize;
        let before = text.split_inclusive('\n').take(number(line) - 1).map(str::len).sum::<usize>();
        before + text[before..].chars().take(number(column) - 1).map(char::len_utf8).sum::<usize>()
    };
    let (start, end) = (offset("startLine", "startColumn"), offset("endLine", "endColumn"));
    let new = replacement["insertedContent"]["text"].as_str().expect("a text");
    [&text[..start], new, &text[end..]].concat()
}

#[test]
fn sarif_has_what_fix_would_change() {
    let schema = validator("sarif-2.1.0.json");
    let web = |inner: &str| {
        format!("<configuration>\n <system.webServer>\n  {inner}\n </system.webServer>\n</configuration>\n")
    };
    let spec = support::spec_of("minimal");
    let twice = "<httpProtocol><customHeaders>\n<add name=\"\u{e4}\" value=\"b\" />\n<add name=\"\u{e4}\" value=\"b\" />\n</customHeaders></httpProtocol>";
    for (command, name, wrong) in [
        ("check", "deploy.yaml", spec.replace("version: \"3.13\"", "version: 3.13")),
        ("check", "deploy.yaml", format!("{spec}target:\n  architecture: X64 # as \u{e4}\n")),
        ("lint", "web.config", web("<!-- \u{1f980} --><httpErrors ExistingResponse=\"Auto\" />")),
        ("lint", "web.config", web("<HttpErrors>\n</HttpErrors>")),
        (
            "lint",
            "web.config",
            web("<httpErrors><error statusCode=\"404\" path=\"/a?b&c=&d\" /></httpErrors>"),
        ),
        ("lint", "web.config", web(twice)),
    ] {
        let (folder, file) = support::file_alone(name, &wrong);
        let log: Value =
            serde_json::from_slice(&reported(&folder, &[command, name], "sarif").stdout).expect("JSON");
        assert_valid(&schema, &log, &wrong);
        let [result] = results(&log).as_slice() else { panic!("{log:#}") };
        let mended = mended(&wrong, result);
        assert_eq!(code(&run_in(folder.path(), &[command, "--fix", name])), 0);
        assert_eq!(mended, fs::read_to_string(&file).expect("the file"), "{result:#}");
        assert_ne!(mended, wrong);
    }
    let (folder, _) = support::file_alone("deploy.yaml", format!("{spec}target:\n  architecture: arm64\n"));
    let log: Value =
        serde_json::from_slice(&reported(&folder, &["check", "deploy.yaml"], "sarif").stdout).expect("JSON");
    assert!(results(&log)[0].get("fixes").is_none(), "somebody must decide: {log:#}");
}

#[test]
fn a_rule_has_what_explain_says() {
    let log: Value =
        serde_json::from_slice(&reported(&repository(), &["check", "."], "sarif").stdout).expect("JSON");
    let rule = &log["runs"][0]["tool"]["driver"]["rules"][0];
    assert_eq!(rule["shortDescription"]["text"], "The spec has no such key.");
    let help = rule["help"]["markdown"].as_str().expect("a help");
    assert!(help.contains("Right:\n\n```yaml") && help.contains("kallithea-iisc explain KI201"), "{help}");
}

#[test]
fn a_mistake_in_a_base_is_at_its_place_and_there_once() {
    let folder = repository();
    let line = support::spec_of("minimal").lines().count() + 1;
    let github = out(&reported(&folder, &["check", "."], "github"));
    assert_eq!(github.lines().count(), 1, "two specs extend the base:\n{github}");
    let place = format!("::error title=KI201,file=base.yaml,line={line},endLine={line},col=1,endColumn=9::");
    assert!(github.starts_with(&place), "{github}");
    let azure = out(&reported(&folder, &["check", "."], "azure"));
    let place = format!(
        "##vso[task.logissue type=error;sourcepath=base.yaml;linenumber={line};columnnumber=1;code=KI201;]"
    );
    assert!(azure.lines().count() == 1 && azure.starts_with(&place), "{azure}");
    let gitlab: Value =
        serde_json::from_slice(&reported(&folder, &["check", "."], "gitlab").stdout).expect("JSON");
    assert_eq!(gitlab[0]["location"], json!({ "path": "base.yaml", "lines": { "begin": line } }));
    assert_eq!((&gitlab[0]["severity"], &gitlab[0]["check_name"]), (&"major".into(), &"KI201".into()));
}

#[test]
fn a_differing_output_is_shown_where_it_differs_and_a_missing_one_at_its_spec() {
    let text = out(&reported(&repository(), &["diff", "code"], "github"));
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with(
            "::error title=differs,file=code/deploy.yaml::code/out/kallithea/auth.ini is missing"
        ),
        "{text}"
    );
    assert!(lines[1].starts_with("::error title=differs,file=code/out/web.config,line="), "{text}");
    assert_eq!(lines.len(), 2);
}

#[test]
fn a_deployed_web_config_that_differs_is_a_finding() {
    let folder = repository();
    let plan = ["plan", "code/deploy.yaml", "--host-config", "server.config"];
    assert_eq!(code(&run_in(folder.path(), &[&["apply"], &plan[1..]].concat())), 0);
    let output = reported(&folder, &[&plan[..], &["--web-config", "web.config"]].concat(), "github");
    let text = out(&output);
    assert_eq!((code(&output), text.lines().count()), (1, 1), "{text}");
    assert!(text.contains("the deployed web.config differs"), "{text}");
}

#[test]
fn nothing_found_is_an_empty_report() {
    let folder = repository();
    let of = |format| out(&reported(&folder, &["check", "code"], format));
    assert_eq!((of("github"), of("azure"), of("gitlab")), (String::new(), String::new(), "[]\n".to_owned()));
}

#[test]
fn a_command_without_findings_refuses_the_formats_of_pipelines() {
    for command in [&["explain"][..], &["show", "x"], &["route", "x", "y"]] {
        let output = run(&[command, &["--format", "sarif"]].concat());
        assert_eq!((code(&output), out(&output).as_str()), (2, ""));
        assert!(error(&output).contains("use --format text or json"), "{}", error(&output));
    }
}
