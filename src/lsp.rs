//! A language server for specs: what editors show while their user types.
//!
//! What enters: messages of the [Language Server Protocol](https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/),
//! and a way to read the files that specs extend. What leaves: messages. A file that is not a spec gets none. Absent: streams, and
//! every file except those; nothing is written.

mod actions;
mod base;
mod completion;
mod documents;
mod findings;
mod hover;
mod lines;
mod outline;

use std::collections::BTreeMap;

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response, ResponseError};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CompletionOptions, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, InitializeResult, Location, PublishDiagnosticsParams, Range,
    ServerCapabilities, ServerInfo, TextDocumentPositionParams, TextDocumentSyncKind,
    TextDocumentSyncOptions, Uri,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::check::Open;
use crate::manifest::OURS;
use documents::{Document, Documents};
use findings::{Finding, is_blank};

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The editor asked the server to shut down, and then to exit.
    Properly,
    /// The editor told the server to exit without that.
    AtOnce,
    /// Standard input ended, or has something that is not a message.
    Unread,
    /// Nobody reads standard output.
    Unheard,
}

/// Answers an editor until it ends the session. `open` reads a file that a spec extends, by its whole path.
pub(crate) fn serve(connection: &Connection, open: &Open<'_>) -> Ended {
    let mut server = Server::new(open);
    let mut next = connection.receiver.recv().ok();
    while let Some(message) = next {
        let answers = match message {
            Message::Notification(told) if told.method == "exit" => {
                return if server.state == State::ShutDown { Ended::Properly } else { Ended::AtOnce };
            }
            Message::Notification(told) if server.state == State::Running => {
                server.hear(told).into_iter().collect()
            }
            Message::Notification(_) => Vec::new(),
            Message::Request(request) => vec![Message::from(server.answer(request))],
            Message::Response(_) => Vec::new(),
        };
        next = connection.receiver.try_recv().ok();
        // What was typed meanwhile is looked at before anything is said of what was there before.
        let findings = if next.is_none() { server.publish() } else { Vec::new() };
        for message in answers.into_iter().chain(findings) {
            if connection.sender.send(message).is_err() {
                return Ended::Unheard;
            }
        }
        next = next.or_else(|| connection.receiver.recv().ok());
    }
    Ended::Unread
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Running,
    ShutDown,
}

struct Server<'o> {
    state: State,
    documents: Documents,
    /// Whether something has changed since the files were checked.
    is_stale: bool,
    /// Whether the editor can tell of changes on the disk.
    can_watch: bool,
    /// What is wrong with each spec and each file that one extends.
    found: BTreeMap<Uri, Vec<Finding>>,
    /// What the editor was told last.
    shown: BTreeMap<Uri, Vec<Finding>>,
    open: &'o Open<'o>,
}

impl<'o> Server<'o> {
    fn new(open: &'o Open<'o>) -> Self {
        Self {
            state: State::New,
            documents: Documents::default(),
            is_stale: false,
            can_watch: false,
            found: BTreeMap::new(),
            shown: BTreeMap::new(),
            open,
        }
    }

    fn answer(&mut self, request: Request) -> Response {
        let Request { id, method, params } = request;
        let answer = match self.state {
            State::New if method == "initialize" => {
                self.state = State::Running;
                let can = "/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration";
                self.can_watch = params.pointer(can).is_some_and(|can| can == true);
                Ok(json(abilities()))
            }
            State::New => Err(refused(ErrorCode::ServerNotInitialized, "send `initialize` first")),
            State::ShutDown => Err(refused(ErrorCode::InvalidRequest, "the server is shut down")),
            State::Running if method == "shutdown" => {
                self.state = State::ShutDown;
                Ok(Value::Null)
            }
            State::Running => self.look_up(&method, params),
        };
        Response { id, response_result: answer }
    }

    fn look_up(&mut self, method: &str, params: Value) -> Result<Value, ResponseError> {
        self.check();
        match method {
            "textDocument/hover" => self.at(params, |place| hover::at(place).map(json)),
            "textDocument/completion" => self.at(params, |place| Some(json(completion::at(place)))),
            "textDocument/definition" => self.at(params, |place| {
                let uri = Uri::from_file_path(base::at(place)?).ok()?;
                Some(json(Location { uri, range: Range::default() }))
            }),
            "textDocument/codeAction" => {
                let asked: CodeActionParams = read(params)?;
                let found = self.found.get(&asked.text_document.uri).map_or(&[][..], Vec::as_slice);
                Ok(json(actions::at(&asked, found)))
            }
            _ => Err(refused(ErrorCode::MethodNotFound, &format!("`{method}` is not supported"))),
        }
    }

    /// Looks something up at a place of a spec. Of any other file nothing is known.
    fn at(
        &self,
        params: Value,
        look: impl FnOnce((&Document, usize)) -> Option<Value>,
    ) -> Result<Value, ResponseError> {
        let place: TextDocumentPositionParams = read(params)?;
        let found = self.documents.at(&place);
        let is_spec = self.found.contains_key(&place.text_document.uri);
        let found = found.filter(|(document, _)| is_spec || is_blank(document));
        Ok(found.and_then(look).unwrap_or(Value::Null))
    }

    /// Takes note of what the editor tells. What cannot be read has no answer. A base may have changed on the disk with anything; of
    /// that alone the editor tells on request, which is returned.
    fn hear(&mut self, told: Notification) -> Option<Message> {
        self.is_stale = true;
        let params = told.params;
        match told.method.as_str() {
            "initialized" if self.can_watch => return Some(watch().into()),
            "textDocument/didOpen" => {
                read(params)
                    .map(|told: DidOpenTextDocumentParams| self.documents.open(told.text_document))
                    .ok();
            }
            "textDocument/didChange" => drop(read(params).map(|told| self.documents.change(told))),
            "textDocument/didClose" => {
                let told = read(params);
                told.map(|told: DidCloseTextDocumentParams| self.documents.close(&told.text_document.uri))
                    .ok();
            }
            _ => {}
        }
        None
    }

    fn check(&mut self) {
        if self.is_stale {
            self.found = findings::all(&self.documents, self.open);
            self.is_stale = false;
        }
    }

    /// What there is to say of files since the last time.
    fn publish(&mut self) -> Vec<Message> {
        if self.state != State::Running {
            return Vec::new();
        }
        self.check();
        let gone = self.shown.keys().filter(|uri| !self.found.contains_key(uri)).map(|uri| (uri, Vec::new()));
        let new = self.found.iter().filter(|(uri, found)| self.shown.get(uri) != Some(found));
        let new = new.map(|(uri, found)| (uri, found.clone()));
        let message = |(uri, found): (&Uri, Vec<Finding>)| {
            let diagnostics = found.into_iter().map(|one| one.shown).collect();
            let version = self.documents.get(uri).map(|document| document.version);
            let params = PublishDiagnosticsParams { uri: uri.clone(), version, diagnostics };
            Notification::new("textDocument/publishDiagnostics".to_owned(), params).into()
        };
        let messages = gone.chain(new).map(message).collect();
        self.shown.clone_from(&self.found);
        messages
    }
}

/// Asks the editor to tell of every change of a YAML file. The protocol has no other way to ask for that ("DidChangeWatchedFiles
/// Notification").
fn watch() -> Request {
    let watchers: Vec<Value> = ["yaml", "yml"]
        .into_iter()
        .map(|ending| json!({ "globPattern": format!("**/*.{ending}") }))
        .collect();
    let registration = json!({
        "id": "bases",
        "method": "workspace/didChangeWatchedFiles",
        "registerOptions": { "watchers": watchers },
    });
    let params = json!({ "registrations": [registration] });
    Request::new(1.into(), "client/registerCapability".to_owned(), params)
}

fn abilities() -> InitializeResult {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::Incremental),
        save: Some(true.into()),
        ..TextDocumentSyncOptions::default()
    };
    let capabilities = ServerCapabilities {
        text_document_sync: Some(sync.into()),
        hover_provider: Some(true.into()),
        definition_provider: Some(true.into()),
        code_action_provider: Some(
            CodeActionOptions {
                code_action_kinds: Some(vec![CodeActionKind::QuickFix]),
                ..CodeActionOptions::default()
            }
            .into(),
        ),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec![" ".to_owned()]),
            ..CompletionOptions::default()
        }),
        ..ServerCapabilities::default()
    };
    let (name, version) = OURS.split_once(' ').expect("a name and a version");
    let server_info = ServerInfo { name: name.to_owned(), version: Some(version.to_owned()) };
    InitializeResult { capabilities, server_info: Some(server_info) }
}

fn json(value: impl Serialize) -> Value {
    serde_json::to_value(value).expect("what the protocol has is JSON")
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, ResponseError> {
    serde_json::from_value(params).map_err(|error| refused(ErrorCode::InvalidParams, &error.to_string()))
}

fn refused(code: ErrorCode, why: &str) -> ResponseError {
    ResponseError { code: code as i32, message: why.to_owned(), data: None }
}
