//! Where a server's file contains what may be a secret, whatever its name.
//!
//! What enters: a configuration file's text. What leaves: the places whose characters nobody may see: values of environment
//! variables and of other programs' settings, texts of elements, addresses with passwords, words after `password:` in a
//! comment. In IIS's own sections a Boolean, a number or a keyword stays visible. Absent: attributes whose names say what
//! they contain, which `redact` handles.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use iis_config::TimeSpan;
use iis_config::check::is_boolean;
use iis_config::markup::{self, Comment, Document, Element};
use regex::Regex;

use super::pattern::pattern;

/// Lists whose values can be anything: those of pools, of the programs that IIS starts, and of .NET.
const LISTS: [&str; 3] = ["environmentVariables", "appSettings", "connectionStrings"];
/// Attributes that contain the command line of a program.
const COMMAND_LINES: [&str; 2] = ["arguments", "commandLine"];

/// What makes a value a secret whatever its key: an address or a connection string with a password, a key, or what
/// programs send to prove who they are.
static IN_VALUE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"://[^/\s:@]+:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----|(?i:^\s*(?:bearer|basic)\s+\S)",
        r"|(?i:(?:password|passwd|passphrase|pwd|secret|token|key|sig|signature)\s*=\s*[^\s;&])",
    ))
});
/// The same in a text that is not XML.
static IN_LINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"://(?P<address>[^/\s:@"]+:[^/\s@"]+)@"#,
        r#"|(?i:\b(?:password|passwd|pwd|\w+key|sig)\s*=\s*)(?P<word>[^\s;&"'][^;&"'\r\n]*)"#,
        r#"|(?i:\bvalue\s*=\s*)(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')"#,
    ))
});
/// A word in a comment that announces what follows it.
static IN_COMMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"(?i)(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_ -]?key|credentials?)["']?[ \t]*"#,
        r#"(?:[:=]|\bis\b)[ \t]*(?P<value>[^"'\s][^\r\n]*)|://(?P<address>[^/\s:@]+:[^/\s@]+)@"#,
    ))
});
/// Names of environment variables that hold secrets, in addition to names that contain a word for a secret.
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| pattern("(?i)(?:auth|cookie|dsn|pat|pw|sas)(?:_|$)"));
/// A header with which programs prove who they are.
static HEADER: LazyLock<Regex> = LazyLock::new(|| pattern("(?i)authori[sz]ation|cookie"));
/// A name on a command line.
static IN_COMMAND_LINE: LazyLock<Regex> =
    LazyLock::new(|| pattern("(?i)pass|pwd|secret|token|key|[/-]p[: =]"));

/// The places in a text. `is_own` says whether the name and the value of an environment variable are the spec's.
pub(super) fn places(text: &str, is_own: &dyn Fn(&str, &str) -> bool) -> Vec<Range<usize>> {
    match markup::parse(text) {
        Ok(document) => in_document(&document, is_own),
        Err(_) => {
            let found = named_places(&IN_LINE, text, &["address", "word", "double", "single"]);
            found.filter(|place| !is_plain(&text[place.clone()])).collect()
        }
    }
}

/// Whether a comment contains what may be a secret after a word for one.
pub(super) fn names_secret(words: &str) -> bool {
    IN_COMMENT.is_match(words)
}

/// Whether another program's environment variable may be a secret: by its name, by its value, or because the value looks
/// like a generated secret: long, with letters and digits and without a word.
pub fn is_suspicious(name: &str, value: &str) -> bool {
    let is_random = || {
        let has = |is: fn(&char) -> bool| value.chars().any(|character| is(&character));
        let is_whole = !value.contains([' ', '/', '\\', ':', ';', ',']);
        value.len() >= 16 && is_whole && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
    };
    VARIABLE.is_match(name) || IN_VALUE.is_match(value) || is_random()
}

fn in_document(document: &Document<'_>, is_own: &dyn Fn(&str, &str) -> bool) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut comments: HashMap<usize, Vec<Range<usize>>> = HashMap::new();
    for comment in &document.comments {
        if let Some(parent) = comment.parent {
            comments.entry(parent).or_default().push(comment.span.clone());
        }
    }
    for element in &document.elements {
        let name = element.value("name").or_else(|| element.value("key")).unwrap_or_default();
        let is_listed = is_listed(document, element) || HEADER.is_match(name);
        for attribute in &element.attributes {
            let is = |known: &str| attribute.name.eq_ignore_ascii_case(known);
            let is_entry = is_listed && is("value") && !is_own(name, &attribute.value);
            let is_command_line =
                COMMAND_LINES.iter().any(|known| is(known)) && IN_COMMAND_LINE.is_match(&attribute.value);
            let is_hidden = is_entry && !is_plain(&attribute.value);
            if is_hidden || is_command_line || IN_VALUE.is_match(&attribute.value) {
                places.push(attribute.written.clone());
            }
        }
        if element.text.is_some() {
            places.extend(texts(document, element, comments.remove(&element.index).unwrap_or_default()));
        }
    }
    places.extend(document.comments.iter().flat_map(|comment| in_comment(document, comment)));
    places
}

fn is_listed(document: &Document<'_>, element: &Element<'_>) -> bool {
    let around = document.parent(element).map(|around| around.name);
    around.is_some_and(|around| LISTS.iter().any(|list| around.eq_ignore_ascii_case(list)))
}

/// The text of an element, without the elements and comments within it.
fn texts(document: &Document<'_>, element: &Element<'_>, comments: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let children = document.children(element).map(|child| child.offset..child.end);
    let mut inner: Vec<Range<usize>> = children.chain(comments).collect();
    inner.sort_by_key(|range| range.start);
    let starts = std::iter::once(element.opened).chain(inner.iter().map(|range| range.end));
    let ends = inner.iter().map(|range| range.start).chain([element.closing]);
    let gaps = starts.zip(ends).map(|(from, to)| from..to);
    let filled = gaps.filter_map(|gap| {
        let text = &document.text[gap.clone()];
        let from = gap.start + (text.len() - text.trim_start().len());
        (from < gap.end).then(|| from..from + text.trim().len())
    });
    filled.collect()
}

fn in_comment(document: &Document<'_>, comment: &Comment<'_>) -> Vec<Range<usize>> {
    let end = comment.span.end - "-->".len();
    let words = &document.text[comment.span.start..end];
    let found = named_places(&IN_COMMENT, words, &["value", "address"]);
    found.map(|place| comment.span.start + place.start..comment.span.start + place.end).collect()
}

fn named_places<'t>(
    pattern: &'t Regex,
    text: &'t str,
    names: &'t [&'t str],
) -> impl Iterator<Item = Range<usize>> + 't {
    pattern
        .captures_iter(text)
        .filter_map(|found| names.iter().find_map(|name| found.name(name).map(|value| value.range())))
}

/// Whether a value reveals nothing: it is empty, a Boolean, a small number or a time span.
fn is_plain(value: &str) -> bool {
    let is_small = value.len() < 4 && value.parse::<u16>().is_ok();
    value.is_empty() || is_boolean(value) || is_small || value.parse::<TimeSpan>().is_ok()
}
