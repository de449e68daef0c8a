//! Adds nodes to a file.
//!
//! What enters: where the nodes belong, and their comments. What leaves: edits that only add. If an edit changes how the
//! element around the nodes was written, the first node's [`Mark`] records that. Absent: changes of existing nodes.

use iis_config::edit::{Edits, Layout, indent};
use iis_config::markup::{Document, Element};

use super::mark::{Around, Empty, Mark};
use crate::emit::xml;

/// Where in an element a node goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// Before all existing elements.
    First,
    /// After the last one with its name, or before everything else.
    AmongItsKind,
    /// After everything.
    Last,
}

/// A node to add to an element.
pub struct New<'d, 'a> {
    /// The element.
    pub around: &'d Element<'a>,
    /// Where in it.
    pub position: Position,
    /// The elements to create around it, the outermost first.
    pub made: Vec<xml::Element>,
    /// The node.
    pub node: xml::Element,
    /// The comment before it, which does not yet say what was around it.
    pub mark: Mark,
    /// The attribute to set on the element around it, unless that is created with it.
    pub sets: Option<(String, String)>,
}

impl New<'_, '_> {
    /// The whole insertion, in lines.
    fn lines(&self, unit: &str, mut around: Around) -> Vec<String> {
        around.made.extend(self.made.iter().map(|made| made.name().to_owned()));
        around.set = around.set.or_else(|| self.sets.clone());
        let mark = Mark { around, ..self.mark.clone() };
        let opened = self.made.iter().enumerate().map(|(depth, made)| {
            let tag = made.lines(unit).concat();
            let tag = tag.strip_suffix(" />").unwrap_or(&tag);
            format!("{}{tag}>", unit.repeat(depth))
        });
        let indent = unit.repeat(self.made.len());
        let inner = [vec![mark.to_string()], self.node.lines(unit)].concat().into_iter();
        let inner = inner.map(|line| format!("{indent}{line}"));
        let closed = self.made.iter().enumerate().rev();
        let closed = closed.map(|(depth, made)| format!("{}</{}>", unit.repeat(depth), made.name()));
        opened.chain(inner).chain(closed).collect()
    }
}

/// Adds nodes to one element. `former` says what the element looked like before nodes that are removed at the same time.
pub fn insert(
    document: &Document<'_>,
    layout: &Layout,
    nodes: &[New<'_, '_>],
    former: Option<&Around>,
) -> Edits {
    let Some(first) = nodes.first() else { return Edits::default() };
    let empty = emptiness(document, first.around);
    let inside = layout.inner_indent(document, first.around);
    let block = |(number, new): (usize, &New<'_, '_>)| {
        let around = match number {
            0 => former.cloned().unwrap_or(Around { empty, ..Around::default() }),
            _ => Around::default(),
        };
        layout.block(&inside, &new.lines(&layout.unit, around))
    };
    let blocks = nodes.iter().enumerate().map(block);
    if empty.is_some() {
        return layout.fill(document, first.around, &blocks.collect::<String>());
    }
    let mut edits = Edits::default();
    for (new, block) in nodes.iter().zip(blocks) {
        let name = new.made.first().unwrap_or(&new.node).name();
        let behind = match new.position {
            Position::First => None,
            Position::AmongItsKind => document.named(new.around, name).last(),
            Position::Last => document.children(new.around).last(),
        };
        let at = behind.map_or(new.around.opened, |behind| behind.end);
        edits.insert(with_comments(document, at), block);
    }
    edits
}

/// Adds the comment of a node that is already there.
pub fn mark(document: &Document<'_>, layout: &Layout, mark: &Mark, node: &Element<'_>) -> Edits {
    let mut edits = Edits::default();
    let before = indent(document.text, node.offset).unwrap_or_default();
    edits.insert(node.offset, format!("{mark}{}{before}", layout.newline));
    edits
}

/// How an element without contents, not even white space, is written.
fn emptiness(document: &Document<'_>, element: &Element<'_>) -> Option<Empty> {
    match (element.is_one_tag(), element.opened == element.closing) {
        (true, _) if document.text[..element.end].ends_with(" />") => Some(Empty::SpacedTag),
        (true, _) => Some(Empty::Tag),
        (false, true) => Some(Empty::TwoTags),
        (false, false) => None,
    }
}

/// A place, or the end of the comments that follow it on its line. A comment of this program belongs to the node after it,
/// and nothing may come between them.
fn with_comments(document: &Document<'_>, mut at: usize) -> usize {
    while let Some(comment) = document.comments.iter().find(|comment| {
        let between = document.text.get(at..comment.span.start);
        between.is_some_and(|between| between.bytes().all(|byte| matches!(byte, b' ' | b'\t')))
    }) {
        if Mark::read(comment.words).is_some() {
            break;
        }
        at = comment.span.end;
    }
    at
}
