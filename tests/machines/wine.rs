//! Windows programs under Wine 8, which ends about one process in a hundred with a signal, before or after its output.
//! A fault of the Windows program itself would be an exit code, never a signal.
//!
//! In: a Wine prefix, programs. Out: commands, and their results. If Wine ended the first run, the result is that of a
//! second run, and the file that `KALLITHEA_IISC_ENDED_BY_WINE` names gets a line about it. Absent: programs in tests
//! that are about an end by a signal.

use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;

const WINE: &str = "wine";

/// A Windows program, quiet and without a display.
pub fn command(prefix: &Path, program: impl Into<OsString>) -> Command {
    let mut command = Command::new(WINE);
    command.arg(program.into()).env("WINEPREFIX", prefix).env("WINEDEBUG", "-all");
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

/// Whether Wine ended a Windows program.
pub fn ended(status: ExitStatus) -> bool {
    status.code().is_none()
}

/// The exit code of a host that had written its whole report when Wine ended it.
pub fn code_of_host(status: ExitStatus, report: &Value) -> Option<i32> {
    let violations = report["violations"].as_array()?;
    eprintln!("after the host's whole report, Wine ended it: {status}");
    Some(i32::from(!violations.is_empty()))
}

/// Runs any program that may be run twice: a Windows program runs again if Wine ended it.
pub fn output(command: &mut Command) -> io::Result<Output> {
    if command.get_program() != OsStr::new(WINE) {
        return command.output();
    }
    let what = command.get_args().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let was_ended = |outcome: &io::Result<Output>| outcome.as_ref().is_ok_and(|output| ended(output.status));
    insist(&what, &[], || command.output(), was_ended)
}

/// The result of an attempt. If Wine ended the first, the result of a second, with these files and folders restored before it.
pub fn insist<T>(
    what: &str,
    places: &[PathBuf],
    attempt: impl FnMut() -> T,
    was_ended: impl FnOnce(&T) -> bool,
) -> T {
    twice(places, attempt, was_ended, || {
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        let line = format!("{test}: {what}");
        eprintln!("Wine ended a program, which runs again: {line}");
        if let Some(file) = std::env::var_os("KALLITHEA_IISC_ENDED_BY_WINE") {
            let file = OpenOptions::new().create(true).append(true).open(file);
            file.and_then(|mut file| writeln!(file, "{line}")).expect("a line can be added");
        }
    })
}

/// Like [`insist`], for callers that report the second run themselves.
pub fn twice<T>(
    places: &[PathBuf],
    mut attempt: impl FnMut() -> T,
    was_ended: impl FnOnce(&T) -> bool,
    tell: impl FnOnce(),
) -> T {
    let kept: Vec<Kept> = places.iter().map(|place| Kept::of(place)).collect();
    let first = attempt();
    if !was_ended(&first) {
        return first;
    }
    tell();
    for (place, kept) in places.iter().zip(kept) {
        kept.put_back(place);
    }
    attempt()
}

/// The former content of a path.
enum Kept {
    Nothing,
    File(Vec<u8>),
    Folder(Vec<(OsString, Kept)>),
}

impl Kept {
    fn of(place: &Path) -> Self {
        if let Ok(entries) = fs::read_dir(place) {
            let names = entries.map(|entry| entry.expect("an entry").file_name());
            return Self::Folder(names.map(|name| (name.clone(), Self::of(&place.join(name)))).collect());
        }
        fs::read(place).map_or(Self::Nothing, Self::File)
    }

    fn put_back(self, place: &Path) {
        // It is a folder or a file, or nothing.
        let _ = fs::remove_dir_all(place).or_else(|_| fs::remove_file(place));
        match self {
            Self::Nothing => {}
            Self::File(bytes) => fs::write(place, bytes).expect("a file can be put back"),
            Self::Folder(entries) => {
                fs::create_dir_all(place).expect("a folder can be put back");
                for (name, kept) in entries {
                    kept.put_back(&place.join(name));
                }
            }
        }
    }
}

/// Starts a Windows program with pipes for its streams. Windows' Python fails on a file of this system, such as the log of
/// a test run.
pub fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("wine runs")
}
