//! `verify` as a Windows program: TLS, Windows' trust store, and Windows' own sign-on, against a stand-in of IIS.
//!
//! In: the Windows machine. Out: reports. Absent: a domain, so that no sign-on can succeed.

use std::process::Output;
use std::sync::Arc;

use serde_json::Value;

use crate::kallithea::machine::Machine;
use crate::support;
use crate::support::certificates::Authority;
use crate::support::iis::{Fault, Iis, Role, Sent, listener};
use crate::verify_linux::{HOST, promises, with_tls};
use crate::wine;

/// Runs `verify` against a server that signs users on, with the certificate of an authority that Windows does not know.
fn verify(further: &[&str]) -> (Output, Value) {
    let machine = Machine::wine();
    let (secure, port) = listener();
    let served = Authority::new().certificate(HOST, 365);
    let spec = with_tls("clients", port, &served.thumbprint());
    let (_folder, file) = support::file_alone("deploy.yaml", &spec);
    let page = Arc::new(|_: &_, _| Sent::new(200, "OK", "text/html", "<p>Only users see this."));
    let _iis =
        Iis::start(support::deployment(&spec), vec![(secure, Role::Secure(served))], Fault::None, page);
    let mut command = machine.compiler();
    command.arg("verify").arg(machine.path_of(&file)).args(["--address", "127.0.0.1", "--format", "json"]);
    let output = wine::output(command.args(further)).expect("Wine starts");
    let report = support::program::made(&output, "verify");
    (output, report)
}

#[test]
fn a_stranger_on_windows_sees_the_same() {
    let (output, report) = verify(&["--anonymous"]);
    let broken = promises(&report, "broken");
    assert!(broken.len() == 1 && broken[0].starts_with("clients trust the certificate"), "{broken:#?}");
    assert_eq!(output.status.code(), Some(1));
    let kept = promises(&report, "kept").join("\n");
    assert!(kept.contains("strangers must sign on") && kept.contains("thumbprint"), "{kept}");
}

/// The machine has no domain, so Windows has no ticket and the server accepts no token. The report says so, and goes on as a stranger.
#[test]
fn the_caller_is_signed_on_by_windows() {
    let (_, report) = verify(&[]);
    assert_eq!(report["user"], "you, signed on by Windows");
    let all = [promises(&report, "unseen"), promises(&report, "broken")].concat();
    let line =
        all.iter().find(|line| line.starts_with("IIS signs the user on")).expect("a line about the user");
    assert!(line.contains("401") || line.contains("Windows does not sign you on: 0x"), "{line}");
}
