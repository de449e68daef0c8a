//! Finds the texts that users read.
//!
//! Out: each text with its file and line. Absent: comments, text that only a developer sees (panics, assertions,
//! attributes, tests), single words, examples in explanations and pages.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};
use serde_json::Value;

use crate::support::paths_ending;

/// A text, and where it is.
#[derive(Debug, Clone)]
pub struct Text {
    pub place: String,
    pub words: String,
}

const SOURCES: &[&str] = &[
    "src",
    "crates/iis-config/src",
    "crates/isapi-host/src",
    "crates/bridge/isapi/src",
    "crates/bridge/engine/src",
    "crates/bridge/loader/src",
];

fn read(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.replace("\r\n", "\n")
}

fn named(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The texts of at least three words in Rust's string literals.
pub fn rust_sources() -> Vec<Text> {
    let mut found = Vec::new();
    for path in SOURCES
        .iter()
        .flat_map(|folder| paths_ending(folder, ".rs"))
        .filter(|path| !path.ends_with("tests.rs"))
    {
        let stream: TokenStream =
            read(&path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut literals = Vec::new();
        strings(stream, &mut literals);
        let texts = literals.iter().filter(|(_, words)| words.split_whitespace().count() > 2);
        found.extend(
            texts.map(|(line, words)| Text {
                place: format!("{}:{line}", named(&path)),
                words: words.clone(),
            }),
        );
    }
    found
}

/// The string literals of a stream, each with its line.
fn strings(stream: TokenStream, found: &mut Vec<(usize, String)>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                at = after_attribute(&tokens, at);
                continue;
            }
            TokenTree::Ident(name) if is_for_developers(&name.to_string()) => at = after_call(&tokens, at),
            TokenTree::Group(group) => strings(group.stream(), found),
            TokenTree::Literal(literal) => {
                found.extend(text_of(literal).map(|text| (line_of(literal), text)))
            }
            _ => {}
        }
        at += 1;
    }
}

/// Whether this is the message of a panic, or belongs to a test.
fn is_for_developers(name: &str) -> bool {
    matches!(
        name,
        "expect"
            | "expect_err"
            | "panic"
            | "unreachable"
            | "assert"
            | "assert_eq"
            | "assert_ne"
            | "debug_assert"
    )
}

/// The index of the arguments of a call, or of the name if it is not a call.
fn after_call(tokens: &[TokenTree], name: usize) -> usize {
    let is_mark =
        |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(mark)) if mark.as_char() == '!');
    let arguments = if is_mark(tokens.get(name + 1)) { name + 2 } else { name + 1 };
    if matches!(tokens.get(arguments), Some(TokenTree::Group(_))) { arguments } else { name }
}

/// The index behind an attribute, or behind the item if the attribute marks a test.
fn after_attribute(tokens: &[TokenTree], mark: usize) -> usize {
    let mut at = mark + 1;
    if matches!(tokens.get(at), Some(TokenTree::Punct(inner)) if inner.as_char() == '!') {
        at += 1;
    }
    let Some(TokenTree::Group(attribute)) = tokens.get(at) else { return mark + 1 };
    let written = attribute.stream().to_string().replace(' ', "");
    at += 1;
    if written != "cfg(test)" && written != "test" {
        return at;
    }
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(mark) => mark.as_char() == ';',
        _ => false,
    };
    tokens[at..].iter().position(ends).map_or(tokens.len(), |end| at + end + 1)
}

fn line_of(literal: &Literal) -> usize {
    literal.span().start().line
}

/// The text of a string literal; nothing for bytes, numbers and characters.
fn text_of(literal: &Literal) -> Option<String> {
    let written = literal.to_string();
    if let Some(raw) = written.strip_prefix('r') {
        let raw = raw.trim_matches('#');
        return Some(raw.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut letters = inner.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some('n')) => text.push('\n'),
            ('\\', Some('\n')) => {
                while letters.peek().is_some_and(|next| next.is_whitespace()) {
                    letters.next();
                }
                continue;
            }
            ('\\', Some(next)) => text.push(*next),
            _ => {
                text.push(letter);
                continue;
            }
        }
        letters.next();
    }
    Some(text)
}

/// The text of each explanation before its examples.
pub fn explanations() -> Vec<Text> {
    let prose = |path: PathBuf| {
        let text = read(&path);
        let (words, _) = text.split_once("## Wrong").expect("an example");
        Text { place: named(&path), words: words.to_owned() }
    };
    paths_ending("src/diagnostic/explanations", ".md").into_iter().map(prose).collect()
}

/// A template without what the compiler fills in.
fn filled(text: &str) -> String {
    let tags = regex::Regex::new(r"(?s)\{%.*?%\}").expect("a pattern of ours");
    let holes = regex::Regex::new(r"(?s)\{\{.*?\}\}").expect("a pattern of ours");
    holes.replace_all(&tags.replace_all(text, ""), "X").into_owned()
}

/// The paragraphs of the runbook and of its parts; in tables and commands, each line is one.
pub fn runbook() -> Vec<Text> {
    let parts = paths_ending("src/kallithea/templates/runbook", ".md.j2");
    assert!(parts.len() > 2, "the runbook's parts are elsewhere");
    let all = [PathBuf::from("src/templates/RUNBOOK.md.j2")].into_iter().chain(parts);
    all.flat_map(|path| paragraphs(&path)).collect()
}

fn paragraphs(path: &Path) -> Vec<Text> {
    let mut is_code = false;
    let mut found: Vec<Text> = Vec::new();
    let mut is_open = false;
    for (number, line) in filled(&read(path)).lines().enumerate() {
        is_code ^= line.starts_with("```");
        let is_alone = is_code || line.starts_with(['|', '#', '`']);
        match found.last_mut() {
            Some(last) if is_open && !is_alone && !line.is_empty() => last.words += &format!("\n{line}"),
            _ => found.push(Text { place: format!("{}:{}", named(path), number + 1), words: cells(line) }),
        }
        is_open = !is_alone && !line.is_empty();
    }
    found
}

/// Each cell of a table line is its own sentence.
fn cells(line: &str) -> String {
    if line.starts_with('|') { line.replace(" | ", "; ") } else { line.to_owned() }
}

fn lines_of(path: &Path, text: &str) -> Vec<Text> {
    let lines = text.lines().enumerate();
    lines
        .map(|(number, line)| Text {
            place: format!("{}:{}", named(path), number + 1),
            words: line.to_owned(),
        })
        .collect()
}

pub fn templates() -> Vec<Text> {
    let all = paths_ending("src/templates", "").into_iter();
    let all = all.chain(paths_ending("src/kallithea/templates", ""));
    let all = all
        .chain(paths_ending("src/kallithea/requirements", ".txt"))
        .chain(paths_ending("examples", ".yaml"));
    let all = all.chain([PathBuf::from("crates/isapi-host/src/help.txt")]);
    all.flat_map(|path| lines_of(&path, &filled(&read(&path)))).collect()
}

/// The strings of the bridge's Python; strings in triple quotes are for developers.
pub fn python() -> Vec<Text> {
    let string = regex::Regex::new(r#""([^"\n]*)""#).expect("a pattern of ours");
    let mut found = Vec::new();
    for path in paths_ending("crates/bridge/engine/src", ".py") {
        for line in lines_of(&path, &read(&path)).into_iter().filter(|line| !line.words.contains("\"\"\"")) {
            let texts = string.captures_iter(&line.words).map(|text| text[1].to_owned());
            found.extend(texts.map(|words| Text { place: line.place.clone(), words }));
        }
    }
    found
}

/// The descriptions of the spec's schema.
pub fn descriptions() -> Vec<Text> {
    let schema: Value = serde_json::from_str(&read(Path::new("schema/deploy.schema.json"))).expect("JSON");
    let mut found = Vec::new();
    described(&schema, "schema/deploy.schema.json", &mut found);
    found
}

fn described(value: &Value, place: &str, found: &mut Vec<Text>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                match value {
                    Value::String(words) if key == "description" => {
                        found.push(Text { place: place.to_owned(), words: words.clone() });
                    }
                    _ => described(value, &format!("{place}/{key}"), found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| described(item, place, found)),
        _ => {}
    }
}

/// The pages, without quoted text.
pub fn pages() -> Vec<Text> {
    let all = paths_ending("docs", ".md").into_iter().chain([PathBuf::from("README.md")]);
    let mut found = Vec::new();
    for path in all {
        let mut is_code = false;
        for line in lines_of(&path, &read(&path)) {
            is_code ^= line.words.starts_with("```");
            found.extend((!is_code).then_some(line));
        }
    }
    found
}

/// The complete helps in the reports on bad specs: their lines continue at the column of the first word.
pub fn shown_helps() -> Vec<Text> {
    let mut found = Vec::new();
    for path in paths_ending("tests/it/diagnostics", ".txt") {
        let helps = lines_of(&path, &read(&path)).into_iter();
        found.extend(helps.filter_map(|line| {
            let (_, help) = line.words.split_once("= help: ")?;
            Some(Text { place: line.place.clone(), words: help.to_owned() })
        }));
    }
    found
}

/// The literals in calls of `help`, and those at the start of variables named `help`.
pub fn written_helps() -> Vec<Text> {
    let mut found = Vec::new();
    for path in paths_ending("src", ".rs") {
        let stream: TokenStream =
            read(&path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        helps(stream, &named(&path), &mut found);
    }
    found
}

fn helps(stream: TokenStream, path: &str, found: &mut Vec<Text>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            helps(group.stream(), path, found);
        }
        if !matches!(token, TokenTree::Ident(name) if name == "help") {
            continue;
        }
        let value = match &tokens[at + 1..] {
            [TokenTree::Group(arguments), ..] => arguments.stream().into_iter().collect(),
            [TokenTree::Punct(mark), rest @ ..] if mark.as_char() == '=' => {
                rest.iter().take(3).cloned().collect()
            }
            _ => Vec::new(),
        };
        let first = match &value[..] {
            [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Group(made), ..] if name == "format" => {
                made.stream().into_iter().next()
            }
            [first, ..] => Some(first.clone()),
            [] => None,
        };
        if let Some(TokenTree::Literal(literal)) = first
            && let Some(words) =
                text_of(&literal).filter(|words| words.contains(' ') && !words.starts_with('{'))
        {
            found.push(Text { place: format!("{path}:{}", line_of(&literal)), words });
        }
    }
}

/// The first line of each option in a command's help. The options follow `Options:` and the command's own headings.
pub fn options(help: &str) -> Vec<String> {
    let Some((_, list)) = help.split_once("\nOptions:\n") else { return Vec::new() };
    let mut found = Vec::new();
    let mut is_next = false;
    for line in list.lines().filter(|line| line.starts_with("  ")) {
        let text = line.trim();
        if text.starts_with('-') && !line.starts_with("          ") {
            is_next = text.split_once("  ").is_none_or(|(_, words)| {
                found.push(words.trim().to_owned());
                false
            });
        } else if is_next {
            found.push(text.to_owned());
            is_next = false;
        }
    }
    found
}

/// A help without its usage, its example and its list of commands.
pub fn prose(help: &str) -> String {
    let mut is_list = false;
    let lines = help.lines().filter(|line| {
        is_list = *line == "Commands:" || is_list && !line.is_empty();
        !is_list && !line.starts_with("Usage:") && !line.starts_with("Example:")
    });
    lines.collect::<Vec<_>>().join("\n")
}
