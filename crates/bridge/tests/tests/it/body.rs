//! Bodies: first the read-ahead part, then ReadClient, and never more bytes than announced.

use kallithea_bridge_isapi::body::Body;

use crate::fake::Fake;

#[test]
fn read_ahead_comes_first_and_nothing_is_read_early() {
    let fake = Fake::get("/").with_body(Some(8), b"abcd", &[b"ef", b"gh"]);
    let mut body = Body::new(Some(8));
    assert_eq!(body.read(&fake, Some(3)).expect("there are bytes"), b"abc");
    assert_eq!(fake.reads.get(), 0);
    assert_eq!(body.read(&fake, Some(2)).expect("there are bytes"), b"de");
    assert_eq!(body.read(&fake, None).expect("there are bytes"), b"fgh");
    assert_eq!(body.read(&fake, None).expect("the end is no error"), b"");
    assert_eq!(fake.reads.get(), 2, "the end is known without asking");
}

#[test]
fn nothing_beyond_the_announced_length_is_taken() {
    let fake = Fake::get("/").with_body(Some(3), b"abcdef", &[b"x"]);
    assert_eq!(Body::new(Some(3)).read(&fake, None).expect("there are bytes"), b"abc");
    assert_eq!(fake.reads.get(), 0);
}

#[test]
fn an_unknown_length_ends_with_an_empty_read() {
    let fake = Fake::get("/").with_body(None, b"", &[b"abc", b"d"]);
    let mut body = Body::new(None);
    assert_eq!(body.read(&fake, None).expect("there are bytes"), b"abcd");
    assert_eq!(body.read(&fake, Some(1)).expect("the end is no error"), b"");
    assert_eq!(fake.reads.get(), 3);
}

#[test]
fn lines_cross_pieces_and_respect_the_size() {
    let fake = Fake::get("/").with_body(Some(12), b"ab", &[b"c\nde", b"f\n\nxyz"]);
    let mut body = Body::new(Some(12));
    let mut line = |size| body.read_line(&fake, size).expect("there are lines");
    assert_eq!(line(None), b"abc\n");
    assert_eq!(line(Some(2)), b"de");
    assert_eq!(line(Some(100)), b"f\n");
    assert_eq!((line(None), line(None), line(None)), (b"\n".to_vec(), b"xyz".to_vec(), Vec::new()));
}

#[test]
fn a_client_that_stops_is_an_error_for_good() {
    for read_error in [None, Some("reset")] {
        let fake = Fake { read_error, ..Fake::get("/").with_body(Some(10), b"abc", &[b"d"]) };
        let mut body = Body::new(Some(10));
        assert_eq!(body.read(&fake, Some(4)).expect("there are bytes"), b"abcd");
        let error = body.read(&fake, Some(1)).expect_err("the client stopped").to_string();
        assert!(error.contains("after 4 of 10 bytes"), "{error}");
        assert!(body.is_broken() && body.read(&fake, Some(1)).is_err());
    }
}

#[test]
fn five_gibibytes_may_be_announced() {
    let fake = Fake::get("/").with_body(None, b"abc", &[]);
    let mut body = Body::new(Some(5 << 30));
    assert_eq!(body.read(&fake, Some(3)).expect("there are bytes"), b"abc");
}
