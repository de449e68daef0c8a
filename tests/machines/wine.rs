//! Programs of Windows under Wine 8, which ends one process in a hundred or so by a signal, before or after it had told
//! anything. A fault of the Windows program itself would be an exit code, never a signal.
//!
//! In: a Wine prefix, programs. Out: commands, and what they bring; where Wine ended the first run that of a second, of
//! which a line is left in the file that `KALLITHEA_IISC_ENDED_BY_WINE` names. Absent: programs whose end by a signal is
//! what a test is about.

use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;

const WINE: &str = "wine";

/// A program of Windows, quiet and without a display.
pub fn command(prefix: &Path, program: impl Into<OsString>) -> Command {
    let mut command = Command::new(WINE);
    command.arg(program.into()).env("WINEPREFIX", prefix).env("WINEDEBUG", "-all");
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

/// Whether it was Wine that ended a program of Windows.
pub fn ended(status: ExitStatus) -> bool {
    status.code().is_none()
}

/// The exit code of a host that had told all and was on its way out when Wine ended it.
pub fn code_of_host(status: ExitStatus, report: &Value) -> Option<i32> {
    let violations = report["violations"].as_array()?;
    eprintln!("after the host's whole report, Wine ended it: {status}");
    Some(i32::from(!violations.is_empty()))
}

/// Runs any program that can as well be run again, which a program of Windows is where Wine ended it.
pub fn output(command: &mut Command) -> io::Result<Output> {
    if command.get_program() != OsStr::new(WINE) {
        return command.output();
    }
    let what = command.get_args().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let was_ended = |outcome: &io::Result<Output>| outcome.as_ref().is_ok_and(|output| ended(output.status));
    insist(&what, &[], || command.output(), was_ended)
}

/// What an attempt brings; that of a second where Wine ended the first, with these files and folders as they were before.
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

/// As [`insist`], for whoever tells of it by itself.
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

/// What stands at a place.
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
        // Whatever there is, it is one or the other, or nothing.
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

/// Starts a program of Windows with pipes for its streams. Windows' Python gives up over a file of this system, such as the
/// log that a run of the tests is written to.
pub fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("wine runs")
}
