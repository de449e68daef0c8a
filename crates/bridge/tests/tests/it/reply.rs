//! Responses: the head's check, the framing, and the end.

use kallithea_bridge_isapi::client::{Completion, End, FileRange};
use kallithea_bridge_isapi::reply::{Head, HeadError, Protocol, Reply, page_head};

use crate::fake::Fake;

fn head(status: &str, headers: &[(&str, &str)]) -> Result<Head, HeadError> {
    let mut head = Head::new(status.as_bytes())?;
    headers.iter().try_for_each(|(name, value)| head.push(name.as_bytes(), value.as_bytes()))?;
    Ok(head)
}

fn answer(method: &str, protocol: Protocol, head: Head, pieces: &[&[u8]]) -> (Fake, Completion) {
    let fake = Fake::get("/");
    let mut reply = Reply::new(method.as_bytes(), protocol);
    reply.set_head(head);
    for piece in pieces {
        reply.write(&fake, &[piece]).expect("the client is there");
    }
    let completion = reply.finish(&fake).expect("the client is there");
    (fake, completion)
}

fn sent(fake: &Fake) -> String {
    String::from_utf8(fake.sent.borrow().clone()).expect("it was text")
}

#[test]
fn heads_are_checked() {
    assert_eq!(head("200 Script output follows", &[]).map(|head| head.code()), Ok(200));
    assert_eq!(head("200", &[]).map(|head| head.code()), Ok(200));
    for status in ["", "20", "2000 OK", "abc", "200 O\rK", "099 X", "200\nOK"] {
        assert!(head(status, &[]).is_err(), "{status:?}");
    }
    let refused = |headers: &[(&str, &str)]| head("200 OK", headers).expect_err("a mistake in the headers");
    for name in ["", "a b", "a:"] {
        assert_eq!(refused(&[(name, "x")]), HeadError::Name(name.into()));
    }
    for value in ["x\r\nb: y", "\0"] {
        assert_eq!(refused(&[("A", value)]), HeadError::Value("a".into()), "{value:?}");
    }
    assert_eq!(refused(&[("Content-Length", "-1")]), HeadError::Length);
    for coding in ["chunked", "gzip, chunked", "identity, chunked", ""] {
        assert_eq!(refused(&[("transfer-encoding", coding)]), HeadError::TransferEncoding, "{coding}");
    }
    assert!(head("200 OK", &[("X-Tab", "a\tb"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]).is_ok());
}

#[test]
fn headers_of_the_connection_are_left_out() {
    let left_out = [
        ("Connection", "Keep-Alive"),
        ("KEEP-ALIVE", "timeout=5"),
        ("Proxy-Authenticate", "Basic"),
        ("Proxy-Authentication-Info", "x"),
        ("Proxy-Authorization", "x"),
        ("Proxy-Connection", "close"),
        ("TE", "trailers"),
        ("Trailer", "X-Sum"),
        ("Trailers", "X-Sum"),
        ("Transfer-Encoding", "identity"),
        ("upgrade", "h2c"),
        ("X-Kept", "1"),
    ];
    let plain = head("200 OK", &left_out).expect("they are left out, not refused");
    let (fake, completion) = answer("GET", Protocol::Http11, plain, &[b"abc"]);
    let expected = "X-Kept: 1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    assert_eq!(fake.head.take(), Some(("200 OK".to_owned(), expected, true)));
    assert_eq!(completion, Completion::KeepConnection);
}

#[test]
fn the_application_may_end_the_connection() {
    for value in ["close", "Close", "Keep-Alive, CLOSE", "x,close"] {
        let closing = head("200 OK", &[("Content-Length", "3"), ("Connection", value)]).expect("a head");
        let (fake, completion) = answer("GET", Protocol::Http11, closing.clone(), &[b"abc"]);
        let expected = "Content-Length: 3\r\nConnection: close\r\n\r\n".to_owned();
        assert_eq!(fake.head.take(), Some(("200 OK".to_owned(), expected, false)), "{value}");
        assert_eq!(
            (sent(&fake).as_str(), fake.end.get(), completion),
            ("abc", Some(End::Close), Completion::Close)
        );
        // HTTP/2 has one connection for all requests, and no such header.
        let (fake, completion) = answer("GET", Protocol::Http2, closing, &[b"abc"]);
        let expected = "Content-Length: 3\r\n\r\n".to_owned();
        assert_eq!(fake.head.take(), Some(("200 OK".to_owned(), expected, true)), "{value}");
        assert_eq!(completion, Completion::KeepConnection);
    }
    for value in ["closed", "x-close", "keep-alive", ""] {
        let staying = head("200 OK", &[("Connection", value)]).expect("a head");
        assert_eq!(
            answer("GET", Protocol::Http11, staying, &[b"abc"]).1,
            Completion::KeepConnection,
            "{value}"
        );
    }
}

#[test]
fn http_1_1_is_chunked_unless_the_length_is_known() {
    let plain = head("200 OK", &[]).expect("it is a head");
    let (fake, completion) =
        answer("GET", Protocol::Http11, plain.clone(), &[b"abc", b"", b"0123456789abcdef"]);
    assert_eq!(sent(&fake), "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n");
    let expected = ("200 OK".to_owned(), "Transfer-Encoding: chunked\r\n\r\n".to_owned(), true);
    assert_eq!((fake.head.take(), completion), (Some(expected), Completion::KeepConnection));
    let known = head("200 OK", &[("Content-Length", "3")]).expect("it is a head");
    let (fake, completion) = answer("GET", Protocol::Http11, known, &[b"abc"]);
    assert_eq!((sent(&fake).as_str(), completion), ("abc", Completion::KeepConnection));
    let (fake, _) = answer("GET", Protocol::Http11, plain, &[]);
    assert_eq!(fake.head.take().map(|head| head.1), Some("Content-Length: 0\r\n\r\n".to_owned()));
}

#[test]
fn a_chunk_its_marks_and_the_head_are_one_call() {
    let piece = vec![b'x'; 100_000];
    let (fake, _) = answer("GET", Protocol::Http11, head("200 OK", &[]).expect("it is a head"), &[&piece]);
    assert_eq!(fake.sent.borrow().len(), b"186a0\r\n".len() + 100_000 + b"\r\n0\r\n\r\n".len());
    assert_eq!((fake.sends.get(), fake.end.get()), (2, Some(End::Keep)));
}

#[test]
fn a_whole_response_is_one_call() {
    let whole = |protocol, head: Head, pieces: &[&[u8]]| {
        let fake = Fake::get("/");
        let mut reply = Reply::new(b"GET", protocol);
        reply.set_head(head);
        let completion = reply.write_last(&fake, pieces).expect("the client is there");
        (sent(&fake), fake.sends.get(), fake.end.get(), completion)
    };
    let plain = || head("200 OK", &[]).expect("it is a head");
    assert_eq!(
        whole(Protocol::Http11, plain(), &[b"ab", b"", b"c"]),
        ("3\r\nabc\r\n0\r\n\r\n".into(), 1, Some(End::Keep), Completion::KeepConnection)
    );
    assert_eq!(
        whole(Protocol::Http10, plain(), &[b"abc"]),
        ("abc".into(), 1, Some(End::Close), Completion::Close)
    );
    let known = head("200 OK", &[("Content-Length", "3")]).expect("it is a head");
    assert_eq!(
        whole(Protocol::Http11, known, &[b"abc"]),
        ("abc".into(), 1, Some(End::Keep), Completion::KeepConnection)
    );
    assert_eq!(
        whole(Protocol::Http2, plain(), &[]),
        (String::new(), 1, Some(End::Keep), Completion::KeepConnection)
    );
}

#[test]
fn a_page_can_end_the_connection() {
    let fake = Fake::get("/");
    let mut reply = Reply::new(b"POST", Protocol::Http11).closing();
    let completion =
        reply.write_page(&fake, page_head("400 Bad Request", &[]), "No.").expect("the client is there");
    assert_eq!((completion, sent(&fake).as_str()), (Completion::Close, "No.\n"));
    let (_, headers, keep) = fake.head.take().expect("a head was sent");
    assert!(headers.contains("Connection: close\r\n") && !keep, "{headers}");
}

#[test]
fn many_small_pieces_are_joined_and_large_ones_are_not() {
    let small: Vec<&[u8]> = vec![b"0123456789"; 20_000];
    let large = vec![b'y'; 200_000];
    let pieces: Vec<&[u8]> = [&large[..]].into_iter().chain(small).chain([&large[..]]).collect();
    let fake = Fake::get("/");
    let mut reply = Reply::new(b"GET", Protocol::Http2);
    reply.set_head(head("200 OK", &[]).expect("it is a head"));
    reply.write_last(&fake, &pieces).expect("the client is there");
    assert_eq!(*fake.sent.borrow(), pieces.concat());
    assert_eq!((reply.sent(), fake.sends.get()), (600_000, 2 + 4));
}

#[test]
fn a_file_is_the_servers_to_read() {
    let file = FileRange { handle: 7, offset: 3, size: 5 };
    let begin = |lacks_files| {
        let fake = Fake { lacks_files, ..Fake::get("/") };
        let mut reply = Reply::new(b"GET", Protocol::Http11);
        reply.set_head(head("200 OK", &[("Content-Length", "4")]).expect("it is a head"));
        (fake, reply)
    };
    let (fake, mut reply) = begin(false);
    reply.write_file(&fake, file).expect("the server can");
    assert_eq!(fake.files.take(), [FileRange { size: 4, ..file }]);
    assert!(reply.is_overrun(), "the file is longer than its announcement");
    assert_eq!(reply.finish(&fake).expect("the client is there"), Completion::KeepConnection);
    let fake = Fake::get("/");
    let mut reply = Reply::new(b"HEAD", Protocol::Http11);
    reply.set_head(head("200 OK", &[]).expect("it is a head"));
    reply.write_file(&fake, file).expect("the head is sent");
    assert_eq!(
        (fake.files.take().len(), fake.sends.get()),
        (0, 1),
        "an empty part would be the whole file to IIS"
    );
    let (fake, mut reply) = begin(true);
    let error = reply.write_file(&fake, file).expect_err("the server cannot");
    assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
}

#[test]
fn older_and_newer_versions_are_not_chunked() {
    let plain = || head("200 OK", &[]).expect("it is a head");
    let (fake, completion) = answer("GET", Protocol::Http10, plain(), &[b"abc"]);
    let expected = ("200 OK".to_owned(), "Connection: close\r\n\r\n".to_owned(), false);
    assert_eq!(
        (sent(&fake).as_str(), fake.head.take(), completion),
        ("abc", Some(expected), Completion::Close)
    );
    let (fake, completion) = answer("GET", Protocol::Http2, plain(), &[b"abc"]);
    let expected = ("200 OK".to_owned(), "\r\n".to_owned(), true);
    assert_eq!((fake.head.take(), completion), (Some(expected), Completion::KeepConnection));
    let parse = |name: &str| Protocol::parse(name.as_bytes());
    assert_eq!(
        (parse("HTTP/1.1"), parse("HTTP/2.0"), parse("HTTP/3")),
        (Protocol::Http11, Protocol::Http2, Protocol::Http2)
    );
    assert_eq!((parse("HTTP/1.0"), parse("")), (Protocol::Http10, Protocol::Http10));
}

#[test]
fn some_responses_have_no_body() {
    for (method, status) in [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")] {
        let known = head(status, &[("Content-Length", "3")]).expect("it is a head");
        let (fake, completion) = answer(method, Protocol::Http11, known, &[b"abc"]);
        assert_eq!((sent(&fake).as_str(), completion), ("", Completion::KeepConnection), "{method} {status}");
        assert_eq!(fake.head.take().map(|head| head.1), Some("Content-Length: 3\r\n\r\n".to_owned()));
    }
}

#[test]
fn content_length_is_kept_both_ways() {
    let known = || head("200 OK", &[("Content-Length", "4")]).expect("it is a head");
    let (fake, completion) = answer("GET", Protocol::Http11, known(), &[b"abc", b"def", b"ghi"]);
    assert_eq!(
        (sent(&fake).as_str(), completion, fake.closed.get()),
        ("abcd", Completion::KeepConnection, false)
    );
    let (fake, completion) = answer("GET", Protocol::Http11, known(), &[b"abc"]);
    assert_eq!((completion, fake.closed.get()), (Completion::Failed, true));
}

#[test]
fn a_head_can_be_replaced_until_it_is_sent() {
    let fake = Fake::get("/");
    let mut reply = Reply::new(b"GET", Protocol::Http11);
    reply.set_head(head("200 OK", &[]).expect("it is a head"));
    reply.set_head(head("418 Teapot", &[]).expect("it is a head"));
    assert!(reply.has_head() && !reply.is_started());
    reply.write(&fake, &[b"tea"]).expect("the client is there");
    assert!(reply.is_started());
    assert_eq!((fake.status_code.get(), reply.code(), reply.sent()), (418, 418, 3));
}

#[test]
fn a_vanished_client_is_remembered() {
    let fake = Fake::get("/");
    let mut reply = Reply::new(b"GET", Protocol::Http11);
    reply.set_head(head("200 OK", &[]).expect("it is a head"));
    fake.gone.set(true);
    assert!(reply.write(&fake, &[b"abc"]).is_err() && reply.is_broken());
    fake.gone.set(false);
    assert_eq!(reply.finish(&fake).expect("nothing is sent"), Completion::Failed);
    assert_eq!(sent(&fake), "");
}
