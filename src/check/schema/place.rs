//! A value that the schema refuses, and what its key takes.

use serde_json::Value as Json;

use super::validator;
use crate::diagnostic::{Certainty, Diagnostic};
use crate::node::Node;
use crate::schema::{self, SCHEMA};
use crate::source::{Source, Span};
use crate::yaml::scalar;

/// A value that the schema refuses.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The value.
    pub(super) node: &'a Node,
    /// The keys and numbers that lead to it.
    pub(super) steps: &'a [&'a str],
    /// The files.
    pub(super) source: &'a Source,
    /// What to underline.
    pub(super) span: &'a Span,
}

impl<'a> Place<'a> {
    /// What the schema says of the key.
    pub(super) fn schema(&self) -> Option<&'static Json> {
        schema::at(&SCHEMA, self.steps)
    }

    /// A word of the schema about the key.
    pub(super) fn says(&self, word: &str) -> Option<&'static str> {
        self.schema()?.get(word)?.as_str()
    }

    /// What messages call it: `port`, `entry 2 of `domains``.
    pub(super) fn name(&self) -> String {
        name(self.steps).unwrap_or_else(|| "the file".to_owned())
    }

    /// The value as the author wrote it.
    pub(super) fn written(&self) -> &'a str {
        self.source.text[self.source.clamp(&self.node.span)].trim()
    }

    /// The first of these values that the key takes.
    pub(super) fn first_right(&self, values: Vec<Json>) -> Option<Json> {
        let validator = validator(self.schema()?);
        values.into_iter().find(|value| validator.is_valid(value))
    }

    /// A problem with a value that repairs it.
    pub(super) fn fix(&self, found: Diagnostic, right: &Json, certainty: Certainty) -> Diagnostic {
        // Between brackets a list or a mapping ends where its parser says, and in lines of its own behind its last line end.
        let written = self.source.text[self.source.clamp(&self.node.span)].trim_end();
        let end = self.node.span.start + written.len();
        found.fix(self.node.span.start..end, scalar::line(right), certainty)
    }

    /// What to type for a value: its whole line, or only the value in a list.
    pub(super) fn line(&self, value: &Json) -> String {
        let value = scalar::line(value);
        match self.steps.last() {
            Some(key) if key.parse::<usize>().is_err() => format!("`{key}: {value}`"),
            _ => format!("`{value}`"),
        }
    }
}

/// What messages call a place; `None` for the whole spec.
pub(super) fn name(steps: &[&str]) -> Option<String> {
    let last = steps.last()?;
    Some(match last.parse::<usize>() {
        Ok(index) => format!("entry {} of `{}`", index + 1, steps[steps.len().saturating_sub(2)]),
        Err(_) => format!("`{last}`"),
    })
}
