//! Numbers with a unit, where a key wants the number alone or a time span.
//!
//! What enters: what the author wrote, such as `2GB` or `20 minutes`. What leaves: the same in the key's unit. Absent: limits.

/// Units of time in seconds, and of size in bytes. IIS and Windows count in powers of 1024.
const UNITS: [(&[&str], f64, Kind); 11] = [
    (&["ms", "millisecond", "milliseconds"], 0.001, Kind::Time),
    (&["s", "sec", "secs", "second", "seconds"], 1.0, Kind::Time),
    (&["m", "min", "mins", "minute", "minutes"], 60.0, Kind::Time),
    (&["h", "hr", "hrs", "hour", "hours"], 3600.0, Kind::Time),
    (&["d", "day", "days"], 86_400.0, Kind::Time),
    (&["w", "week", "weeks"], 604_800.0, Kind::Time),
    (&["b", "byte", "bytes"], 1.0, Kind::Size),
    (&["k", "kb", "kib", "kilobyte", "kilobytes"], 1024.0, Kind::Size),
    (&["m", "mb", "mib", "megabyte", "megabytes"], 1_048_576.0, Kind::Size),
    (&["g", "gb", "gib", "gigabyte", "gigabytes"], 1_073_741_824.0, Kind::Size),
    (&["t", "tb", "tib", "terabyte", "terabytes"], 1_099_511_627_776.0, Kind::Size),
];

/// What a unit measures.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Time,
    Size,
}

fn factor(unit: &str, kind: Kind) -> Option<f64> {
    let unit = unit.to_lowercase();
    let known = UNITS.iter().find(|(names, _, measures)| *measures == kind && names.contains(&unit.as_str()));
    known.map(|(_, factor, _)| *factor)
}

/// The numbers of a text, each with the letters behind it: `1h 30min` has two.
fn parts(text: &str) -> Option<Vec<(f64, &str)>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest.find(|letter: char| letter.is_alphabetic()).unwrap_or(rest.len());
        let number = number(&rest[..end])?;
        rest = &rest[end..];
        let end = rest.find(|letter: char| !letter.is_alphabetic()).unwrap_or(rest.len());
        parts.push((number, &rest[..end]));
        rest = rest[end..].trim_start();
    }
    Some(parts)
}

/// A number as people write it: `1.5`, `1,5`, `4 294 967 295`, `1_000_000`, `1,000,000`.
fn number(text: &str) -> Option<f64> {
    let plain: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '_').collect();
    let groups: Vec<&str> = plain.split(',').collect();
    let is_grouped = groups.len() > 2 || groups.len() == 2 && groups[1].len() == 3;
    let plain = if is_grouped { groups.concat() } else { plain.replace(',', ".") };
    let is_number = plain.starts_with(|first: char| first.is_ascii_digit());
    plain.parse().ok().filter(|_| is_number)
}

/// Whether every number of a text has letters behind it, so that its unit is said.
pub(super) fn has_units(text: &str) -> bool {
    parts(text).is_some_and(|parts| !parts.is_empty() && parts.iter().all(|(_, unit)| !unit.is_empty()))
}

/// An amount in the unit of a key; a fraction counts as one more.
pub(super) fn count(text: &str, unit: Option<&str>) -> Option<u64> {
    let parts = parts(text)?;
    let total = match (parts.as_slice(), unit) {
        ([(number, "")], _) => *number,
        (parts, Some(unit)) => {
            let kind = if unit == "seconds" { Kind::Time } else { Kind::Size };
            let all = parts.iter().map(|(number, unit)| Some(number * factor(unit, kind)?));
            all.sum::<Option<f64>>()? / factor(unit, kind)?
        }
        _ => return None,
    };
    (total <= 9e15).then_some(total.ceil() as u64)
}

/// An amount of time as Windows writes it, `[days.]hh:mm:ss`. A number without a unit counts `bare` seconds.
pub(super) fn time_span(text: &str, bare: u64) -> Option<String> {
    let seconds = match text.split(':').map(|part| part.trim().parse().ok()).collect::<Option<Vec<u64>>>() {
        Some(parts) if parts.len() == 3 => parts[0] * 3600 + parts[1] * 60 + parts[2],
        _ => match parts(text)?.as_slice() {
            [(number, "")] => (number * bare as f64).ceil() as u64,
            parts => {
                let all = parts.iter().map(|(number, unit)| Some(number * factor(unit, Kind::Time)?));
                all.sum::<Option<f64>>()?.ceil() as u64
            }
        },
    };
    let days = match seconds / 86_400 {
        0 => String::new(),
        days => format!("{days}."),
    };
    Some(format!("{days}{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60))
}

/// A time of day, from hours and minutes.
pub(super) fn time_of_day(text: &str) -> Option<String> {
    let (hours, rest) = text.split_once(':')?;
    let minutes = rest.split(':').next()?;
    let (hours, minutes): (u8, u8) = (hours.trim().parse().ok()?, minutes.trim().parse().ok()?);
    Some(format!("{hours:02}:{minutes:02}:00"))
}
