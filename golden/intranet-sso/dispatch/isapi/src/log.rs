//! The bridge's log: one file for a deployment, and the debugger's window beside it.
//!
//! What enters: messages of loader and engine, and the application's output line by line. What leaves: lines
//! `time level deployment process thread request message`, in UTC, in the configured file; on Windows also by
//! OutputDebugString. Absent: rotation, and a second chance for a line that could not be written. Nobody hands
//! this module a password or an Authorization header.

use std::cell::Cell;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::abi::debug_output;
use crate::config::SETTINGS;
use crate::paths;
use crate::settings::Level;

/// The open file, once somebody has written; `None` when it cannot be opened.
static FILE: OnceLock<Mutex<Option<File>>> = OnceLock::new();

thread_local! {
    /// Number of the request that this thread works for; 0 for none.
    static REQUEST: Cell<u64> = const { Cell::new(0) };
}

/// Writes what failed.
pub fn error(message: &str) {
    write(Level::Error, message);
}

/// Writes what is odd.
pub fn warning(message: &str) {
    write(Level::Warning, message);
}

/// Writes what happens in the ordinary course.
pub fn info(message: &str) {
    write(Level::Info, message);
}

/// Writes what only helps in search of a fault.
pub fn debug(message: &str) {
    write(Level::Debug, message);
}

/// Names the request that this thread works for from now on; 0 for none.
pub fn set_request(number: u64) {
    REQUEST.set(number);
}

/// Writes a message if its level is to be written.
pub fn write(level: Level, message: &str) {
    if level <= SETTINGS.log.level {
        put(&format_line(SystemTime::now(), name(level), message));
    }
}

/// Writes a line of the application's own output, whose levels are the application's to choose.
pub fn output(line: &str) {
    put(&format_line(SystemTime::now(), "OUTPUT", line));
}

fn put(line: &str) {
    debug_output(line);
    let mut file = FILE.get_or_init(open).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(file) = file.as_mut() {
        // A full disk must not stop the application, and there is no better place to say so.
        let _ = file.write_all(line.as_bytes());
    }
}

fn open() -> Mutex<Option<File>> {
    let path = paths::local(SETTINGS.log.file);
    let opened = match path.parent().map_or(Ok(()), std::fs::create_dir_all) {
        Ok(()) => OpenOptions::new().append(true).create(true).open(&path),
        Err(error) => Err(error),
    };
    Mutex::new(
        opened
            .map_err(|error| debug_output(&format!("kallithea: cannot write {}: {error}\n", path.display())))
            .ok(),
    )
}

/// One line; further lines of the message are set in, so that none of them can pass for a line of its own.
fn format_line(time: SystemTime, level: &str, message: &str) -> String {
    let thread = std::thread::current();
    let mut line = String::with_capacity(message.len() + 96);
    let _ = write!(
        line,
        "{} {} {} {} {} ",
        timestamp(time),
        level,
        SETTINGS.deployment,
        std::process::id(),
        thread.name().unwrap_or("-"),
    );
    let _ = match REQUEST.get() {
        0 => write!(line, "- "),
        number => write!(line, "#{number} "),
    };
    push_message(&mut line, message);
    line.push('\n');
    line
}

/// Appends a message with its control characters made visible.
fn push_message(line: &mut String, message: &str) {
    for letter in message.trim_end().chars() {
        match letter {
            '\n' => line.push_str("\n    "),
            '\r' => {}
            '\t' => line.push('\t'),
            letter if letter.is_control() => line.extend(letter.escape_default()),
            letter => line.push(letter),
        }
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Error => "ERROR",
        Level::Warning => "WARNING",
        Level::Info => "INFO",
        Level::Debug => "DEBUG",
    }
}

/// `2026-01-31T23:59:59.999Z`.
#[must_use]
pub fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", since.subsec_millis())
}

/// The date that lies so many days after 1 January 1970. A year is counted from March here, so that the leap day is
/// its last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}
