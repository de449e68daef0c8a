//! A request made of arbitrary bytes passes through the whole bridge except Python, and is completed exactly once.
#![no_main]

mod settings;

use std::collections::{BTreeSet, HashMap};
use std::ffi::CString;

use arbitrary::Arbitrary;
use kallithea_bridge_isapi::abi::{STATUS_PENDING, Session, VersionInfo, request_entry, version_entry};
use kallithea_bridge_isapi::body::Body;
use kallithea_bridge_isapi::client::Completion;
use kallithea_bridge_isapi::environ::{Arrival, Environ};
use kallithea_bridge_isapi::reply::{Head, Reply};
use kallithea_bridge_isapi::settings::{Identity, Network, Settings};
use kallithea_bridge_tests::server::{Refusal, Server, Sizes};
use libfuzzer_sys::fuzz_target;

use settings::settings;

/// The variables that the bridge asks for, except `ALL_RAW`.
const NAMES: [&str; 15] = [
    "UNENCODED_URL",
    "HTTP_URL",
    "UNICODE_PATH_INFO",
    "SERVER_PROTOCOL",
    "AUTH_TYPE",
    "UNICODE_REMOTE_USER",
    "REMOTE_USER",
    "HTTPS",
    "SERVER_PORT_SECURE",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_SOFTWARE",
    "REMOTE_ADDR",
    "ALL_HTTP",
    "LOGON_USER",
];

/// The only address that is trusted as a proxy.
const PROXY: &[u8] = b"192.0.2.9\0";

/// One request, to an application, from a server that may send anything.
#[derive(Debug, Arbitrary)]
struct Input<'a> {
    method: Option<&'a [u8]>,
    query: Option<&'a [u8]>,
    path_info: Option<&'a [u8]>,
    content_type: Option<&'a [u8]>,
    total_bytes: u32,
    available: &'a [u8],
    /// Some of the variables, in the order of [`NAMES`].
    variables: [Option<&'a [u8]>; 15],
    pieces: Vec<&'a [u8]>,
    patience: u8,
    is_modern: bool,
    /// The URL is below the application; random bytes alone would almost never be.
    is_below: bool,
    is_proxy: bool,
    is_server_trusted: bool,
    reads: Vec<(bool, u16)>,
    status: &'a [u8],
    headers: Vec<(&'a [u8], &'a [u8])>,
    writes: Vec<&'a [u8]>,
    at_once: bool,
    /// What the server does not know, how it says so, and what it reports as sizes.
    lacks: Vec<Lack>,
    refusal: Habit,
    error: u16,
    sizes: Count,
    /// What the block announces about itself, and whether it has the bytes that it announces.
    block_size: Option<u16>,
    block_version: u32,
    is_body_missing: bool,
    /// The client's header lines. They come last and are therefore one piece, so the fuzzer can insert words.
    raw: &'a [u8],
}

/// A request of ServerSupportFunction.
#[derive(Debug, Arbitrary)]
enum Lack {
    Headers,
    OldHeaders,
    VectorSend,
    IsInProcess,
    Close,
}

#[derive(Debug, Arbitrary)]
enum Habit {
    NotSupported,
    Error,
    Silent,
    Yes,
}

#[derive(Debug, Arbitrary)]
enum Count {
    Bytes,
    WithoutTerminator,
    Letters,
    Unsaid,
    Never,
}

impl Input<'_> {
    fn lacks(&self) -> Vec<u32> {
        let number = |lack: &Lack| match lack {
            Lack::Headers => 1016,
            Lack::OldHeaders => 3,
            Lack::VectorSend => 1037,
            Lack::IsInProcess => 1030,
            Lack::Close => 1017,
        };
        self.lacks.iter().map(number).collect()
    }

    fn refusal(&self) -> Refusal {
        match self.refusal {
            Habit::NotSupported => Refusal::NotSupported,
            Habit::Error => Refusal::Error(i32::from(self.error)),
            Habit::Silent => Refusal::Silent,
            Habit::Yes => Refusal::Yes,
        }
    }

    fn sizes(&self) -> Sizes {
        match self.sizes {
            Count::Bytes => Sizes::Bytes,
            Count::WithoutTerminator => Sizes::WithoutTerminator,
            Count::Letters => Sizes::Letters,
            Count::Unsaid => Sizes::Unsaid,
            Count::Never => Sizes::Never,
        }
    }
}

static SETTINGS: Settings = settings("/kallithea", Identity::Server, PROXIES);
static INTERNAL: Settings = settings("/kallithea", Identity::Application, PROXIES);
const PROXIES: &[Network] = &[Network { address: "192.0.2.9", prefix: 32 }];

fuzz_target!(|input: Input<'_>| {
    let text = |bytes: Option<&[u8]>| bytes.and_then(|bytes| CString::new(bytes).ok());
    let known = NAMES.iter().zip(&input.variables);
    let mut variables: HashMap<_, _> =
        known.filter_map(|(name, value)| Some((name.as_bytes().to_vec(), (*value)?.to_vec()))).collect();
    if !input.raw.is_empty() {
        variables.insert(b"ALL_RAW".to_vec(), input.raw.to_vec());
    }
    if input.is_below {
        let url = variables.entry(b"UNENCODED_URL".to_vec()).or_default();
        url.splice(..0, *b"/kallithea/");
    }
    if input.is_proxy {
        variables.insert(b"REMOTE_ADDR".to_vec(), PROXY.to_vec());
    }
    let server = Server {
        method: text(input.method),
        query: text(input.query),
        path_info: text(input.path_info),
        content_type: text(input.content_type),
        total_bytes: input.total_bytes,
        available: input.available.to_vec(),
        variables,
        pieces: input.pieces.iter().map(|piece| piece.to_vec()).collect::<Vec<_>>().into(),
        patience: usize::from(input.patience).into(),
        is_modern: input.is_modern,
        lacks: input.lacks(),
        refusal: input.refusal(),
        sizes: input.sizes(),
        ..Server::default()
    };
    // Forget what was learned about the server of the previous run.
    let mut info = VersionInfo { version: 0, description: [0; 256] };
    // SAFETY: the structure may be written.
    unsafe { version_entry(&mut info, "fuzz", || ()) };
    let mut block = server.block();
    block.size = input.block_size.map_or(block.size, u32::from);
    block.version = input.block_version;
    if input.is_body_missing {
        block.available = std::ptr::null();
    }
    // SAFETY: the block is that of a request that has just begun, is no smaller than it says unless it says too much, and
    // outlives it.
    let status = unsafe { request_entry(&mut block, |session| serve(session, &input)) };
    let by_call = server.completions.borrow().len();
    assert_eq!(by_call, usize::from(status == STATUS_PENDING), "one completion, in one way");
});

fn serve(session: Session, input: &Input<'_>) -> u32 {
    let settings = if input.is_server_trusted { &SETTINGS } else { &INTERNAL };
    let mut environ = Environ::default();
    environ.read_line(&session, settings);
    let arrival = environ.arrive(&session, settings);
    if arrival != Arrival::Application {
        return session.finish_by_return(Completion::Failed);
    }
    check(&environ, input);
    let mut body = Body::new(environ.body_length());
    for &(is_line, size) in &input.reads {
        let size = Some(usize::from(size));
        let read = if is_line { body.read_line(&session, size) } else { body.read(&session, size) };
        if let Ok(bytes) = read {
            assert!(bytes.len() <= usize::from(size.unwrap_or_default()));
        }
    }
    assert!(environ.body_length().is_none_or(|length| body.taken() <= length));
    let completion = respond(&session, &environ, input).unwrap_or(Completion::Failed);
    session.finish(completion);
    STATUS_PENDING
}

/// What must be true of every environ.
fn check(environ: &Environ, input: &Input<'_>) {
    let names: Vec<_> = environ.variables().map(|(name, _)| name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "a name twice");
    let script_name = environ.get("SCRIPT_NAME").expect("there is one");
    assert!(script_name.eq_ignore_ascii_case(b"/kallithea"));
    let path = environ.get("PATH_INFO").expect("there is one");
    assert!(path.starts_with(b"/") && !path.split(|&byte| byte == b'/').any(|part| part == b".."));
    let is_claimed =
        environ.get("HTTP_X_FORWARDED_USER").is_some() || environ.get("HTTP_REMOTE_USER").is_some();
    assert!(!is_claimed || input.is_proxy, "a stranger's word");
    for never in ["HTTP_PROXY", "HTTP_AUTH_TYPE", "HTTP_LOGON_USER", "HTTP_CONTENT_LENGTH", "AUTH_PASSWORD"] {
        assert!(environ.get(never).is_none(), "{never}");
    }
}

fn respond(session: &Session, environ: &Environ, input: &Input<'_>) -> std::io::Result<Completion> {
    let mut reply = Reply::new(environ.method(), environ.protocol());
    let mut head =
        Head::new(input.status).or_else(|_| Head::new(b"200 OK")).map_err(std::io::Error::other)?;
    for (name, value) in &input.headers {
        let _ = head.push(name, value);
    }
    reply.set_head(head);
    if input.at_once {
        return reply.write_last(session, &input.writes);
    }
    for piece in &input.writes {
        reply.write(session, &[piece])?;
    }
    reply.finish(session)
}
