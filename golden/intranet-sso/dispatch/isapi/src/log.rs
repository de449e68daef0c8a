//! The bridge's log: one file for each deployment, and also the debugger and the trace channel.
//!
//! What enters: messages from loader and engine, and the application's output line by line. What leaves: lines
//! `time level deployment process thread request message`, in UTC, for [`writer`]. An error is in the file when the call
//! returns; everything else follows a moment later. Absent: passwords and Authorization headers, which no caller passes
//! to this module.

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
    /// The number of this thread's request; 0 for none.
    static REQUEST: Cell<u64> = const { Cell::new(0) };

    /// The last second that this thread formatted, and its text.
    static SECOND: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
}

/// Logs a failure.
pub fn error(message: &str) {
    write(Level::Error, message);
    flush();
}

/// Logs something unexpected.
pub fn warning(message: &str) {
    write(Level::Warning, message);
}

/// Logs normal operation.
pub fn info(message: &str) {
    write(Level::Info, message);
}

/// Logs details that help only to find a fault.
pub fn debug(message: &str) {
    write(Level::Debug, message);
}

/// Sets the number of this thread's request; 0 for none.
pub fn set_request(number: u64) {
    REQUEST.set(number);
}

/// Writes a message if the settings enable its level.
pub fn write(level: Level, message: &str) {
    if level <= SETTINGS.log.level {
        writer::put(&format_line(SystemTime::now(), name(level), message));
    }
}

/// Writes a line of the application's own output. The application chooses its own levels.
pub fn output(line: &str) {
    writer::put(&format_line(SystemTime::now(), "OUTPUT", line));
}

/// Formats one entry. Further lines of the message are indented, so that none of them looks like an entry of its own.
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

/// Appends a message with hidden characters made visible.
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

/// This process's ID, kept so that the system is asked only once.
fn process() -> u32 {
    static NUMBER: OnceLock<u32> = OnceLock::new();
    *NUMBER.get_or_init(std::process::id)
}

/// Appends `2026-01-31T23:59:59.999Z`. Most lines have the same second as the one before.
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

/// `2026-01-31T23:59:59` for a number of seconds since the beginning of 1970.
#[must_use]
pub fn timestamp(second: u64) -> String {
    let (days, seconds) = (second / 86_400, second % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// The date that is `days` days after 1 January 1970. Years begin in March here, so that the leap day is the last
/// day.
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
