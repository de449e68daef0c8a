//! Servers that the tests start: each in its own temporary folder, removed when the tests end.
//!
//! In: a program and its arguments. Out: a [`Daemon`] that ends with the value, or with this process, however it ends:
//! a shell beside the program waits until our pipe is closed.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs the program, waits for the end of standard input, ends the program with the signal and removes the folder.
const UNTIL_THE_PIPE_ENDS: &str = r#"folder=$1 signal=$2; shift 2; "$@" & echo $! >"$folder/server.pid"
cat >/dev/null; kill -$signal $!; wait $!; rm -rf "$folder""#;

const PATIENCE: Duration = Duration::from_secs(60);

pub struct Daemon {
    folder: PathBuf,
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Daemon {
    /// Starts a program whose files are in `folder`, with its output in `server.log` there.
    pub fn start(folder: &Path, signal: &str, words: &[String]) -> Self {
        let log = std::fs::File::create(folder.join("server.log")).expect("a log can be made");
        let errors = log.try_clone().expect("a log can be shared");
        let mut shell = Command::new("sh");
        shell.args(["-c", UNTIL_THE_PIPE_ENDS, "sh"]).arg(folder).arg(signal).args(words);
        shell.stdin(Stdio::piped()).stdout(log).stderr(errors);
        let mut shell = shell.spawn().expect("there is sh");
        let pipe = shell.stdin.take();
        Self { folder: folder.to_path_buf(), shell, pipe }
    }

    /// Waits until the program is ready. If it ends before, or takes too long, the error is its output.
    pub fn wait_until(&self, ready: impl Fn() -> bool) -> Result<(), String> {
        let start = Instant::now();
        while !ready() {
            if self.has_ended() || start.elapsed() > PATIENCE {
                return Err(std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Whether the program has ended. Until the shell has written its process ID, it counts as running.
    fn has_ended(&self) -> bool {
        let number = std::fs::read_to_string(self.folder.join("server.pid")).unwrap_or_default();
        let Ok(number) = number.trim().parse::<u32>() else { return false };
        let state = std::fs::read_to_string(format!("/proc/{number}/stat"));
        // It may have ended without the shell having noticed.
        state.map_or(true, |state| state.contains(") Z "))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.shell.wait();
    }
}

/// A new folder outside the checkout: an unprivileged user must reach it, and paths of sockets must be short.
pub fn temporary_folder() -> PathBuf {
    tempfile::Builder::new().prefix("kallithea-").tempdir().expect("a temporary folder").keep()
}

/// Different ports that are free now: all are held until all are found. Another program may take them before they are used.
pub fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    let listeners = [(); COUNT].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.each_ref().map(|listener| listener.local_addr().expect("its address").port())
}

/// Waits until this is ready.
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

#[test]
fn a_server_that_ends_is_not_waited_for_and_tells_why() {
    let words = ["sh", "-c", "echo the port is taken >&2; exit 1"].map(str::to_owned);
    let daemon = Daemon::start(&temporary_folder(), "TERM", &words);
    assert_eq!(daemon.wait_until(|| false), Err("the port is taken\n".to_owned()));
}
