//! Any bytes as a request target: the bridge and `route` read the same path, by which HTTP.sys could choose an application.
#![no_main]

mod settings;

use std::collections::HashMap;
use std::ffi::CString;
use std::sync::LazyLock;

use kallithea_bridge_isapi::abi::request_entry;
use kallithea_bridge_isapi::client::Completion;
use kallithea_bridge_isapi::environ::{Arrival, Environ};
use kallithea_bridge_isapi::settings::{Identity, Settings};
use kallithea_bridge_isapi::url::{Unreadable, decode, encode, is_elsewhere, path_of, read, settle, split};
use kallithea_bridge_tests::server::Server;
use kallithea_iisc::check::check_bytes;
use kallithea_iisc::emit::emit;
use kallithea_iisc::lower::lower;
use kallithea_iisc::model::Deployment;
use kallithea_iisc::route::{Outcome, Request, compiled_host, route};
use libfuzzer_sys::fuzz_target;

use settings::settings;

const APPLICATION: &str = "/kallithea";

/// The example with an application at that path, and its two files.
static COMPILED: LazyLock<(Deployment, String, String)> = LazyLock::new(|| {
    let spec = include_bytes!("../../examples/subfolder-x86/deploy.yaml");
    let (source, checked) = check_bytes("deploy.yaml", spec.to_vec());
    let deployment = lower(&checked.spec.expect("an example is right"), &source);
    let web = emit(&deployment).get("web.config").expect("a web.config").to_owned();
    let host = compiled_host(&deployment);
    (deployment, host, web)
});

fuzz_target!(|target: &[u8]| {
    // A variable ends at its first zero byte.
    let target = target.split(|&byte| byte == 0).next().unwrap_or_default();
    let path = path_of(target);
    let whole = read(path);
    if let Ok(path) = &whole {
        expect_read(path);
        assert_eq!(settle(path.clone()).as_ref(), Ok(path), "read twice");
        assert_eq!(read(encode(path).as_bytes()).as_ref(), Ok(path), "read once more from the client's form");
    }
    if let Ok(settled) = settle(target.to_vec()) {
        expect_read(&settled);
    }
    assert!(decode(encode(target).as_bytes()).as_deref() == Ok(target));
    let seen = seen_by_the_bridge(target);
    let parts = whole.as_ref().ok().and_then(|whole| split(whole.clone(), APPLICATION));
    match &seen {
        Seen::Parts(script_name, path_info) => {
            assert!(script_name.eq_ignore_ascii_case(APPLICATION.as_bytes()) && !is_elsewhere(path_info));
            expect_read(path_info);
            assert_eq!(Some([&script_name[..], path_info].concat()), whole.clone().ok());
        }
        Seen::Not(Arrival::Redirect { .. }) => assert!(parts.is_some_and(|(_, rest)| rest.is_empty())),
        Seen::Not(Arrival::NotFound) => assert!(parts.is_none()),
        Seen::Not(Arrival::Elsewhere) => assert!(parts.is_some_and(|(_, rest)| is_elsewhere(&rest))),
        Seen::Not(Arrival::Unreadable(why)) => assert_eq!(whole, Err(*why)),
        Seen::Not(other) => panic!("{other:?}"),
    }
    agree(target, &seen);
});

/// What `read` guarantees.
fn expect_read(path: &[u8]) {
    assert!(path.starts_with(b"/") && !path.contains(&b'\\') && !path.windows(2).any(|pair| pair == b"//"));
    assert!(!path.split(|&byte| byte == b'/').any(|segment| matches!(segment, b"." | b"..")));
    let text = std::str::from_utf8(path).expect("UTF-8");
    assert!(!text.chars().any(char::is_control));
}

/// `route` predicts what the bridge does, unless IIS answers first.
fn agree(target: &[u8], seen: &Seen) {
    let (deployment, host, web) = &*COMPILED;
    let Some(target) = std::str::from_utf8(target).ok().filter(|target| target.starts_with(['/', '\\']))
    else {
        return;
    };
    let Ok(request) = Request::new(&format!("http://localhost:8080{target}"), "GET", Vec::new()) else {
        return;
    };
    match (route(host, web, deployment, &request).expect("XML").outcome, seen) {
        (Outcome::Bridge { script_name, path_info, .. }, Seen::Parts(script, path)) => {
            assert_eq!((script_name.as_bytes(), path_info.as_bytes()), (&script[..], &path[..]));
        }
        (Outcome::Bridge { path_info, .. }, Seen::Not(Arrival::Redirect { .. })) => {
            assert_eq!(path_info, "/")
        }
        (Outcome::Bridge { .. }, Seen::Not(other)) => panic!("route says that it is served: {other:?}"),
        // The target is too long or has too many segments: those limits do not belong to the bridge.
        (Outcome::Answered { .. }, Seen::Parts(..)) => {}
        (Outcome::Answered { status, .. }, Seen::Not(arrival)) => match arrival {
            Arrival::Unreadable(Unreadable::Coding) => assert_eq!(status, "-"),
            Arrival::Unreadable(_) => assert_eq!(status, "400"),
            _ => {}
        },
    }
}

/// How the bridge reads a target.
enum Seen {
    Parts(Vec<u8>, Vec<u8>),
    Not(Arrival),
}

fn seen_by_the_bridge(target: &[u8]) -> Seen {
    let text = |text: &str| CString::new(text).ok();
    let url: Vec<u8> = target.iter().copied().chain([0]).collect();
    let server = Server {
        method: text("GET"),
        query: text(""),
        content_type: text(""),
        variables: HashMap::from([(b"UNENCODED_URL".to_vec(), url)]),
        is_modern: true,
        ..Server::default()
    };
    let mut block = server.block();
    let mut seen = None;
    // SAFETY: the block is that of a request that has just begun, and outlives it.
    unsafe {
        request_entry(&mut block, |session| {
            let mut environ = Environ::default();
            environ.read_line(&session, &SETTINGS);
            let arrival = environ.arrive(&session, &SETTINGS);
            let get = |name| environ.get(name).map(<[u8]>::to_vec).unwrap_or_default();
            seen = Some(match arrival {
                Arrival::Application => Seen::Parts(get("SCRIPT_NAME"), get("PATH_INFO")),
                other => Seen::Not(other),
            });
            session.finish_by_return(Completion::Failed)
        });
    }
    seen.expect("the request came to its end")
}

static SETTINGS: Settings = settings(APPLICATION, Identity::Server, &[]);
