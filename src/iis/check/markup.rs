//! Reads XML into a flat list of elements that know where they stand.
//!
//! quick-xml finds tags and attributes; what it lets pass and XML does not is refused here, and so is a document type
//! declaration, which no configuration file has. Elements refer to their children by index, so that no depth of
//! nesting can exhaust the stack.

use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Fault, Finding};

/// The elements of a document; the first is the root.
pub(super) struct Document<'a> {
    pub elements: Vec<Element<'a>>,
}

impl<'a> Document<'a> {
    pub fn root(&self) -> &Element<'a> {
        &self.elements[0]
    }

    pub fn children(&self, element: &Element<'a>) -> impl Iterator<Item = &Element<'a>> {
        element.children.iter().map(|index| &self.elements[*index])
    }
}

/// An element, its attributes, and where it begins.
pub(super) struct Element<'a> {
    pub name: &'a str,
    pub offset: usize,
    pub attributes: Vec<Attribute<'a>>,
    pub children: Vec<usize>,
    /// Where text stands that is more than white space.
    pub text: Option<usize>,
}

/// An attribute, its value with references resolved, and where it begins.
pub(super) struct Attribute<'a> {
    pub name: &'a str,
    pub offset: usize,
    pub value: String,
}

impl Element<'_> {
    /// The value of the attribute of that name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
            .map(|attribute| attribute.value.as_str())
    }
}

pub(super) fn parse(text: &str) -> Result<Document<'_>, Finding> {
    if let Some((offset, character)) = text.char_indices().find(|(_, character)| !is_allowed(*character)) {
        return Err(flaw(offset, format!("the character {character:?} is not allowed in XML")));
    }
    let mut builder = Builder { text, elements: Vec::new(), open: Vec::new() };
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    loop {
        let offset = position(reader.buffer_position());
        let event = reader.read_event();
        match event.map_err(|error| flaw(position(reader.error_position()), error.to_string()))? {
            Event::Start(start) => builder.start(offset, &start, true)?,
            Event::Empty(start) => builder.start(offset, &start, false)?,
            Event::End(_) => drop(builder.open.pop()),
            Event::Text(content) => builder.content(offset, &content)?,
            Event::CData(content) => builder.content(offset, &content)?,
            Event::GeneralRef(_) => builder.content(offset, "&")?,
            Event::DocType(_) => return Err(flaw(offset, "a document type declaration")),
            Event::Decl(_) if offset > 0 => {
                return Err(flaw(offset, "an XML declaration after the beginning"));
            }
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return builder.finish(),
        }
    }
}

/// The offset, which fits: it counts bytes of a text that is in memory.
fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn flaw(offset: usize, detail: impl Into<String>) -> Finding {
    Finding { offset, path: "configuration".to_owned(), fault: Fault::Malformed(detail.into()) }
}

/// The production `Char` of XML 1.0.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// A name without the rarer characters that XML would allow and no configuration file has.
fn is_name(name: &str) -> bool {
    let starts = |character: char| character.is_alphabetic() || matches!(character, '_' | ':');
    name.starts_with(starts)
        && name
            .chars()
            .all(|character| starts(character) || character.is_numeric() || matches!(character, '.' | '-'))
}

struct Builder<'a> {
    text: &'a str,
    elements: Vec<Element<'a>>,
    open: Vec<usize>,
}

impl<'a> Builder<'a> {
    fn start(&mut self, offset: usize, start: &BytesStart<'_>, stays_open: bool) -> Result<(), Finding> {
        let index = self.elements.len();
        match self.open.last() {
            Some(parent) => self.elements[*parent].children.push(index),
            None if index > 0 => return Err(flaw(offset, "a second root element")),
            None => {}
        }
        let (_, name) = self.own(offset, start.name().into_inner())?;
        let attributes = self.attributes(offset, start.attributes())?;
        self.elements.push(Element { name, offset, attributes, children: Vec::new(), text: None });
        if stays_open {
            self.open.push(index);
        }
        Ok(())
    }

    fn attributes(&self, tag: usize, found: Attributes<'_>) -> Result<Vec<Attribute<'a>>, Finding> {
        let mut attributes = Vec::new();
        for attribute in found {
            let attribute = attribute.map_err(|error| flaw(tag, error.to_string()))?;
            let (offset, name) = self.own(tag, attribute.key.into_inner())?;
            if attribute.value.contains('<') {
                return Err(flaw(offset, "a `<` in the value of an attribute"));
            }
            if !self.text[..offset].ends_with([' ', '\t', '\r', '\n']) {
                return Err(flaw(offset, "no white space before an attribute"));
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| flaw(offset, error.to_string()))?.into_owned();
            attributes.push(Attribute { name, offset, value });
        }
        Ok(attributes)
    }

    /// Where a name that quick-xml lent out stands in the text, and the name as a part of the text.
    fn own(&self, tag: usize, name: &str) -> Result<(usize, &'a str), Finding> {
        let offset = (name.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let own = offset.checked_add(name.len()).and_then(|end| self.text.get(offset..end));
        match own.filter(|own| *own == name && is_name(own)) {
            Some(own) => Ok((offset, own)),
            None => Err(flaw(tag, format!("`{name}` is not a name"))),
        }
    }

    fn content(&mut self, offset: usize, content: &str) -> Result<(), Finding> {
        let blank = content.len() - content.trim_start_matches([' ', '\t', '\r', '\n']).len();
        if blank == content.len() {
            return Ok(());
        }
        match self.open.last() {
            Some(parent) => drop(self.elements[*parent].text.get_or_insert(offset + blank)),
            None => return Err(flaw(offset + blank, "text outside the root element")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Document<'a>, Finding> {
        match (self.open.last(), self.elements.is_empty()) {
            (Some(open), _) => {
                let element = &self.elements[*open];
                Err(flaw(element.offset, format!("<{}> is never closed", element.name)))
            }
            (None, true) => Err(flaw(0, "there is no element")),
            (None, false) => Ok(Document { elements: self.elements }),
        }
    }
}
