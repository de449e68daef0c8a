//! The PowerShell that runs the scripts. In: a line of PowerShell. Out: its exit code, and what it said.
//!
//! To start PowerShell under Wine takes longer than most runs of a script. So one process runs one line after the other, each as in a new
//! window (`stand_in/lines.ps1`). There are as many processes as tests that run at the same time, and they end with the program of the
//! tests. Absent: Windows PowerShell 5.1, which Wine does not have.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde::Deserialize;
use serde_json::{Value, json};

/// What came of a line.
#[derive(Deserialize)]
pub struct Said {
    /// The exit code; -1 for a line that was stopped, or that ended with an error of PowerShell.
    pub code: i32,
    /// Lines, then warnings, then errors.
    pub text: String,
}

/// A process that waits for a line.
struct PowerShell {
    connection: BufReader<TcpStream>,
    /// Why it ended.
    ended: Receiver<String>,
}

/// The processes that wait.
static IDLE: Mutex<Vec<PowerShell>> = Mutex::new(Vec::new());

/// Runs a line.
pub fn run(line: &str) -> Said {
    send(&json!({ "line": line }))
}

/// Runs a line, and stops it as Ctrl+C does as soon as a file has these words.
pub fn run_until(line: &str, file: &str, words: &str) -> Said {
    send(&json!({ "line": line, "until": { "file": file, "words": words } }))
}

/// A text as PowerShell writes it, whatever is in it.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A file of the stand-in, as a Windows path. Wine shows the root of this system as Z:.
pub fn part(name: &str) -> String {
    format!("Z:{}/tests/machines/scripts_run/stand_in/{name}", env!("CARGO_MANIFEST_DIR")).replace('/', "\\")
}

fn send(job: &Value) -> Said {
    let idle = || IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let waiting = idle().pop();
    let mut shell = waiting.unwrap_or_else(PowerShell::start);
    let said = shell.send(job);
    // One that has failed does not come back.
    idle().push(shell);
    said
}

impl PowerShell {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port().to_string();
        let program = env::var_os("KALLITHEA_IISC_PWSH");
        let mut command =
            Command::new(program.expect("set KALLITHEA_IISC_PWSH to the program that starts PowerShell"));
        command.args(["-NonInteractive", "-ExecutionPolicy", "Bypass", "-File", &part("lines.ps1"), &port]);
        // The runtime would measure which code is worth compiling better, and a process here does not live that long.
        command.env("DOTNET_TieredPGO", "0");
        let (tell, ended) = channel();
        thread::spawn(move || {
            let why = match command.output() {
                Ok(output) => {
                    let said = [output.stdout, output.stderr].concat();
                    format!("{}\n{}", output.status, String::from_utf8_lossy(&said))
                }
                Err(error) => error.to_string(),
            };
            let _ = tell.send(why);
            // Nobody waits for ever for one that did not start.
            let _ = TcpStream::connect(format!("127.0.0.1:{port}"));
        });
        let (connection, _) = listener.accept().expect("a connection");
        Self { connection: BufReader::new(connection), ended }
    }

    fn send(&mut self, job: &Value) -> Said {
        let mut text = String::new();
        let sent = self.connection.get_mut().write_all(format!("{job}\n").as_bytes());
        let read = sent.and_then(|()| self.connection.read_line(&mut text));
        if !read.is_ok_and(|length| length > 0) {
            panic!("PowerShell ended: {}", self.ended.recv().expect("a reason"));
        }
        serde_json::from_str(&text).expect("what came of the line")
    }
}
