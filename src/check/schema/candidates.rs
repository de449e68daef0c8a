//! What an author may have meant with a value that a key does not take.
//!
//! What enters: what was written, and the schema of its key. What leaves: values, the likeliest first. Whether the key takes
//! one of them is not known here: the schema decides that.

use std::net::{Ipv4Addr, Ipv6Addr};

use iis_config::limits;
use serde_json::{Value as Json, json};

use super::{amounts, near};
use crate::characters;
use crate::spec::{NOUN, Thumbprint, UNIT, WindowsPath};

/// The values that may be meant.
pub(super) fn of(written: &str, schema: &'static Json) -> Vec<Json> {
    let says = |word: &str| schema.get(word).and_then(Json::as_str);
    match says("type") {
        Some("string") => texts(written, schema).into_iter().map(Json::from).collect(),
        Some("integer") => {
            let most = u64::from(limits::MAX_ALLOWED_CONTENT_LENGTH_CEILING);
            let is_bytes = says(UNIT) == Some("bytes");
            // People write 4 GB for one byte less, which is the most that IIS stores.
            let count = amounts::count(written, says(UNIT));
            let count = count.map(|count| if is_bytes { count.min(most) } else { count });
            let digits = written.split(|letter: char| !letter.is_ascii_digit()).next();
            let bare = digits.and_then(|digits| digits.parse().ok()).filter(|_| says(UNIT).is_none());
            count.or(bare).map(Json::from).into_iter().collect()
        }
        Some("boolean") => match written.to_lowercase().as_str() {
            "true" | "yes" | "y" | "on" | "1" | "enabled" => vec![true.into()],
            "false" | "no" | "n" | "off" | "0" | "disabled" | "none" => vec![false.into()],
            _ => Vec::new(),
        },
        Some("array") => list(written, &schema["items"]),
        _ => mapping(written, schema),
    }
}

/// A list of what is written, which may be several values with commas between them.
fn list(written: &str, items: &'static Json) -> Vec<Json> {
    let of_item = |text: &str| {
        let mut values = vec![Json::from(text.trim())];
        values.extend(of(text.trim(), items));
        let validator = super::validator(items);
        values.into_iter().find(|value| validator.is_valid(value))
    };
    let all: Option<Vec<Json>> = written.split(',').map(of_item).collect();
    all.map(Json::from).into_iter().collect()
}

/// A mapping with what is written as the value of one of its keys: of one that it needs, or one that no other text fits.
fn mapping(written: &str, schema: &'static Json) -> Vec<Json> {
    let required = |key: &str| {
        let names = schema.get("required").and_then(Json::as_array);
        names.into_iter().flatten().any(|name| name == key)
    };
    let is_truth = matches!(written.to_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off");
    let takes = |(key, property): &(&String, &Json)| {
        let has = |word: &str| property.get(word).is_some();
        match property.get("type").and_then(Json::as_str) {
            kind if is_truth => kind == Some("boolean") && ["enabled", "required"].contains(&key.as_str()),
            Some("string") => required(key) || has("enum") || has("format") || has("pattern"),
            Some("array") => property["items"].get("enum").is_some(),
            _ => false,
        }
    };
    let keys = schema.get("properties").and_then(Json::as_object).into_iter().flatten();
    let mut keys: Vec<_> = keys.filter(takes).collect();
    keys.sort_by_key(|(key, property)| (!required(key), property.get("pattern").is_some()));
    let values = keys.into_iter().flat_map(|(key, property)| {
        let mut values = vec![Json::from(written)];
        values.extend(of(written, property));
        let validator = super::validator(property);
        let right = values.into_iter().find(|value| validator.is_valid(value));
        right.map(|value| json!({ key.as_str(): value }))
    });
    values.collect()
}

fn texts(written: &str, schema: &'static Json) -> Vec<String> {
    if let Some(options) = schema.get("enum").and_then(Json::as_array) {
        let options: Vec<&str> = options.iter().filter_map(Json::as_str).collect();
        return near::word(written, &options).map(ToOwned::to_owned).into_iter().collect();
    }
    let says = |word: &str| schema.get(word).and_then(Json::as_str).unwrap_or_default();
    let text = written.trim();
    match says(NOUN) {
        "certificate thumbprint" => Thumbprint::cleaned(text).into_iter().collect(),
        "time span" => {
            let bare = if says("pattern").ends_with(":00$") { 60 } else { 1 };
            amounts::time_span(text, bare).into_iter().collect()
        }
        "time of day" => amounts::time_of_day(text).into_iter().collect(),
        "IP address" => addresses(text),
        "host name" | "host name or address" => host(text).into_iter().collect(),
        "directory host name" => {
            let hosts: Option<Vec<String>> =
                text.split([',', ' ', ';']).filter(|part| !part.is_empty()).map(host).collect();
            hosts.map(|hosts| hosts.join(", ")).into_iter().collect()
        }
        "service principal name" => {
            let name = text.split_once('/').map_or(text, |(_, name)| name);
            vec![format!("HTTP/{name}")]
        }
        "Python version" => python(text).into_iter().collect(),
        "environ key" => vec![text.to_uppercase().replace(['-', ' '], "_")],
        "list of status codes" => vec![text.split_whitespace().collect::<String>().replace(';', ",")],
        "path below the application" => vec![format!("/{}", text.trim_matches('/').replace('\\', "/"))],
        "name" => {
            let is_between = |letter: char| matches!(letter, ' ' | '.' | '/');
            let words: Vec<&str> = text.split(is_between).filter(|part| !part.is_empty()).collect();
            vec![words.join("-")]
        }
        _ if says("format").ends_with("path") => WindowsPath::mended(text).into_iter().collect(),
        _ => vec![written.to_owned()],
    }
}

fn addresses(text: &str) -> Vec<String> {
    let bare = text.trim_matches(['[', ']']);
    if bare.parse::<Ipv6Addr>().is_ok() {
        return vec![format!("[{bare}]")];
    }
    let six = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(six, _)| six);
    if let Some(six) = six.filter(|six| six.parse::<Ipv6Addr>().is_ok()) {
        return vec![format!("[{six}]")];
    }
    let before_port = text.split(':').next().unwrap_or_default();
    match text.to_lowercase().as_str() {
        "any" | "all" | "every" | "all unassigned" | "0.0.0.0:*" => vec!["*".to_owned()],
        "localhost" => vec!["127.0.0.1".to_owned()],
        _ => before_port.parse::<Ipv4Addr>().map(|address| address.to_string()).into_iter().collect(),
    }
}

/// The host name of a URL, in the letters that DNS has: names with others are written in Punycode (RFC 5891).
fn host(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|letter| !characters::is_hidden(*letter)).collect();
    let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default().trim().trim_end_matches('.');
    let (star, host) = host.strip_prefix("*.").map_or(("", host), |rest| ("*.", rest));
    let ascii = idna::domain_to_ascii(host).ok()?;
    Some(format!("{star}{}", if host.is_ascii() { host } else { &ascii }))
}

/// The version in `v3.13`, `Python 3.13` or `313`.
fn python(text: &str) -> Option<String> {
    let digits = text.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let digits: String =
        digits.chars().take_while(|letter| letter.is_ascii_digit() || *letter == '.').collect();
    let digits = digits.trim_end_matches('.');
    Some(match digits.split_once('.') {
        Some(_) => digits.to_owned(),
        None => format!("{}.{}", digits.get(..1)?, digits.get(1..).filter(|minor| !minor.is_empty())?),
    })
}
