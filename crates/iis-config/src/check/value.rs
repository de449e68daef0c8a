//! Checks whether a text is a valid value of an attribute.

use std::fmt::Display;

use super::Fault;
use crate::names::{self, Refusal};
use crate::schema::{Attribute, Bounds, TextRule, Value};
use crate::{TimeSpan, Version, limits};

/// What is wrong with the text of an attribute, if anything is.
pub(super) fn fault_of(known: &Attribute, version: Version, text: &str) -> Option<Fault> {
    let value = known.value(version);
    match (value, known.unit) {
        _ if known.infinite && text.eq_ignore_ascii_case("Infinite") => None,
        (Value::TimeSpan(bounds), Some(unit)) => match text.parse::<i64>() {
            Ok(number) => span(text, number.saturating_mul(unit), bounds),
            Err(_) if text.contains(':') => fault(value, text),
            Err(_) => Some(bad(text, if unit == 60 { "a number of minutes" } else { "a number of seconds" })),
        },
        _ => fault(value, text),
    }
}

/// What is wrong with the text, if anything is.
pub(super) fn fault(value: Value, text: &str) -> Option<Fault> {
    match value {
        Value::Bool => (!is_boolean(text)).then(|| bad(text, "true or false")),
        Value::Enum(names) => (!is_one_of(names, text)).then(|| bad(text, format!("one of {}", list(names)))),
        Value::Flags(names) => flags(names, text),
        Value::Uint(bounds) => number(text, 0, i64::from(limits::MAX_REQUEST_LIMIT), bounds),
        Value::Int(bounds) => number(text, i64::from(i32::MIN), i64::from(i32::MAX), bounds),
        Value::Int64(bounds) => number(text, i64::MIN, i64::MAX, bounds),
        Value::TimeSpan(bounds) => match whole_seconds(text).parse::<TimeSpan>() {
            Ok(own) => span(text, i64::try_from(own.seconds()).unwrap_or(i64::MAX), bounds),
            Err(_) => Some(bad(text, "a time span, [days.]hours:minutes:seconds")),
        },
        Value::Text(rule) => text_fault(rule, text),
    }
}

fn bad(value: &str, expected: impl Into<String>) -> Fault {
    Fault::BadValue { value: value.to_owned(), expected: expected.into() }
}

/// A time span without the fraction of a second, which IIS also accepts.
fn whole_seconds(text: &str) -> &str {
    match text.rsplit_once('.') {
        Some((whole, fraction)) if !fraction.contains(':') && fraction.len() <= 7 => whole,
        _ => text,
    }
}

/// Whether a text is one of the two words that IIS reads as a Boolean.
pub fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

fn is_one_of(names: &[(&str, u32)], text: &str) -> bool {
    names.iter().any(|(name, number)| name.eq_ignore_ascii_case(text) || text.parse() == Ok(*number))
}

fn list(names: &[(&str, u32)]) -> String {
    names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// Names separated by commas, or a number that has only their bits.
fn flags(names: &[(&str, u32)], text: &str) -> Option<Fault> {
    let known = names.iter().fold(0, |bits, (_, bit)| bits | bit);
    let is_flag = |part: &str| {
        names.iter().any(|(name, _)| name.eq_ignore_ascii_case(part))
            || part.parse::<u32>().is_ok_and(|bits| bits & !known == 0)
    };
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.into_iter().find(|part| !is_flag(part)).map(|part| bad(part, format!("one of {}", list(names))))
}

fn number(text: &str, least: i64, greatest: i64, bounds: Bounds) -> Option<Fault> {
    let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            i128::from_str_radix(digits, 16).ok()
        }
        Some(_) => None,
        None if text.starts_with('+') => None,
        None => text.parse::<i128>().ok(),
    };
    let Some(number) = number else { return Some(bad(text, "a whole number")) };
    match i64::try_from(number).ok().filter(|number| (least..=greatest).contains(number)) {
        Some(number) => outside(text, number, bounds, &|number| number.to_string()),
        None => Some(Fault::OutOfRange {
            value: text.to_owned(),
            expected: format!("between {least} and {greatest}"),
        }),
    }
}

fn span(text: &str, seconds: i64, bounds: Bounds) -> Option<Fault> {
    outside(text, seconds, bounds, &|seconds| {
        TimeSpan::from_seconds(u64::try_from(seconds).unwrap_or(0)).to_string()
    })
}

fn outside(text: &str, number: i64, bounds: Bounds, write: &dyn Fn(i64) -> String) -> Option<Fault> {
    let expected = match bounds {
        Bounds::Within { low, high, .. } if !(low..=high).contains(&number) => {
            format!("between {} and {}", write(low), write(high))
        }
        Bounds::Within { step, .. } if number % step != 0 => format!("a multiple of {}", write(step)),
        Bounds::Outside { low, high } if (low..=high).contains(&number) => {
            format!("outside {} to {}", write(low), write(high))
        }
        _ => return None,
    };
    Some(Fault::OutOfRange { value: text.to_owned(), expected })
}

fn text_fault(rule: TextRule, text: &str) -> Option<Fault> {
    let (verdict, noun) = match rule {
        TextRule::Any => return None,
        TextRule::NonEmpty => return text.is_empty().then(|| bad(text, "allowed: it must not be empty")),
        TextRule::Trimmed => {
            return (text.trim() != text).then(|| bad(text, "a text without spaces around it"));
        }
        TextRule::ApplicationPoolName => (pool_name(text), "the name of an application pool"),
        TextRule::SiteName => {
            (names::without(text, names::SITE_NAME_REFUSED_BY_CONFIGURATION), "the name of a site")
        }
        TextRule::ApplicationPath => (names::path_shape(text), "the path of an application"),
        TextRule::VirtualDirectoryPath => (names::path_shape(text), "the path of a virtual directory"),
    };
    verdict.err().map(|refusal| bad(text, because(noun, refusal)))
}

/// The configuration system checks the characters. Only WAS checks the length, and it writes an event.
fn pool_name(text: &str) -> Result<(), Refusal> {
    names::without(text, names::APPLICATION_POOL_NAME_REFUSED)?;
    match text.encode_utf16().count() > names::APPLICATION_POOL_NAME_LENGTH {
        true => Err(Refusal::TooLong(names::APPLICATION_POOL_NAME_LENGTH)),
        false => Ok(()),
    }
}

fn because(noun: impl Display, refusal: Refusal) -> String {
    match refusal {
        Refusal::Character(character) => format!("{noun}, which must not contain {character:?}"),
        Refusal::TooLong(limit) => format!("{noun}, which must have at most {limit} characters"),
        Refusal::NoLeadingSlash => format!("{noun}, which must begin with a slash"),
        Refusal::TrailingSlash => format!("{noun}, which must not end with a slash"),
        Refusal::Segment => format!("{noun}, whose segments must not be empty, `.` or `..`"),
        Refusal::Empty | Refusal::Edge | Refusal::Device => noun.to_string(),
    }
}
