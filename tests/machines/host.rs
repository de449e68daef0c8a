//! One run of the ISAPI host: a script in, its output out.
//!
//! In: a command that runs the host, and what it left behind. Out: its output and its exit code. Absent: scripts, and what a
//! report says.

use std::io::Write;
use std::process::{Command, ExitStatus, Output, Stdio};

use serde_json::Value;

use crate::wine;

/// Runs the host with a script, until it ends.
pub fn feed(mut host: Command, script: &Value) -> Output {
    host.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = host.spawn().expect("the host starts");
    let mut input = child.stdin.take().expect("standard input is a pipe");
    let written = input.write_all(script.to_string().as_bytes());
    drop(input);
    let output = child.wait_with_output().expect("the host ends");
    assert!(written.is_ok() || wine::ended(output.status), "the host reads its script");
    output
}

/// The host's exit code. If Wine ended it after its whole report, the report says which it would have been.
pub fn code(status: ExitStatus, is_wine: bool, report: &Value) -> Option<i32> {
    status.code().or_else(|| is_wine.then(|| wine::code_of_host(status, report)).flatten())
}

/// Whether Wine ended the host: by a signal, or before it said anything at all, which the host itself never does.
pub fn was_ended(code: Option<i32>, report: &Value, errors: &str, log: &str) -> bool {
    code.is_none() || report.is_null() && errors.is_empty() && log.is_empty()
}
