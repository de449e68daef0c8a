//! Sessions that do not go as the protocol says, and how they end.

use serde_json::{Value, json};

use super::client::Client;
use crate::support::SHORTEST;

const URI: &str = "file:///nowhere/deploy.yaml";

#[test]
fn requests_at_the_wrong_time_or_of_an_unknown_kind_are_refused() {
    let mut client = Client::start();
    let code = |answer: Value| answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("{answer:#}"));
    let place = json!({ "textDocument": { "uri": URI }, "position": { "line": 0, "character": 0 } });
    assert_eq!(code(client.ask("textDocument/hover", place.clone())), -32002);
    client.open(URI, SHORTEST);
    client.ask("initialize", json!({ "capabilities": {} }));
    client.tell("initialized", json!({}));
    assert_eq!(code(client.ask("textDocument/rename", place.clone())), -32601);
    assert_eq!(code(client.ask("textDocument/hover", json!({ "position": 7 }))), -32602);
    assert_eq!(client.ask("textDocument/hover", place.clone())["result"], Value::Null, "not open");
    client.tell("$/setTrace", json!({ "value": "off" }));
    client.tell("textDocument/didChange", json!([1, 2]));
    client.tell("textDocument/didOpen", json!({ "textDocument": { "uri": "no address" } }));
    assert_eq!(client.ask("shutdown", Value::Null)["result"], Value::Null);
    assert_eq!(code(client.ask("textDocument/hover", place)), -32600);
    client.tell("exit", Value::Null);
    assert_eq!(client.end(), (0, String::new()));
}

#[test]
fn a_request_that_is_cancelled_has_one_answer() {
    let mut client = Client::ready();
    client.open(URI, SHORTEST);
    let place = json!({ "textDocument": { "uri": URI }, "position": { "line": 0, "character": 1 } });
    let id = client.begin("textDocument/hover", place);
    client.tell("$/cancelRequest", json!({ "id": id }));
    client.tell("$/cancelRequest", json!({ "id": 99 }));
    let after = client.ask("textDocument/rename", json!({}));
    assert!(after.get("error").is_some(), "{after:#}");
    let answers = client.heard().iter().filter(|message| message["id"] == id).count();
    assert_eq!(answers, 1);
    client.quit();
}

#[test]
fn an_exit_without_shutdown_and_a_closed_pipe_are_no_success() {
    let mut client = Client::ready();
    client.tell("exit", Value::Null);
    assert_eq!(client.end(), (1, String::new()));
    let mut client = Client::ready();
    client.hang_up();
    assert_eq!(client.end(), (1, String::new()));
    let mut client = Client::start();
    client.hang_up();
    assert_eq!(client.end(), (1, String::new()));
}

/// The memory for a message is not taken before the message is there; one that is too long is passed over.
#[test]
fn a_message_of_any_length_does_not_take_the_memory_away() {
    let mut client = Client::ready();
    client.write(b"Content-Length: 1000000000000000000\r\n\r\n{}");
    client.hang_up();
    assert_eq!(client.end(), (1, String::new()));
    let mut client = Client::ready();
    let length = 65 * 1024 * 1024;
    client.write(format!("content-length: {length}\r\n\r\n").as_bytes());
    client.write(&vec![b' '; length]);
    client.open(URI, &format!("{SHORTEST}surprise: 1\n"));
    assert_eq!(client.findings(URI)[0]["code"], "KI201");
    client.quit();
}

#[test]
fn what_is_not_a_message_ends_the_session_without_repeating_it() {
    for bytes in [
        "apiVersion: secret-word\n",
        "Content-Length: 3\r\n\r\n[1]",
        "Content-Length: secret-word\r\n\r\n",
        "Content-Length: 24\r\n\r\n{\"password\":\"secret-word\"",
        "Content-Type: x\r\n\r\n",
        &format!("Content-Type: {}", "x".repeat(20_000)),
    ] {
        let mut client = Client::ready();
        client.write(bytes.as_bytes());
        client.hang_up();
        let (code, said) = client.end();
        assert_eq!(code, 2, "{bytes:?}: {said}");
        assert!(said.contains("let an editor start this command") && !said.contains("secret-word"), "{said}");
    }
}

/// Nobody writes such a spec; an editor may open such a file.
#[test]
fn a_file_of_a_mebibyte_is_answered() {
    let mut client = Client::ready();
    let many = "  - a.b\n".repeat(130_000);
    let text = format!("apiVersion: kallithea-iisc/v1\nunset:\n{many}");
    client.open(URI, &text);
    let found = client.findings(URI);
    assert_eq!(found.len(), 1, "{}", found.len());
    assert_eq!(found[0]["code"], "KI105", "{found:#?}");
    client.change(URI, 2, &format!("apiVersion: kallithea-iisc/v1\ntls: {}", "x".repeat(1024 * 1024)));
    assert_eq!(client.findings(URI)[0]["code"], "KI103");
    let wide = "\u{1f980}".repeat(200_000);
    client.change(URI, 3, &format!("apiVersion: kallithea-iisc/v1\ntls: {{ a: {wide}, b: 1 }}\n"));
    let last = client.findings(URI).into_iter().rfind(|one| one["range"]["start"]["line"] == 1);
    assert_eq!(last.expect("a finding")["range"]["start"]["character"], 10 + 400_000 + 2, "in code units");
    client.quit();
}
