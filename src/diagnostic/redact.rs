//! Secrets are found, and never shown: neither in a message nor in a source line.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::{Code, Diagnostic};
use crate::source::Source;

/// Names of keys that hold a secret. The word must end the name: `tokenChecking` is none.
const SECRET_NAMES: &str =
    "(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|private[_-]?key|credentials?)";
/// What carries a secret whatever its key: a password in a URL or a connection string, a private key.
const SECRET_VALUES: &str =
    r"://[^/\s:@]+:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----|(?i:\b(?:password|pwd)\s*=\s*\S)";

static SECRET_KEY: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i){SECRET_NAMES}$")));
static SECRET_VALUE: LazyLock<Regex> = LazyLock::new(|| pattern(SECRET_VALUES));
/// A key of such a name and its value, in text that may not even be YAML.
static SECRET_IN_LINE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r#"(?mi){SECRET_NAMES}["']?[ \t]*[:=][ \t]*(?P<value>[^\r\n]+)"#)));
static SECRET_IN_URL: LazyLock<Regex> = LazyLock::new(|| pattern(r"://(?P<value>[^/\s:@]+:[^/\s@]+)@"));

/// More names than a spec's: a server's file may hold anything.
const FOREIGN_NAMES: &str = "(?:pass(?:word|wd)?|pwd|secret|token|key|connection_?string|credentials?)";

/// An attribute of XML whose name says that it holds a secret.
static SECRET_ATTRIBUTE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r#"(?i)(\w*{FOREIGN_NAMES}\w*\s*=\s*)("[^"]*"|'[^']*')"#)));
static SECRET_HINT: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i){FOREIGN_NAMES}")));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern of ours")
}

/// Whether a key of this name holds a secret.
pub fn is_secret_key(name: &str) -> bool {
    SECRET_KEY.is_match(name)
}

/// Whether a name of somebody else's suggests a secret anywhere in it: what is shown or copied of a server goes by this.
pub fn suggests_secret(name: &str) -> bool {
    SECRET_HINT.is_match(name)
}

/// Whether a text carries a secret whatever its key.
pub fn is_secret_value(text: &str) -> bool {
    SECRET_VALUE.is_match(text)
}

/// A configuration file's text with as many asterisks as each secret attribute has bytes, so that places stay what they are.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    SECRET_ATTRIBUTE.replace_all(text, |found: &regex::Captures<'_>| {
        let quote = &found[2][..1];
        format!("{}{quote}{}{quote}", &found[1], "*".repeat(found[2].len() - 2))
    })
}

/// A source and its diagnostics with asterisks where secrets stood. Places stay what they were.
pub(super) fn redact(source: &Source, diagnostics: &[Diagnostic]) -> (Source, Vec<Diagnostic>) {
    let mut spans: Vec<std::ops::Range<usize>> = [&*SECRET_IN_LINE, &*SECRET_IN_URL]
        .into_iter()
        .flat_map(|regex| regex.captures_iter(&source.text))
        .filter_map(|found| found.name("value").map(|value| value.range()))
        .collect();
    let found = diagnostics.iter().filter(|diagnostic| diagnostic.code == Code::SecretInSpec);
    spans.extend(found.map(|diagnostic| source.clamp(&diagnostic.span)));
    let secrets: Vec<&str> =
        spans.iter().map(|span| source.text[span.clone()].trim_matches(['"', '\'', ' '])).collect();
    let hide = |text: &str| {
        let known = secrets.iter().filter(|secret| secret.len() > 2);
        known.fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    };
    let shown = diagnostics.iter().cloned().map(|mut diagnostic| {
        diagnostic.message = hide(&diagnostic.message);
        diagnostic.help = diagnostic.help.as_deref().map(hide);
        diagnostic
    });
    (Source::new(&source.name, mask(&source.text, &spans)), shown.collect())
}

/// The text with every character in the spans made an asterisk per byte, line ends excepted.
fn mask(text: &str, spans: &[std::ops::Range<usize>]) -> String {
    let mut masked = text.to_owned();
    for span in spans {
        let hide = |character: char| match character {
            '\n' | '\r' => character.to_string(),
            _ => "*".repeat(character.len_utf8()),
        };
        let hidden: String = masked[span.clone()].chars().map(hide).collect();
        masked.replace_range(span.clone(), &hidden);
    }
    masked
}
