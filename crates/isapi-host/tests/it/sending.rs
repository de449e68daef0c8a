//! What an extension sends, and how.

use std::io::{self, Read as _};
use std::sync::Arc;

use isapi_host::{Abilities, Framing, Host, Peer, Prepared, Request};
use kallithea_host_extension::library;

use crate::support::{ask, body, host, start};

#[test]
fn headers_and_bodies_are_held_to_their_rules() {
    let host = host();
    for (what, violations) in [
        ("head-twice", &["headers sent twice"][..]),
        ("body-first", &["a body before the headers"]),
        ("no-head", &["completed with success, but no headers were sent"]),
        ("no-code", &["a status without a code: \"fine\""]),
        ("open-block", &["the header block does not end in an empty line"]),
        ("no-header", &["not a header: \"A b\""]),
        (
            "too-long",
            &["more bytes than Content-Length says", "the connection is kept after a body that did not end"],
        ),
        ("too-short", &["the connection is kept after a body that did not end"]),
        ("no-content", &["bytes of a body where none is allowed"]),
        (
            "bad-chunk",
            &[
                "wrong chunked coding: a chunk is longer than its size says",
                "the connection is kept after a body that did not end",
            ],
        ),
        ("both-lengths", &["Transfer-Encoding and Content-Length in one response"]),
        ("async-write", &["asynchronous WriteClient, whose buffer would outlive the call"]),
        ("async-vector", &["asynchronous VECTOR_SEND, whose buffers would outlive the call"]),
        ("async-read", &["asynchronous ReadClient, whose buffer would outlive the call"]),
        (
            "vector-head-twice",
            &["headers sent twice", "the connection is kept after a body that did not end"],
        ),
        (
            "vector-body-first",
            &["a body before the headers", "completed with success, but no headers were sent"],
        ),
        (
            "vector-without-head",
            &[
                "VECTOR_SEND needs status and headers with HSE_IO_SEND_HEADERS, else neither",
                "completed with success, but no headers were sent",
            ],
        ),
        (
            "vector-flags",
            &[
                "VECTOR_SEND with flags 0x8000, which httpext.h does not know",
                "completed with success, but no headers were sent",
            ],
        ),
        ("vector-empty", &["VECTOR_SEND of a buffer of no or too many bytes"]),
        ("after-final", &["bytes after a send that was said to be the final one"]),
        ("password", &["the client's password was read"]),
    ] {
        assert_eq!(host.serve(ask(what)).violations, violations, "{what}");
    }
}

#[test]
fn a_request_can_forbid_what_is_right_for_others() {
    let host = host();
    let head = Request { method: "HEAD".into(), ..ask("plain") };
    assert_eq!(host.serve(head).violations, ["bytes of a body where none is allowed"]);
    let old = Request { protocol: "HTTP/1.0".into(), ..ask("good-chunk") };
    assert_eq!(host.serve(old).violations, ["chunked coding over HTTP/1.0"]);
    assert_eq!(host.serve(ask("good-chunk")).violations, [""; 0]);
}

#[test]
fn a_vector_carries_headers_buffers_and_a_part_of_a_file() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "HELLO world!").expect("a file can be written");
    let name = file.path().to_str().expect("a plain name").to_owned();
    let response = host().serve(Request { headers: vec![("X-File".into(), name)], ..ask("vector") });
    assert_eq!(response.violations, [""; 0]);
    assert_eq!((response.framing, body(&response)), (Framing::Chunked, "helloworld"));
    assert!(response.complete && response.keep_alive);
}

#[test]
fn a_host_may_lack_vector_send() {
    let abilities = Abilities::default().refuse("VECTOR_SEND").expect("a request's name");
    let host = start(Host::load(&library()).expect("the extension").abilities(abilities));
    let response = host.serve(ask("vector-or-not"));
    assert_eq!((response.violations.as_slice(), body(&response)), (&[][..], "hello"));
    let unknown = Abilities::default().refuse("VECTOR_SENT").expect_err("no such request");
    assert_eq!(unknown.0, "VECTOR_SENT");
}

#[test]
fn bodies_need_not_be_in_memory() {
    let host = host();
    let size = 3_000_000;
    let sum: u64 = (0..size).map(|number| number % 251).sum();
    let upload = Request { body_size: Some(size), ..ask("upload") };
    assert_eq!(body(&host.serve(upload.clone())), format!("{size} {sum} of {size}"));
    let chunked = Request { chunked: true, ..upload };
    assert_eq!(body(&host.serve(chunked)), format!("{size} {sum} of {}", u32::MAX));
    for what in ["download", "download-chunked"] {
        let download = Request { discard_response: true, ..ask(&format!("{what}=1000000")) };
        let response = host.serve(download);
        let discarded = response.discarded.as_ref().expect("length and checksum");
        assert_eq!((discarded.bytes, response.body.len(), response.complete), (1_000_000, 0, true));
        let zeros = "d29751f2649b32ff572b5e0a9f541ea660a50f94ff0beedfb0b692b924cc8025";
        assert_eq!((discarded.sha256.as_str(), response.violations.as_slice()), (zeros, &[][..]));
    }
}

#[test]
fn what_is_declared_is_not_always_sent() {
    let host = host();
    let declared = |size| Request { declared_size: Some(size), body_size: Some(100_000), ..ask("upload") };
    for size in [200_000, 5 << 30] {
        let response = host.serve(declared(size));
        assert_eq!((response.status.as_str(), response.client_gone), ("400 Bad Request", true), "{size}");
    }
    let declared = Request { url: "/?CONTENT_LENGTH".into(), ..declared(5 << 30) };
    assert_eq!(body(&host.serve(declared)), (5_u64 << 30).to_string());
}

/// A client that sends some bytes, fails once, and from then on reports the end of the body.
struct Forgetful {
    left: &'static [u8],
    failed: bool,
    head: Vec<u8>,
}

impl Peer for Forgetful {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.is_empty() {
            let failed = std::mem::replace(&mut self.failed, true);
            return if failed { Ok(0) } else { Err(io::ErrorKind::InvalidData.into()) };
        }
        let size = buffer.len().min(3);
        self.left.read(&mut buffer[..size])
    }

    fn head(&mut self, status: &[u8], _headers: &[u8], _keep: bool) -> io::Result<()> {
        self.head = status.to_vec();
        Ok(())
    }

    fn write(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_fault_in_a_body_is_remembered_wherever_it_comes() {
    let host = host();
    // Within the bytes that the host reads ahead, at their end, and after it.
    for read_ahead in [100, 6, 5, 0] {
        for (chunked, declared_size) in [(true, None), (false, Some(7))] {
            let request = Request { chunked, declared_size, read_ahead, ..ask("upload") };
            let prepared = Arc::new(Prepared::new(&request).expect("a request"));
            let mut peer = Forgetful { left: b"abcdef", failed: false, head: Vec::new() };
            let outcome = host.exchange(&prepared, &mut peer);
            let head = String::from_utf8_lossy(&peer.head).into_owned();
            assert_eq!(
                (head.trim_end_matches('\0'), outcome.client_gone),
                ("400 Bad Request", true),
                "{request:?}"
            );
            assert_eq!(outcome.bytes_received, 6);
        }
    }
}

#[test]
fn clients_go_away() {
    let host = host();
    let upload = Request { body_size: Some(100_000), abort_upload_after: Some(60_000), ..ask("upload") };
    let response = host.serve(upload);
    assert_eq!((response.status.as_str(), response.client_gone), ("400 Bad Request", true));
    let download = Request { abort_download_after: Some(100_000), ..ask("download=1000000") };
    let response = host.serve(download);
    assert_eq!((response.body.len(), response.client_gone), (65_536, true));
    assert_eq!(response.violations, [""; 0]);
    let gone = host.serve(Request { abort_download_after: Some(0), ..ask("connected") });
    assert_eq!(gone.notes.log_parameters, "gone");
    assert_eq!(host.serve(ask("connected")).notes.log_parameters, "here");
}
