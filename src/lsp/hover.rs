//! What a key means, for the user who points at it.
//!
//! What enters: a file and a place. What leaves: the schema's words on the key that is there. Absent: what the file says.

use lsp_types::{Hover, MarkupContent, MarkupKind};
use serde_json::Value as Json;

use super::documents::Document;
use super::lines::Lines;
use super::outline;
use crate::node::{self, Node, Value};
use crate::schema::{self, SCHEMA};
use crate::source::{Source, Span};
use crate::spec::UNIT;
use crate::yaml::scalar;

/// What is said of the key at an offset.
pub(super) fn at((document, offset): (&Document, usize)) -> Option<Hover> {
    let (text, mark) = document.unmarked();
    let at = offset.saturating_sub(mark);
    let (steps, span) = match node::parse(&Source::new("", text)).root {
        Some(root) => in_tree(&root, at, &mut Vec::new())?,
        None => in_text(text, at)?,
    };
    let value = words(&steps)?;
    let range = Lines::of(&document.text).range(&(span.start + mark..span.end + mark));
    let contents = MarkupContent { kind: MarkupKind::Markdown, value };
    Some(Hover { contents: contents.into(), range: Some(range) })
}

/// The innermost key whose name or single value is at an offset.
fn in_tree(node: &Node, at: usize, around: &mut Vec<String>) -> Option<(Vec<String>, Span)> {
    let has = |span: &Span| span.start <= at && at <= span.end;
    match &node.value {
        Value::Mapping(entries) => entries.iter().find_map(|entry| {
            around.push(entry.key.clone());
            let found = match has(&entry.key_span) {
                true => Some((around.clone(), entry.key_span.clone())),
                false => in_tree(&entry.node, at, around),
            };
            around.pop();
            found
        }),
        Value::Sequence(items) => items.iter().enumerate().find_map(|(number, item)| {
            around.push(number.to_string());
            let found = in_tree(item, at, around);
            around.pop();
            found
        }),
        _ => (has(&node.span) && !around.is_empty()).then(|| (around.clone(), node.span.clone())),
    }
}

/// The key of the line at an offset.
fn in_text(text: &str, at: usize) -> Option<(Vec<String>, Span)> {
    let lines = outline::lines(text, at);
    let line = outline::line_at(&lines, at)?;
    let (key, span) = line.key.clone()?;
    let is_in_value = at >= line.value.start && at <= line.value.end;
    let span = if is_in_value { line.value.clone() } else { span };
    let is_there = span.start <= at && at <= span.end;
    is_there.then(|| ([line.around.as_slice(), &[key]].concat(), span))
}

/// The schema's words on the key at these steps, as Markdown.
pub(super) fn words(steps: &[String]) -> Option<String> {
    let borrowed: Vec<&str> = steps.iter().map(String::as_str).collect();
    let found = schema::at(&SCHEMA, &borrowed)?;
    let around = schema::at(&SCHEMA, &borrowed[..borrowed.len().checked_sub(1)?])?;
    let says = |word: &str| found.get(word).and_then(Json::as_str);
    let description = says("description").or_else(|| around.get("description")?.as_str())?;
    let mut words = format!("**`{}`**: {}", path(steps), kind(found));
    if needs(around, borrowed.last()?) {
        words += ", required";
    }
    words += &format!("\n\n{description}");
    let list = |values: &[Json]| {
        let all: Vec<String> = values.iter().map(|value| format!("`{}`", scalar::line(value))).collect();
        all.join(", ")
    };
    let facts = [
        ("Default", found.get("default").map(|default| list(std::slice::from_ref(default)))),
        ("Unit", says(UNIT).map(str::to_owned)),
        (
            "Values",
            found
                .get("enum")
                .or_else(|| found["items"].get("enum"))
                .and_then(Json::as_array)
                .map(|all| list(all)),
        ),
        ("Example", found.get("examples").and_then(Json::as_array).map(|all| list(all))),
    ];
    for (name, fact) in facts.into_iter().filter_map(|(name, fact)| Some((name, fact?))) {
        words += &format!("\n\n{name}: {fact}");
    }
    Some(words)
}

/// Steps as pages write them: `site.bindings[].port`.
fn path(steps: &[String]) -> String {
    steps.iter().fold(String::new(), |path, step| match step.parse::<usize>() {
        Ok(_) => format!("{path}[]"),
        Err(_) if path.is_empty() => step.clone(),
        Err(_) => format!("{path}.{step}"),
    })
}

/// What a key takes.
fn kind(schema: &Json) -> String {
    let bound = |word: &str| schema.get(word).and_then(Json::as_u64);
    match schema.get("type").and_then(Json::as_str) {
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("array") => "a list".to_owned(),
        Some("object") => "a mapping".to_owned(),
        Some("integer") => match (bound("minimum"), bound("maximum")) {
            (Some(least), Some(most)) => format!("a whole number from {least} to {most}"),
            _ => "a whole number".to_owned(),
        },
        _ => "text".to_owned(),
    }
}

/// Whether a mapping needs a key.
fn needs(schema: &Json, key: &str) -> bool {
    let names = schema.get("required").and_then(Json::as_array);
    names.into_iter().flatten().any(|name| name == key)
}
