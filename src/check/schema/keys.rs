//! Words about keys that are unknown, or missing.

use serde_json::Value as Json;

use super::{list, near, place};
use crate::characters::is_hidden;
use crate::diagnostic::{Certainty, Code, Diagnostic};
use crate::node::Node;
use crate::schema::{self, SCHEMA};
use crate::source::Span;

/// A key that the schema does not have, and the paths of those that it was most likely meant to be: these are then not missing.
pub(super) fn unknown(node: &Node, name: &str, steps: &[&str]) -> (Diagnostic, Vec<String>) {
    let span = node.get(name).map_or_else(|| node.span.clone(), |entry| entry.key_span.clone());
    if let Some((letter, rest)) = odd_space(name) {
        let message = format!("this key begins with {letter}, which looks like a space, and is none");
        let help = format!("delete what is before `{rest}`, and type spaces");
        let places = places(rest).into_iter().map(|path| joined(&path, rest)).collect();
        return (Diagnostic::new(Code::UnknownKey, span, message).help(help), places);
    }
    let here = place::name(steps).unwrap_or_else(|| "the spec".to_owned());
    let diagnostic = Diagnostic::new(Code::UnknownKey, span, format!("{here} has no key `{name}`"));
    let known = known(steps);
    let free: Vec<&str> = known.iter().map(String::as_str).filter(|key| node.get(key).is_none()).collect();
    let path = path_of(steps);
    let renamed = |diagnostic: Diagnostic, near: &str| {
        let certainty = if near::is_same(name, near) { Certainty::Certain } else { Certainty::Likely };
        let place = diagnostic.span.clone();
        diagnostic.help(format!("did you mean `{near}`?")).fix(place, near, certainty)
    };
    if let Some(near) = near::mistyped(name, free.iter().copied()) {
        return (renamed(diagnostic, near), vec![joined(&path, near)]);
    }
    let elsewhere = places(name);
    if let Some((_, key)) = schema::keys(&SCHEMA).iter().find(|(_, key)| key.eq_ignore_ascii_case(name)) {
        let targets = elsewhere.iter().map(|path| joined(path, key)).collect();
        let listed: Vec<String> =
            elsewhere.iter().filter(|path| !path.is_empty()).map(|path| format!("`{path}`")).collect();
        let where_to = match listed.as_slice() {
            [] => "at the top of the file".to_owned(),
            [only] => format!("under {only}"),
            [all @ .., last] => format!("under {} or {last}", all.join(", ")),
        };
        return (diagnostic.help(format!("move it: `{key}` belongs {where_to}")), targets);
    }
    if let Some(near) = near::meant(name, &free) {
        return (renamed(diagnostic, near), vec![joined(&path, near)]);
    }
    if let Some(near) = near::mistyped(name, known.iter().map(String::as_str)) {
        return (diagnostic.help(format!("did you mean `{near}`, which already exists?")), Vec::new());
    }
    let all: Vec<String> = known.iter().map(|key| format!("`{key}`")).collect();
    (diagnostic.help(format!("use one of its keys: {}", all.join(", "))), Vec::new())
}

/// The name of what stands before a key and looks like a space, and the key.
fn odd_space(name: &str) -> Option<(String, &str)> {
    let first = name.chars().next().filter(|first| first.is_whitespace() || is_hidden(*first))?;
    let rest = name.trim_start_matches(|letter: char| letter.is_whitespace() || is_hidden(letter));
    let kind = if first == '\u{a0}' { ", a no-break space" } else { "" };
    Some((format!("U+{:04X}{kind}", u32::from(first)), rest))
}

/// The paths of the mappings that can have a key.
fn places(name: &str) -> Vec<String> {
    let all = schema::keys(&SCHEMA).into_iter();
    all.filter(|(_, key)| key.eq_ignore_ascii_case(name)).map(|(path, _)| path).collect()
}

fn known(steps: &[&str]) -> Vec<String> {
    let properties = schema::at(&SCHEMA, steps).and_then(|schema| schema.get("properties"));
    properties.and_then(Json::as_object).into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

/// Steps as [`schema::keys`] writes a path: `site.bindings[]`.
pub(super) fn path_of(steps: &[&str]) -> String {
    steps.iter().fold(String::new(), |path, step| match step.parse::<usize>() {
        Ok(_) => format!("{path}[]"),
        Err(_) => joined(&path, step),
    })
}

/// The path of a key of a mapping.
pub(super) fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// A key that a mapping needs.
pub(super) fn missing(name: &str, steps: &[&str], span: Span) -> Diagnostic {
    let here = place::name(steps).unwrap_or_else(|| "the spec".to_owned());
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
