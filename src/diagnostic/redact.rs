//! Finds secrets, and never shows them: neither in a message nor in a source line.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use iis_config::check::is_boolean;
use iis_config::schema::{Element, Value, sections};
use iis_config::{TimeSpan, Version};
use regex::Regex;

use super::pattern::pattern;
use super::{Code, Diagnostic, Fix, foreign};
use crate::source::Source;

/// Names of keys that hold a secret. The word must end the name: `tokenChecking` holds none.
const SECRET_NAMES: &str =
    "(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|private[_-]?key|credentials?)";
/// What makes a value a secret whatever its key: a password in a URL or a connection string, a private key.
const SECRET_VALUES: &str =
    r"://[^/\s:@]+:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----|(?i:\b(?:password|pwd)\s*=\s*\S)";

static SECRET_KEY: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i){SECRET_NAMES}$")));
static SECRET_VALUE: LazyLock<Regex> = LazyLock::new(|| pattern(SECRET_VALUES));
/// A key with such a name and its value, in text that may not even be YAML.
static SECRET_IN_LINE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r#"(?mi){SECRET_NAMES}["']?[ \t]*[:=][ \t]*(?P<value>[^\r\n]+)"#)));
static SECRET_IN_URL: LazyLock<Regex> = LazyLock::new(|| pattern(r"://(?P<value>[^/\s:@]+:[^/\s@]+)@"));

/// More names than those of a spec: a server's file may contain anything.
const FOREIGN_NAMES: &str = "(?:pass(?:word|wd)?|pwd|secret|token|key|connection_?string|credentials?)";

/// Words in names whose value is hidden even if it is a number: a PIN is a number, too.
const SURELY_SECRET: &str = "(?:pass(?:word|wd|phrase)?|pwd|secret|connection_?string|credentials?)";

/// An attribute of XML whose name says that it holds a secret.
static SECRET_ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(r#"(?i)(?P<before>(?P<name>\w*{FOREIGN_NAMES}\w*)\s*=\s*)(?P<value>"[^"]*"|'[^']*')"#))
});
/// An entry of a list whose name says that its value is a secret: `<add name="API_KEY" value="..." />`, in either order.
static SECRET_ENTRIES: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    let name =
        format!(r#"\b(?:name|key)\s*=\s*(?:"[^"<]*{FOREIGN_NAMES}[^"<]*"|'[^'<]*{FOREIGN_NAMES}[^'<]*')"#);
    let value = r#"\bvalue\s*=\s*"#;
    let quoted = r#"(?P<value>"[^"<]*"|'[^'<]*')"#;
    [
        pattern(&format!(r"(?i)(?P<before>{name}[^<>\n]*?{value}){quoted}")),
        pattern(&format!(r"(?i)(?P<before>{value}){quoted}(?P<after>[^<>\n]*?{name})")),
    ]
});
static SECRET_HINT: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i){FOREIGN_NAMES}")));
static SURE_HINT: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i){SURELY_SECRET}")));

/// Whether a key of this name holds a secret.
pub(crate) fn is_secret_key(name: &str) -> bool {
    SECRET_KEY.is_match(name)
}

/// Whether another program's name suggests a secret anywhere in it. This decides what may be shown or copied from a server.
pub(crate) fn suggests_secret(name: &str) -> bool {
    SECRET_HINT.is_match(name)
}

/// Whether a text carries a secret whatever its key.
pub(crate) fn is_secret_value(text: &str) -> bool {
    SECRET_VALUE.is_match(text)
}

/// A configuration file's text in which each secret is replaced by as many asterisks as it has bytes, so that places stay
/// the same. A value that cannot be a secret is shown whatever its name: a Boolean, a number, a keyword of IIS.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    without_secrets_but(text, &|_, _| false)
}

/// The same, but shows the environment variables that are the spec's own by name and value.
pub fn without_secrets_but<'t>(text: &'t str, is_own: &dyn Fn(&str, &str) -> bool) -> Cow<'t, str> {
    let (shown, places) = (without_named(text), foreign::places(text, is_own));
    if places.is_empty() { shown } else { Cow::Owned(mask(&shown, &places)) }
}

/// Whether a comment contains what may be a secret.
pub(crate) fn is_secret_comment(words: &str) -> bool {
    foreign::names_secret(words) || without_secrets(words) != words
}

/// A text without the values whose names say that they are secret.
fn without_named(text: &str) -> Cow<'_, str> {
    let mut shown = SECRET_ATTRIBUTE.replace_all(text, |found: &regex::Captures<'_>| {
        let (name, value) = (&found["name"], unquoted(&found["value"]));
        if is_harmless(name, value) { found[0].to_owned() } else { hidden(found) }
    });
    for entries in &*SECRET_ENTRIES {
        let next = entries.replace_all(&shown, |found: &regex::Captures<'_>| {
            if is_boolean(unquoted(&found["value"])) { found[0].to_owned() } else { hidden(found) }
        });
        shown = Cow::Owned(next.into_owned());
    }
    shown
}

fn unquoted(value: &str) -> &str {
    &value[1..value.len() - 1]
}

/// The match, with asterisks instead of its value.
fn hidden(found: &regex::Captures<'_>) -> String {
    let (value, quote) = (&found["value"], &found["value"][..1]);
    let after = found.name("after").map_or("", |after| after.as_str());
    format!("{}{quote}{}{quote}{after}", &found["before"], "*".repeat(value.len() - 2))
}

/// Whether an attribute of a suspicious name holds no secret.
fn is_harmless(name: &str, value: &str) -> bool {
    let of_iis = KNOWN.get(&name.to_lowercase());
    let is_number = || value.parse::<i64>().is_ok() || value.parse::<TimeSpan>().is_ok();
    match of_iis {
        // The name of an entry.
        None if name.eq_ignore_ascii_case("key") => true,
        None if SURE_HINT.is_match(name) => !SECRET_KEY.is_match(name) && is_boolean(value),
        None => is_boolean(value) || is_number(),
        Some(Holds::Text) => false,
        Some(Holds::Plain(words)) => {
            let is_word = |part: &str| words.iter().any(|word| word.eq_ignore_ascii_case(part.trim()));
            is_boolean(value) || is_number() || value.split(',').all(is_word)
        }
    }
}

/// What IIS's attributes of the same name hold.
enum Holds {
    /// Text, in at least one section.
    Text,
    /// Booleans, numbers, spans of time, or these words.
    Plain(Vec<&'static str>),
}

/// The attributes that the tables know, by their names in lower case.
static KNOWN: LazyLock<HashMap<String, Holds>> = LazyLock::new(|| {
    let mut known = HashMap::new();
    sections().for_each(|section| learn(&section.body, &mut known));
    known
});

fn learn(element: &'static Element, known: &mut HashMap<String, Holds>) {
    for attribute in element.attributes().filter(|attribute| SECRET_HINT.is_match(attribute.name)) {
        let holds = known.entry(attribute.name.to_lowercase()).or_insert_with(|| Holds::Plain(Vec::new()));
        match (attribute.value(Version::V10_0), holds) {
            (Value::Text(_), holds) => *holds = Holds::Text,
            (Value::Enum(words) | Value::Flags(words), Holds::Plain(all)) => {
                all.extend(words.iter().map(|(word, _)| *word));
            }
            _ => {}
        }
    }
    element.elements.iter().for_each(|inner| learn(inner, known));
    if let Some(collection) = element.collection {
        learn(&collection.entry, known);
    }
}

/// A source and its diagnostics with asterisks instead of secrets. Places stay the same.
pub(super) fn redact(source: &Source, diagnostics: &[Diagnostic]) -> (Source, Vec<Diagnostic>) {
    let mut spans: Vec<std::ops::Range<usize>> = [&*SECRET_IN_LINE, &*SECRET_IN_URL]
        .into_iter()
        .flat_map(|regex| regex.captures_iter(&source.text))
        .filter_map(|found| found.name("value").map(|value| value.range()))
        .collect();
    let found = diagnostics.iter().filter(|diagnostic| diagnostic.code == Code::SecretInSpec);
    spans.extend(found.map(|diagnostic| source.clamp(&diagnostic.span)));
    let secrets = Secrets::of(spans.iter().map(|span| &source.text[span.clone()]));
    let hide = |text: &str| secrets.hide(text);
    let shown = diagnostics.iter().cloned().map(|mut diagnostic| {
        diagnostic.message = hide(&diagnostic.message);
        diagnostic.help = diagnostic.help.as_deref().map(hide);
        let is_near =
            |fix: &Fix| spans.iter().any(|span| span.start < fix.span.end && fix.span.start < span.end);
        diagnostic.fix = diagnostic.fix.filter(|fix| !is_near(fix) && hide(&fix.text) == fix.text);
        diagnostic
    });
    (source.with_text(mask(&source.text, &spans)), shown.collect())
}

/// Texts that nobody may see.
struct Secrets<'a> {
    texts: HashSet<&'a str>,
    /// Their lengths, the longest first.
    lengths: Vec<usize>,
}

impl<'a> Secrets<'a> {
    /// Collects texts of a file, without the quotes around them. Very short texts are left out, because every text contains
    /// them.
    fn of(texts: impl Iterator<Item = &'a str>) -> Self {
        let texts = texts.map(|text| text.trim_matches(['"', '\'', ' '])).filter(|text| text.len() > 2);
        let texts: HashSet<&str> = texts.collect();
        let lengths: BTreeSet<usize> = texts.iter().map(|text| text.len()).collect();
        Self { texts, lengths: lengths.into_iter().rev().collect() }
    }

    /// A text with asterisks instead of each secret.
    fn hide(&self, text: &str) -> String {
        let (mut hidden, mut rest) = (String::new(), text);
        while let Some(first) = rest.chars().next() {
            let begun = |length: &&usize| rest.get(..**length).is_some_and(|head| self.texts.contains(head));
            let length = match self.lengths.iter().find(begun) {
                Some(length) => {
                    hidden.push_str("***");
                    *length
                }
                None => {
                    hidden.push(first);
                    first.len_utf8()
                }
            };
            rest = &rest[length..];
        }
        hidden
    }
}

/// The text in which each character of the spans is replaced by one asterisk per byte, except line ends.
fn mask(text: &str, spans: &[std::ops::Range<usize>]) -> String {
    let mut spans = spans.to_vec();
    spans.sort_by_key(|span| span.start);
    let (mut masked, mut done) = (String::with_capacity(text.len()), 0);
    for span in spans.iter().filter(|span| span.end > span.start) {
        let span = span.start.max(done)..span.end.max(done);
        masked.push_str(&text[done..span.start]);
        for character in text[span.clone()].chars() {
            match character {
                '\n' | '\r' => masked.push(character),
                _ => masked.extend(std::iter::repeat_n('*', character.len_utf8())),
            }
        }
        done = span.end;
    }
    masked + &text[done..]
}
