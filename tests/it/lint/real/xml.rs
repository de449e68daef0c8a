//! Mistakes in XML itself.

use iis_config::markup::Element;

use super::mistakes::Kind;
use super::sample::{Edit, Sample};

pub(super) const KINDS: [Kind; 13] = [
    ("an end tag that is missing", "KI501", |sample| {
        with_end_tag(sample)
            .map(|element| Edit { at: element.closing..element.end, with: String::new() })
            .collect()
    }),
    ("an end tag of another name", "KI501", |sample| {
        with_end_tag(sample).map(|element| Edit::insert(element.end - 1, "s")).collect()
    }),
    ("a slash that is missing", "KI501", |sample| {
        let one = sample.document.elements.iter().filter(|element| element.is_one_tag());
        one.map(|element| Edit { at: element.end - 2..element.end - 1, with: String::new() }).collect()
    }),
    ("a bare ampersand in a value", "KI501", |sample| {
        sample.attributes().map(|one| Edit::insert(one.written.start, "a&b")).collect()
    }),
    ("a less-than sign in a value", "KI501", |sample| {
        sample.attributes().map(|one| Edit::insert(one.written.start, "a<b")).collect()
    }),
    ("an entity of HTML", "KI501", |sample| {
        sample.attributes().map(|one| Edit::insert(one.written.start, "&nbsp;")).collect()
    }),
    ("a quotation mark that is missing", "KI501", |sample| {
        sample
            .attributes()
            .map(|one| Edit { at: one.written.end..one.written.end + 1, with: String::new() })
            .collect()
    }),
    ("a value without quotation marks", "KI501", |sample| {
        let bare = |one: &&iis_config::markup::Attribute<'_>| !one.value.is_empty();
        let range = |one: &iis_config::markup::Attribute<'_>| one.written.start - 1..one.written.end + 1;
        sample.attributes().filter(bare).map(|one| Edit { at: range(one), with: one.value.clone() }).collect()
    }),
    ("an attribute twice", "KI501", |sample| {
        let text = sample.text();
        sample
            .attributes()
            .map(|one| Edit::insert(one.offset, format!("{} ", &text[one.offset..=one.written.end])))
            .collect()
    }),
    ("attributes without a space between", "KI501", |sample| {
        let text = sample.text();
        let glued = |one: &&iis_config::markup::Attribute<'_>| text[..one.offset].ends_with("\" ");
        sample
            .attributes()
            .filter(glued)
            .map(|one| Edit { at: one.offset - 1..one.offset, with: String::new() })
            .collect()
    }),
    ("two hyphens in a comment", "KI501", |sample| {
        sample.document.comments.iter().map(|one| Edit::insert(one.span.start + 4, "see -- ")).collect()
    }),
    ("a second root, or a file that ends early", "KI501", |sample| {
        let end = sample.text().len();
        vec![Edit::insert(end, "<configuration />"), Edit { at: end / 2..end, with: String::new() }]
    }),
    ("a file of no bytes", "KI501", |sample| vec![Edit { at: 0..sample.text().len(), with: String::new() }]),
];

fn with_end_tag<'s>(sample: &'s Sample<'_>) -> impl Iterator<Item = &'s Element<'s>> {
    sample.document.elements.iter().filter(|element| !element.is_one_tag())
}
