//! The header Range (RFC 9110, section 14).
//!
//! What enters: its value, and the size of a file. What leaves: the part to send. Absent: several ranges, instead of which
//! the whole file is sent, as the RFC allows.

/// What to send of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    /// All of it.
    Whole,
    /// These bytes, at least one.
    Part { offset: u64, size: u64 },
    /// Nothing: the part begins after the file's end.
    Outside,
}

impl Range {
    /// Reads the header. A value that is not one valid range of bytes means the whole file.
    pub(super) fn parse(value: &[u8], size: u64) -> Self {
        let Some((first, last)) = bounds(value).filter(|_| size > 0) else { return Self::Whole };
        match (first, last) {
            (None, Some(0)) => Self::Outside,
            (None, Some(last)) => Self::Part { offset: size - last.min(size), size: last.min(size) },
            (Some(first), Some(last)) if last < first => Self::Whole,
            (Some(first), _) if first >= size => Self::Outside,
            (Some(first), last) => {
                let end = last.map_or(size, |last| last.saturating_add(1).min(size));
                Self::Part { offset: first, size: end - first }
            }
            (None, None) => Self::Whole,
        }
    }
}

/// The two numbers of `bytes=first-last`, either of which may be missing.
fn bounds(value: &[u8]) -> Option<(Option<u64>, Option<u64>)> {
    let text = std::str::from_utf8(value).ok()?;
    let (unit, range) = text.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    let is_one = unit.eq_ignore_ascii_case("bytes") && [first, last].iter().all(|text| is_number(text));
    let number = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap_or(u64::MAX));
    is_one.then(|| (number(first), number(last)))
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
