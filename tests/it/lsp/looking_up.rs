//! Hover, completion and the way to a base.

use serde_json::{Value, json};

use super::client::{Client, of_project, place_of, uri};
use crate::support::{SHORTEST, spec_of};

const URI: &str = "file:///nowhere/deploy.yaml";

/// The texts of the proposals at the end of a text.
fn proposed(client: &mut Client, text: &str) -> Vec<(String, String)> {
    client.change(URI, 2, text);
    let line = text.rsplit('\n').next().unwrap_or_default();
    let place = (text.matches('\n').count() as u32, line.encode_utf16().count() as u32);
    let found = client.look_up("completion", URI, place);
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    let of = |item: &Value| (word(&item["label"]), word(&item["textEdit"]["newText"]));
    found.as_array().map(|all| all.iter().map(of).collect()).unwrap_or_default()
}

fn labels(client: &mut Client, text: &str) -> Vec<String> {
    proposed(client, text).into_iter().map(|(label, _)| label).collect()
}

#[test]
fn keys_that_are_not_there_yet_are_proposed() {
    let mut client = Client::ready();
    client.open(URI, SHORTEST);
    let top = labels(&mut client, SHORTEST);
    assert!(top.contains(&"applicationPool".to_owned()) && !top.contains(&"kallithea".to_owned()), "{top:?}");
    let in_binding = labels(&mut client, &format!("{SHORTEST}      "));
    assert_eq!(in_binding, ["ipAddress", "port", "certificate", "serverNameIndication"]);
    let begun = labels(&mut client, &format!("{SHORTEST}    - "));
    assert_eq!(begun[0], "protocol", "a new binding has none of the keys of another one");
    assert_eq!(proposed(&mut client, &format!("{SHORTEST}    "))[0].1, "- protocol: ");
    let broken = labels(&mut client, &format!("{SHORTEST}tls:\n  'x\nbridge:\n  threads: 1\n  pre"));
    assert!(broken.contains(&"preload".to_owned()) && !broken.contains(&"threads".to_owned()), "{broken:?}");
    assert_eq!(labels(&mut client, &format!("{SHORTEST}tls: # ")), [] as [&str; 0]);
    client.quit();
}

#[test]
fn the_values_of_a_key_are_proposed_as_yaml_needs_them() {
    let mut client = Client::ready();
    client.open(URI, SHORTEST);
    for (typed, expected) in [
        ("target:\n  architecture: ", vec!["x64", "x86"]),
        ("target:\n  iisVersion: 1", vec!["\"7.0\"", "\"7.5\"", "\"8.0\"", "\"8.5\"", "\"10.0\""]),
        ("tls:\n  required: f", vec!["true", "false"]),
        ("bridge:\n  preload: ", vec!["true", "false"]),
        ("bridge:\n  threads: ", vec![]),
    ] {
        let found = proposed(&mut client, &format!("{SHORTEST}{typed}"));
        let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
        match expected.is_empty() {
            true => assert!(texts.len() < 2, "{typed}: {texts:?}"),
            false => assert_eq!(texts, expected, "{typed}"),
        }
    }
    client.change(URI, 3, "");
    let first = client.look_up("completion", URI, (0, 0));
    assert_eq!(first[0]["label"], "apiVersion", "a file that is still empty");
    client.quit();
}

/// A proposal replaces what was typed, so that nothing is there twice.
#[test]
fn a_proposal_replaces_the_word_that_was_begun() {
    let mut client = Client::ready();
    client.open(URI, &format!("{SHORTEST}target:\n  iisVersion: \"1\"  # as on the server\n  arch: x64\n"));
    let line = SHORTEST.matches('\n').count() as u32 + 1;
    let range = |found: &Value| found[0]["textEdit"]["range"].clone();
    let at = |from: u32, to: u32, line: u32| json!({ "start": { "line": line, "character": from }, "end": { "line": line, "character": to } });
    assert_eq!(range(&client.look_up("completion", URI, (line, 16))), at(14, 17, line));
    let over_a_key = client.look_up("completion", URI, (line + 1, 4));
    assert_eq!(range(&over_a_key), at(2, 6, line + 1));
    let texts = over_a_key.as_array().expect("a list").iter().map(|one| one["textEdit"]["newText"].clone());
    let texts: Vec<Value> = texts.collect();
    assert!(texts.contains(&"architecture".into()), "the colon is there: {texts:?}");
    client.quit();
}

#[test]
fn a_key_is_explained_where_the_text_is_valid_and_where_it_is_not() {
    let mut client = Client::ready();
    let text = spec_of("intranet-sso");
    client.open(URI, &text);
    let words = |client: &mut Client, text: &str, word: &str| {
        let found = client.look_up("hover", URI, place_of(text, word));
        found["contents"]["value"].as_str().map(str::to_owned).unwrap_or_default()
    };
    for text in [&text, &format!("{text}  broken: [\n'")] {
        client.change(URI, 2, text);
        let version = words(&mut client, text, "iisVersion");
        for part in
            ["**`target.iisVersion`**: text", "version of IIS", "Default: `\"10.0\"`", "Values: `\"7.0\"`"]
        {
            assert!(version.contains(part), "{part} in {version}");
        }
        let binding = words(&mut client, text, "protocol: https");
        assert!(binding.contains("**`site.bindings[].protocol`**: text, required"), "{binding}");
    }
    let timed = format!("{SHORTEST}bridge:\n  clientTimeout: 1\n  environmentVariables: {{ A: b }}\n");
    client.change(URI, 3, &timed);
    let timeout = words(&mut client, &timed, "clientTimeout");
    assert!(timeout.contains("a whole number") && timeout.contains("Unit: seconds"), "{timeout}");
    assert_eq!(client.look_up("hover", URI, place_of(&timed, "  clientTimeout")), Value::Null);
    client.quit();
}

#[test]
fn extends_leads_to_the_base() {
    let mut client = Client::ready();
    let spec = of_project("examples/environments/prod/deploy.yaml");
    let text = std::fs::read_to_string(&spec).expect("a spec");
    let uri_of_spec = uri(&spec);
    client.open(&uri_of_spec, &text);
    let found = client.look_up("definition", &uri_of_spec, place_of(&text, "/base"));
    assert_eq!(found["uri"], uri(&of_project("examples/environments/base/kallithea.yaml")), "{found:#}");
    assert_eq!(client.look_up("definition", &uri_of_spec, place_of(&text, "kallithea-prod")), Value::Null);
    client.quit();
}

/// Whatever is typed so far, and wherever the cursor is, the server answers.
#[test]
fn every_beginning_of_a_spec_is_answered() {
    let mut client = Client::ready();
    let text = format!("\u{feff}{}", spec_of("farm").replace("name:", "name: \u{1f980}\u{e4}"));
    client.open(URI, &text);
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).filter(|at| at % 13 == 0).collect();
    assert!(ends.len() > 100, "{} beginnings", ends.len());
    for (number, end) in ends.into_iter().enumerate() {
        client.change(URI, number as i32, &text[..end]);
        let line = text[..end].rsplit('\n').next().unwrap_or_default();
        let place = (text[..end].matches('\n').count() as u32, line.encode_utf16().count() as u32);
        for what in ["hover", "completion", "definition"] {
            client.look_up(what, URI, place);
        }
    }
    client.quit();
}
