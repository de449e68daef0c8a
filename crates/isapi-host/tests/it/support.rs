//! Builds the misbehaving extension, and loads it.
//!
//! In: nothing. Out: hosts, requests. Absent: the extension itself, which is in the package `misbehaving`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use isapi_host::{Host, Request, Response};

/// The extension's library.
pub fn extension() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("host-extension");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--release", "--quiet", "--package", "kallithea-host-extension", "--target-dir"])
            .arg(&target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the extension does not build");
        let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        target.join(format!("release/{prefix}kallithea_host_extension{suffix}"))
    })
}

/// A host that has begun its first life. It gives up after five seconds, for the one test that waits in vain.
pub fn host() -> Host {
    start(Host::load(extension()).expect("the extension"))
}

pub fn start(host: Host) -> Host {
    let host = host.patience(Duration::from_secs(5));
    assert_eq!(host.start().expect("a life"), "tests");
    host
}

/// A request that asks for one way to behave.
pub fn ask(what: &str) -> Request {
    Request { url: format!("/?{what}"), ..Request::default() }
}

pub fn body(response: &Response) -> &str {
    std::str::from_utf8(&response.body).expect("the extension answers in ASCII")
}
