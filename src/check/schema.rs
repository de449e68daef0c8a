//! Reports the schema's violations in the author's words.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value as Json;

use super::context;
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Node, Value};
use crate::schema::{self, SCHEMA};
use crate::source::{Source, Span};
use crate::spec::{ADVICE, API_VERSION, NOUN, Reading, UNIT, pointer};

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let options = jsonschema::draft7::options().should_validate_formats(true);
    let options = Reading::ALL.into_iter().fold(options, |options, reading| {
        options.with_format(reading.format(), move |text: &str| reading.read(text).is_ok())
    });
    options.build(&SCHEMA).expect("the derived schema is a schema")
});

/// Validates a tree against the schema. Returns the tree as JSON without the refused parts, so that a spec
/// can always be read from it; `None` if the file is not a mapping.
pub(super) fn validate(root: &Node, source: &Source) -> (Option<Json>, Vec<Diagnostic>) {
    let json = root.to_json();
    let mut accepted = json.clone();
    let mut problems = Vec::new();
    let mut taken_out = BTreeSet::new();
    let (unread, others): (Vec<_>, Vec<_>) =
        VALIDATOR.iter_errors(&json).partition(|error| matches!(error.kind(), Kind::Format { .. }));
    // A text that is too short or too long is reported before the text is parsed.
    for error in others.iter().chain(&unread) {
        let pointer = error.instance_path().as_str().to_owned();
        let is_read = matches!(error.kind(), Kind::Format { .. });
        if is_read && taken_out.contains(&pointer) {
            continue;
        }
        problems.extend(explain(error, &pointer, root, source));
        take_out(&mut accepted, &pointer, error.kind());
        taken_out.insert(pointer);
    }
    (accepted.is_object().then_some(accepted), problems)
}

/// Removes what a violation is about, so that the rest can be read.
fn take_out(accepted: &mut Json, pointer: &str, kind: &Kind) {
    match kind {
        Kind::Required { .. } => {}
        Kind::AdditionalProperties { unexpected } => {
            if let Some(Json::Object(mapping)) = accepted.pointer_mut(pointer) {
                mapping.retain(|key, _| !unexpected.contains(key));
            }
        }
        _ => remove(accepted, pointer),
    }
}

/// Removes a key, or the whole list that an item is in: places of later items must not shift.
fn remove(accepted: &mut Json, pointer: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        *accepted = Json::Null;
        return;
    };
    match accepted.pointer_mut(parent) {
        Some(Json::Object(mapping)) => drop(mapping.shift_remove(&context::unescape(key))),
        Some(Json::Array(_)) => remove(accepted, parent),
        _ => {}
    }
}

fn explain(error: &ValidationError<'_>, pointer: &str, root: &Node, source: &Source) -> Vec<Diagnostic> {
    let path = context::steps(pointer);
    let node = root.at(&path).expect("a violation is of something that the author wrote");
    let steps: Vec<&str> = path.iter().map(String::as_str).collect();
    let key = steps.last().copied().unwrap_or("the file");
    let span = context::span(root, pointer);
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            unexpected.iter().map(|name| unknown_key(node, name, &steps)).collect()
        }
        Kind::Required { property } => {
            let mut missing = missing_key(property, &steps, span);
            // The key is in none of the files.
            let files: Vec<&str> = source.parts().map(|part| part.name).collect();
            if let (Some(help), true) = (&mut missing.help, files.len() > 1) {
                help.push_str(&format!(", in {}", files.join(" or ")));
            }
            vec![missing]
        }
        Kind::Type { .. } => vec![wrong_type(node, key, &steps, span, source)],
        Kind::Enum { options } => vec![unknown_value(node, pointer, options, span)],
        Kind::Constant { .. } => vec![wrong_version(node, span)],
        Kind::Pattern { .. } => vec![bad_form(node, &steps, span)],
        Kind::Format { format } => unread(node, format, span).into_iter().collect(),
        Kind::UniqueItems => vec![
            Diagnostic::new(Code::RepeatedItem, span, format!("`{key}` lists the same value twice"))
                .help("keep one of them"),
        ],
        kind => vec![out_of_range(kind, key, &steps, span)],
    }
}

fn unknown_key(node: &Node, name: &str, steps: &[&str]) -> Diagnostic {
    let span = node.get(name).map_or_else(|| node.span.clone(), |entry| entry.key_span.clone());
    let here = steps.last().map_or_else(|| "the spec".to_owned(), |last| format!("`{last}`"));
    let diagnostic = Diagnostic::new(Code::UnknownKey, span, format!("{here} has no key `{name}`"));
    match suggest_key(name, steps) {
        Some(help) => diagnostic.help(help),
        None => diagnostic.help(format!("use one of its keys: {}", known_keys(steps).join(", "))),
    }
}

fn known_keys(steps: &[&str]) -> Vec<String> {
    let properties = schema::at(&SCHEMA, steps).and_then(|schema| schema.get("properties"));
    properties
        .and_then(Json::as_object)
        .map(|keys| keys.keys().map(|key| format!("`{key}`")).collect())
        .unwrap_or_default()
}

/// The nearest key of this mapping, or the place where a key of exactly this name is allowed.
fn suggest_key(name: &str, steps: &[&str]) -> Option<String> {
    let here = known_keys(steps);
    if let Some(near) = nearest(name, here.iter().map(|key| key.trim_matches('`'))) {
        return Some(format!("did you mean `{near}`?"));
    }
    let everywhere = schema::keys(&SCHEMA);
    let (path, key) = everywhere.iter().find(|(_, key)| key.eq_ignore_ascii_case(name))?;
    let place = if path.is_empty() { "at the top of the file".to_owned() } else { format!("under `{path}`") };
    Some(format!("move it: `{key}` belongs {place}"))
}

/// The candidate that differs only by a typing error, if there is one.
fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let bare = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let wanted = bare(word);
    candidates
        .map(|candidate| (strsim::osa_distance(&wanted, &bare(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(word.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn missing_key(property: &Json, steps: &[&str], span: Span) -> Diagnostic {
    let name = property.as_str().unwrap_or_default();
    let here = steps.last().map_or_else(
        || "the spec".to_owned(),
        |last| match last.parse::<usize>() {
            Ok(index) => format!("entry {} of `{}`", index + 1, steps[steps.len().saturating_sub(2)]),
            Err(_) => format!("`{last}`"),
        },
    );
    let property = schema::at(&SCHEMA, &[steps, &[name]].concat());
    let example = property.and_then(|property| {
        let examples = property.get("examples").and_then(|examples| examples.get(0));
        examples.or_else(|| property.get("const"))?.as_str()
    });
    let help = match (example, property.and_then(|property| property.get("enum"))) {
        (Some(example), _) if example.parse::<f64>().is_ok() => {
            format!("add it, for example `{name}: \"{example}\"`")
        }
        (Some(example), _) => format!("add it, for example `{name}: {example}`"),
        (None, Some(options)) => format!("add `{name}`, one of {}", list(options)),
        (None, None) => format!("add `{name}`"),
    };
    Diagnostic::new(Code::MissingKey, span, format!("{here} needs `{name}`")).help(help)
}

fn wrong_type(node: &Node, key: &str, steps: &[&str], span: Span, source: &Source) -> Diagnostic {
    let wanted = schema::at(&SCHEMA, steps).and_then(|schema| schema.get("type")).and_then(Json::as_str);
    let written = source.text[source.clamp(&node.span)].trim();
    let is = match &node.value {
        Value::Null => "is left empty".to_owned(),
        Value::Sequence(_) => "is a list".to_owned(),
        Value::Mapping(_) => "is a mapping".to_owned(),
        Value::String(_) => "is text".to_owned(),
        Value::Bool(_) => format!("is the truth value {written}"),
        Value::Number(_) => format!("is the number {written}"),
    };
    let scalar = matches!(node.value, Value::Number(_) | Value::Bool(_));
    let (needs, help) = match wanted {
        Some("string") if scalar => ("text", format!("put it in quotes: `{key}: \"{written}\"`")),
        Some("string") => ("text", format!("write `{key}: ` and then the text")),
        Some("boolean") => {
            ("`true` or `false`", format!("write `{key}: true` or `{key}: false`, without quotes"))
        }
        Some("integer") => ("a whole number", format!("write `{key}: ` and then the number, without quotes")),
        Some("array") => ("a list", "write each entry on a line of its own, after `- `".to_owned()),
        _ => ("a mapping", "write each key on a line of its own, indented".to_owned()),
    };
    let help = if node.value == Value::Null { format!("{help}, or remove the key") } else { help };
    Diagnostic::new(Code::WrongType, span, format!("`{key}` {is}, but must be {needs}")).help(help)
}

fn unknown_value(node: &Node, pointer: &str, options: &Json, span: Span) -> Diagnostic {
    let Value::String(word) = &node.value else {
        return Diagnostic::new(Code::UnknownValue, span, "this is not one of the allowed values");
    };
    if pointer == pointer!(target.iis_version).as_ref() && (word == "6" || word.starts_with("6.")) {
        return Diagnostic::new(Code::Iis6, span, format!("IIS {word} cannot run this deployment")).help(
            "choose a target from \"7.0\" on; IIS 6 came with Windows Server 2003, which cannot run Python \
             3.9 or later",
        );
    }
    let key =
        context::steps(pointer).into_iter().rfind(|step| step.parse::<usize>().is_err()).unwrap_or_default();
    let diagnostic =
        Diagnostic::new(Code::UnknownValue, span, format!("`{word}` is not a valid value of `{key}`"));
    let words = options.as_array().into_iter().flatten().filter_map(Json::as_str);
    match nearest(word, words) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`? Use one of {}", list(options))),
        None => diagnostic.help(format!("use one of {}", list(options))),
    }
}

fn list(options: &Json) -> String {
    let words = options.as_array().into_iter().flatten().filter_map(Json::as_str);
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn wrong_version(node: &Node, span: Span) -> Diagnostic {
    let written = match &node.value {
        Value::String(text) => text.as_str(),
        _ => "this",
    };
    Diagnostic::new(Code::WrongApiVersion, span, format!("`{written}` is not a supported `apiVersion`"))
        .help(format!("write `apiVersion: {API_VERSION}`"))
}

fn bad_form(node: &Node, steps: &[&str], span: Span) -> Diagnostic {
    let written = match &node.value {
        Value::String(text) => text.as_str(),
        _ => "",
    };
    let says = |key: &str| {
        let known = schema::at(&SCHEMA, steps);
        known.and_then(|schema| schema.get(key)?.as_str()).unwrap_or_default()
    };
    Diagnostic::new(Code::BadForm, span, format!("`{written}` is not a valid {}", says(NOUN)))
        .help(says(ADVICE))
}

fn unread(node: &Node, format: &str, span: Span) -> Option<Diagnostic> {
    let Value::String(text) = &node.value else { return None };
    let reading = Reading::ALL.into_iter().find(|reading| reading.format() == format)?;
    let refused = reading.read(text).err()?;
    Some(context::unread(text, refused, span))
}

fn out_of_range(kind: &Kind, key: &str, steps: &[&str], span: Span) -> Diagnostic {
    let unit = schema::at(&SCHEMA, steps).and_then(|schema| schema.get(UNIT)?.as_str());
    let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
    let (what, help) = match kind {
        Kind::Minimum { limit } => ("too small", format!("write {limit}{unit} or more")),
        Kind::Maximum { limit } => ("too large", format!("write {limit}{unit} or less")),
        Kind::MinLength { limit } | Kind::MinItems { limit } => {
            ("too short", format!("give at least {limit}"))
        }
        Kind::MaxLength { limit } => ("too long", format!("use at most {limit} characters")),
        Kind::MaxItems { limit } => ("too long", format!("use at most {limit} entries")),
        _ => ("not allowed here", "see the schema: `kallithea-iisc schema`".to_owned()),
    };
    Diagnostic::new(Code::OutOfRange, span, format!("`{key}` is {what}")).help(help)
}
