//! What a rule sees: the spec, and the place of each of its values in the author's file.

use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Node, Value};
use crate::schema::{self, SCHEMA};
use crate::source::Span;
use crate::spec::{Spec, Unread};

/// A rule: the spec in, problems out.
pub type Rule = fn(&Context<'_>, &mut Vec<Diagnostic>);

/// The spec and the tree it came from.
pub(crate) struct Context<'a> {
    /// What the author wrote, with defaults filled in.
    pub spec: &'a Spec,
    /// Where the author wrote it.
    pub root: &'a Node,
}

impl Context<'_> {
    /// Where the value at a JSON pointer is, or else the nearest thing around it that the author wrote.
    pub(crate) fn span(&self, pointer: impl AsRef<str>) -> Span {
        debug_assert!(is_place(pointer.as_ref()), "{} is not a place in a spec", pointer.as_ref());
        span(self.root, pointer.as_ref())
    }

    /// Where a key of the mapping at a JSON pointer is. The key may contain any character.
    pub(crate) fn key_span(&self, pointer: impl AsRef<str>, key: &str) -> Span {
        let pointer = pointer.as_ref();
        let entry = self.root.at(&steps(pointer)).and_then(|node| node.get(key));
        entry.map_or_else(|| self.span(pointer), |entry| entry.key_span.clone())
    }

    /// The text at a JSON pointer, as the author wrote it.
    pub(crate) fn text(&self, pointer: impl AsRef<str>) -> Option<&str> {
        match &self.root.at(&steps(pointer.as_ref()))?.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the author wrote anything at a JSON pointer.
    pub(crate) fn written(&self, pointer: impl AsRef<str>) -> bool {
        self.root.at(&steps(pointer.as_ref())).is_some()
    }
}

/// Whether the schema knows a place. The names of the Rust types and the names that serde writes can differ.
fn is_place(pointer: &str) -> bool {
    let steps = steps(pointer);
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    schema::at(&SCHEMA, &steps).is_some_and(serde_json::Value::is_object)
}

/// Where the value at a JSON pointer is. For a mapping or list that is not written, it is the key of the
/// nearest one around it.
pub(crate) fn span(root: &Node, pointer: &str) -> Span {
    let mut place = first_line(root);
    let mut node = root;
    for step in steps(pointer) {
        let next = match &node.value {
            Value::Sequence(items) => {
                step.parse().ok().and_then(|index: usize| items.get(index)).map(|item| (item, None))
            }
            _ => node.get(&step).map(|entry| (&entry.node, Some(&entry.key_span))),
        };
        let Some((below, key)) = next else { return place };
        node = below;
        place = match (&below.value, key) {
            (Value::Mapping(_) | Value::Sequence(_), Some(key)) => key.clone(),
            _ => below.span.clone(),
        };
    }
    place
}

/// The first key of a mapping: what to underline if a problem is about the whole file. It is a key of the spec itself if that
/// has one: the places of the files that it extends come later.
pub(crate) fn first_line(root: &Node) -> Span {
    match &root.value {
        Value::Mapping(entries) => {
            let first = entries.iter().map(|entry| &entry.key_span).min_by_key(|span| span.start);
            first.unwrap_or(&root.span).clone()
        }
        _ => root.span.clone(),
    }
}

/// What is wrong with a text, in the words of the type that reads it.
pub(super) fn unread(text: &str, why: Unread, span: Span) -> Diagnostic {
    let code = match why {
        Unread::Path(_) => Code::BadPath,
        Unread::Site(_) => Code::BadSiteName,
        Unread::Pool(_) => Code::BadPoolName,
        Unread::Versions => Code::BadForm,
    };
    Diagnostic::new(code, span, format!("`{text}` {why}")).help(why.advice())
}

/// A JSON pointer's steps, unescaped.
pub(crate) fn steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(unescape).collect()
}

/// A step of a JSON pointer as the key that it means (RFC 6901, section 4).
pub(crate) fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}
