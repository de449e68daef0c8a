//! Request bodies: the same bytes, however they are split on the way and however they are read.

use std::io::{BufRead, Cursor, Read};

use kallithea_bridge_isapi::body::Body;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::fake::Fake;

/// A read by the application.
#[derive(Debug, Clone)]
enum Wish {
    Bytes(Option<usize>),
    Line(Option<usize>),
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let size = || proptest::option::of(0_usize..40);
    vec(prop_oneof![size().prop_map(Wish::Bytes), size().prop_map(Wish::Line)], 0..20)
}

/// Bytes with short lines.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![4 => any::<u8>(), 1 => Just(b'\n')], 0..300)
}

/// Splits bytes into pieces of these lengths, and the rest.
fn cut(mut bytes: &[u8], lengths: &[usize]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    for &length in lengths {
        let (piece, rest) = bytes.split_at(length.min(bytes.len()));
        pieces.push(piece.to_vec());
        bytes = rest;
    }
    pieces.push(bytes.to_vec());
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// What a file with these bytes would return.
fn expected(file: &mut Cursor<&[u8]>, wish: &Wish) -> Vec<u8> {
    let (mut found, mut line) = (Vec::new(), Vec::new());
    match *wish {
        Wish::Bytes(size) => {
            file.take(size.unwrap_or(usize::MAX) as u64).read_to_end(&mut found).expect("memory can be read");
            found
        }
        Wish::Line(size) => {
            let limited = &mut file.take(size.unwrap_or(usize::MAX) as u64);
            limited.read_until(b'\n', &mut line).expect("memory can be read");
            line
        }
    }
}

proptest! {
    #[test]
    fn every_cut_gives_the_same_bytes(
        body in bodies(), lengths in vec(1_usize..60, 0..12), ahead in 0_usize..100, wishes in wishes(),
        surplus in vec(any::<u8>(), 0..20), is_chunked: bool,
    ) {
        // Bytes beyond the announced length do not belong to the body.
        let sent = if is_chunked { body.clone() } else { [&body[..], &surplus[..]].concat() };
        let (available, rest) = sent.split_at(ahead.min(sent.len()));
        let pieces = cut(rest, &lengths);
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let length = (!is_chunked).then_some(body.len() as u64);
        let fake = Fake::get("/").with_body(None, available, &pieces);
        let (mut stream, mut file) = (Body::new(length), Cursor::new(&body[..]));
        for wish in wishes.iter().chain([&Wish::Bytes(None), &Wish::Line(None)]) {
            let found = match *wish {
                Wish::Bytes(size) => stream.read(&fake, size),
                Wish::Line(size) => stream.read_line(&fake, size),
            };
            prop_assert_eq!(found.expect("the client sends all"), expected(&mut file, wish), "{:?}", wish);
        }
        prop_assert_eq!(stream.taken(), body.len() as u64);
    }

    #[test]
    fn a_client_that_stops_is_never_taken_for_the_end(
        body in bodies(), missing in 1_u64..1000, ahead in 0_usize..100, error: bool,
    ) {
        let (available, rest) = body.split_at(ahead.min(body.len()));
        let rest: Vec<&[u8]> = if rest.is_empty() { Vec::new() } else { vec![rest] };
        let mut fake = Fake::get("/").with_body(None, available, &rest);
        fake.read_error = error.then_some("reset");
        let mut stream = Body::new(Some(body.len() as u64 + missing));
        prop_assert_eq!(stream.read(&fake, Some(body.len())).expect("so much came"), body);
        prop_assert!(stream.read(&fake, None).is_err() && stream.is_broken());
    }
}
