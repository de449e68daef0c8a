//! Responses: what is sent reads back as what the application returned, in every version of HTTP.

use kallithea_bridge_isapi::client::{Completion, End};
use kallithea_bridge_isapi::reply::{Head, Protocol, Reply};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::fake::Fake;

/// What an application announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Announced {
    Nothing,
    Exactly,
    Less(usize),
    More(usize),
}

fn announced() -> impl Strategy<Value = Announced> {
    prop_oneof![
        Just(Announced::Nothing),
        Just(Announced::Exactly),
        (1_usize..50).prop_map(Announced::Less),
        (1_usize..50).prop_map(Announced::More),
    ]
}

/// A body without its chunked coding (RFC 9112); `None` where the coding is invalid or incomplete.
fn unchunked(mut raw: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = raw.windows(2).position(|pair| pair == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&raw[..end]).ok()?, 16).ok()?;
        raw = &raw[end + 2..];
        if size == 0 {
            return (raw == b"\r\n").then_some(body);
        }
        body.extend_from_slice(raw.get(..size)?);
        raw = raw[size..].strip_prefix(b"\r\n")?;
    }
}

/// A client's view of what was sent.
fn received(fake: &Fake) -> Option<Vec<u8>> {
    let head = fake.head.borrow();
    let (_, headers, _) = head.as_ref().expect("a head was sent");
    let sent = fake.sent.borrow().clone();
    if headers.contains("Transfer-Encoding: chunked\r\n") { unchunked(&sent) } else { Some(sent) }
}

proptest! {
    #[test]
    fn what_goes_out_reads_back(
        pieces in vec(vec(any::<u8>(), 0..200), 0..20), announced in announced(), at_once: bool,
        protocol in select(&[Protocol::Http10, Protocol::Http11, Protocol::Http2][..]),
        method in select(&["GET", "HEAD"][..]),
        status in select(&["200 OK", "204 No Content", "304 Not Modified", "500"][..]),
    ) {
        let body = pieces.concat();
        let length = match announced {
            Announced::Nothing => None,
            Announced::Exactly => Some(body.len()),
            Announced::Less(by) => Some(body.len().saturating_sub(by)),
            Announced::More(by) => Some(body.len() + by),
        };
        let bodiless = method == "HEAD" || matches!(&status[..3], "204" | "304");
        let mut head = Head::new(status.as_bytes()).expect("it is a status");
        if let Some(length) = length {
            head.push(b"Content-Length", length.to_string().as_bytes()).expect("it is a header");
        }
        let fake = Fake::get("/");
        let mut reply = Reply::new(method.as_bytes(), protocol);
        reply.set_head(head);
        let slices: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let completion = if at_once {
            reply.write_last(&fake, &slices)
        } else {
            slices.iter().try_for_each(|piece| reply.write(&fake, &[piece])).and_then(|()| reply.finish(&fake))
        };
        let completion = completion.expect("the client is there");
        let kept = length.unwrap_or(body.len()).min(body.len());
        let short = !bodiless && length.is_some_and(|length| length > body.len());
        prop_assert_eq!(completion == Completion::Failed, short);
        if short && fake.head.borrow().is_none() {
            prop_assert!(fake.closed.get(), "nothing was sent, so the client must see the end");
            return Ok(());
        }
        let expected = if bodiless { &[][..] } else { &body[..kept] };
        prop_assert_eq!(received(&fake), Some(expected.to_vec()));
        prop_assert_eq!(reply.sent(), expected.len() as u64);
        prop_assert_eq!(fake.closed.get(), short, "an incomplete response ends the connection");
        prop_assert_eq!(reply.is_overrun(), !bodiless && kept < body.len());
        prop_assert!(fake.end.get() != Some(End::Keep) || protocol != Protocol::Http10);
    }

    #[test]
    fn no_head_splits_a_response(status: Vec<u8>, name: Vec<u8>, value: Vec<u8>) {
        let Ok(mut head) = Head::new(&status) else { return Ok(()) };
        let accepted = head.push(&name, &value).is_ok();
        let fake = Fake::get("/");
        let mut reply = Reply::new(b"HEAD", Protocol::Http2);
        prop_assert!(!accepted || value.iter().all(|&byte| !matches!(byte, b'\r' | b'\n' | 0)));
        prop_assert!(status.iter().all(|&byte| !matches!(byte, b'\r' | b'\n' | 0)));
        if std::str::from_utf8(&[&status[..], &value[..]].concat()).is_ok() {
            reply.set_head(head);
            prop_assert!(reply.finish(&fake).is_ok());
            let lines = fake.head.take().map(|head| head.1.matches("\r\n").count());
            prop_assert!(lines <= Some(2 + usize::from(accepted)));
        }
    }
}
