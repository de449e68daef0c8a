//! What an author most likely did where YAML is not valid: the place where the eye must go, the cause, and the text to type.
//!
//! What enters: a text, and the place where the parser gave up. What leaves: the slip, if it is one of the usual ones. Absent: texts
//! that are valid YAML.

mod indentation;

use crate::diagnostic::redact::is_secret_key;
use crate::diagnostic::{Certainty, Fix};
use crate::source::Span;
use crate::spec::WindowsPath;
use indentation::uneven;

/// A usual mistake in YAML.
pub(super) struct Slip {
    /// Where it is.
    pub(super) span: Span,
    /// What is wrong.
    pub(super) message: String,
    /// What to type.
    pub(super) help: String,
    /// The same as a change of the text.
    pub(super) fix: Option<Fix>,
}

/// Characters that begin no text without quotes (YAML 1.2.2, chapter 7.3.3).
const INDICATORS: [char; 6] = ['%', '*', '&', '@', '`', '!'];

/// Escapes that YAML knows between double quotes (chapter 5.7), apart from `x`, `u` and `U`, which need digits.
const ESCAPES: &str = "0abtnvfre \"/\\N_LP\t";

/// A line of the text.
struct Line<'a> {
    start: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    /// Whether it is empty, or a comment.
    fn is_blank(&self) -> bool {
        let text = self.text.trim();
        text.is_empty() || text.starts_with('#')
    }

    fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start_matches(' ').len()
    }

    /// Its key, after the dashes before it.
    fn key(&self) -> &'a str {
        let text = self.text.trim_start_matches(['-', ' ']);
        text.split([':', ' ']).next().unwrap_or_default()
    }

    /// The value after `key: ` or `- `, and where it begins in the line.
    fn value(&self) -> Option<(usize, &'a str)> {
        let after = self.text.find(": ").map(|at| at + 2);
        let after = after.or_else(|| self.text.trim_start().starts_with("- ").then(|| self.indent() + 2));
        let after = after.filter(|_| !self.is_blank())?;
        let rest = &self.text[after..];
        Some((after + rest.len() - rest.trim_start().len(), rest.trim()))
    }

    /// The line with another value, for its author to type. A secret is nowhere shown.
    fn with(&self, value: &str) -> String {
        let key = self.key();
        match self.text.contains(": ") {
            true if is_secret_key(key) => format!("`{key}: ***`"),
            true => format!("`{key}: {value}`"),
            false => format!("`- {value}`"),
        }
    }

    /// A text to type in place of a part of the line.
    fn fix(&self, column: usize, length: usize, text: &str, certainty: Certainty) -> Option<Fix> {
        Some(Fix { span: self.span(column, length), text: text.to_owned(), certainty })
    }

    fn span(&self, column: usize, length: usize) -> Span {
        self.start + column..self.start + column + length
    }
}

/// A text without the comment behind it.
pub(crate) fn uncommented(text: &str) -> &str {
    text.split(" #").next().unwrap_or_default().trim_end()
}

/// Finds the slip that made the parser give up at `at`.
pub(super) fn find(text: &str, at: usize) -> Option<Slip> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        lines.push(Line { start, text: line.strip_suffix('\r').unwrap_or(line) });
        start += line.len() + 1;
    }
    // The parser may notice a slip only at the line after it, and a quote only where the next one is.
    let last = lines.partition_point(|line| line.start <= at);
    let seen = &lines[..(last + 1).min(lines.len())];
    let near = &seen[last.saturating_sub(2)..];
    let first_in = |lines: &[Line<'_>], slip: fn(&Line<'_>) -> Option<Slip>| lines.iter().find_map(slip);
    first_in(seen, tab)
        .or_else(|| first_in(near, odd_space))
        .or_else(|| first_in(seen, quote))
        .or_else(|| first_in(near, template))
        .or_else(|| first_in(near, indicator))
        .or_else(|| first_in(near, colon_in_value))
        .or_else(|| uneven(seen).filter(|slip| slip.span.start >= near[0].start))
        .or_else(|| near.iter().rev().find_map(bracket))
        .or_else(|| first_in(near, no_colon))
}

/// A space that is none of the space bar's, where YAML needs one.
fn odd_space(line: &Line<'_>) -> Option<Slip> {
    let lead = line.text.len() - line.text.trim_start().len();
    let colon = line.text.find(':').map(|at| at + 1).filter(|at| *at < line.text.len());
    let odd = |at: usize| {
        line.text[at..].chars().next().filter(|found| found.is_whitespace() && !" \t".contains(*found))
    };
    let in_lead = line.text[..lead].char_indices().map(|(at, _)| at).find(|at| odd(*at).is_some());
    let at = in_lead.or_else(|| colon.filter(|at| odd(*at).is_some()))?;
    let found = odd(at)?;
    let kind = if found == '\u{a0}' { ", a no-break space" } else { "" };
    Some(Slip {
        span: line.span(at, found.len_utf8()),
        message: format!("here is U+{:04X}{kind}, which looks like a space, and is none", u32::from(found)),
        help: "delete it, and type a space; copied text often contains such characters".to_owned(),
        fix: line.fix(at, found.len_utf8(), " ", Certainty::Certain),
    })
}

/// Finds a template's variable at `at`, which YAML reads as a mapping within a mapping.
pub(super) fn template_at(text: &str, at: usize) -> Option<Slip> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    template(&Line { start, text: line })
}

/// A tab before the first character of a line.
fn tab(line: &Line<'_>) -> Option<Slip> {
    let lead = line.text.len() - line.text.trim_start().len();
    let column = line.text[..lead].find('\t')?;
    (!line.is_blank()).then(|| Slip {
        span: line.span(column, 1),
        message: "this line is indented with a tab, which YAML does not allow".to_owned(),
        help: "indent with spaces, two for each level".to_owned(),
        // How wide its author's tabs are is not known.
        fix: None,
    })
}

/// A value in quotes that does not end where its author thinks.
fn quote(line: &Line<'_>) -> Option<Slip> {
    let (column, value) = line.value()?;
    let mark = value.chars().next().filter(|mark| matches!(mark, '"' | '\''))?;
    let inner = &value[1..];
    let end = if mark == '"' { end_of_double(inner) } else { end_of_single(inner) };
    if let Some(escape) = wrong_escape(inner).filter(|_| mark == '"') {
        // `"C:\Python\"`: the last quote was to end the text.
        let text = uncommented(end.map_or(inner, |end| &inner[..end]));
        let text = text.strip_suffix('"').unwrap_or(text).trim_end_matches('\\');
        let written = &inner[escape.clone()];
        let whole = end.map_or(uncommented(value).len(), |end| end + 2);
        return Some(Slip {
            span: line.span(column + 1 + escape.start, escape.len()),
            message: format!("between double quotes YAML reads `\\` as an escape, and `{written}` is none"),
            help: format!("use single quotes, in which `\\` means itself: {}", line.with(&single(text))),
            fix: line.fix(column, whole, &single(text), Certainty::Certain),
        });
    }
    let Some(end) = end else { return Some(unclosed(line, column, value)) };
    let behind = uncommented(&inner[end + 1..]);
    if behind.is_empty() || behind.trim_start().starts_with(['#', ',', ']', '}', ':']) {
        return None;
    }
    // `'Bob's'`: the quote within the text ends it.
    let whole = match inner.rfind(mark).filter(|last| *last > end) {
        Some(last) => inner[..last].to_owned(),
        None => format!("{}{behind}", &inner[..end]),
    };
    Some(Slip {
        span: line.span(column + 1 + end + 1, behind.len()),
        message: "this follows the quote that ends the text".to_owned(),
        help: format!("put the whole text in quotes: {}", line.with(&single(&whole))),
        fix: line.fix(column, uncommented(value).len(), &single(&whole), Certainty::Likely),
    })
}

fn unclosed(line: &Line<'_>, column: usize, value: &str) -> Slip {
    let (mark, text) = value.split_at(1);
    let length = uncommented(value).len();
    let text = uncommented(text);
    let (message, text) = match text.strip_suffix("\\\"").filter(|_| mark == "\"") {
        Some(text) => {
            ("between double quotes `\\\"` is a quote in the text, so the text does not end here", text)
        }
        None => ("the quote that begins here is not closed on this line", text),
    };
    let has_backslash = text.contains('\\');
    let closed = if has_backslash { single(text) } else { format!("{mark}{text}{mark}") };
    let help = match has_backslash {
        true => format!("use single quotes, in which `\\` means itself: {}", line.with(&closed)),
        false => format!("close it: {}", line.with(&closed)),
    };
    let certainty = if has_backslash { Certainty::Certain } else { Certainty::Likely };
    let fix = line.fix(column, length, &closed, certainty);
    Slip { span: line.span(column, 1), message: message.to_owned(), help, fix }
}

/// A text in single quotes.
fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The first escape that YAML does not know, in what follows a double quote, up to the quote that closes it.
fn wrong_escape(inner: &str) -> Option<Span> {
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return None,
            '\\' => {
                let (next, escape) = letters.next()?;
                let digits = match escape {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ if ESCAPES.contains(escape) => 0,
                    _ => return Some(at..next + escape.len_utf8()),
                };
                let given = inner[next + 1..].chars().take(digits);
                if given.filter(char::is_ascii_hexdigit).count() < digits {
                    return Some(at..next + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Where the quote is that ends a text in double quotes.
fn end_of_double(inner: &str) -> Option<usize> {
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some(at),
            '\\' => drop(letters.next()),
            _ => {}
        }
    }
    None
}

/// Where the quote is that ends a text in single quotes, in which two are one of the text.
fn end_of_single(inner: &str) -> Option<usize> {
    let mut letters = inner.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\'' && letters.next_if(|(_, next)| *next == '\'').is_none() {
            return Some(at);
        }
    }
    None
}

/// A variable of a template that nobody filled in: `{{ name }}`.
fn template(line: &Line<'_>) -> Option<Slip> {
    let (column, value) = line.value()?;
    let length = value.starts_with("{{").then(|| value.find("}}"))?? + 2;
    Some(Slip {
        span: line.span(column, length),
        message: format!("`{}` is a variable of a template that nobody filled in", &value[..length]),
        help: "write the value itself; a spec has no variables".to_owned(),
        fix: None,
    })
}

/// A value that begins with a character that has a meaning in YAML.
fn indicator(line: &Line<'_>) -> Option<Slip> {
    let (column, value) = line.value()?;
    let first = value.chars().next().filter(|first| INDICATORS.contains(first))?;
    let text = uncommented(value);
    // Few keys take a variable; all of them take a path.
    let typed = |text: &str, certainty| line.fix(column, uncommented(value).len(), text, certainty);
    let (help, fix) = if first == '%' {
        match WindowsPath::without_variable(text) {
            // Nobody knows what the variable means on the server.
            Some(path) => {
                (format!("write the path itself: {}", line.with(&path)), typed(&path, Certainty::Likely))
            }
            None => ("write the value itself, without a variable".to_owned(), None),
        }
    } else {
        let quoted = single(text);
        // Of the others YAML reads some as an anchor, an alias or a tag, and the slip may be on another line.
        let is_text =
            matches!(first, '@' | '`') || first == '*' && !text[1..].starts_with(char::is_alphanumeric);
        let certainty = if is_text { Certainty::Certain } else { Certainty::Likely };
        (format!("put it in single quotes: {}", line.with(&quoted)), typed(&quoted, certainty))
    };
    Some(Slip {
        span: line.span(column, text.len()),
        message: format!("a text without quotes cannot begin with `{first}`, which has a meaning in YAML"),
        help,
        fix,
    })
}

/// A value with a colon that YAML takes for the end of another key.
fn colon_in_value(line: &Line<'_>) -> Option<Slip> {
    let (column, value) = line.value()?;
    let text = uncommented(value);
    if !text.contains(": ") || text.starts_with(['[', '{', '"', '\'']) || !line.text.contains(": ") {
        return None;
    }
    // One word before it may be a key that belongs on the next line.
    let is_key = text.split(": ").next().is_some_and(|word| word.chars().all(char::is_alphanumeric));
    let certainty = if is_key { Certainty::Likely } else { Certainty::Certain };
    Some(Slip {
        span: line.span(column, text.len()),
        message: "this text contains `: `, which YAML takes for the end of a key".to_owned(),
        help: format!("put it in single quotes: {}", line.with(&single(text))),
        fix: line.fix(column, text.len(), &single(text), certainty),
    })
}

/// A list or a mapping in brackets that do not end on their line.
fn bracket(line: &Line<'_>) -> Option<Slip> {
    let (column, value) = line.value()?;
    let text = uncommented(value);
    let (open, close) = match text.chars().next()? {
        '[' => ('[', ']'),
        '{' => ('{', '}'),
        _ => return None,
    };
    match text.find(close) {
        Some(end) if end + 1 < text.len() => Some(Slip {
            span: line.span(column, text.len()),
            message: format!("this begins with `{open}` as a list or a mapping does, and goes on behind it"),
            help: "put quotes around the whole text if it is one, or remove what is behind".to_owned(),
            fix: None,
        }),
        Some(_) => None,
        None => {
            let closed = format!("{}{close}", text.trim_end_matches(','));
            Some(Slip {
                span: line.span(column, 1),
                message: format!("the `{open}` that begins here is not closed on this line"),
                help: format!("close it: {}", line.with(&closed)),
                fix: line.fix(column, text.len(), &closed, Certainty::Likely),
            })
        }
    }
}

/// A key and its value without the colon and the space between them.
fn no_colon(line: &Line<'_>) -> Option<Slip> {
    let text = uncommented(line.text.trim_start_matches(['-', ' ']));
    if line.is_blank() || text.contains(": ") || text.ends_with(':') || is_secret_key(line.key()) {
        return None;
    }
    let key = &text[..text.find(|letter: char| !letter.is_ascii_alphanumeric())?];
    let rest = &text[key.len()..];
    let (what, value, certainty) = match rest.strip_prefix(':') {
        // `C:\x` and `http://x` are no keys.
        Some(value) if key.len() == 1 || value.starts_with(['\\', '/']) => return None,
        Some(value) => ("a space after the colon", value, Certainty::Certain),
        None => {
            let value = rest.strip_prefix(' ')?.trim_start();
            ("a colon and a space after the key", value, Certainty::Likely)
        }
    };
    let column = line.text.len() - line.text.trim_start_matches(['-', ' ']).len();
    Some(Slip {
        span: line.span(column, text.len()),
        message: format!("`{key}` needs {what}"),
        help: format!("write `{key}: {value}`"),
        fix: line.fix(column, text.len(), &format!("{key}: {value}"), certainty),
    })
}
