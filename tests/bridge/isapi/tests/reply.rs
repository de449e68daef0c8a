//! Responses: the head's check, the framing, and the end.

mod support;

use kallithea_bridge_isapi::client::Completion;
use kallithea_bridge_isapi::reply::{Head, Protocol, Reply};
use support::Fake;

fn head(status: &str, headers: &[(&str, &str)]) -> Result<Head, String> {
    let bytes = |text: &str| text.as_bytes().to_vec();
    Head::new(bytes(status), headers.iter().map(|(name, value)| (bytes(name), bytes(value))).collect())
}

fn answer(method: &str, protocol: Protocol, head: Head, pieces: &[&[u8]]) -> (Fake, Completion) {
    let fake = Fake::get("/");
    let mut reply = Reply::new(method, protocol);
    reply.set_head(head);
    for piece in pieces {
        reply.write(&fake, piece).expect("the client is there");
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
    for pair in
        [("", "x"), ("a b", "x"), ("a:", "x"), ("a", "x\r\nb: y"), ("a", "\0"), ("Content-Length", "-1")]
    {
        assert!(head("200 OK", &[pair]).is_err(), "{pair:?}");
    }
    for name in ["Connection", "transfer-encoding", "Keep-Alive", "Upgrade"] {
        assert!(head("200 OK", &[(name, "x")]).is_err(), "{name}");
    }
    assert!(head("200 OK", &[("X-Tab", "a\tb"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]).is_ok());
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
fn a_large_chunk_is_not_copied() {
    let piece = vec![b'x'; 100_000];
    let (fake, _) = answer("GET", Protocol::Http11, head("200 OK", &[]).expect("it is a head"), &[&piece]);
    assert_eq!(fake.sent.borrow().len(), b"186a0\r\n".len() + 100_000 + b"\r\n0\r\n\r\n".len());
    assert_eq!(fake.writes.get(), 4);
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
    let mut reply = Reply::new("GET", Protocol::Http11);
    reply.set_head(head("200 OK", &[]).expect("it is a head"));
    reply.set_head(head("418 Teapot", &[]).expect("it is a head"));
    assert!(reply.has_head() && !reply.is_started());
    reply.write(&fake, b"tea").expect("the client is there");
    assert!(reply.is_started());
    assert_eq!((fake.status_code.get(), reply.code(), reply.sent()), (418, 418, 3));
}

#[test]
fn a_vanished_client_is_remembered() {
    let fake = Fake::get("/");
    let mut reply = Reply::new("GET", Protocol::Http11);
    reply.set_head(head("200 OK", &[]).expect("it is a head"));
    fake.gone.set(true);
    assert!(reply.write(&fake, b"abc").is_err() && reply.is_broken());
    fake.gone.set(false);
    assert_eq!(reply.finish(&fake).expect("nothing is sent"), Completion::Failed);
    assert_eq!(sent(&fake), "");
}
