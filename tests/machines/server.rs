//! A running `serve`, and raw sockets to talk to it.
//!
//! In: a command that serves. Out: the answer, byte for byte. Absent: a client that decides anything itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use isapi_host::Decoder;

/// A server that ends with this value.
pub struct Server {
    child: Child,
    pub url: String,
    /// `127.0.0.1:port`.
    pub address: String,
}

impl Server {
    /// Starts a server and waits until it listens.
    pub fn start(mut command: Command) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("the server starts");
        let mut url = String::new();
        let output = child.stdout.take().expect("standard output is a pipe");
        BufReader::new(output).read_line(&mut url).expect("the server says where it is");
        let address = url.split('/').nth(2).map(str::to_owned);
        let Some(address) = address else {
            let mut errors = String::new();
            child.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("its errors");
            panic!("the server did not start: {errors}");
        };
        Self { child, url: url.trim().to_owned(), address }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(300))).expect("a socket has a timeout");
        stream
    }

    /// Sends these bytes and reads until the connection ends.
    pub fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        stream.write_all(bytes).expect("the server reads");
        let mut all = Vec::new();
        stream.read_to_end(&mut all).expect("the server answers");
        all
    }

    /// Sends an HTTP/1.1 request that ends its connection, with further header lines.
    pub fn send(&self, line: &str, headers: &str, body: &str) -> Answer {
        let host = &self.address;
        let text = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n{body}");
        Answer::read(&self.raw(text.as_bytes()))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), "", "")
    }

    /// The server's process ID.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the server ends: its exit code and its standard error.
    pub fn wait(mut self) -> (Option<i32>, String) {
        let mut errors = String::new();
        let mut pipe = self.child.stderr.take().expect("standard error is a pipe");
        pipe.read_to_string(&mut errors).expect("it can be read");
        (self.child.wait().expect("the server ends").code(), errors)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has already ended if the test waited for that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One response.
#[derive(Debug)]
pub struct Answer {
    pub status: String,
    pub head: String,
    /// The body without its chunked coding.
    pub body: String,
    /// Whether the body was complete.
    pub complete: bool,
}

impl Answer {
    pub fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no head in {:?}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let raw = &bytes[end + 4..];
        let mut answer = Self {
            status: String::new(),
            head,
            body: String::from_utf8_lossy(raw).into_owned(),
            complete: true,
        };
        let line = answer.head.lines().next().unwrap_or_default();
        answer.status = line.split_once(' ').map_or("", |(_, status)| status).to_owned();
        if answer.header("Transfer-Encoding").is_some() {
            let (mut decoder, mut body) = (Decoder::default(), Vec::new());
            decoder.decode(raw, |part| body.extend_from_slice(part)).expect("good chunked coding");
            answer.complete = decoder.is_complete();
            answer.body = String::from_utf8_lossy(&body).into_owned();
        } else if let Some(length) = answer.header("Content-Length") {
            answer.complete = length.parse() == Ok(raw.len());
        }
        answer
    }

    /// Reads the next response of a connection, to the end of its body.
    pub fn next(reader: &mut impl BufRead) -> Self {
        let mut bytes = Vec::new();
        loop {
            let mut byte = [0];
            reader.read_exact(&mut byte).expect("the connection is kept");
            bytes.push(byte[0]);
            if bytes.ends_with(b"\r\n\r\n") {
                let answer = Self::read(&bytes);
                let is_end = match answer.header("Content-Length") {
                    Some(length) => {
                        let mut body = vec![0; length.parse().expect("a length")];
                        reader.read_exact(&mut body).expect("the body comes");
                        bytes.extend(body);
                        true
                    }
                    None => answer.complete,
                };
                if is_end {
                    return Self::read(&bytes);
                }
            }
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}
