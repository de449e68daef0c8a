//! Loads the misbehaving extension.
//!
//! In: nothing. Out: hosts, requests. Absent: the extension itself, which is in the package `misbehaving`.

use std::time::Duration;

use isapi_host::{Host, Request, Response};
use kallithea_host_extension::library;

/// A host that has begun its first life. It gives up after five seconds, for the one test that waits without success.
pub fn host() -> Host {
    start(Host::load(&library()).expect("the extension"))
}

pub fn start(host: Host) -> Host {
    let host = host.patience(Duration::from_secs(5));
    assert_eq!(host.start().expect("a life"), "tests");
    host
}

/// A request that asks for one kind of behaviour.
pub fn ask(what: &str) -> Request {
    Request { url: format!("/?{what}"), ..Request::default() }
}

pub fn body(response: &Response) -> &str {
    std::str::from_utf8(&response.body).expect("the extension answers in ASCII")
}
