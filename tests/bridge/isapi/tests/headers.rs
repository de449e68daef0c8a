//! Headers: each once, and none that claims what only the server knows.

use kallithea_bridge_isapi::headers::Headers;

fn variables(raw: &str, authenticated: bool) -> Vec<(String, String)> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it was text");
    let variables = Headers::parse(raw.as_bytes()).variables(authenticated);
    variables.into_iter().map(|(name, value)| (name, text(value))).collect()
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
fn chunked_is_recognised() {
    assert!(Headers::parse(b"transfer-encoding: gzip, Chunked\r\n").is_chunked());
    assert!(!Headers::parse(b"Transfer-Encoding: gzip\r\n").is_chunked());
    assert!(!Headers::parse(b"X-Transfer-Encoding: chunked\r\n").is_chunked());
}
