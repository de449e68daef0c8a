//! A client that consists of a table of variables and a list of body pieces.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::CStr;
use std::io;

use kallithea_bridge_isapi::account::{Account, Token};
use kallithea_bridge_isapi::client::{Client, End, FileRange, HeadText, Outgoing, Part};
use kallithea_bridge_isapi::settings::{
    Application, Identity, Level, Limits, Log, Python, Settings, StaticFiles, Workers,
};

#[derive(Default)]
pub struct Fake {
    pub method: Vec<u8>,
    pub query: Vec<u8>,
    pub path_info: Option<Vec<u8>>,
    pub content_type: Vec<u8>,
    pub total: Option<u32>,
    pub available: Vec<u8>,
    pub variables: HashMap<&'static str, Vec<u8>>,
    /// What `read` returns, piece by piece; then the end, or `read_error` if it is set.
    pub pieces: RefCell<Vec<Vec<u8>>>,
    pub read_error: Option<&'static str>,
    pub reads: Cell<usize>,
    pub head: RefCell<Option<(String, String, bool)>>,
    pub sent: RefCell<Vec<u8>>,
    pub files: RefCell<Vec<FileRange>>,
    pub lacks_files: bool,
    pub sends: Cell<usize>,
    pub end: Cell<Option<End>>,
    pub gone: Cell<bool>,
    pub closed: Cell<bool>,
    pub status_code: Cell<u16>,
    /// The token that the server holds, if any.
    pub token: Option<Token>,
    /// What Windows knows about accounts, if anything.
    pub accounts: Option<fn(&str) -> Option<Account>>,
}

impl Fake {
    pub fn get(url: &str) -> Self {
        let (_, query) = url.split_once('?').unwrap_or((url, ""));
        let fake = Self { method: b"GET".to_vec(), query: query.into(), total: Some(0), ..Self::default() };
        fake.with("UNENCODED_URL", url).with("SERVER_PROTOCOL", "HTTP/1.1")
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.insert(name, [value.as_bytes(), b"\0"].concat());
        self
    }

    pub fn with_wide(mut self, name: &'static str, value: &str) -> Self {
        self.variables.insert(name, value.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect());
        self
    }

    pub fn with_body(mut self, total: Option<u32>, available: &[u8], pieces: &[&[u8]]) -> Self {
        self.total = total;
        self.available = available.to_vec();
        self.pieces = RefCell::new(pieces.iter().rev().map(|piece| piece.to_vec()).collect());
        self
    }
}

impl Client for Fake {
    fn method(&self) -> &[u8] {
        &self.method
    }

    fn query_string(&self) -> &[u8] {
        &self.query
    }

    fn path_info(&self) -> Option<&[u8]> {
        self.path_info.as_deref()
    }

    fn content_type(&self) -> &[u8] {
        &self.content_type
    }

    fn total_bytes(&self) -> Option<u32> {
        self.total
    }

    fn available(&self) -> &[u8] {
        &self.available
    }

    fn variable(&self, name: &CStr, buffer: &mut Vec<u8>) -> bool {
        let name = name.to_str().expect("names are ASCII");
        assert_ne!(name, "AUTH_PASSWORD", "nobody reads the password");
        let value = self.variables.get(name);
        value.is_some_and(|value| {
            buffer.extend_from_slice(value);
            true
        })
    }

    fn token(&self) -> Token {
        self.token.clone().unwrap_or(Token::Unknown)
    }

    fn named_account(&self, name: &str) -> Option<Account> {
        self.accounts.and_then(|accounts| accounts(name))
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads.set(self.reads.get() + 1);
        let Some(mut piece) = self.pieces.borrow_mut().pop() else {
            return self.read_error.map_or(Ok(0), |why| Err(io::Error::other(why)));
        };
        let size = piece.len().min(buffer.len());
        buffer[..size].copy_from_slice(&piece[..size]);
        if size < piece.len() {
            self.pieces.borrow_mut().push(piece.split_off(size));
        }
        Ok(size)
    }

    fn send(&self, piece: &Outgoing<'_>) -> io::Result<()> {
        let text = |bytes: &[u8]| {
            let bytes = bytes.strip_suffix(b"\0").expect("a head's texts end with a zero");
            String::from_utf8(bytes.to_vec()).expect("heads are ASCII here")
        };
        if let Some(HeadText { status, headers, keep_connection }) = piece.head {
            let old = self.head.replace(Some((text(status), text(headers), keep_connection)));
            assert_eq!(old, None, "a head is sent once");
        }
        assert!(self.head.borrow().is_some(), "the head comes first");
        assert_eq!(self.end.get(), None, "nothing comes after the end");
        if self.gone.get() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.sends.set(self.sends.get() + 1);
        self.end.set(piece.end);
        for part in piece.parts {
            match part {
                Part::Bytes(bytes) => self.sent.borrow_mut().extend_from_slice(bytes),
                Part::File(_) if self.lacks_files => return Err(io::ErrorKind::Unsupported.into()),
                Part::File(file) => self.files.borrow_mut().push(*file),
            }
        }
        Ok(())
    }

    fn close_connection(&self) {
        self.closed.set(true);
    }

    fn set_status_code(&self, code: u16) {
        self.status_code.set(code);
    }
}

/// The settings of an application at `path`.
pub fn settings(path: &'static str, identity: Identity) -> Settings {
    Settings {
        deployment: "test",
        engine: "engine.dll",
        python: Python { home: r"C:\Python", version: (3, 11), virtual_environment: None },
        application: Application {
            ini: r"C:\k\my.ini",
            distribution: r"C:\k",
            path,
            static_files: StaticFiles::Application,
            monitored: &[],
        },
        identity,
        domains: &[],
        default_domain: "",
        trusted_proxies: &[],
        workers: Workers {
            threads: 1,
            queue_length: 1,
            drain_seconds: 1,
            preload: true,
            synchronous: false,
            slow_clients: 0,
            client_seconds: 0,
            limit_seconds: 0,
            slow_seconds: 0,
        },
        limits: Limits { form_megabytes: 8, form_fields: 10_000, argument_kilobytes: 1024 },
        log: Log {
            file: r"C:\k\bridge.log",
            level: Level::Error,
            max_megabytes: 1,
            keep: 1,
            failed_request_tracing: false,
        },
        programs: None,
        environment: &[],
    }
}
