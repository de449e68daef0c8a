//! Turns YAML text into a value tree in which every key and value knows its place.
//!
//! Text enters; a [`Node`] and every problem of the YAML itself leave. The tree is bounded for any text: file size,
//! nesting and the number of nodes that aliases expand to have limits. Absent: what a deployment may say, which the schema
//! and the rules know.

mod languages;
pub(crate) mod slips;

use std::collections::HashMap;

use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, ScanError, Span as YamlSpan, Tag, options};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Part, Source, Span, shifted};

/// The largest spec that is read, in bytes. The largest sensible one is less than a hundredth of it.
pub const MAX_BYTES: u64 = 1024 * 1024;
/// The deepest nesting of mappings and lists; the spec itself needs five.
pub(crate) const MAX_DEPTH: usize = 64;
/// The most values in one spec, including those that aliases repeat.
pub(crate) const MAX_NODES: usize = 20_000;

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it is.
    pub span: Span,
}

/// What a node can be: the values of JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// Text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and their values, in the author's order, each key once.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key is.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

impl Node {
    /// The value of a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The node at a JSON pointer's steps.
    pub fn at(&self, steps: &[String]) -> Option<&Node> {
        steps.iter().try_fold(self, |node, step| match &node.value {
            Value::Sequence(items) => items.get(step.parse::<usize>().ok()?),
            _ => node.get(step).map(|entry| &entry.node),
        })
    }

    /// The same value as JSON, without places.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(value) => value.clone().into(),
            Value::String(value) => value.as_str().into(),
            Value::Sequence(items) => items.iter().map(Node::to_json).collect(),
            Value::Mapping(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), entry.node.to_json())).collect()
            }
        }
    }

    fn shift(&mut self, by: usize) {
        self.span = shifted(&self.span, by);
        match &mut self.value {
            Value::Sequence(items) => items.iter_mut().for_each(|item| item.shift(by)),
            Value::Mapping(entries) => entries.iter_mut().for_each(|entry| entry.shift(by)),
            _ => {}
        }
    }

    /// How many values it has, with itself.
    pub(crate) fn weight(&self) -> usize {
        match &self.value {
            Value::Sequence(items) => 1 + items.iter().map(Node::weight).sum::<usize>(),
            Value::Mapping(entries) => 1 + entries.iter().map(|entry| entry.node.weight()).sum::<usize>(),
            _ => 1,
        }
    }
}

impl Entry {
    fn shift(&mut self, by: usize) {
        self.key_span = shifted(&self.key_span, by);
        self.node.shift(by);
    }
}

/// What a source contains.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The tree; `None` if the YAML itself is broken or over a limit.
    pub root: Option<Node>,
    /// Values of keys that occur a second time: the tree has the first of each.
    pub repeated: Vec<Entry>,
    /// What is wrong with the YAML.
    pub problems: Vec<Diagnostic>,
}

/// Parses a source: the spec alone, not the files that it extends.
pub fn parse(source: &Source) -> Parsed {
    parse_text(source.part(0).text)
}

/// Parses one of a source's files, with its places in the source.
pub(crate) fn parse_part(part: Part<'_>) -> Parsed {
    let mut parsed = parse_text(part.text);
    if part.start > 0 {
        parsed.root.iter_mut().for_each(|root| root.shift(part.start));
        for entry in &mut parsed.repeated {
            entry.shift(part.start);
        }
        for problem in &mut parsed.problems {
            problem.shift(part.start);
        }
    }
    parsed
}

fn parse_text(text: &str) -> Parsed {
    let limits = options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        emit_comments: false,
    };
    if let Some(slip) = languages::find(text) {
        let problem = Diagnostic::new(Code::YamlSyntax, slip.span, slip.message).help(slip.help);
        return Parsed { problems: vec![problem], ..Parsed::default() };
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text, limits) {
        let step = match event {
            Ok((event, span)) => builder.take(event, range(&span)),
            Err(error) => Err(syntax(&error, text)),
        };
        if let Err(mut problem) = step {
            if let Some(slip) = slips::template_at(text, problem.span.start) {
                problem = Diagnostic::new(Code::Interpolation, slip.span, slip.message).help(slip.help);
            }
            builder.parsed.problems.push(problem);
            builder.parsed.root = None;
            return builder.parsed;
        }
    }
    if builder.parsed.root.as_ref().is_none_or(|root| root.value == Value::Null) {
        let empty = Diagnostic::new(Code::EmptySpec, 0..0, "the file is empty");
        builder.parsed.problems.push(empty.help("run `kallithea-iisc init`, which writes a spec"));
        builder.parsed.root = None;
    }
    builder.parsed
}

/// Collections that are still open, and those that are complete.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    parsed: Parsed,
}

/// A collection that has begun but not ended.
struct Open {
    anchor: usize,
    start: usize,
    kind: OpenKind,
}

enum OpenKind {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: Option<(String, Span)> },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        match event {
            Event::DocumentStart(..) if self.parsed.root.is_some() => {
                Err(Diagnostic::new(Code::SeveralDocuments, span, "a second YAML document begins here")
                    .help("write one deployment per file, and remove the `---` between them"))
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref(), &span)?;
                self.complete(Node { value, span }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(OpenKind::Sequence(Vec::new()), anchor, tag.as_deref(), span)
            }
            Event::MappingStart(_, anchor, tag) => {
                let kind = OpenKind::Mapping { entries: Vec::new(), key: None };
                self.begin(kind, anchor, tag.as_deref(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&span),
            Event::Alias(anchor) => self.repeat(anchor, span),
            _ => Ok(()),
        }
    }

    fn begin(
        &mut self,
        kind: OpenKind,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Diagnostic> {
        if let Some(tag) = tag {
            return Err(unsupported_tag(tag, span));
        }
        self.open.push(Open { anchor, start: span.start, kind });
        Ok(())
    }

    fn end(&mut self, span: &Span) -> Result<(), Diagnostic> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let (value, inner_end) = match open.kind {
            OpenKind::Sequence(items) => {
                let end = items.last().map(|item| item.span.end);
                (Value::Sequence(items), end)
            }
            OpenKind::Mapping { entries, .. } => {
                let end = entries.last().map(|entry| entry.node.span.end.max(entry.key_span.end));
                (Value::Mapping(entries), end)
            }
        };
        let end = if span.is_empty() { inner_end.unwrap_or(span.end) } else { span.end };
        self.complete(Node { value, span: open.start..end.max(open.start) }, open.anchor)
    }

    fn repeat(&mut self, anchor: usize, span: Span) -> Result<(), Diagnostic> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(Diagnostic::new(Code::UnsupportedYaml, span, "this alias contains itself")
                .help("write the value itself"));
        };
        let weight = node.weight();
        let node = Node { value: node.value.clone(), span: span.clone() };
        self.count(weight - 1, &span)?;
        self.complete(node, 0)
    }

    fn count(&mut self, nodes: usize, span: &Span) -> Result<(), Diagnostic> {
        self.nodes += nodes;
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        let text = format!("the file expands to more than {MAX_NODES} values here");
        Err(Diagnostic::new(Code::TooManyValues, span.clone(), text)
            .help("remove the aliases that multiply each other; a deployment needs a few dozen values"))
    }

    /// Adds a finished node to the open collection, or makes it the root.
    fn complete(&mut self, node: Node, anchor: usize) -> Result<(), Diagnostic> {
        self.count(1, &node.span)?;
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.parsed.root = Some(node),
            Some(OpenKind::Sequence(items)) => items.push(node),
            Some(OpenKind::Mapping { entries, key }) => match key.take() {
                None => *key = Some(mapping_key(node)?),
                Some((key, key_span)) => match entries.iter().find(|entry| entry.key == key) {
                    Some(first) => {
                        let problem = duplicate(&key, key_span.clone(), first.key_span.clone());
                        self.parsed.problems.push(problem);
                        self.parsed.repeated.push(Entry { key, key_span, node });
                    }
                    None => entries.push(Entry { key, key_span, node }),
                },
            },
        }
        Ok(())
    }
}

fn mapping_key(node: Node) -> Result<(String, Span), Diagnostic> {
    match node.value {
        Value::String(name) if name == "<<" => Err(Diagnostic::new(
            Code::UnsupportedYaml,
            node.span,
            "YAML 1.2 does not support merge keys (`<<`)",
        )
        .help("write the keys themselves")),
        Value::String(name) => Ok((name, node.span)),
        Value::Bool(_) | Value::Number(_) | Value::Null => {
            Err(Diagnostic::new(Code::UnsupportedYaml, node.span, "this key is not text")
                .help("put it in quotes"))
        }
        Value::Sequence(_) | Value::Mapping(_) => {
            Err(Diagnostic::new(Code::UnsupportedYaml, node.span, "a list or a mapping cannot be a key")
                .help("put text that begins with `{` or `[` in single quotes"))
        }
    }
}

fn duplicate(name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(Code::DuplicateKey, span, format!("the key `{name}` is given twice"))
        .related(first, "first given here")
        .help("keep one of them")
}

/// The value of a scalar according to YAML 1.2's core schema (chapter 10.3.2).
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Result<Value, Diagnostic> {
    match tag {
        Some(tag) if tag.suffix() == "str" => return Ok(Value::String(text.to_owned())),
        Some(tag) => return Err(unsupported_tag(tag, span.clone())),
        None => {}
    }
    if style != ScalarStyle::Plain {
        return Ok(Value::String(text.to_owned()));
    }
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    })
}

fn number(text: &str) -> Option<serde_json::Number> {
    let radix =
        |prefix, base| text.strip_prefix(prefix).and_then(|digits| u64::from_str_radix(digits, base).ok());
    if let Some(value) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Some(value.into());
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let plain = text.strip_prefix('+').unwrap_or(text);
    if let Ok(value) = plain.parse::<u64>() {
        return Some(value.into());
    }
    if let Ok(value) = plain.parse::<i64>() {
        return Some(value.into());
    }
    plain.parse::<f64>().ok().and_then(|value| {
        // JSON schemas treat `8.0` and `3e10` as whole numbers, so the code that reads accepted values must do the same.
        let is_whole = value.fract() == 0.0 && value.abs() <= LARGEST_EXACT;
        if is_whole { Some((value as i64).into()) } else { serde_json::Number::from_f64(value) }
    })
}

/// The largest whole number up to which a floating-point number is exact, 2 to the power of 53.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

fn unsupported_tag(tag: &Tag, span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnsupportedYaml, span, format!("the tag `!{}` is not supported", tag.suffix()))
        .help("remove the tag")
}

fn syntax(error: &ScanError, text: &str) -> Diagnostic {
    use serde_yaml::granit_parser::ErrorKind;
    let at = error.marker().byte_offset().unwrap_or(text.len());
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        let message = format!("the nesting is more than {MAX_DEPTH} levels deep");
        return Diagnostic::new(Code::TooDeep, at..at + 1, message)
            .help("reduce the nesting; a deployment needs five levels");
    }
    if let Some(slip) = slips::find(text, at) {
        let message = format!("this is not valid YAML: {}", slip.message);
        let found = Diagnostic::new(Code::YamlSyntax, slip.span, message).help(slip.help);
        return Diagnostic { fix: slip.fix.map(Box::new), ..found };
    }
    let help = "check the indentation, the space after each colon, and the quotes around text that contains `: ` or \
                ` #`";
    Diagnostic::new(Code::YamlSyntax, at..at + 1, format!("this is not valid YAML: {}", error.info()))
        .help(help)
}

fn range(span: &YamlSpan) -> Span {
    let start = span.start.byte_offset().unwrap_or_default();
    start..span.end.byte_offset().unwrap_or(start).max(start)
}
