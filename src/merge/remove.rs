//! Nodes of ours taken out of a file, so that what is around them is what it was.
//!
//! What enters: the nodes that go. What leaves: edits that take away exactly what was added. An element that had nothing in
//! it before ours is made so again, once the last of them goes. Absent: whether a node may go, which is the caller's matter.

use std::collections::BTreeMap;
use std::ops::Range;

use super::edit::{Edits, with_line_break};
use super::mark::{Empty, Mark, Marked};
use crate::iis::markup::{Document, Element};

/// Takes nodes and their comments out. `staying` are the other nodes that bear a comment of ours, `filled` the places of
/// elements that get new nodes at the same time.
pub fn remove(
    document: &Document<'_>,
    going: &[&Marked<'_, '_>],
    staying: &[&Marked<'_, '_>],
    filled: &[usize],
) -> Edits {
    let mut places: BTreeMap<usize, Vec<&Marked<'_, '_>>> = BTreeMap::new();
    for marked in going {
        places.entry(marked.element.parent.unwrap_or_default()).or_default().push(marked);
    }
    let edits = places.into_iter().map(|(place, going)| {
        let around = &document.elements[place];
        let gone: Vec<_> = going.iter().flat_map(|marked| ranges(document, marked)).collect();
        let former = going.iter().find_map(|marked| marked.mark.around);
        if let Some(former) = former.filter(|_| !filled.contains(&place))
            && is_blank_without(document, around, &gone)
        {
            return restored(around, former);
        }
        let mut edits = Edits::default();
        gone.into_iter().for_each(|range| edits.delete(range));
        let heir = staying.iter().find(|other| other.element.parent == Some(place));
        if let (Some(former), Some(heir)) = (former, heir.filter(|_| !filled.contains(&place))) {
            let mark = Mark { around: Some(former), ..heir.mark.clone() };
            edits.replace(heir.comment.span.clone(), mark.to_string());
        }
        edits
    });
    Edits::all(edits.collect::<Vec<_>>())
}

/// Takes something out with the line break before it.
pub fn cut(document: &Document<'_>, range: Range<usize>) -> Edits {
    let mut edits = Edits::default();
    edits.delete(with_line_break(document.text, range.start)..range.end);
    edits
}

/// What goes with a node: all from its comment on, or, where somebody's own comment stands between, the two.
fn ranges(document: &Document<'_>, marked: &Marked<'_, '_>) -> Vec<Range<usize>> {
    let (comment, element) = (&marked.comment.span, marked.element);
    let with_break = |start| with_line_break(document.text, start);
    let (whole, both) = (
        with_break(comment.start)..element.end,
        [with_break(comment.start)..comment.end, with_break(element.offset)..element.end],
    );
    if is_blank(&document.text[comment.end..element.offset]) { Vec::from([whole]) } else { both.to_vec() }
}

/// Whether an element would have nothing but white space in it; `gone` is in order.
fn is_blank_without(document: &Document<'_>, around: &Element<'_>, gone: &[Range<usize>]) -> bool {
    let ends = [around.opened].into_iter().chain(gone.iter().map(|range| range.end));
    let starts = gone.iter().map(|range| range.start).chain([around.closing]);
    ends.zip(starts).all(|(from, to)| is_blank(&document.text[from..to]))
}

/// An element made empty again.
fn restored(around: &Element<'_>, former: Empty) -> Edits {
    let mut edits = Edits::default();
    match former {
        Empty::TwoTags => edits.delete(around.opened..around.closing),
        Empty::Tag => edits.replace(around.opened - 1..around.end, "/>"),
        Empty::SpacedTag => edits.replace(around.opened - 1..around.end, " />"),
    }
    edits
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}
