//! Runs other programs: their output goes to a log, and its tail into the error if they fail.
//!
//! In: a [`Command`]. Out: success, or what it printed. Output is read from a pipe, because Python under Wine cannot print to a
//! file. The pipe may stay open: programs that continue to run (Wine's services) hold it. Absent: which programs to run.

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

/// How long to wait for the end of a pipe after its program has ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// A file that collects what programs print.
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

    /// Runs a program that must succeed.
    pub fn run(&self, command: &mut Command) -> Result<()> {
        self.output(command).map(drop)
    }

    /// Runs a program that must succeed, and returns what it printed, including errors.
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
        // The command keeps its ends of the pipe until it gets others, and reading would never end.
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

/// The output of a program while it runs.
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
            // If the log cannot be written, the program whose output is read must still continue.
            let _ = log.write_all(&buffer[..count]);
            gathered.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..count]);
        }
        // If the patience has run out, nobody receives this any more.
        let _ = ended.send(());
    });
    Said { bytes, end }
}

impl Said {
    /// The whole output. It waits only a short time for programs that the program left running.
    fn finish(self) -> String {
        // Either the pipe has ended, or a program that prints nothing more holds it open.
        let _ = self.end.recv_timeout(PATIENCE);
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A command approximately as a user would type it.
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
