//! Nodes of ours put into a file.
//!
//! What enters: where the nodes belong. What leaves: edits that only add. What the element around looked like, where that
//! cannot be seen any more, stands in the first node's [`Mark`].

use super::edit::{Edits, Layout, indent};
use super::mark::{Empty, Mark};
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

/// A node that goes into an element.
pub struct New<'d, 'a> {
    /// The element.
    pub around: &'d Element<'a>,
    /// Where in it.
    pub position: Position,
    /// The node.
    pub node: xml::Element,
}

/// Puts nodes into one element. `former` is what it looked like before nodes of ours that go at the same time.
pub fn insert(
    document: &Document<'_>,
    layout: &Layout,
    deployment: &str,
    nodes: &[New<'_, '_>],
    former: Option<Empty>,
) -> Edits {
    let Some(first) = nodes.first() else { return Edits::default() };
    let empty = emptiness(document, first.around);
    let inside = layout.inner_indent(document, first.around);
    let block = |(number, new): (usize, &New<'_, '_>)| {
        let around = empty.or(former).filter(|_| number == 0);
        let comment = Mark { deployment: deployment.to_owned(), around }.to_string();
        layout.block(&inside, &[vec![comment], new.node.lines(&layout.unit)].concat())
    };
    let blocks = nodes.iter().enumerate().map(block);
    if empty.is_some() {
        return layout.fill(document, first.around, &blocks.collect::<String>());
    }
    let mut edits = Edits::default();
    for (new, block) in nodes.iter().zip(blocks) {
        let behind = match new.position {
            Position::First => None,
            Position::AmongItsKind => document.named(new.around, new.node.name()).last(),
            Position::Last => document.children(new.around).last(),
        };
        let at = behind.map_or(new.around.opened, |behind| behind.end);
        edits.insert(with_comments(document, at), block);
    }
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
