//! URLs, from the client's bytes to SCRIPT_NAME and PATH_INFO.

use kallithea_bridge_isapi::url::{decode, encode, path_of, split, without_dots};

#[test]
fn the_path_has_neither_query_nor_host() {
    assert_eq!(path_of(b"/a/b?c=/d"), b"/a/b");
    assert_eq!(path_of(b"http://code.example/a?b"), b"/a");
    assert_eq!(path_of(b"https://code.example"), b"/");
    assert_eq!(path_of(b"*"), b"*");
    assert_eq!(path_of(b""), b"");
}

#[test]
fn escapes_are_decoded_once() {
    assert_eq!(decode(b"/j%C3%B6rg"), "/jörg".as_bytes());
    assert_eq!(decode(b"/%2541"), b"/%41");
    assert_eq!(decode(b"/a+b%2Fc"), b"/a+b/c");
    assert_eq!(decode(b"/%zz%4"), b"/%zz%4");
    assert_eq!(decode(b"/%"), b"/%");
}

#[test]
fn what_is_encoded_decodes_to_itself() {
    let every: Vec<u8> = (0..=255).collect();
    assert_eq!(decode(encode(&every).as_bytes()), every);
    assert_eq!(encode(b"/kallithea"), "/kallithea");
}

#[test]
fn dots_are_resolved_and_never_leave_the_root() {
    let resolve = |path: &str| String::from_utf8(without_dots(path.into())).expect("it was text");
    assert_eq!(resolve("/a/b"), "/a/b");
    assert_eq!(resolve("/a//b/"), "/a//b/");
    assert_eq!(resolve("/a/./b"), "/a/b");
    assert_eq!(resolve("/a/../b"), "/b");
    assert_eq!(resolve("/../../b"), "/b");
    assert_eq!(resolve("/a/.."), "/");
    assert_eq!(resolve("/a/b/."), "/a/b/");
    assert_eq!(resolve("/a/...b/..c"), "/a/...b/..c");
}

#[test]
fn a_path_is_split_at_the_application() {
    let parts = |path: &str, application: &str| {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it was text");
        split(path.into(), application).map(|(script, rest)| (text(script), text(rest)))
    };
    let some = |script: &str, path: &str| Some((script.to_owned(), path.to_owned()));
    assert_eq!(parts("/", "/"), some("", "/"));
    assert_eq!(parts("/a/b", "/"), some("", "/a/b"));
    assert_eq!(parts("/kallithea", "/kallithea"), some("/kallithea", ""));
    assert_eq!(parts("/Kallithea/a", "/kallithea"), some("/Kallithea", "/a"));
    assert_eq!(parts("/kallithea2", "/kallithea"), None);
    assert_eq!(parts("/", "/kallithea"), None);
    assert_eq!(parts("", "/kallithea"), None);
}
