//! Headers: each appears once, and none claims what only the server knows.

use kallithea_bridge_isapi::headers::{BodyEnd, Headers, MOST, Trust};

fn headers(raw: &str) -> Headers {
    let mut headers = Headers::default();
    headers.read(|lines| lines.extend_from_slice(raw.as_bytes()));
    headers
}

fn variables(raw: &str, authenticated: bool) -> Vec<(String, String)> {
    settled(raw, Trust { authenticated, proxy: false })
}

fn settled(raw: &str, trust: Trust) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it was text");
    let mut headers = headers(raw);
    headers.settle(trust);
    headers.variables().map(|(name, value)| (text(name), text(value))).collect()
}

#[test]
fn headers_are_folded_and_joined() {
    let raw = "Host: a\r\nAccept: x\r\naccept: y\r\nCookie: c=1\r\nCookie: d=2\r\nX-Long: one\r\n  two\r\n";
    let expected =
        [("HTTP_HOST", "a"), ("HTTP_ACCEPT", "x,y"), ("HTTP_COOKIE", "c=1; d=2"), ("HTTP_X_LONG", "one two")];
    assert_eq!(variables(raw, false), expected.map(|(name, value)| (name.into(), value.into())));
}

#[test]
fn claims_are_dropped_in_every_spelling() {
    for name in [
        "Proxy",
        "X-Forwarded-For",
        "X-Forwarded-User",
        "X-Forwarded-Proto",
        "x-forwarded-anything",
        "Forwarded",
        "X-Real-IP",
        "Remote-User",
        "X-Remote-User",
        "REMOTE-USER",
        "Auth-Type",
        "Logon-User",
        "X_Forwarded_User",
        "Remote_User",
        "X-Forwarded_User",
        "Any_Thing",
        "Content-Type",
        "Content-Length",
    ] {
        assert_eq!(variables(&format!("{name}: carol\r\n"), false), [], "{name}");
    }
    assert_eq!(variables("X-Forward: fine\r\n", false).len(), 1);
}

#[test]
fn the_servers_password_stays_with_the_server() {
    let raw = "Authorization: Basic c2VjcmV0\r\n";
    assert_eq!(variables(raw, true), []);
    assert_eq!(variables(raw, false), [("HTTP_AUTHORIZATION".to_owned(), "Basic c2VjcmV0".to_owned())]);
}

#[test]
fn what_is_no_header_is_dropped() {
    assert_eq!(
        variables(" folded: first\r\nno colon\r\n: no name\r\nbad name: x\r\nX\u{e9}: y\r\n\r\n", false),
        []
    );
}

#[test]
fn a_proxy_that_is_trusted_speaks_for_its_clients() {
    let proxy = Trust { proxy: true, authenticated: false };
    let named = |name: &str| settled(&format!("{name}: carol\r\n"), proxy).len();
    for name in ["X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Client-IP"] {
        assert_eq!(named(name), 1, "{name}");
    }
    for name in ["X_Forwarded_For", "Proxy", "Auth-Type", "Unicode-Remote-User", "Logon-User"] {
        assert_eq!(named(name), 0, "{name}");
    }
    // No proxy may say who the user is.
    for name in ["Remote-User", "X-Remote-User", "X-Forwarded-User", "x-forwarded-login", "X-Forwarded-Email"]
    {
        assert_eq!(named(name), 0, "{name}");
    }
}

#[test]
fn headers_serve_one_request_after_the_other() {
    let mut headers = headers("A: 1\r\nB: 2\r\nA: 3\r\n");
    headers.settle(Trust::default());
    headers.read(|lines| lines.extend_from_slice(b"C: 4\r\n"));
    headers.settle(Trust::default());
    assert_eq!(headers.variables().collect::<Vec<_>>(), [(&b"HTTP_C"[..], &b"4"[..])]);
}

#[test]
fn values_that_go_on_over_several_lines_are_joined_once() {
    let raw = "A: one\r\n two\r\n\tthree\r\nB: x\r\na: four\r\n  five\r\n";
    let expected = [("HTTP_A", "one two three,four five"), ("HTTP_B", "x")];
    assert_eq!(variables(raw, false), expected.map(|(name, value)| (name.into(), value.into())));
}

#[test]
fn more_headers_than_anybody_sends_are_too_many() {
    let lines = |count: usize| "X-Same: value\r\n".repeat(count);
    let (most, more) = (headers(&lines(MOST)), headers(&lines(MOST + 1)));
    assert_eq!((most.are_too_many(), more.are_too_many()), (false, true));
    let mut again = more;
    again.read(|lines| lines.extend_from_slice(b"A: 1\r\n"));
    assert!(!again.are_too_many(), "the next request has few");
    // A continuation line is part of its header.
    assert!(!headers(&format!("A: 1\r\n{}", " more\r\n".repeat(MOST + 1))).are_too_many());
}

#[test]
fn the_end_of_the_body_is_said_once_or_not_at_all() {
    let end = |raw: &str| headers(raw).body_end();
    assert_eq!(end("Host: a\r\n"), Ok(BodyEnd::Unsaid));
    assert_eq!(end("Content-Length: 5\r\ncontent-length: 5\r\n"), Ok(BodyEnd::Length(5)));
    assert_eq!(end("Transfer-Encoding: Chunked \r\n"), Ok(BodyEnd::Chunked(None)));
    assert_eq!(end("X-Transfer-Encoding: chunked\r\n"), Ok(BodyEnd::Unsaid));
    let both = "Transfer-Encoding: chunked\r\nContent-Length: 7\r\n";
    assert_eq!(end(both), Ok(BodyEnd::Chunked(Some(7))));
    for raw in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length:\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunkedx\r\n",
    ] {
        assert!(end(raw).is_err(), "{raw:?}");
    }
}
