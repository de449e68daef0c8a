//! An XML document in the form that IIS writes: elements and attributes, four spaces a level, one comment on top.
//!
//! quick-xml does the escaping and keeps the document well-formed.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// An element with attributes and children, in the order in which they were added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Element>,
}

impl Element {
    /// An empty element.
    pub fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new() }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    /// Adds an attribute if it has a value.
    #[must_use]
    pub(crate) fn with_some(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds a child.
    #[must_use]
    pub fn child(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    /// Adds children.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children);
        self
    }

    /// Puts an element in its place below this one, and creates the elements around it: `security`, `access`.
    pub fn place(&mut self, around: &[Element], element: Element) {
        let Some((first, rest)) = around.split_first() else {
            self.children.push(element);
            return;
        };
        let is_it = |child: &Element| child.name == first.name && child.attributes == first.attributes;
        let known = self.children.iter().position(is_it);
        let at = known.unwrap_or_else(|| {
            self.children.push(first.clone());
            self.children.len() - 1
        });
        self.children[at].place(rest, element);
    }

    /// The element's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its attributes, in the order in which they are written.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.attributes.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The value of one attribute.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.attributes().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The elements in it, in order.
    pub fn elements(&self) -> &[Element] {
        &self.children
    }

    /// The lines of this element alone, each level indented by `unit`, empty tags as IIS writes them.
    pub fn lines(&self, unit: &str) -> Vec<String> {
        let mut writer = Writer::new_with_indent(Vec::new(), b'\t', 1);
        self.write(&mut writer).expect("writing to memory does not fail");
        let text = String::from_utf8(writer.into_inner()).expect("what is written is UTF-8");
        // A tab in a value is escaped, so tabs at the beginning of a line are indentation.
        let line = |line: &str| {
            let rest = line.trim_start_matches('\t');
            let rest = rest.strip_suffix("/>").map_or_else(|| rest.to_owned(), |tag| format!("{tag} />"));
            unit.repeat(line.len() - line.trim_start_matches('\t').len()) + &rest
        };
        text.lines().map(line).collect()
    }

    /// The whole document with this element as its root.
    pub fn document(&self, comment: &str) -> String {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 4);
        let written = writer
            .write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))
            .and_then(|()| {
                writer.write_event(Event::Comment(BytesText::from_escaped(format!(" {comment} "))))
            })
            .and_then(|()| self.write(&mut writer));
        written.expect("writing to memory does not fail");
        let mut text = String::from_utf8(writer.into_inner()).expect("what is written is UTF-8");
        text.push('\n');
        text
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let mut start = BytesStart::new(self.name);
        for (name, value) in &self.attributes {
            start.push_attribute((*name, value.as_str()));
        }
        if self.children.is_empty() {
            return writer.write_event(Event::Empty(start));
        }
        writer.write_event(Event::Start(start))?;
        self.children.iter().try_for_each(|child| child.write(writer))?;
        writer.write_event(Event::End(BytesEnd::new(self.name)))
    }
}
