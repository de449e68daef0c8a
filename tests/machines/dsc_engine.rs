//! Microsoft's DSC 3 itself, with this program as its resource: `KALLITHEA_IISC_DSC` names its `dsc`.
//!
//! In: a copy of a server's applicationHost.config. Out: what the engine reports. Absent: IIS, and role services.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::program::{PROGRAM, error, out, said};
use crate::support::{spec_of, text};

const SERVER: &str = include_str!("../it/merge/server.config");

/// A server whose PATH has the program and its manifest.
struct Server {
    folder: TempDir,
}

impl Server {
    fn new() -> Self {
        let server = Self { folder: tempfile::tempdir().expect("a folder") };
        symlink(PROGRAM, server.at("kallithea-iisc")).expect("the program");
        let manifest = server.at("kallithea-iisc.dsc.resource.json");
        let written = Command::new(PROGRAM).args(["dsc", "manifest", "-o"]).arg(manifest).status();
        assert!(written.expect("the program starts").success());
        fs::write(server.at("applicationHost.config"), SERVER).expect("the file");
        fs::write(server.at("deploy.yaml"), spec_of("minimal")).expect("the spec");
        server
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self) -> String {
        fs::read_to_string(self.at("applicationHost.config")).expect("the file")
    }

    fn wish(&self) -> Value {
        json!({ "spec": self.at("deploy.yaml"), "hostConfig": self.at("applicationHost.config") })
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let program =
            std::env::var_os("KALLITHEA_IISC_DSC").expect("KALLITHEA_IISC_DSC names the program dsc");
        let mut command = Command::new(program);
        command.env("DSC_RESOURCE_PATH", self.folder.path()).args(arguments);
        command.output().expect("DSC starts")
    }

    /// What the engine prints, and what it says, when it succeeds.
    fn dsc(&self, arguments: &[&str]) -> (String, String) {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        (out(&output), error(&output))
    }

    /// One operation of the resource, with its input.
    fn resource(&self, operation: &[&str], input: &Value) -> Value {
        let input = input.to_string();
        let rest = ["-r", "KallitheaIisc/Deployment", "-o", "json", "-i", &input];
        let (out, error) = self.dsc(&[&["resource"], operation, &rest].concat());
        serde_json::from_str(out.trim()).unwrap_or(json!({ "out": out, "error": error }))
    }

    /// The document of the example, without the role services and for this server.
    fn document(&self) -> PathBuf {
        let example = fs::read_to_string("examples/dsc/kallithea.dsc.yaml").expect("the example");
        let head: String = example.lines().take(2).map(|line| format!("{line}\n")).collect();
        let properties = self.wish();
        let resource =
            json!({ "name": "Kallithea", "type": "KallitheaIisc/Deployment", "properties": properties });
        let file = self.at("kallithea.dsc.yaml");
        fs::write(&file, format!("{head}resources:\n  - {resource}\n")).expect("the document");
        file
    }
}

#[test]
fn the_engine_accepts_the_manifest() {
    let server = Server::new();
    let (listed, said) = server.dsc(&["resource", "list", "KallitheaIisc/*", "-o", "json"]);
    let listed: Value = serde_json::from_str(listed.trim()).unwrap_or_else(|why| panic!("{why}: {said}"));
    assert_eq!(listed["type"], "KallitheaIisc/Deployment");
    let can: Vec<&str> =
        listed["capabilities"].as_array().expect("capabilities").iter().filter_map(Value::as_str).collect();
    for capability in ["get", "set", "setHandlesExist", "test", "delete", "export"] {
        assert!(can.contains(&capability), "{capability}: {can:?}");
    }
    // Until 3.3 it was one, `whatIf`.
    assert!(can.iter().any(|capability| capability.ends_with("hatIf")), "{can:?}");
}

#[test]
fn the_engine_tests_sets_and_deletes_a_deployment() {
    let server = Server::new();
    let wish = server.wish();
    let got = server.resource(&["get"], &wish);
    assert_eq!(got["actualState"]["_exist"], false, "{got}");
    let tested = server.resource(&["test"], &wish);
    assert_eq!(
        (&tested["inDesiredState"], &tested["differingProperties"]),
        (&json!(false), &json!(["_exist", "nodes"]))
    );

    let trial = server.resource(&["set", "--what-if"], &wish);
    assert_eq!((&trial["afterState"]["_exist"], server.text().as_str()), (&json!(true), SERVER), "{trial}");
    let set = server.resource(&["set"], &wish);
    assert_eq!(
        (&set["afterState"], &set["changedProperties"]),
        (&trial["afterState"], &json!(["_exist", "nodes"]))
    );
    assert_ne!(server.text(), SERVER);
    assert_eq!(server.resource(&["test"], &wish)["inDesiredState"], true);

    let exported =
        server.resource(&["export"], &json!({ "hostConfig": server.at("applicationHost.config") }));
    assert_eq!(exported["resources"][0]["properties"]["name"], "minimal", "{exported}");
    server.resource(&["delete"], &wish);
    assert_eq!(server.text(), SERVER);
}

#[test]
fn the_engine_keeps_a_document_true() {
    let server = Server::new();
    let document = server.document();
    let run = |operation: &[&str]| -> Value {
        let (out, error) =
            server.dsc(&[&["config"], operation, &["--file", text(&document), "-o", "json"]].concat());
        serde_json::from_str(out.trim()).unwrap_or_else(|why| panic!("{why}: {out}{error}"))
    };
    assert_eq!(run(&["test"])["results"][0]["result"]["inDesiredState"], false);
    run(&["set", "--what-if"]);
    assert_eq!(server.text(), SERVER);
    run(&["set"]);
    assert_eq!(run(&["test"])["results"][0]["result"]["inDesiredState"], true);
    let applied = server.text();
    run(&["set"]);
    assert_eq!(server.text(), applied);
}

#[test]
fn the_engine_passes_on_what_is_wrong() {
    let server = Server::new();
    fs::write(server.at("deploy.yaml"), "apiVersion: kallithea-iisc/v1\nnam: x\n").expect("the spec");
    let wish = server.wish().to_string();
    let output = server.run(&["resource", "test", "-r", "KallitheaIisc/Deployment", "-i", &wish]);
    let said = error(&output);
    assert!(!output.status.success() && said.contains("deploy.yaml:2:1: KI201"), "{said}");
}
