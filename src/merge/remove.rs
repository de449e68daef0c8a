//! Nodes and comments of ours taken out of a file, so that what is around them is what it was.
//!
//! What enters: the ranges that go, and what the comments say was around them. What leaves: edits that take away exactly what
//! was added. Once the last of them goes, an element that was made to hold them goes, too, and one that had nothing in it is
//! made so again. Absent: whether anything may go, which is the caller's matter.

use std::collections::BTreeMap;
use std::ops::Range;

use iis_config::edit::{Edits, with_line_break};
use iis_config::markup::{Comment, Document, Element};

use super::mark::{Around, Empty, is_blank};
use super::ownership::Owned;

/// What goes out of one element.
#[derive(Debug, Clone, Default)]
pub struct Gone {
    ranges: Vec<Range<usize>>,
    around: Around,
}

/// What goes, by the place of the element that it goes out of.
#[derive(Debug, Clone, Default)]
pub struct Going(BTreeMap<usize, Gone>);

/// What came of taking things out.
#[derive(Debug, Default)]
pub struct Removed {
    /// The changes.
    pub edits: Edits,
    /// What the comments that went said was around them, by the places of elements that have more in them.
    pub inherited: BTreeMap<usize, Around>,
}

impl Going {
    /// A node and its comment. What somebody else wrote between the two stays.
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

    /// A comment alone.
    pub fn comment(&mut self, document: &Document<'_>, comment: &Comment<'_>, around: &Around) {
        self.range(comment.parent, alone(document, &comment.span));
        self.around(comment.parent, around);
    }

    /// An element that is in another one.
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

    /// Takes all of it out. `filled` are the places of elements that get new nodes at the same time.
    pub fn remove(mut self, document: &Document<'_>, filled: &[usize]) -> Removed {
        let mut removed = Removed::default();
        // An element stands behind the one around it in the list, so that inner ones come first.
        while let Some((place, Gone { mut ranges, around })) = self.0.pop_last() {
            ranges.sort_by_key(|range| range.start);
            let element = &document.elements[place];
            let is_last = !filled.contains(&place) && is_blank_without(document, element, &ranges);
            match around.made.split_last() {
                // It was made without attributes: one that it has by now is somebody else's, such as a lock.
                Some((made, rest))
                    if is_last
                        && made.eq_ignore_ascii_case(element.name)
                        && element.attributes.is_empty() =>
                {
                    self.element(document, element);
                    self.around(element.parent, &Around { made: rest.to_vec(), empty: around.empty });
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

/// Whether an element would have nothing but white space in it; `gone` is in order.
fn is_blank_without(document: &Document<'_>, around: &Element<'_>, gone: &[Range<usize>]) -> bool {
    let ends = [around.opened].into_iter().chain(gone.iter().map(|range| range.end));
    let starts = gone.iter().map(|range| range.start).chain([around.closing]);
    ends.zip(starts).all(|(from, to)| document.text.get(from..to).is_some_and(is_blank))
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

/// A comment with the line break before it; where somebody's words stand behind it on its line, the comment alone.
fn alone(document: &Document<'_>, span: &Range<usize>) -> Range<usize> {
    let behind = document.text[span.end..].trim_start_matches([' ', '\t']);
    let ends_line = behind.is_empty() || behind.starts_with(['\r', '\n']);
    if ends_line { with_line_break(document.text, span.start)..span.end } else { span.clone() }
}

/// Takes a comment out.
pub fn cut(document: &Document<'_>, span: &Range<usize>) -> Edits {
    let mut edits = Edits::default();
    edits.delete(alone(document, span));
    edits
}
