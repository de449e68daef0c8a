//! Removes nodes and comments from a file, so that the rest is as it was before they were added.
//!
//! What enters: the ranges to remove, and what the comments say was around them. What leaves: edits that remove exactly what
//! was added. With the last node, an element that was created around the nodes is removed, too, and an element that was empty
//! is empty again. Absent: whether anything may be removed, which the caller decides.

use std::collections::BTreeMap;
use std::ops::Range;

use iis_config::edit::{Edits, with_line_break};
use iis_config::markup::{Comment, Document, Element};

use super::mark::{Around, Empty, is_blank};
use super::ownership::Owned;

/// What to remove from one element.
#[derive(Debug, Clone, Default)]
pub(super) struct Gone {
    ranges: Vec<Range<usize>>,
    around: Around,
}

/// What to remove, by the index of the element around it.
#[derive(Debug, Clone, Default)]
pub(super) struct Going(BTreeMap<usize, Gone>);

/// The result of a removal.
#[derive(Debug, Default)]
pub(super) struct Removed {
    /// The changes.
    pub edits: Edits,
    /// What the removed comments said was around them, by the indices of elements that still contain something.
    pub inherited: BTreeMap<usize, Around>,
}

impl Going {
    /// Removes a node and its comment. What others wrote between the two stays.
    pub fn node(&mut self, document: &Document<'_>, owned: &Owned<'_, '_>) {
        let (comment, element) = (owned.comment, owned.element);
        let start = with_line_break(document.text, comment.span.start);
        let is_one = comment.parent == element.parent
            && document.text.get(comment.span.end..element.offset).is_some_and(is_blank);
        if is_one {
            self.range(element.parent, start..element.end);
        } else {
            self.range(comment.parent, start..comment.span.end);
            self.range(element.parent, with_line_break(document.text, element.offset)..element.end);
        }
        self.around(element.parent, &owned.around);
    }

    /// Removes only a comment.
    pub fn comment(&mut self, document: &Document<'_>, comment: &Comment<'_>, around: &Around) {
        self.range(comment.parent, alone(document, &comment.span));
        self.around(comment.parent, around);
    }

    /// Removes an element from another.
    pub fn element(&mut self, document: &Document<'_>, element: &Element<'_>) {
        self.range(element.parent, with_line_break(document.text, element.offset)..element.end);
    }

    fn range(&mut self, place: Option<usize>, range: Range<usize>) {
        self.0.entry(place.unwrap_or_default()).or_default().ranges.push(range);
    }

    fn around(&mut self, place: Option<usize>, around: &Around) {
        let known = &mut self.0.entry(place.unwrap_or_default()).or_default().around;
        if known.is_nothing() {
            *known = around.clone();
        }
    }

    /// The edits. `filled` are the indices of elements that get new nodes at the same time.
    pub fn remove(mut self, document: &Document<'_>, filled: &[usize]) -> Removed {
        let mut removed = Removed::default();
        // In the list an element comes after the one around it, so in reverse the inner ones come first.
        while let Some((place, Gone { mut ranges, around })) = self.0.pop_last() {
            ranges.sort_by_key(|range| range.start);
            let element = &document.elements[place];
            let is_last = !filled.contains(&place) && is_blank_without(document, element, &ranges);
            match around.made.split_last() {
                // Others added every attribute that it has now and was created without, such as a lock.
                Some((made, rest))
                    if is_last
                        && element.is_named(made)
                        && element.attributes.iter().all(|attribute| around.has_set(attribute)) =>
                {
                    self.element(document, element);
                    let outer = Around { made: rest.to_vec(), empty: around.empty, set: None };
                    self.around(element.parent, &outer);
                    continue;
                }
                None if is_last && let Some(empty) = around.empty => {
                    removed.edits = Edits::all([removed.edits, restored(element, empty)]);
                    continue;
                }
                _ => {}
            }
            ranges.into_iter().for_each(|range| removed.edits.delete(range));
            if !around.is_nothing() {
                removed.inherited.insert(place, around);
            }
        }
        removed
    }
}

/// Whether an element would contain only white space without `gone`, which is in order.
fn is_blank_without(document: &Document<'_>, around: &Element<'_>, gone: &[Range<usize>]) -> bool {
    let ends = [around.opened].into_iter().chain(gone.iter().map(|range| range.end));
    let starts = gone.iter().map(|range| range.start).chain([around.closing]);
    ends.zip(starts).all(|(from, to)| document.text.get(from..to).is_some_and(is_blank))
}

/// Makes an element empty again.
fn restored(around: &Element<'_>, former: Empty) -> Edits {
    let mut edits = Edits::default();
    match former {
        Empty::TwoTags => edits.delete(around.opened..around.closing),
        Empty::Tag => edits.replace(around.opened - 1..around.end, "/>"),
        Empty::SpacedTag => edits.replace(around.opened - 1..around.end, " />"),
    }
    edits
}

/// A comment with the line break before it; only the comment if something follows it on its line.
fn alone(document: &Document<'_>, span: &Range<usize>) -> Range<usize> {
    let behind = document.text[span.end..].trim_start_matches([' ', '\t']);
    let ends_line = behind.is_empty() || behind.starts_with(['\r', '\n']);
    if ends_line { with_line_break(document.text, span.start)..span.end } else { span.clone() }
}

/// Removes a comment.
pub fn cut(document: &Document<'_>, span: &Range<usize>) -> Edits {
    let mut edits = Edits::default();
    edits.delete(alone(document, span));
    edits
}
