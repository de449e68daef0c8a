//! A time span as IIS writes it: `00:20:00`, `1.05:00:00`.
//!
//! The form is `[days.]hours:minutes:seconds`. Minutes and seconds must be below 60. Without days the hours may
//! exceed a day, as in `29:00:00`, after which a pool recycles by default; with days they may not. A bare number,
//! `Infinite` and fractions of a second are not accepted, because no attribute in the tables takes them.

use std::fmt;
use std::str::FromStr;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A time span in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde_with::SerializeDisplay, serde_with::DeserializeFromStr))]
pub struct TimeSpan(u64);

impl TimeSpan {
    /// A time span of that many seconds.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// A time span of that many minutes.
    pub const fn from_minutes(minutes: u32) -> Self {
        Self(minutes as u64 * MINUTE)
    }

    /// The length in seconds.
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, hours) = (self.0 / DAY, self.0 % DAY / HOUR);
        let (minutes, seconds) = (self.0 % HOUR / MINUTE, self.0 % MINUTE);
        if days > 0 {
            write!(formatter, "{days}.")?;
        }
        write!(formatter, "{hours:02}:{minutes:02}:{seconds:02}")
    }
}

impl FromStr for TimeSpan {
    type Err = NotATimeSpan;

    fn from_str(text: &str) -> Result<Self, NotATimeSpan> {
        let (days, clock) = match text.split_once('.') {
            Some((days, clock)) => (Some(field(days, u64::from(u32::MAX))?), clock),
            None => (None, text),
        };
        let mut fields = clock.split(':');
        let mut next = |below| field(fields.next().ok_or(NotATimeSpan)?, below);
        let hours = next(if days.is_some() { 23 } else { u64::from(u32::MAX) })?;
        let (minutes, seconds) = (next(59)?, next(59)?);
        match fields.next() {
            Some(_) => Err(NotATimeSpan),
            None => Ok(Self(days.unwrap_or(0) * DAY + hours * HOUR + minutes * MINUTE + seconds)),
        }
    }
}

/// One number of the text, which has only digits and is at most `ceiling`.
fn field(text: &str, ceiling: u64) -> Result<u64, NotATimeSpan> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotATimeSpan);
    }
    text.parse().ok().filter(|number| *number <= ceiling).ok_or(NotATimeSpan)
}

/// The text is not a time span in the form that IIS writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATimeSpan;

impl fmt::Display for NotATimeSpan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("write a time span as hours:minutes:seconds or days.hours:minutes:seconds")
    }
}

impl std::error::Error for NotATimeSpan {}
