//! URLs, from the client's bytes to SCRIPT_NAME and PATH_INFO.

use kallithea_bridge_isapi::url::{Unreadable, decode, encode, is_elsewhere, path_of, read, settle, split};

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("it was text")
}

/// A path as the bridge reads it.
fn seen(path: &str) -> String {
    text(read(path.as_bytes()).unwrap_or_else(|why| panic!("{path}: {why}")))
}

#[test]
fn the_path_has_neither_query_nor_host() {
    assert_eq!(path_of(b"/a/b?c=/d"), b"/a/b");
    assert_eq!(path_of(b"http://code.example/a?b"), b"/a");
    assert_eq!(path_of(b"http://code.example\\a"), b"\\a");
    assert_eq!(path_of(b"https://code.example"), b"/");
    assert_eq!(path_of(b"//host/a"), b"//host/a");
    for path in [r"\a://b/c", "/a://b/c", "://b/c", "a b://c/d"] {
        assert_eq!(path_of(path.as_bytes()), path.as_bytes(), "no scheme");
    }
    assert_eq!(path_of(b"*"), b"*");
    assert_eq!(path_of(b""), b"");
}

#[test]
fn escapes_are_decoded_once() {
    assert_eq!(decode(b"/j%C3%B6rg"), Ok("/jörg".into()));
    assert_eq!(decode(b"/%2541"), Ok(b"/%41".to_vec()));
    assert_eq!(decode(b"/a+b%2Fc"), Ok(b"/a+b/c".to_vec()));
    assert_eq!(seen("/a%255Cb"), "/a%5Cb", "data, and no separator");
    assert_eq!(seen("/%252e%252e/a"), "/%2e%2e/a");
}

/// HTTP.sys accepts these escapes unless PercentUAllowed is 0 (KB 820129); then it refuses all of them.
#[test]
fn unicode_escapes_are_decoded_as_well() {
    assert_eq!(seen("/j%u00F6rg/%U0041"), "/jörg/A");
    assert_eq!(seen("/%uD83D%uDE00"), "/\u{1F600}");
    assert_eq!(seen("/a%u005Cb%u002fc/%u002e%u002E/d"), "/a/b/d");
    assert_eq!(seen("/%u0025u0041"), "/%u0041");
}

#[test]
fn what_begins_no_escape_is_refused() {
    for path in
        ["/%", "/a%", "/%4", "/%zz", "/%%41", "/%u004", "/%uD83D", "/%uD83D%41", "/%uDE00%uD83D", "/%uzzzz"]
    {
        assert_eq!(read(path.as_bytes()), Err(Unreadable::Escape), "{path}");
    }
}

#[test]
fn control_characters_are_refused_in_every_form() {
    for path in ["/a\nb", "/%00", "/a%1f", "/%7F", "/%C2%85", "/%u0000", "/%u009f"] {
        assert_eq!(read(path.as_bytes()), Err(Unreadable::Control), "{path}");
    }
    assert_eq!(seen("/%20%C2%A0"), "/ \u{a0}");
}

/// Among them are overlong forms of a slash, a backslash or a dot, which are never decoded.
#[test]
fn what_is_not_utf_8_is_left_to_the_server() {
    for path in
        ["/%C0%AF", "/%C1%9C", "/%E0%80%AF", "/%F0%80%80%AF", "/%C0%AE%C0%AE/", "/%FF", "/%83%5C", "/a%"]
    {
        assert!(read(path.as_bytes()).is_err(), "{path}");
    }
    assert_eq!(read(b"/%83%5Ca"), Err(Unreadable::Coding), "one letter in code page 932");
}

#[test]
fn backslashes_are_slashes_before_dots_are_resolved() {
    assert_eq!(seen(r"/RootTest/SubDir1\SubDir2/../../SubDir5/SubDir6"), "/RootTest/SubDir5/SubDir6");
    assert_eq!(seen("/kallithea%5Cnotes"), "/kallithea/notes");
    assert_eq!(seen(r"/a\..\b"), "/b");
    assert_eq!(seen("/a%5c..%5c..%5c..%5cb"), "/b");
    assert_eq!(seen("/%5c%5chost%5cshare"), "/host/share");
    assert_eq!(seen(r"\a"), "/a");
}

#[test]
fn slashes_are_folded_before_dots_are_resolved() {
    assert_eq!(seen("//kallithea///notes//"), "/kallithea/notes/");
    assert_eq!(seen("/a//../b"), "/b");
    assert_eq!(seen("/a/%2F/b%2f%2f"), "/a/b/");
    assert_eq!(seen("//"), "/");
    assert_eq!(seen("/"), "/");
}

#[test]
fn dots_are_resolved_and_never_leave_the_root() {
    assert_eq!(seen("/a/b"), "/a/b");
    assert_eq!(seen("/a/./b"), "/a/b");
    assert_eq!(seen("/a/../b"), "/b");
    assert_eq!(seen("/../../b"), "/b");
    assert_eq!(seen("/a/.."), "/");
    assert_eq!(seen("/a/b/."), "/a/b/");
    assert_eq!(seen("/a/...b/..c"), "/a/...b/..c");
    assert_eq!(seen("/a/.../b"), "/a/.../b");
}

#[test]
fn what_has_no_slash_in_front_is_no_path() {
    for path in ["", "*", "a/b", "code.example:443"] {
        assert_eq!(read(path.as_bytes()), Err(Unreadable::Relative), "{path}");
    }
}

#[test]
fn what_a_server_has_decoded_is_read_without_decoding_it_again() {
    assert_eq!(settle(b"/a%5Cb\\..//c%".to_vec()), Ok(b"/c%".to_vec()));
}

#[test]
fn what_is_encoded_decodes_to_itself() {
    let every: Vec<u8> = (0..=255).collect();
    assert_eq!(decode(encode(&every).as_bytes()), Ok(every));
    assert_eq!(encode(b"/kallithea"), "/kallithea");
}

#[test]
fn a_path_is_split_at_the_application() {
    let parts = |path: &str, application: &str| {
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

#[test]
fn drives_and_shares_are_told_from_names_with_a_colon() {
    for path in ["/C:/a", "/c:", "/C:a", "/1:/a", "/ö:/a", "//host/a", r"/a\b", r"\\host"] {
        assert!(is_elsewhere(path.as_bytes()), "{path}");
    }
    for path in ["", "/", "/:a", "/ab:c", "/notes/files/tip/C:/a", "/notes/files/tip/a:b.txt", "/a"] {
        assert!(!is_elsewhere(path.as_bytes()), "{path}");
    }
}
