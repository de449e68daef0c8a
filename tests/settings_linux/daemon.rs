//! Servers that the tests start: each in a temporary folder of its own, gone when the tests are.
//!
//! In: a program and its arguments. Out: a [`Daemon`] that ends with the value, or with this process however it ends:
//! a shell beside the program waits for the end of a pipe of ours.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs the program, waits for the end of standard input, ends the program by the signal and removes the folder.
const UNTIL_THE_PIPE_ENDS: &str =
    r#"folder=$1 signal=$2; shift 2; "$@" & cat >/dev/null; kill -$signal $!; wait $!; rm -rf "$folder""#;

const PATIENCE: Duration = Duration::from_secs(60);

pub struct Daemon {
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Daemon {
    /// Starts a program whose files stand in `folder`, with its output in `server.log` there.
    pub fn start(folder: &Path, signal: &str, words: &[String]) -> Self {
        let log = std::fs::File::create(folder.join("server.log")).expect("a log can be made");
        let errors = log.try_clone().expect("a log can be shared");
        let mut shell = Command::new("sh");
        shell.args(["-c", UNTIL_THE_PIPE_ENDS, "sh"]).arg(folder).arg(signal).args(words);
        shell.stdin(Stdio::piped()).stdout(log).stderr(errors);
        let mut shell = shell.spawn().expect("there is sh");
        let pipe = shell.stdin.take();
        Self { shell, pipe }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.shell.wait();
    }
}

/// A fresh folder outside the checkout: an unprivileged user must reach it, and sockets have short names.
pub fn temporary_folder() -> PathBuf {
    tempfile::Builder::new().prefix("kallithea-").tempdir().expect("a temporary folder").keep()
}

/// A port that is free now.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Waits until a server answers.
pub fn wait_until(what: &str, ready: impl Fn() -> bool) {
    let start = Instant::now();
    while !ready() {
        assert!(start.elapsed() < PATIENCE, "{what} does not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether this process is root, which some servers refuse to run as.
pub fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("there is id");
    output.stdout.trim_ascii() == b"0"
}
