//! A node of ours put into a file, and taken out again.
//!
//! What enters: where the node belongs. What leaves: edits that only add, or that take away exactly what was added. What
//! the element around looked like, where that cannot be seen any more, stands in the node's [`Mark`].

use std::ops::Range;

use super::edit::{Edits, Layout, indent, with_line_break};
use super::mark::{Empty, Mark, Marked};
use crate::emit::xml;
use crate::iis::markup::{Document, Element};

/// Where in an element a node goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Before everything that is there.
    First,
    /// Behind the last one of its name, or before everything else.
    AmongItsKind,
    /// Behind everything.
    Last,
}

/// Puts a node into an element.
pub fn insert(
    document: &Document<'_>,
    layout: &Layout,
    (around, position): (&Element<'_>, Position),
    deployment: &str,
    node: &xml::Element,
) -> Edits {
    let mark = Mark { deployment: deployment.to_owned(), around: emptiness(document, around) };
    let inside = layout.inner_indent(document, around);
    let comment = [mark.to_string()].into_iter();
    let block = layout.block(&inside, &comment.chain(node.lines(&layout.unit)).collect::<Vec<_>>());
    if mark.around.is_some() {
        return layout.fill(document, around, &block);
    }
    let behind = match position {
        Position::First => None,
        Position::AmongItsKind => document.named(around, node.name()).last(),
        Position::Last => document.children(around).last(),
    };
    let at = behind.map_or(around.opened, |behind| behind.end);
    let mut edits = Edits::default();
    edits.insert(with_comments(document, at), block);
    edits
}

/// Marks a node that is there already.
pub fn mark(document: &Document<'_>, layout: &Layout, deployment: &str, node: &Element<'_>) -> Edits {
    let mark = Mark { deployment: deployment.to_owned(), around: None };
    let mut edits = Edits::default();
    let before = indent(document.text, node.offset).unwrap_or_default();
    edits.insert(node.offset, format!("{mark}{}{before}", layout.newline));
    edits
}

/// Takes a node and its comment out, and lets the element around be what it was.
pub fn remove(document: &Document<'_>, marked: &Marked<'_, '_>) -> Edits {
    let mut edits = Edits::default();
    let text = document.text;
    if !is_blank(&text[marked.comment.span.end..marked.element.offset]) {
        // Somebody's own comment stands between, and stays.
        let both = [marked.comment.span.clone(), marked.element.offset..marked.element.end];
        return Edits::all(both.map(|range| cut(document, range)));
    }
    let gone = with_line_break(text, marked.comment.span.start)..marked.element.end;
    let around = marked.element.parent.map(|parent| &document.elements[parent]);
    if let (Some(around), Some(empty)) = (around, marked.mark.around)
        && is_blank(&text[around.opened..gone.start])
        && is_blank(&text[gone.end..around.closing])
    {
        match empty {
            Empty::TwoTags => edits.delete(around.opened..around.closing),
            Empty::Tag => edits.replace(around.opened - 1..around.end, "/>"),
            Empty::SpacedTag => edits.replace(around.opened - 1..around.end, " />"),
        }
        return edits;
    }
    edits.delete(gone);
    edits
}

/// Takes something out with the line break before it.
pub fn cut(document: &Document<'_>, range: Range<usize>) -> Edits {
    let mut edits = Edits::default();
    edits.delete(with_line_break(document.text, range.start)..range.end);
    edits
}

/// What an element looks like that has nothing in it, not even white space.
fn emptiness(document: &Document<'_>, element: &Element<'_>) -> Option<Empty> {
    match (element.is_one_tag(), element.opened == element.closing) {
        (true, _) if document.text[..element.end].ends_with(" />") => Some(Empty::SpacedTag),
        (true, _) => Some(Empty::Tag),
        (false, true) => Some(Empty::TwoTags),
        (false, false) => None,
    }
}

/// A place, or the end of the comments that follow it on its line.
fn with_comments(document: &Document<'_>, mut at: usize) -> usize {
    while let Some(comment) = document.comments.iter().find(|comment| {
        let between = document.text.get(at..comment.span.start);
        between.is_some_and(|between| between.bytes().all(|byte| matches!(byte, b' ' | b'\t')))
    }) {
        at = comment.span.end;
    }
    at
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}
