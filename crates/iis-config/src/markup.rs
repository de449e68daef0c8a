//! Reads XML into a flat list of elements and comments that know their positions.
//!
//! quick-xml finds tags and attributes. This module refuses what quick-xml accepts although XML does not allow it. It
//! also refuses a document type declaration, which no configuration file has. Elements refer to their children by
//! index, so that no depth of nesting can exhaust the stack. Every position is a range of bytes of the text, for the
//! lossless editor.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use super::case::is_name;
use super::names::is_same;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// The elements of a document; the first is the root.
#[derive(Debug)]
pub struct Document<'a> {
    /// The whole text, without a byte-order mark.
    pub text: &'a str,
    /// Every element, in the order of their start tags.
    pub elements: Vec<Element<'a>>,
    /// Every comment, in order.
    pub comments: Vec<Comment<'a>>,
    /// Where its lines begin, as soon as somebody asks.
    line_starts: OnceLock<Vec<usize>>,
}

impl<'a> Document<'a> {
    /// The outermost element.
    pub fn root(&self) -> &Element<'a> {
        &self.elements[0]
    }

    /// The line of a byte of the text, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.line_starts.get_or_init(|| line_starts(self.text)).partition_point(|start| *start <= offset)
    }

    /// The direct children of an element.
    pub fn children(&self, element: &Element<'a>) -> impl Iterator<Item = &Element<'a>> {
        element.children.iter().map(|index| &self.elements[*index])
    }

    /// The direct children of an element that have that name.
    pub fn named(&self, element: &Element<'a>, name: &str) -> impl Iterator<Item = &Element<'a>> {
        self.children(element).filter(move |child| child.is_named(name))
    }

    /// The element that contains an element.
    pub fn parent(&self, element: &Element<'_>) -> Option<&Element<'a>> {
        element.parent.map(|index| &self.elements[index])
    }

    /// An element, the element that contains it, and so on to the root.
    pub fn outwards(&self, element: &Element<'_>) -> impl Iterator<Item = &Element<'a>> {
        std::iter::successors(self.elements.get(element.index), |inner| self.parent(inner))
    }

    /// The first element at the end of a path of names below an element.
    pub fn descend(&self, element: &Element<'a>, path: &[&str]) -> Option<&Element<'a>> {
        let Some((first, rest)) = path.split_first() else { return self.elements.get(element.index) };
        self.named(element, first).find_map(|child| self.descend(child, rest))
    }
}

/// An element, its attributes, and its position.
#[derive(Debug)]
pub struct Element<'a> {
    /// Its index in the document's list.
    pub index: usize,
    /// The name as it is written.
    pub name: &'a str,
    /// Where its start tag begins.
    pub offset: usize,
    /// Where its start tag ends, after `>`.
    pub opened: usize,
    /// Where its end tag begins; the same as `opened` if there is none.
    pub closing: usize,
    /// Where the whole element ends.
    pub end: usize,
    /// Its attributes, in order.
    pub attributes: Vec<Attribute<'a>>,
    /// Its direct children, as indexes in the document's list.
    pub children: Vec<usize>,
    /// The index of its parent.
    pub parent: Option<usize>,
    /// Where text that is more than white space begins, if there is any.
    pub text: Option<usize>,
}

/// An attribute, its value with references resolved, and its position.
#[derive(Debug)]
pub struct Attribute<'a> {
    /// The name as it is written.
    pub name: &'a str,
    /// Where the attribute begins.
    pub offset: usize,
    /// The value.
    pub value: String,
    /// The range of the value as it is written, without its quotes.
    pub written: Range<usize>,
}

impl Attribute<'_> {
    /// Whether IIS reads the attribute as the one of that name.
    pub fn is_named(&self, name: &str) -> bool {
        is_name(self.name, name)
    }
}

/// A comment.
#[derive(Debug)]
pub struct Comment<'a> {
    /// The range of the comment, including its delimiters.
    pub span: Range<usize>,
    /// Its text, without surrounding white space.
    pub words: &'a str,
    /// The index of the element that contains it.
    pub parent: Option<usize>,
}

/// Why a text is not XML that IIS reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The byte where the flaw is.
    pub offset: usize,
    /// What is wrong there.
    pub detail: String,
    /// Where the start tag is that another end tag follows.
    pub opened: Option<usize>,
}

impl Element<'_> {
    /// Whether IIS reads the element as one of that name.
    pub fn is_named(&self, name: &str) -> bool {
        is_name(self.name, name)
    }

    /// The value of the attribute of that name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.attribute(name).map(|attribute| attribute.value.as_str())
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute<'_>> {
        self.attributes.iter().find(|attribute| attribute.is_named(name))
    }

    /// Whether the attribute of that name exists and has that value, without regard to case.
    pub fn says(&self, name: &str, value: &str) -> bool {
        self.value(name).is_some_and(|own| is_same(own, value))
    }

    /// Whether the element is a single, self-closing tag.
    pub fn is_one_tag(&self) -> bool {
        self.opened == self.end
    }

    /// The range of its start tag.
    pub fn tag(&self) -> Range<usize> {
        self.offset..self.opened
    }
}

/// Reads a text that has no byte-order mark.
pub fn parse(text: &str) -> Result<Document<'_>, Flaw> {
    if let Some((offset, character)) = text.char_indices().find(|(_, character)| !is_allowed(*character)) {
        return Err(flaw(offset, format!("the character {character:?} is not allowed in XML")));
    }
    // quick-xml would skip it, and every position would be wrong.
    if text.starts_with('\u{feff}') {
        return Err(flaw(0, "a byte-order mark in the text"));
    }
    let document =
        Document { text, elements: Vec::new(), comments: Vec::new(), line_starts: OnceLock::new() };
    let mut builder = Builder { document, open: Vec::new() };
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    loop {
        let offset = position(reader.buffer_position());
        let event = reader.read_event();
        let event = event.map_err(|error| {
            let found = flaw(position(reader.error_position()), error.to_string());
            let is_other_end = matches!(error, Error::IllFormed(IllFormedError::MismatchedEndTag { .. }));
            Flaw { opened: builder.innermost().filter(|_| is_other_end), ..found }
        })?;
        let end = position(reader.buffer_position());
        match event {
            Event::Start(start) => builder.start(offset..end, &start, true)?,
            Event::Empty(start) => builder.start(offset..end, &start, false)?,
            Event::End(_) => builder.end(offset..end),
            Event::Text(content) => builder.content(offset, &content)?,
            Event::CData(content) => builder.content(offset, &content)?,
            Event::GeneralRef(_) => builder.content(offset, "&")?,
            Event::DocType(_) => return Err(flaw(offset, "a document type declaration")),
            Event::Decl(_) if offset > 0 => {
                return Err(flaw(offset, "an XML declaration that is not at the beginning"));
            }
            Event::Comment(_) => builder.comment(offset..end),
            Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return builder.finish(),
        }
    }
}

/// Where each line of a text begins.
pub(crate) fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// The encoding that the XML declaration at the beginning of a text names.
pub fn declared_encoding(text: &str) -> Option<&str> {
    let (declaration, _) = text.strip_prefix("<?xml")?.split_once("?>")?;
    let (_, said) = declaration.split_once("encoding")?;
    let said = said.trim_start().strip_prefix('=')?.trim_start();
    let quote = said.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    said[1..].split(quote).next()
}

/// The offset as `usize`. It fits, because it counts bytes of a text that is in memory.
fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn flaw(offset: usize, detail: impl Into<String>) -> Flaw {
    Flaw { offset, detail: detail.into(), opened: None }
}

/// The production `Char` of XML 1.0.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// A name, without the rarer characters that XML allows and no configuration file has.
fn is_xml_name(name: &str) -> bool {
    let starts = |character: char| character.is_alphabetic() || matches!(character, '_' | ':');
    name.starts_with(starts)
        && name
            .chars()
            .all(|character| starts(character) || character.is_numeric() || matches!(character, '.' | '-'))
}

struct Builder<'a> {
    document: Document<'a>,
    open: Vec<usize>,
}

impl<'a> Builder<'a> {
    fn start(&mut self, tag: Range<usize>, start: &BytesStart<'_>, stays_open: bool) -> Result<(), Flaw> {
        let index = self.document.elements.len();
        let parent = self.open.last().copied();
        match parent {
            Some(parent) => self.document.elements[parent].children.push(index),
            None if index > 0 => return Err(flaw(tag.start, "a second root element")),
            None => {}
        }
        let (_, name) = self.own(tag.start, start.name().into_inner())?;
        let attributes = self.attributes(tag.start, start.attributes())?;
        self.document.elements.push(Element {
            index,
            name,
            offset: tag.start,
            opened: tag.end,
            closing: tag.end,
            end: tag.end,
            attributes,
            children: Vec::new(),
            parent,
            text: None,
        });
        if stays_open {
            self.open.push(index);
        }
        Ok(())
    }

    /// quick-xml has already checked that there is a start tag of the same name.
    fn end(&mut self, tag: Range<usize>) {
        if let Some(index) = self.open.pop() {
            let element = &mut self.document.elements[index];
            (element.closing, element.end) = (tag.start, tag.end);
        }
    }

    fn attributes(&self, tag: usize, mut found: Attributes<'_>) -> Result<Vec<Attribute<'a>>, Flaw> {
        let (mut attributes, mut names) = (Vec::new(), HashSet::new());
        // quick-xml would compare each name with all before it.
        for attribute in found.with_checks(false) {
            let attribute = attribute.map_err(|error| flaw(tag, error.to_string()))?;
            let (offset, name) = self.own(tag, attribute.key.into_inner())?;
            if !names.insert(name) {
                return Err(flaw(offset, format!("the attribute `{name}` occurs twice")));
            }
            if attribute.value.contains('<') {
                return Err(flaw(offset, "a `<` in the value of an attribute"));
            }
            if !self.document.text[..offset].ends_with([' ', '\t', '\r', '\n']) {
                return Err(flaw(offset, "no white space before an attribute"));
            }
            let written = self.place(&attribute.value);
            let written = written.ok_or_else(|| flaw(offset, "a value that is not in the text"))?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| flaw(offset, error.to_string()))?.into_owned();
            attributes.push(Attribute { name, offset, value, written });
        }
        Ok(attributes)
    }

    /// The offset in the text of a name that quick-xml returned, and the name as a slice of the text.
    fn own(&self, tag: usize, name: &str) -> Result<(usize, &'a str), Flaw> {
        match self.place(name).filter(|_| is_xml_name(name)) {
            Some(place) => Ok((place.start, &self.document.text[place])),
            None => Err(flaw(tag, format!("`{name}` is not a name"))),
        }
    }

    /// The range in the text of a slice that quick-xml returned.
    fn place(&self, part: &str) -> Option<Range<usize>> {
        let text = self.document.text;
        let offset = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        let place = offset..offset.checked_add(part.len())?;
        (text.get(place.clone()) == Some(part)).then_some(place)
    }

    fn comment(&mut self, span: Range<usize>) {
        let inner = self.document.text.get(span.start + 4..span.end - 3).unwrap_or_default();
        let parent = self.open.last().copied();
        self.document.comments.push(Comment { span, words: inner.trim(), parent });
    }

    fn content(&mut self, offset: usize, content: &str) -> Result<(), Flaw> {
        let blank = content.len() - content.trim_start_matches([' ', '\t', '\r', '\n']).len();
        if blank == content.len() {
            return Ok(());
        }
        match self.open.last() {
            Some(parent) => {
                self.document.elements[*parent].text.get_or_insert(offset + blank);
            }
            None => return Err(flaw(offset + blank, "text outside the root element")),
        }
        Ok(())
    }

    /// Where the innermost element that is open begins.
    fn innermost(&self) -> Option<usize> {
        self.open.last().map(|index| self.document.elements[*index].offset)
    }

    fn finish(self) -> Result<Document<'a>, Flaw> {
        match (self.open.last(), self.document.elements.is_empty()) {
            (Some(open), _) => {
                let element = &self.document.elements[*open];
                Err(flaw(element.offset, format!("<{}> is never closed", element.name)))
            }
            (None, true) => Err(flaw(0, "there is no root element")),
            (None, false) => Ok(self.document),
        }
    }
}
