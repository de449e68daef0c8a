//! What can be typed at a place: keys that are not there yet, and the values that a key takes.
//!
//! What enters: a file and a place. What leaves: proposals of the schema. Absent: lists and mappings in brackets.

use std::collections::BTreeSet;

use lsp_types::{CompletionItem, CompletionItemKind, MarkupContent, MarkupKind, TextEdit};
use serde_json::Value as Json;

use super::documents::Document;
use super::hover;
use super::lines::Lines;
use super::outline::{self, Line};
use crate::schema::{self, SCHEMA};
use crate::yaml::scalar;

/// The proposals at an offset.
pub(super) fn at((document, offset): (&Document, usize)) -> Vec<CompletionItem> {
    let (text, mark) = document.unmarked();
    let at = offset.saturating_sub(mark);
    let lines = outline::lines(text, at);
    let Some(line) = outline::line_at(&lines, at) else { return Vec::new() };
    let is_value = line.key.is_some() && at >= line.value.start;
    let span = match &line.key {
        Some((_, key)) if !is_value => key.clone(),
        _ => line.value.clone(),
    };
    let typed = Lines::of(&document.text);
    let range = typed.range(&(span.start + mark..span.end.max(at) + mark));
    let proposed = match (&line.key, is_value) {
        (Some((key, _)), true) => values(&[line.around.as_slice(), std::slice::from_ref(key)].concat()),
        // The colon is there already.
        (Some(_), false) => {
            let bare =
                |one: Proposal| Proposal { text: one.text.trim_end_matches([':', ' ']).to_owned(), ..one };
            keys(&line.around, &others(&lines, line)).into_iter().map(bare).collect()
        }
        (None, _) => keys(&line.around, &others(&lines, line)),
    };
    let item = |(number, proposal): (usize, Proposal)| CompletionItem {
        label: proposal.label,
        kind: Some(proposal.kind),
        documentation: proposal.words.map(|value| MarkupContent { kind: MarkupKind::Markdown, value }.into()),
        // In the order of the schema.
        sort_text: Some(format!("{number:03}")),
        filter_text: Some(proposal.text.clone()),
        text_edit: Some(TextEdit { range, new_text: proposal.text }.into()),
        ..CompletionItem::default()
    };
    proposed.into_iter().enumerate().map(item).collect()
}

/// A key or a value that can be typed.
struct Proposal {
    label: String,
    text: String,
    kind: CompletionItemKind,
    words: Option<String>,
}

/// The keys that the mapping around a line has on other lines.
fn others(lines: &[Line], own: &Line) -> BTreeSet<String> {
    let others = lines.iter().filter(|line| *line != own && line.around == own.around);
    others.filter_map(|line| line.key.as_ref()).map(|(key, _)| key.clone()).collect()
}

/// The keys of the mapping at these steps, or the entries of the list.
fn keys(around: &[String], present: &BTreeSet<String>) -> Vec<Proposal> {
    let Some(schema) = found(around) else { return Vec::new() };
    if let Some(items) = schema.get("items") {
        let entry = [around, &["0".to_owned()]].concat();
        let of_entry =
            if items.get("properties").is_some() { keys(&entry, &BTreeSet::new()) } else { values(&entry) };
        let dashed = |one: Proposal| Proposal { text: format!("- {}", one.text), ..one };
        return of_entry.into_iter().map(dashed).collect();
    }
    let Some(properties) = schema.get("properties").and_then(Json::as_object) else { return values(around) };
    let free = properties.iter().filter(|(key, _)| !present.contains(*key));
    let proposal = |(key, property): (&String, &Json)| Proposal {
        label: key.clone(),
        text: match property.get("type").and_then(Json::as_str) {
            Some("object" | "array") => format!("{key}:"),
            _ => format!("{key}: "),
        },
        kind: CompletionItemKind::Property,
        words: hover::words(&[around, std::slice::from_ref(key)].concat()),
    };
    free.map(proposal).collect()
}

/// The values that the key at these steps takes, as far as the schema lists them; else its default and examples.
fn values(steps: &[String]) -> Vec<Proposal> {
    let Some(schema) = found(steps) else { return Vec::new() };
    let all = |word: &str| schema.get(word).and_then(Json::as_array).cloned();
    let is_boolean = schema.get("type").is_some_and(|kind| kind == "boolean");
    let is_single = |value: &Json| !value.is_array() && !value.is_object() && value != "";
    let listed = all("enum").or_else(|| Some(vec![schema.get("const")?.clone()]));
    let listed = listed.or_else(|| is_boolean.then(|| vec![true.into(), false.into()]));
    let values = listed.unwrap_or_else(|| {
        let default = schema.get("default").cloned();
        default.into_iter().chain(all("examples").unwrap_or_default()).filter(is_single).collect()
    });
    let proposal = |value: &Json| Proposal {
        label: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        text: scalar::line(value),
        kind: CompletionItemKind::Value,
        words: None,
    };
    values.iter().map(proposal).collect()
}

fn found(steps: &[String]) -> Option<&'static Json> {
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    schema::at(&SCHEMA, &steps)
}
