//! Servers that are not IIS: what they lack, what they get wrong, and what they fill a control block with.
//!
//! What a server can do is remembered for the whole process, so the tests take turns.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::io::ErrorKind;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kallithea_bridge_isapi::abi::{STATUS_PENDING, Session, VersionInfo, request_entry, version_entry};
use kallithea_bridge_isapi::client::{Client as _, Completion, FileRange};
use kallithea_bridge_isapi::reply::{Head, Protocol, Reply};
use kallithea_bridge_tests::server::{Refusal, Server, Sizes, set_last_error};

const SEND_RESPONSE_HEADER: u32 = 3;
const SEND_RESPONSE_HEADER_EX: u32 = 1016;
const IS_IN_PROCESS: u32 = 1030;
const VECTOR_SEND: u32 = 1037;

/// Starts the bridge anew, so that it knows nothing about the servers of other tests.
pub(crate) fn life() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut info = VersionInfo { version: 0, description: [0; 256] };
    // SAFETY: the structure may be written.
    assert_eq!(unsafe { version_entry(&mut info, "tests", || ()) }, 1);
    turn
}

fn modern() -> Server {
    Server { method: CString::new("GET").ok(), is_modern: true, patience: 100.into(), ..Server::default() }
}

fn lacking(requests: &[u32], refusal: Refusal) -> Server {
    Server { lacks: requests.to_vec(), refusal, ..modern() }
}

/// Hands a request to `serve`; returns what the export returns.
fn hand_over(server: &Server, serve: impl FnOnce(Session) -> u32) -> u32 {
    let mut block = server.block();
    // SAFETY: the block is that of a request that has just begun, and outlives it.
    unsafe { request_entry(&mut block, serve) }
}

/// Answers a request with these bytes.
fn answer(session: Session, body: &[u8]) -> u32 {
    let mut reply = Reply::new(b"GET", Protocol::Http11);
    reply.set_head(Head::new(b"200 OK").expect("a status"));
    reply.set_whole_body(body.len() as u64);
    let completion = reply.write_last(&session, &[body]).unwrap_or(Completion::Failed);
    session.finish(completion);
    STATUS_PENDING
}

/// How a request was completed, either by the return value or by DONE_WITH_SESSION.
fn completion(server: &Server, returned: u32) -> u32 {
    match server.completions.borrow().as_slice() {
        [] => returned,
        [only] if returned == STATUS_PENDING => *only,
        several => panic!("completed by {returned} and by {several:?}"),
    }
}

/// The body that was sent, how the request was completed, and how often VECTOR_SEND was tried.
fn response(server: &Server) -> (Vec<u8>, u32, usize) {
    let returned = hand_over(server, |session| answer(session, b"hello"));
    let completion = completion(server, returned);
    (server.sent.take(), completion, server.count(VECTOR_SEND))
}

const WHOLE: u32 = 2;
const FAILED: u32 = 4;

#[test]
fn a_server_without_vector_send_is_sent_the_response_in_steps_however_it_refuses() {
    let refusals = [0, 1, 5, 8, 31, 50, 87, 120, 1359].map(Refusal::Error);
    for refusal in refusals.into_iter().chain([Refusal::Silent]) {
        let _turn = life();
        let server = lacking(&[VECTOR_SEND], refusal);
        assert_eq!(response(&server), (b"hello".to_vec(), WHOLE, 1), "{refusal:?}");
        assert_eq!(server.count(SEND_RESPONSE_HEADER_EX), 1, "{refusal:?}");
        // What is known about the server is not tried again.
        assert_eq!(response(&lacking(&[VECTOR_SEND], refusal)), (b"hello".to_vec(), WHOLE, 0), "{refusal:?}");
    }
}

#[test]
fn a_client_that_is_gone_says_nothing_about_the_server() {
    for error in [64, 109, 121, 232, 233, 995, 1226, 1229, 1236, 2250, 10052, 10053, 10054, 10058, 10060] {
        let _turn = life();
        let gone = lacking(&[VECTOR_SEND], Refusal::Error(error));
        assert_eq!(response(&gone), (vec![], FAILED, 1), "{error}");
        assert_eq!(gone.count(SEND_RESPONSE_HEADER_EX), 0, "{error}");
        // The next client is connected, so this call shows what the server supports.
        assert_eq!(response(&lacking(&[VECTOR_SEND], Refusal::Error(87))).0, b"hello", "{error}");
    }
}

#[test]
fn an_error_of_an_earlier_call_is_no_reason() {
    let _turn = life();
    let server = lacking(&[VECTOR_SEND], Refusal::Silent);
    let returned = hand_over(&server, |session| {
        set_last_error(1229);
        answer(session, b"hello")
    });
    assert_eq!((completion(&server, returned), server.sent.take()), (WHOLE, b"hello".to_vec()));
}

#[test]
fn what_has_worked_is_not_given_up() {
    let _turn = life();
    assert_eq!(response(&modern()), (b"hello".to_vec(), WHOLE, 1));
    let server = lacking(&[VECTOR_SEND], Refusal::Error(5));
    assert_eq!(response(&server), (vec![], FAILED, 1));
    assert_eq!(server.count(SEND_RESPONSE_HEADER_EX), 0, "half a response may be on its way");
    assert_eq!(response(&modern()), (b"hello".to_vec(), WHOLE, 1));
}

#[test]
fn where_nothing_can_be_sent_nothing_is_learnt() {
    let _turn = life();
    let all = [VECTOR_SEND, SEND_RESPONSE_HEADER_EX, SEND_RESPONSE_HEADER];
    assert_eq!(response(&lacking(&all, Refusal::Error(0))), (vec![], FAILED, 1));
    assert_eq!(response(&modern()), (b"hello".to_vec(), WHOLE, 1));
}

#[test]
fn the_oldest_servers_take_status_and_headers_by_the_oldest_call() {
    let _turn = life();
    let old = || lacking(&[VECTOR_SEND, SEND_RESPONSE_HEADER_EX], Refusal::Error(0));
    let server = old();
    assert_eq!(response(&server), (b"hello".to_vec(), WHOLE, 1));
    assert_eq!(server.count(SEND_RESPONSE_HEADER), 1);
    let server = old();
    assert_eq!(response(&server), (b"hello".to_vec(), WHOLE, 0));
    assert_eq!((server.count(SEND_RESPONSE_HEADER_EX), server.count(SEND_RESPONSE_HEADER)), (0, 1));
}

/// A server with this name, with or without a metabase path, and with this answer to IS_IN_PROCESS.
fn named(software: &str, path: Option<&str>, refusal: Option<Refusal>) -> Server {
    let text = |text: &str| [text.as_bytes(), b"\0"].concat();
    let mut variables = HashMap::from([(b"SERVER_SOFTWARE".to_vec(), text(software))]);
    variables.extend(path.map(|path| (b"APPL_MD_PATH".to_vec(), text(path))));
    let lacks = refusal.map(|_| IS_IN_PROCESS).into_iter().collect();
    Server { variables, lacks, refusal: refusal.unwrap_or_default(), ..modern() }
}

#[test]
fn a_server_that_does_not_show_that_it_can_wait_is_answered_in_the_call() {
    let refused = Some(Refusal::Error(87));
    let cases = [
        (named("Microsoft-IIS/10.0", Some("/LM/W3SVC/1/ROOT"), None), true),
        (named("Microsoft-IIS/10.0", None, None), true),
        (named("Microsoft-IIS/10.0", Some("/LM/W3SVC/1/ROOT"), refused), true),
        (named("", None, None), true),
        (named("Apache/2.4.62 (Win64)", None, refused), false),
        (named("", None, refused), false),
        (named("", None, Some(Refusal::Silent)), false),
        // An administrator can set the server's name.
        (named("Microsoft-IIS/10.0", None, refused), false),
        (named("Microsoft-IIS/10.0", Some(""), refused), false),
        // Some servers report success for every unknown call.
        (named("Some server", None, Some(Refusal::Yes)), false),
    ];
    for (number, (server, waits)) in cases.into_iter().enumerate() {
        let _turn = life();
        for _ in 0..2 {
            let returned = hand_over(&server, |session| answer(session, b"hello"));
            let by_call = server.completions.take();
            let expected = if waits { (STATUS_PENDING, vec![WHOLE]) } else { (WHOLE, vec![]) };
            assert_eq!((returned, by_call), expected, "case {number}");
        }
        assert_eq!(server.count(IS_IN_PROCESS), 1, "case {number}: what is known is not asked again");
    }
}

#[test]
fn a_server_that_says_yes_to_everything_is_sent_the_response_in_steps() {
    let _turn = life();
    let server = lacking(&[VECTOR_SEND, IS_IN_PROCESS], Refusal::Yes);
    assert_eq!(response(&server), (b"hello".to_vec(), WHOLE, 0));
}

/// A caller that is told `Unsupported` reads the file and sends it from its beginning.
#[test]
fn a_file_is_begun_again_only_if_nothing_of_it_was_sent() {
    const SIZE: u64 = 1024 * 1024;
    for (pieces, expected) in [(0, Err(ErrorKind::Unsupported)), (1, Err(ErrorKind::Other)), (9, Ok(SIZE))] {
        let _turn = life();
        let server = Server { files: pieces.into(), ..modern() };
        let mut outcome = None;
        hand_over(&server, |session| {
            let mut reply = Reply::new(b"GET", Protocol::Http11);
            reply.set_head(Head::new(b"200 OK").expect("a status"));
            reply.set_whole_body(SIZE);
            let file = FileRange { handle: 0, offset: 0, size: SIZE };
            let sent = reply.write_file(&session, file).map(|()| reply.sent()).map_err(|error| error.kind());
            outcome = Some((sent, reply.is_started()));
            session.finish(Completion::Failed);
            STATUS_PENDING
        });
        assert_eq!(outcome, Some((expected, pieces > 0)), "{pieces} pieces");
    }
}

#[test]
fn variables_are_whole_whatever_the_server_says_of_their_size() {
    let wide = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let long = "x".repeat(30_000);
    let cases = [
        (c"REMOTE_USER", b"CORP\\alice\0".to_vec()),
        (c"LOGON_USER", b"\0".to_vec()),
        (c"ALL_RAW", [long.as_bytes(), b"\0"].concat()),
        (c"HTTP_URL", [&b"y".repeat(2047)[..], b"\0"].concat()),
        (c"UNICODE_REMOTE_USER", wide("CORP\\Ā\u{100}")),
        (c"UNICODE_PATH_INFO", wide(&format!("/{}", "ж".repeat(3000)))),
        (c"UNICODE_LOGON_USER", wide("")),
    ];
    let variables: HashMap<_, _> =
        cases.iter().map(|(name, value)| (name.to_bytes().to_vec(), value.clone())).collect();
    for sizes in [Sizes::Bytes, Sizes::WithoutTerminator, Sizes::Letters, Sizes::Unsaid] {
        let _turn = life();
        let server = Server { sizes, variables: variables.clone(), ..modern() };
        let names = cases.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        for ((name, value), found) in cases.iter().zip(ask(&server, &names)) {
            let found = found.unwrap_or_else(|| panic!("{sizes:?} {name:?} is there"));
            let unit = if name.to_bytes().starts_with(b"UNICODE_") { 2 } else { 1 };
            let text = &value[..value.len() - unit];
            assert!(found.starts_with(text), "{sizes:?} {name:?}: {found:?}");
            assert!(found[text.len()..].iter().all(|&byte| byte == 0), "{sizes:?} {name:?}: {found:?}");
            assert_eq!(found.len() % unit, 0, "{sizes:?} {name:?}");
        }
    }
}

/// The values of variables, appended to the earlier content of the buffer. The bridge would catch a failed assertion
/// within a request, so the tests check everything afterwards.
fn ask(server: &Server, names: &[&CStr]) -> Vec<Option<Vec<u8>>> {
    let mut values = Vec::new();
    hand_over(server, |session| {
        for name in names {
            let mut buffer = b"before".to_vec();
            let is_known = session.variable(name, &mut buffer);
            values.push((is_known, buffer));
        }
        answer(session, b"")
    });
    assert_eq!(values.len(), names.len(), "the request went through");
    let value = |(is_known, mut buffer): (bool, Vec<u8>)| {
        assert!(buffer.starts_with(b"before") && (is_known || buffer.len() == 6), "{buffer:?}");
        is_known.then(|| buffer.split_off(6))
    };
    values.into_iter().map(value).collect()
}

#[test]
fn a_server_that_is_never_content_is_not_asked_for_ever() {
    let _turn = life();
    let variables = HashMap::from([(b"URL".to_vec(), b"/\0".to_vec())]);
    let server = Server { sizes: Sizes::Never, variables, ..modern() };
    assert_eq!(ask(&server, &[c"URL"]), [None]);
}

#[test]
fn a_block_that_cannot_be_followed_is_answered_with_an_error() {
    let server = modern();
    let never = |_: Session| -> u32 { panic!("nobody may have this request") };
    for size in [1, 96, 143] {
        let _turn = life();
        let mut block = server.block();
        block.size = size;
        // SAFETY: the block is larger than its own size says.
        assert_eq!(unsafe { request_entry(&mut block, never) }, FAILED, "{size}");
    }
    let mut missing_body = server.block();
    missing_body.available_bytes = 9;
    missing_body.total_bytes = 9;
    let _turn = life();
    // SAFETY: the block is complete.
    assert_eq!(unsafe { request_entry(&mut missing_body, never) }, FAILED);
    // The functions are the last fields.
    for function in 0..4 {
        let mut block = server.block();
        let end = (&raw mut block).cast::<u8>().wrapping_add(size_of_val(&block)).cast::<usize>();
        // SAFETY: the four last words of the block are its functions.
        unsafe { end.sub(4 - function).write(0) };
        let block = (&raw mut block).cast();
        // SAFETY: the block is complete, and one of its functions is NULL.
        assert_eq!(unsafe { request_entry(block, never) }, FAILED, "{function}");
    }
    assert_eq!(server.asked.borrow().as_slice(), [0; 0], "such a server is asked nothing");
}

#[test]
fn blocks_of_other_versions_are_served() {
    for (size, version) in [(0, 0), (0, 0x0001_0000), (u32::MAX, 0x0005_0001), (4096, 0x0009_0000)] {
        let _turn = life();
        let server = modern();
        let mut block = server.block();
        (block.size, block.version) = (if size == 0 { 0 } else { size }, version);
        (block.query_string, block.content_type) = (ptr::null(), ptr::null());
        // SAFETY: the block is complete; a longer one would only have more fields after these.
        let returned = unsafe { request_entry(&mut block, |session| answer(session, b"hello")) };
        assert_eq!((completion(&server, returned), server.sent.take()), (WHOLE, b"hello".to_vec()));
    }
}
