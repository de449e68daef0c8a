//! What an editor shows is what `check` says, at the same places, while somebody types.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::client::{Client, of_project, place_of, uri};
use crate::support::{self, SHORTEST, program};

/// The number of UTF-16 code units before a column that counts characters, both of one line.
fn units(line: &str, column: u64) -> u64 {
    line.chars().take(column as usize - 1).map(|letter| letter.len_utf16() as u64).sum()
}

/// What `check` says of a file, in the form of an editor's findings: code, place, message, severity.
fn said_by_check(path: &Path, text: &str) -> Vec<Value> {
    let output = program::run(&["check", "--format", "json", support::text(path)]);
    let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap_or(text).split('\n').collect();
    let of = |problem: &Value| {
        let number = |key: &str| problem[key].as_u64().expect("a number");
        let line = number("line") - 1;
        let shown = lines.get(line as usize).copied().unwrap_or_default();
        let place = |column: u64| json!({ "line": line, "character": units(shown, column) });
        let help = problem["help"].as_str().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        json!({
            "code": problem["code"],
            "range": { "start": place(number("column")), "end": place(number("endColumn")) },
            "message": format!("{}{help}", problem["message"].as_str().expect("a message")),
            "severity": if problem["severity"] == "error" { 1 } else { 2 },
        })
    };
    program::problems(&output).iter().map(of).collect()
}

fn without_others(finding: &Value) -> Value {
    let kept = ["code", "range", "message", "severity"].map(|key| (key.to_owned(), finding[key].clone()));
    Value::Object(kept.into_iter().collect())
}

#[test]
fn an_editor_shows_what_check_says_of_every_bad_spec() {
    let mut client = Client::ready();
    let mut compared = 0;
    for name in support::names_in(Path::new("tests/it/diagnostics")) {
        let path = Path::new("tests/it/diagnostics").join(&name);
        let Ok(text) = fs::read_to_string(&path) else { continue };
        // A file that does not say what it is may be of another program.
        if !name.ends_with(".yaml")
            || !text.lines().any(|line| line.starts_with("apiVersion: kallithea-iisc/"))
        {
            continue;
        }
        let uri = uri(&of_project(path.to_str().expect("a path")));
        client.open(&uri, &text);
        let shown: Vec<Value> = client.findings(&uri).iter().map(without_others).collect();
        assert_eq!(shown, said_by_check(&path, &text), "{name}");
        client.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
        compared += 1;
    }
    assert!(compared > 100, "only {compared} were compared");
    client.quit();
}

#[test]
fn findings_come_and_go_while_somebody_types() {
    let mut client = Client::ready();
    let uri = "file:///nowhere/deploy.yaml";
    client.open(uri, SHORTEST);
    assert_eq!(client.findings(uri), [] as [Value; 0]);
    client.change(uri, 2, &SHORTEST.replace("protocol: http", "protocol: htps"));
    let found = client.findings(uri);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((&found[0]["code"], &found[0]["source"]), (&json!("KI204"), &json!("kallithea-iisc")));
    // One letter is put in behind two characters that are four code units.
    let text = SHORTEST.replace("name: Kallithea", "name: \u{1f980}\u{1f980}a\u{1f980}\u{7f}");
    client.change(uri, 3, &text);
    let place = place_of(&text, "\u{1f980}\u{1f980}a");
    let start = client.findings(uri)[0]["range"]["start"].clone();
    assert_eq!(start, json!({ "line": place.0, "character": place.1 }));
    let (line, column) = place_of(&text, "a\u{1f980}");
    let range = json!({ "start": { "line": line, "character": column + 3 }, "end": { "line": line, "character": column + 4 } });
    let changes = json!([{ "range": range, "text": "" }]);
    client.tell(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": uri, "version": 4 }, "contentChanges": changes }),
    );
    assert_eq!(client.findings(uri), [] as [Value; 0], "the control character alone is deleted");
    client.change(uri, 5, "apiVersion: kallithea-iisc/v1\n");
    assert!(!client.findings(uri).is_empty());
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(client.findings(uri), [] as [Value; 0], "a closed file has no findings");
    client.quit();
}

#[test]
fn a_mistake_in_a_base_is_shown_in_the_base() {
    let folder = tempfile::tempdir().expect("a folder");
    let (base, spec) = (folder.path().join("base.yaml"), folder.path().join("deploy.yaml"));
    let text = SHORTEST.replace("protocol: http", "protocol: htps").replace("name: intranet\n", "");
    fs::write(&base, &text).expect("a base");
    let own = "apiVersion: kallithea-iisc/v1\nextends: base.yaml\nname: a b\n";
    fs::write(&spec, own).expect("a spec");
    let (base, spec) = (uri(&base), uri(&spec));
    let mut client = Client::ready();
    client.open(&spec, own);
    let of_base = client.findings(&base);
    assert_eq!(of_base.len(), 1, "{of_base:#?}");
    let (line, column) = place_of(&text, "htps");
    assert_eq!(of_base[0]["range"]["start"], json!({ "line": line, "character": column }));
    let of_spec = client.findings(&spec);
    assert_eq!((of_spec.len(), &of_spec[0]["code"]), (1, &json!("KI206")), "{of_spec:#?}");
    // What is typed wins over the disk, and the base alone is not missing a name.
    client.open(&base, &text.replace("htps", "http"));
    assert_eq!(client.findings(&base), [] as [Value; 0]);
    client.change(&spec, 2, &own.replace("a b", "ab"));
    assert_eq!(client.findings(&spec), [] as [Value; 0]);
    assert_eq!(client.heard(), [] as [Value; 0]);
    client.quit();
}

#[test]
fn a_base_that_is_open_alone_is_not_missing_what_specs_add() {
    let mut client = Client::ready();
    let base = of_project("examples/environments/base/kallithea.yaml");
    let text = fs::read_to_string(&base).expect("a base");
    let uri = uri(&base);
    client.open(&uri, &text);
    assert_eq!(client.findings(&uri), [] as [Value; 0]);
    client.change(&uri, 2, &text.replace("\"10.0\"", "\"11.0\""));
    assert_eq!(client.findings(&uri)[0]["code"], "KI204");
    client.quit();
}

#[test]
fn files_of_other_programs_are_left_alone() {
    let mut client = Client::ready();
    for (number, text) in [
        "apiVersion: apps/v1\nkind: Deployment\nname: [\n",
        "name: CI\non: push\njobs:\n  a: 1\n",
        "extends: other.yaml\nname: x\n",
        "\u{0}\u{1}",
        "kallithea-iisc/v1",
    ]
    .into_iter()
    .enumerate()
    {
        let uri = format!("file:///nowhere/{number}/deploy.yaml");
        client.open(&uri, text);
        for what in ["hover", "definition", "completion"] {
            assert_eq!(client.look_up(what, &uri, (1, 1)), Value::Null, "{what} of {text:?}");
        }
    }
    assert_eq!(client.heard(), [] as [Value; 0]);
    client.quit();
}

#[test]
fn a_secret_is_not_repeated() {
    let mut client = Client::ready();
    let uri = "file:///nowhere/deploy.yaml";
    for value in ["hunter2-hunter2", "\"C:\\hunter2\"", "\"hunter2", "*hunter2", "{{ hunter2 }}"] {
        client.open(uri, &format!("{SHORTEST}  password: {value}\n"));
        let found = Value::from(client.findings(uri)).to_string();
        assert!(found.contains("KI") && !found.contains("hunter2"), "{value}: {found}");
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
        let asked =
            json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
        let fixes = client.ask("textDocument/codeAction", asked).to_string();
        assert!(!fixes.contains("hunter2"), "{value}: {fixes}");
    }
    client.quit();
}

/// An editor that can watch files is asked to, and what it then tells is looked at.
#[test]
fn a_base_that_changes_on_the_disk_is_looked_at_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (base, spec) = (folder.path().join("base.yaml"), folder.path().join("deploy.yaml"));
    fs::write(&base, SHORTEST).expect("a base");
    let mut client = Client::start();
    let watching = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
    client.ask("initialize", json!({ "capabilities": watching }));
    client.tell("initialized", json!({}));
    client.open(&uri(&spec), "apiVersion: kallithea-iisc/v1\nextends: base.yaml\n");
    assert!(client.findings(&uri(&spec)).is_empty());
    assert!(client.findings(&uri(&base)).is_empty());
    let asked = client.heard().iter().find(|message| message["method"] == "client/registerCapability");
    let asked = asked.expect("a request to watch files").clone();
    let registration = &asked["params"]["registrations"][0];
    assert_eq!(registration["method"], "workspace/didChangeWatchedFiles", "{asked:#}");
    assert_eq!(registration["registerOptions"]["watchers"][0]["globPattern"], "**/*.yaml");
    client.answer(&asked["id"]);
    fs::write(&base, format!("{SHORTEST}surprise: 1\n")).expect("a base");
    let changes = json!([{ "uri": uri(&base), "type": 2 }]);
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    assert_eq!(client.findings(&uri(&base))[0]["code"], "KI201");
    client.quit();
}
