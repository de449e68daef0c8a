//! A client of the Language Server Protocol that does no more than a test says.
//!
//! Frames are those of the protocol: a header with the length in bytes, an empty line, JSON.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::support::program::PROGRAM;

/// A server that is running.
pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    requests: i32,
    /// Notifications that came while a test waited for something else.
    heard: Vec<Value>,
}

impl Client {
    /// Starts a server, without a word.
    pub fn start() -> Self {
        let mut command = Command::new(PROGRAM);
        let command = command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("its output"));
        Self { child, input, output, requests: 0, heard: Vec::new() }
    }

    /// Starts a server that is ready.
    pub fn ready() -> Self {
        let mut client = Self::start();
        let answer =
            client.ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": {} }));
        assert_eq!(answer["result"]["serverInfo"]["name"], "kallithea-iisc", "{answer:#}");
        client.tell("initialized", json!({}));
        client
    }

    /// Writes bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("standard input is open");
        input.write_all(bytes).and_then(|()| input.flush()).expect("the server reads");
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.write(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request, and returns its number.
    pub fn begin(&mut self, method: &str, params: Value) -> i32 {
        self.requests += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.requests, "method": method, "params": params }));
        self.requests
    }

    /// Sends a request, and returns its whole answer.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        loop {
            let message = self.next().expect("an answer");
            match message["id"] == id {
                true => return message,
                false => self.heard.push(message),
            }
        }
    }

    /// The next message; `None` if the server has closed its output.
    pub fn next(&mut self) -> Option<Value> {
        let (mut line, mut length) = (String::new(), 0);
        while self.output.read_line(&mut line).expect("a header") > 0 {
            match line.trim_end() {
                "" => {
                    let mut text = vec![0; length];
                    self.output.read_exact(&mut text).expect("a message");
                    return Some(serde_json::from_slice(&text).expect("JSON"));
                }
                header => {
                    let value = header.strip_prefix("Content-Length: ").expect("a header");
                    length = value.parse().expect("a length");
                }
            }
            line.clear();
        }
        None
    }

    pub fn open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Replaces the whole text of a file.
    pub fn change(&mut self, uri: &str, version: i32, text: &str) {
        let document = json!({ "uri": uri, "version": version });
        let changes = json!([{ "text": text }]);
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// What the server says next of a file.
    pub fn findings(&mut self, uri: &str) -> Vec<Value> {
        let is_it = |message: &Value| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri
        };
        let known = self.heard.iter().position(is_it);
        let message = match known {
            Some(at) => self.heard.remove(at),
            None => loop {
                let message = self.next().expect("findings");
                if is_it(&message) {
                    break message;
                }
                self.heard.push(message);
            },
        };
        message["params"]["diagnostics"].as_array().expect("a list").clone()
    }

    /// Agrees to a request of the server.
    pub fn answer(&mut self, id: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": null }));
    }

    /// Asks something about a place, which must have an answer.
    pub fn look_up(&mut self, what: &str, uri: &str, place: (u32, u32)) -> Value {
        let place = json!({ "line": place.0, "character": place.1 });
        let params = json!({ "textDocument": { "uri": uri }, "position": place });
        let answer = self.ask(&format!("textDocument/{what}"), params);
        answer.get("result").unwrap_or_else(|| panic!("{answer:#}")).clone()
    }

    /// Everything that the server has said of files and that nobody has asked for.
    pub fn heard(&self) -> &[Value] {
        &self.heard
    }

    /// Closes standard input.
    pub fn hang_up(&mut self) {
        self.input = None;
    }

    /// Waits for the end: the exit code, and what was said on standard error.
    pub fn end(mut self) -> (i32, String) {
        while self.next().is_some() {}
        let mut said = String::new();
        self.child.stderr.take().expect("its errors").read_to_string(&mut said).expect("text");
        (self.child.wait().expect("an end").code().expect("an exit code"), said)
    }

    /// Ends the server as an editor does.
    pub fn quit(mut self) {
        let answer = self.ask("shutdown", Value::Null);
        assert_eq!(answer["result"], Value::Null, "{answer:#}");
        self.tell("exit", Value::Null);
        assert_eq!(self.end(), (0, String::new()));
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The address of a file, as an editor writes it.
pub fn uri(path: &Path) -> String {
    format!("file://{}", path.to_str().expect("a path in UTF-8"))
}

/// A file of the project.
pub fn of_project(path: &str) -> PathBuf {
    std::fs::canonicalize(path).expect(path)
}

/// The place of a word in a text, from its first letter.
pub fn place_of(text: &str, word: &str) -> (u32, u32) {
    let at = text.find(word).expect(word);
    let line = text[..at].rsplit('\n').next().unwrap_or_default();
    (text[..at].matches('\n').count() as u32, line.encode_utf16().count() as u32)
}
