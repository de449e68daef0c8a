//! Reports the schema's violations in the author's words.

mod amounts;
mod candidates;
mod keys;
mod near;
mod place;
mod values;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value as Json;

use super::context;
use crate::diagnostic::{Certainty, Code, Diagnostic};
use crate::node::{Node, Value};
use crate::schema::SCHEMA;
use crate::source::{Source, Span};
use crate::spec::{API_VERSION, Reading, UNIT};
use place::Place;

/// What holds values against parts of the schema, by the address of the part. A file can have thousands of mistakes.
static VALIDATORS: LazyLock<Mutex<HashMap<usize, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// What holds a value against a part of the schema.
fn validator(schema: &'static Json) -> Arc<Validator> {
    let mut made = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let address = std::ptr::from_ref(schema) as usize;
    Arc::clone(made.entry(address).or_insert_with(|| Arc::new(made_of(schema))))
}

fn made_of(schema: &Json) -> Validator {
    let options = jsonschema::draft7::options().should_validate_formats(true);
    let options = Reading::ALL.into_iter().fold(options, |options, reading| {
        options.with_format(reading.format(), move |text: &str| reading.read(text).is_ok())
    });
    options.build(schema).expect("the derived schema is a schema")
}

/// What the schema says of a tree.
pub(super) struct Validated {
    /// The tree as JSON without the refused parts, so that a spec can always be read from it; `None` if the file is not a
    /// mapping.
    pub(super) accepted: Option<Json>,
    /// What it refuses.
    pub(super) problems: Vec<Diagnostic>,
    /// The paths of what it refuses or misses, as in `site.bindings[].port`: a default stands in for each.
    pub(super) refused: BTreeSet<String>,
}

/// Validates a tree against the schema.
pub(super) fn validate(root: &Node, source: &Source) -> Validated {
    let json = root.to_json();
    let mut accepted = json.clone();
    let (mut taken_out, mut refused) = (BTreeSet::new(), BTreeSet::new());
    let (mut problems, mut missing, mut meant) = (Vec::new(), Vec::new(), Vec::new());
    let whole = validator(&SCHEMA);
    let (unread, others): (Vec<_>, Vec<_>) =
        whole.iter_errors(&json).partition(|error| matches!(error.kind(), Kind::Format { .. }));
    // A text that is too short or too long is reported before the text is parsed, and a type before the words.
    for error in others.iter().chain(&unread) {
        let pointer = error.instance_path().as_str().to_owned();
        let follows = matches!(error.kind(), Kind::Format { .. } | Kind::Enum { .. } | Kind::Constant { .. });
        if follows && taken_out.contains(&pointer) {
            continue;
        }
        let path = context::steps(&pointer);
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        match error.kind() {
            Kind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                let span = context::span(root, &pointer);
                let path = keys::joined(&keys::path_of(&steps), name);
                missing.push((path, keys::missing(name, &steps, span)));
            }
            Kind::AdditionalProperties { unexpected } => {
                let node = root.at(&path).expect("a violation is of something that the author wrote");
                for name in unexpected {
                    let (problem, paths) = keys::unknown(node, name, &steps);
                    problems.push(problem);
                    meant.extend(paths);
                }
            }
            _ => {
                problems.extend(explain(error, &pointer, &steps, root, source));
                refused.insert(keys::path_of(&steps));
                taken_out.insert(pointer.clone());
            }
        }
        take_out(&mut accepted, &pointer, error.kind());
    }
    refused.extend(missing.iter().map(|(path, _)| path).chain(&meant).cloned());
    // A key that is misspelt or misplaced is not missing, too.
    for (_, mut problem) in missing.into_iter().filter(|(path, _)| !meant.contains(path)) {
        // The key is in none of the files.
        let files: Vec<&str> = source.parts().map(|part| part.name).collect();
        if let (Some(help), true) = (&mut problem.help, files.len() > 1) {
            help.push_str(&format!(", in {}", files.join(" or ")));
        }
        problems.push(problem);
    }
    Validated { accepted: accepted.is_object().then_some(accepted), problems, refused }
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

fn explain(
    error: &ValidationError<'_>,
    pointer: &str,
    steps: &[&str],
    root: &Node,
    source: &Source,
) -> Option<Diagnostic> {
    let node = root.at(&context::steps(pointer)).expect("a violation is of something that the author wrote");
    let span = context::span(root, pointer);
    let place = Place { node, steps, source, span: &span };
    match error.kind() {
        Kind::Type { .. } => Some(values::wrong_type(place, pointer)),
        Kind::Enum { options } => values::unknown_value(place, pointer, options),
        Kind::Constant { .. } => Some(wrong_version(node, span)),
        Kind::Pattern { .. } => Some(values::bad_form(place)),
        Kind::Format { format } => values::unread(place, format),
        Kind::UniqueItems => {
            let message = format!("{} lists the same value twice", place.name());
            Some(Diagnostic::new(Code::RepeatedItem, span, message).help("keep one of them"))
        }
        kind => Some(out_of_range(kind, place)),
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
        .fix(node.span.clone(), API_VERSION, Certainty::Likely)
}

fn out_of_range(kind: &Kind, place: Place<'_>) -> Diagnostic {
    let unit = place.says(UNIT).map(|unit| format!(" {unit}")).unwrap_or_default();
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
    Diagnostic::new(Code::OutOfRange, place.span.clone(), format!("{} is {what}", place.name())).help(help)
}
