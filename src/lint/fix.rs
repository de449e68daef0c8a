//! Corrects what is certain: names in another case, a bare `&`, an entry that is there twice.
//!
//! In: a text and the tables. Out: the corrected text, in which every other byte is as it was, and each change with its line. Absent:
//! whatever could have been meant in two ways, and the file itself.

use std::collections::HashSet;
use std::ops::Range;

use iis_config::Version;
use iis_config::case::is_name_in_other_case;
use iis_config::check::{Fault, Finding, First, Unknown, findings};
use iis_config::edit::Edits;
use iis_config::markup::{self, Document, Element};
use iis_config::schema::Tables;

use super::{AS_INSTALLED, Kind, is_transformation};
use crate::diagnostic::{Certainty, Change, Fix};
use crate::source::Positions;

/// The text with everything corrected that is certain, and the changes in the order in which they were made.
pub fn fixed(text: &str, kind: Kind, version: Version, tables: &Tables) -> (String, Vec<Change>) {
    let mut fix = Fixing { text: text.to_owned(), changes: Vec::new(), kind, version, tables };
    if !is_transformation(text) {
        if markup::parse(text).is_err() {
            fix.ampersands();
        }
        // What is inside an element is checked only once its name is right.
        while fix.names() {}
        fix.duplicates();
    }
    (fix.text, fix.changes)
}

/// What [`fixed`] would change for each finding of a text, in their order; `None` for what it leaves. What is inside an element that is
/// renamed is not found before.
pub(super) fn corrections(text: &str, found: &[Finding], tables: &Tables) -> Vec<Option<Fix>> {
    let Ok(document) = markup::parse(text) else {
        let edits = bare_ampersands(text).into_iter().map(|at| (at..at + 1, "&amp;")).collect();
        let fix = covering(text, edits);
        let is_it = |one: &Finding| matches!(one.fault, Fault::Malformed(_));
        return found.iter().map(|one| fix.clone().filter(|_| is_it(one))).collect();
    };
    let present = present(&document);
    let correction = |one: &Finding| match rename(&document, &present, tables, one) {
        Some(Rename { places, to }) => covering(text, places.into_iter().map(|place| (place, to)).collect()),
        None => {
            let (own, ..) = twin(&document, one)?;
            covering(text, vec![(whole_lines(text, own.offset..own.end), "")])
        }
    };
    found.iter().map(correction).collect()
}

/// Several changes as one, from the first to the last.
fn covering(text: &str, changes: Vec<(Range<usize>, &str)>) -> Option<Fix> {
    let span = changes.first()?.0.start..changes.last()?.0.end;
    let mut edits = Edits::default();
    changes.into_iter().for_each(|(place, new)| edits.replace(place, new));
    Some(Fix { text: edits.within(text, span.clone()), span, certainty: Certainty::Certain })
}

struct Fixing<'t> {
    text: String,
    changes: Vec<Change>,
    kind: Kind,
    version: Version,
    tables: &'t Tables,
}

impl Fixing<'_> {
    fn findings(&self) -> Vec<Finding> {
        let kind = self.kind.checked(&AS_INSTALLED);
        findings(&self.text, kind, self.version, (self.tables, Unknown::Passed))
    }

    /// Writes `&amp;` for each `&` that begins no reference.
    fn ampersands(&mut self) {
        let (mut edits, positions) = (Edits::default(), Positions::of(&self.text));
        for at in bare_ampersands(&self.text) {
            edits.insert(at + 1, "amp;");
            self.changes.push(Change { line: positions.line(at), words: "wrote `&amp;` for `&`".to_owned() });
        }
        self.text = edits.apply(&self.text);
    }

    /// Writes names as IIS has them; returns whether there was one.
    fn names(&mut self) -> bool {
        let Ok(document) = markup::parse(&self.text) else { return false };
        let present = present(&document);
        let found = self.findings();
        let renamed: Vec<_> =
            found.iter().filter_map(|one| rename(&document, &present, self.tables, one)).collect();
        let (mut edits, positions) = (Edits::default(), Positions::of(&self.text));
        for Rename { places, to } in &renamed {
            places.iter().for_each(|place| edits.replace(place.clone(), *to));
            let words = format!("wrote `{to}` for `{}`", &self.text[places[0].clone()]);
            self.changes.push(Change { line: positions.line(places[0].start), words });
        }
        self.text = edits.apply(&self.text);
        !renamed.is_empty()
    }

    /// Deletes entries that are the same as an earlier one of the same collection.
    fn duplicates(&mut self) {
        let Ok(document) = markup::parse(&self.text) else { return };
        let found = self.findings();
        let mut twice: Vec<_> = found.iter().filter_map(|one| twin(&document, one)).collect();
        twice.dedup_by_key(|(own, ..)| own.offset);
        let (mut edits, positions) = (Edits::default(), Positions::of(&self.text));
        for (own, first, key) in &twice {
            edits.delete(whole_lines(&self.text, own.offset..own.end));
            let [line, first] = [own, first].map(|element| positions.line(element.offset));
            let words = format!("deleted the entry `{key}`, which is the same as the one in line {first}");
            self.changes.push(Change { line, words });
        }
        self.text = edits.apply(&self.text);
    }
}

/// The places of each `&` that begins no reference, outside of comments, CDATA and instructions.
fn bare_ampersands(text: &str) -> Vec<usize> {
    let (mut places, mut at) = (Vec::new(), 0);
    while let Some(found) = text[at..].find(['&', '<']) {
        at += found;
        let rest = &text[at..];
        let passed = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        if let Some((open, close)) = passed.iter().find(|(open, _)| rest.starts_with(open)) {
            at += rest[open.len()..].find(close).map_or(rest.len(), |length| open.len() + length);
        } else {
            if rest.starts_with('&') && !begins_reference(rest) {
                places.push(at);
            }
            at += 1;
        }
    }
    places
}

/// Every element's parent and name.
fn present<'d>(document: &'d Document<'_>) -> HashSet<(Option<usize>, &'d str)> {
    document.elements.iter().map(|element| (element.parent, element.name)).collect()
}

/// The entry that a finding is about and an earlier one that says the same, in one collection; and its key.
fn twin<'d, 'a, 'f>(
    document: &'d Document<'a>,
    finding: &'f Finding,
) -> Option<(&'d Element<'a>, &'d Element<'a>, &'f str)> {
    let (Fault::RepeatedKey { key }, Some(First::Here(first))) = (&finding.fault, &finding.first) else {
        return None;
    };
    let element = |offset: usize| {
        let index = document.elements.binary_search_by_key(&offset, |element| element.offset).ok()?;
        Some(&document.elements[index])
    };
    let (own, first) = (element(finding.offset)?, element(*first)?);
    (own.parent == first.parent && is_same(document, own, first)).then_some((own, first, key.as_str()))
}

/// Whether a text that begins with `&` begins with what XML reads as a reference, or with what an author may have meant as one.
fn begins_reference(text: &str) -> bool {
    let name = text[1..].split_once(';').map(|(name, _)| name).unwrap_or_default();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '#';
    !name.is_empty() && name.len() < 32 && name.chars().all(is_part)
}

/// A name in all its places, and the right one.
struct Rename {
    places: Vec<Range<usize>>,
    to: &'static str,
}

/// What to write for a name in another case. `present` has every element's parent and name: what may be there only once is not renamed
/// beside one with the right name.
fn rename(
    document: &Document<'_>,
    present: &HashSet<(Option<usize>, &str)>,
    tables: &Tables,
    finding: &Finding,
) -> Option<Rename> {
    let is_at = |element: &&Element<'_>| element.offset <= finding.offset && finding.offset < element.opened;
    let index =
        document.elements.partition_point(|element| element.offset <= finding.offset).checked_sub(1)?;
    let element = document.elements.get(index).filter(is_at)?;
    match finding.fault {
        Fault::UnknownAttribute => {
            let (around, name) = finding.path.split_once('@')?;
            let known = tables.element(around)?.attributes().map(|known| known.name);
            let to = in_right_case(name, known)?;
            let place = finding.offset..finding.offset + name.len();
            element.attribute(to).is_none().then(|| Rename { places: vec![place], to })
        }
        Fault::UnknownElement | Fault::UnknownSection | Fault::NotDeclared => {
            let to = in_right_case(element.name, names_inside(tables, &finding.path))?;
            let around = finding.path.rsplit_once('/').and_then(|(around, _)| tables.element(around));
            let is_entry = around.and_then(|around| around.collection).is_some_and(|all| all.is_entry(to));
            let is_free = is_entry || !present.contains(&(element.parent, to));
            let of_tag = |start: usize| start..start + element.name.len();
            let end_tag = (!element.is_one_tag()).then(|| of_tag(element.closing + 2));
            let places = std::iter::once(of_tag(element.offset + 1)).chain(end_tag).collect();
            is_free.then_some(Rename { places, to })
        }
        _ => None,
    }
}

fn in_right_case(name: &str, known: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    known.into_iter().find(|known| is_name_in_other_case(name, known))
}

/// The names that an element with this path may have: of elements of a section, or of sections and groups.
fn names_inside(tables: &Tables, path: &str) -> Vec<&'static str> {
    let around = path.rsplit_once('/').map_or("", |(around, _)| around);
    if let Some(table) = tables.element(around) {
        let entries = table.collection.into_iter();
        let entries = entries.flat_map(|all| [Some(all.entry.name), all.remove, all.clear]).flatten();
        return table.elements.iter().map(|inner| inner.name).chain(entries).collect();
    }
    let below = |section: &'static str| match around {
        "" => section.split('/').next(),
        _ => section.strip_prefix(around)?.strip_prefix('/')?.split('/').next(),
    };
    tables.sections().filter_map(|section| below(section.path)).collect()
}

/// Whether two elements say the same: their attributes, in any order, and what is inside them.
fn is_same(document: &Document<'_>, one: &Element<'_>, other: &Element<'_>) -> bool {
    let attributes = |element: &Element<'_>| {
        let mut all: Vec<_> =
            element.attributes.iter().map(|own| (own.name.to_owned(), own.value.clone())).collect();
        all.sort();
        all
    };
    let inside = |element: &Element<'_>| {
        document.text[element.opened..element.closing.max(element.opened)].trim().to_owned()
    };
    one.name == other.name && attributes(one) == attributes(other) && inside(one) == inside(other)
}

/// The range with its whole line or lines, if nothing else is in them.
fn whole_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let is_blank = |letter: char| letter != '\n' && letter.is_whitespace();
    let before = text[..range.start].trim_end_matches(is_blank);
    let behind = text[range.end..].trim_start_matches(is_blank);
    let begins = before.is_empty() || before.ends_with('\n');
    let ends = behind.is_empty() || behind.starts_with('\n');
    let rest = behind.strip_prefix('\n').unwrap_or(behind);
    if begins && ends { before.len()..text.len() - rest.len() } else { range }
}
