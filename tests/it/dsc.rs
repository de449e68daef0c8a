//! `dsc`: what Microsoft's Desired State Configuration 3 asks, and how it reads the answers.
//!
//! The engine itself runs in `tests/machines/dsc.rs`, if there is one.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::program::{PROGRAM, code, error, out};
use crate::support::{completed_spec, example, files_below};

/// A server's applicationHost.config without a deployment.
const SERVER: &str = include_str!("merge/server.config");

/// A server with a spec.
struct Server {
    folder: TempDir,
}

impl Server {
    fn new(spec: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("deploy.yaml"), spec).expect("the spec");
        fs::write(folder.path().join("applicationHost.config"), SERVER).expect("the file");
        Self { folder }
    }

    fn minimal() -> Self {
        Self::new(&fs::read_to_string(example("minimal")).expect("the spec"))
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("applicationHost.config")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.config()).expect("the file")
    }

    /// The input for this server, with more properties.
    fn wish(&self, more: &Value) -> Value {
        let mut wish = json!({ "spec": self.folder.path().join("deploy.yaml"), "hostConfig": self.config() });
        wish.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        wish
    }

    fn run(&self, operation: &[&str], more: &Value) -> Answer {
        Answer::of(&dsc(operation, &self.wish(more).to_string()))
    }
}

fn dsc(operation: &[&str], input: &str) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg("dsc").args(operation).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // An operation that does not read its input ends before it is written.
    let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
    child.wait_with_output().expect("an end")
}

/// What the engine reads.
struct Answer {
    code: i32,
    values: Vec<Value>,
    messages: Vec<Value>,
}

impl Answer {
    fn of(output: &Output) -> Self {
        let lines = |text: String| -> Vec<Value> {
            let value = |line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
            text.lines().map(value).collect()
        };
        Self { code: code(output), values: lines(out(output)), messages: lines(error(output)) }
    }

    /// The state, held to the schema.
    fn state(&self) -> &Value {
        assert_eq!(self.code, 0, "{:?}", self.messages);
        let schema: Value = serde_json::from_str(&out(&dsc(&["schema"], ""))).expect("JSON");
        if let Err(why) = jsonschema::validate(&schema, &self.values[0]) {
            panic!("{why}: {}", self.values[0]);
        }
        &self.values[0]
    }

    fn nodes(&self) -> Vec<&str> {
        let nodes = self.state()["nodes"].as_array().expect("nodes");
        nodes.iter().map(|node| node["state"].as_str().expect("a state")).collect()
    }

    fn differing(&self) -> &Value {
        &self.values[1]
    }

    /// The messages of a level, one after the other.
    fn said(&self, level: &str) -> String {
        self.messages.iter().filter_map(|message| message[level].as_str()).collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn a_deployment_comes_and_goes() {
    let server = Server::minimal();
    let absent = server.run(&["get"], &json!({}));
    assert_eq!((&absent.state()["_exist"], absent.nodes()), (&json!(false), vec!["absent"; 4]));
    let test = server.run(&["test"], &json!({}));
    assert_eq!((&test.state()["_exist"], test.differing()), (&json!(false), &json!(["_exist", "nodes"])));

    let trial = server.run(&["set", "--what-if"], &json!({}));
    assert_eq!((&trial.state()["_exist"], trial.nodes()), (&json!(true), vec!["asWanted"; 4]));
    assert_eq!(server.text(), SERVER, "a trial writes nothing");
    let set = server.run(&["set"], &json!({}));
    assert_eq!((set.state(), set.differing()), (trial.state(), trial.differing()));
    assert!(set.said("info").contains("backup"), "{:?}", set.messages);
    let applied = server.text();

    let again = server.run(&["set"], &json!({}));
    assert_eq!((again.differing(), server.text()), (&json!([]), applied));
    assert!(again.messages.is_empty(), "{:?}", again.messages);
    assert_eq!(server.run(&["test"], &json!({})).differing(), &json!([]));
    assert_eq!(server.run(&["test"], &json!({ "_exist": false })).differing(), &json!(["_exist", "nodes"]));

    let gone = server.run(&["set"], &json!({ "_exist": false }));
    assert_eq!((&gone.state()["_exist"], gone.differing()), (&json!(false), &json!(["_exist", "nodes"])));
    assert_eq!(server.text(), SERVER);
    assert_eq!(server.run(&["test"], &json!({ "_exist": false })).differing(), &json!([]));
}

#[test]
fn delete_prints_nothing_but_in_a_trial() {
    let server = Server::minimal();
    server.run(&["set"], &json!({}));
    let applied = server.text();
    let trial = server.run(&["delete", "--what-if"], &json!({}));
    assert_eq!(trial.values.len(), 1);
    let steps = trial.values[0]["_metadata"]["whatIf"].as_array().expect("steps");
    assert!(steps.contains(&json!("remove site Kallithea")) && steps.len() == 4, "{steps:?}");
    assert_eq!(server.text(), applied);
    let gone = server.run(&["delete"], &json!({}));
    assert_eq!((gone.code, gone.values.len()), (0, 0));
    assert_eq!(server.text(), SERVER);
}

#[test]
fn what_others_changed_is_a_difference() {
    let server = Server::minimal();
    server.run(&["set"], &json!({}));
    let changed = server.text().replace("managedRuntimeVersion=\"\"", "managedRuntimeVersion=\"v4.0\"");
    assert_ne!(changed, server.text());
    fs::write(server.config(), changed).expect("the file");
    let test = server.run(&["test"], &json!({}));
    assert_eq!(test.nodes(), ["different", "asWanted", "asWanted", "asWanted"]);
    assert_eq!(test.differing(), &json!(["nodes"]));
    assert_eq!(server.run(&["set"], &json!({})).differing(), &json!(["nodes"]));
    assert_eq!(server.run(&["test"], &json!({})).differing(), &json!([]));
}

#[test]
fn nodes_of_others_need_an_order() {
    let server = Server::minimal();
    let theirs = SERVER.replacen("<applicationPools>", "<applicationPools>\n<add name=\"minimal\" />", 1);
    assert_ne!(theirs, SERVER);
    fs::write(server.config(), &theirs).expect("the file");
    let test = server.run(&["test"], &json!({}));
    assert_eq!((test.code, test.differing()), (0, &json!(["nodes"])));
    let told = test.said("warn");
    assert!(told.contains("KI402: this application pool") && told.contains("use 'adopt: true'"), "{told}");
    let set = server.run(&["set"], &json!({}));
    assert_eq!((set.code, set.values.len()), (2, 0));
    let line = set.said("error");
    assert!(line.contains("applicationHost.config:") && line.contains(": KI4"), "{line}");
    assert_eq!(server.text(), theirs);
    let adopted = server.run(&["set"], &json!({ "adopt": true }));
    assert_eq!(adopted.nodes(), ["asWanted"; 4]);
}

#[test]
fn what_the_spec_no_longer_contains_needs_an_order() {
    let server = Server::new(&completed_spec(""));
    server.run(&["set"], &json!({}));
    let renamed = completed_spec("applicationPool:\n  name: Another\n");
    fs::write(server.folder.path().join("deploy.yaml"), renamed).expect("the spec");
    assert!(server.run(&["get"], &json!({})).nodes().contains(&"leftOver"));
    let refused = server.run(&["set"], &json!({}));
    assert_eq!(refused.code, 2);
    let pruned = server.run(&["set"], &json!({ "prune": true }));
    assert_eq!((pruned.code, pruned.differing()), (0, &json!(["nodes"])));
    assert!(!pruned.nodes().contains(&"leftOver"));
}

#[test]
fn a_backup_goes_where_it_was_told() {
    let server = Server::minimal();
    let backups = server.folder.path().join("backups");
    fs::create_dir(&backups).expect("a folder");
    assert_eq!(server.run(&["set"], &json!({ "backup": backups })).code, 0);
    let kept: Vec<String> =
        files_below(&backups).into_values().map(|bytes| String::from_utf8(bytes).expect("text")).collect();
    assert_eq!(kept, [SERVER]);
}

#[test]
fn export_lists_every_deployment() {
    let server = Server::minimal();
    server.run(&["set"], &json!({}));
    let folders = "kallithea:\n  distribution: C:\\other\n  repositories: D:\\other\n";
    let other = completed_spec(&format!(
        "{folders}site:\n  name: Other\n  bindings:\n    - protocol: http\n      port: 8181\n"
    ));
    fs::write(server.folder.path().join("deploy.yaml"), other).expect("the spec");
    let set = server.run(&["set"], &json!({}));
    assert_eq!(set.code, 0, "{:?}", set.messages);
    let export = Answer::of(&dsc(&["export"], &json!({ "hostConfig": server.config() }).to_string()));
    export.state();
    let names: Vec<&Value> = export.values.iter().map(|value| &value["name"]).collect();
    assert_eq!(names, ["intranet", "minimal"]);
    assert_eq!(export.values[1]["nodes"][0], json!({ "kind": "application pool", "name": "minimal" }));
}

#[test]
fn every_bad_input_is_one_error_that_says_what_to_do() {
    let server = Server::minimal();
    let unsound = Server::new("apiVersion: kallithea-iisc/v1\nnam: x\n");
    let no_farm = server.wish(&json!({ "front": true })).to_string();
    let broken = Server::minimal();
    fs::write(broken.config(), "<configuration>").expect("the file");
    let missing = server.wish(&json!({ "hostConfig": server.folder.path().join("none.config") })).to_string();
    let inputs = [
        (String::new(), "the input is empty"),
        ("[".to_owned(), "not a valid instance"),
        (r#"{"specs":"x"}"#.to_owned(), "kallithea-iisc dsc schema"),
        ("{}".to_owned(), "'spec' is missing"),
        (r#"{"spec":"deploy.yaml"}"#.to_owned(), "must be an absolute path"),
        (
            server.wish(&json!({ "hostConfig": "a.config" })).to_string(),
            "'hostConfig' must be an absolute path",
        ),
        (server.wish(&json!({ "backup": "b" })).to_string(), "'backup' must be an absolute path"),
        (unsound.wish(&json!({})).to_string(), "deploy.yaml:2:1: KI"),
        (broken.wish(&json!({})).to_string(), "applicationHost.config:1:"),
        (no_farm, "leave out 'front'"),
        (missing, "none.config"),
    ];
    for operation in ["get", "test", "set", "delete"] {
        for (input, words) in &inputs {
            let answer = Answer::of(&dsc(&[operation], input));
            assert_eq!((answer.code, answer.values.len()), (2, 0), "{operation} {input}");
            assert!(answer.said("error").contains(words), "{operation} {input}: {:?}", answer.messages);
        }
    }
    assert_eq!(server.text(), SERVER);
}

#[test]
fn the_manifest_names_operations_that_exist() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("kallithea-iisc.dsc.resource.json");
    let file_name = file.to_str().expect("UTF-8");
    assert_eq!(code(&dsc(&["manifest", "-o", file_name], "")), 0);
    let text = fs::read_to_string(&file).expect("the manifest");
    assert_eq!(text, out(&dsc(&["manifest"], "")));
    let manifest: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    let methods = ["get", "set", "test", "delete", "export"];
    let commands = methods.iter().map(|method| &manifest[method]).chain([&manifest["schema"]["command"]]);
    for command in commands {
        let words: Vec<&str> =
            command["args"].as_array().expect("arguments").iter().filter_map(Value::as_str).collect();
        assert_eq!((command["executable"].as_str(), words[0]), (Some("kallithea-iisc"), "dsc"));
        assert_eq!(code(&dsc(&[&words[1..], &["--help"]].concat(), "")), 0, "{words:?}");
    }
    assert_eq!(code(&dsc(&["set", "--what-if", "--help"], "")), 0);
    fs::write(&file, "{}").expect("another file");
    assert_eq!(code(&dsc(&["manifest", "-o", file_name], "")), 2, "a file of others stays");
    assert_eq!(fs::read_to_string(&file).expect("the file"), "{}");
}

#[test]
fn the_page_shows_the_example() {
    let read = |path: &str| fs::read_to_string(path).expect("the file").replace("\r\n", "\n");
    let (page, example) = (read("docs/how-to/dsc.md"), read("examples/dsc/kallithea.dsc.yaml"));
    let (_, document) = example.split_once('\n').expect("a comment in its first line");
    assert!(page.contains(&format!("```yaml\n{document}```\n")));
}
