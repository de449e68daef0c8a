//! Runs of the program, and what they said.

use std::path::Path;
use std::process::{Command, Output, Stdio};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_kallithea-iisc");

pub fn run(arguments: &[&str]) -> Output {
    run_in(Path::new("."), arguments)
}

/// Runs it in a folder, without a terminal and without the tester's wishes about colours.
pub fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder).env_remove("NO_COLOR").stdin(Stdio::null());
    command.output().expect("the program starts")
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Whatever was said, on either stream.
pub fn said(output: &Output) -> String {
    out(output) + &error(output)
}
