//! Running other programs: their output goes to a log, and its tail into the error when they fail.
//!
//! In: a [`Command`]. Out: success, or what it printed. Output is read from a pipe, since Python under Wine cannot print
//! to a file; and the pipe need not come to its end, since programs that stay behind (Wine's services) hold it open.
//! Absent: which programs.

use std::fs::{File, OpenOptions};
use std::io::{PipeReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::workshop::Result;

/// How many of a failed program's last lines the error repeats.
const TAIL: usize = 30;

/// How long to wait for the end of a pipe when its program has ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// A file that gathers what programs print.
pub struct Log {
    path: PathBuf,
}

impl Log {
    /// Starts an empty log.
    pub fn create(path: PathBuf) -> Result<Self> {
        File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path })
    }

    /// The log's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a program that is to succeed.
    pub fn run(&self, command: &mut Command) -> Result<()> {
        self.output(command).map(drop)
    }

    /// Runs a program that is to succeed, and returns what it printed, errors included.
    pub fn output(&self, command: &mut Command) -> Result<String> {
        let (success, text) = self.attempt(command)?;
        if success { Ok(text) } else { Err(self.failure(command, &text)) }
    }

    /// Runs a program that may fail; returns whether it succeeded, and what it printed.
    pub fn attempt(&self, command: &mut Command) -> Result<(bool, String)> {
        let trouble = |error: std::io::Error| format!("{}: {error}", self.path.display());
        let mut file = OpenOptions::new().append(true).open(&self.path).map_err(trouble)?;
        writeln!(file, "\n$ {}", words(command)).map_err(trouble)?;
        let cannot_run = |error: std::io::Error| format!("cannot run {}: {error}", words(command));
        let (reader, writer) = std::io::pipe().map_err(cannot_run)?;
        let errors = writer.try_clone().map_err(cannot_run)?;
        let outcome = command.stdin(Stdio::null()).stdout(writer).stderr(errors).spawn();
        // The command keeps its ends of the pipe until it is given others, and the reading would never end.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = outcome.map_err(|error| format!("cannot run {}: {error}", words(command)))?;
        let said = gather(reader, file);
        let status = child.wait().map_err(|error| format!("cannot wait for {}: {error}", words(command)))?;
        Ok((status.success(), said.finish()))
    }

    fn failure(&self, command: &Command, text: &str) -> String {
        let lines: Vec<_> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(TAIL)..].join("\n  | ");
        format!(
            "{} failed; the end of what it said (all in {}):\n  | {tail}",
            words(command),
            self.path.display()
        )
    }
}

/// What a program says, while it says it.
struct Said {
    bytes: Arc<Mutex<Vec<u8>>>,
    end: Receiver<()>,
}

/// Reads to the end of a pipe in the background, into memory and into the log.
fn gather(mut pipe: PipeReader, mut log: File) -> Said {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let (ended, end) = mpsc::channel();
    let gathered = Arc::clone(&bytes);
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            // A log that cannot be written must not stop the program that is being listened to.
            let _ = log.write_all(&buffer[..count]);
            gathered.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..count]);
        }
        // Nobody listens any more when the patience has run out.
        let _ = ended.send(());
    });
    Said { bytes, end }
}

impl Said {
    /// All that was said; waits only a little for those that the program left behind.
    fn finish(self) -> String {
        // Either it has ended, or the pipe is held open by somebody who has nothing more to say.
        let _ = self.end.recv_timeout(PATIENCE);
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A command as somebody would type it, near enough.
fn words(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    let program = command.get_program().to_string_lossy();
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// A command with its arguments.
pub fn command<S: AsRef<std::ffi::OsStr>>(
    program: impl AsRef<std::ffi::OsStr>,
    arguments: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// The first program of that name on PATH.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}
