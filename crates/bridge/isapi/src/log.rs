//! The bridge's log: one file for a deployment, and the debugger's window and the trace channel beside it.
//!
//! What enters: messages of loader and engine, and the application's output line by line. What leaves: lines
//! `time level deployment process thread request message`, in UTC, for [`writer`]. An error is in the file when the call
//! returns; everything else follows within a moment. Absent: passwords and Authorization headers, which nobody hands
//! this module.

mod writer;

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::abi::debug_output;
use crate::config::SETTINGS;
use crate::settings::Level;
use crate::visible;

pub use writer::{begin, flush};

thread_local! {
    /// Number of the request that this thread works for; 0 for none.
    static REQUEST: Cell<u64> = const { Cell::new(0) };

    /// The last second that this thread wrote, and how.
    static SECOND: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
}

/// Writes what failed.
pub fn error(message: &str) {
    write(Level::Error, message);
    flush();
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
        writer::put(&format_line(SystemTime::now(), name(level), message));
    }
}

/// Writes a line of the application's own output, whose levels are the application's to choose.
pub fn output(line: &str) {
    writer::put(&format_line(SystemTime::now(), "OUTPUT", line));
}

/// One line; further lines of the message are set in, so that none of them can pass for a line of its own.
fn format_line(time: SystemTime, level: &str, message: &str) -> String {
    let thread = std::thread::current();
    let mut line = String::with_capacity(message.len() + 96);
    push_timestamp(&mut line, time);
    let name = thread.name().unwrap_or("-");
    let _ = write!(line, " {level} {} {} {name} ", SETTINGS.deployment, process());
    let _ = match REQUEST.get() {
        0 => write!(line, "- "),
        number => write!(line, "#{number} "),
    };
    push_message(&mut line, message);
    line.push('\n');
    line
}

/// Appends a message with everything in it made visible.
fn push_message(line: &mut String, message: &str) {
    for letter in message.trim_end().chars() {
        match letter {
            '\n' => line.push_str("\n    "),
            '\r' => {}
            '\t' => line.push('\t'),
            letter => visible::push(line, letter),
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

/// This process's number, asked for once: the system would be asked each time.
fn process() -> u32 {
    static NUMBER: OnceLock<u32> = OnceLock::new();
    *NUMBER.get_or_init(std::process::id)
}

/// Appends `2026-01-31T23:59:59.999Z`. Most lines share their second with the one before.
fn push_timestamp(line: &mut String, time: SystemTime) {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != since.as_secs() {
            *second = since.as_secs();
            *text = timestamp(*second);
        }
        line.push_str(text);
    });
    let _ = write!(line, ".{:03}Z", since.subsec_millis());
}

/// `2026-01-31T23:59:59`, so many seconds after the beginning of 1970.
#[must_use]
pub fn timestamp(second: u64) -> String {
    let (days, seconds) = (second / 86_400, second % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
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
