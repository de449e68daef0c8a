//! What can be wrong with a document, and the message for each.

use std::fmt;

use crate::Version;

/// Something that IIS would refuse, and where it occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The element's path, followed by `@` and the name if the fault is about an attribute.
    pub path: String,
    /// What is wrong; `to_string` gives the message.
    pub what: Fault,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}: {}", self.line, self.column, self.path, self.what)
    }
}

/// What can be wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not XML, or it is XML that a configuration file must not contain.
    Malformed(String),
    /// The root element is not `configuration`.
    NotConfiguration,
    /// The tables have no such section.
    UnknownSection,
    /// The section came with a later version of IIS.
    SectionSince(Version),
    /// The section occurs twice at the same place.
    RepeatedSection,
    /// The server as described locks the section: IIS answers 500.19 to a web.config that contains it.
    Locked,
    /// Only applicationHost.config may hold the section: IIS answers 500.19 to a web.config that contains it.
    AppHostOnly,
    /// The section applies to the whole server, but it is inside a `<location>` for a part of it.
    ServerWide,
    /// The parent may not hold such an element.
    UnknownElement,
    /// The element came with a later version of IIS.
    ElementSince(Version),
    /// The element occurs twice in a parent that may hold it once.
    RepeatedElement,
    /// There is text where only elements are allowed.
    StrayText,
    /// The element has no such attribute.
    UnknownAttribute,
    /// The attribute came with a later version of IIS.
    AttributeSince(Version),
    /// IIS refuses the element without this attribute.
    MissingAttribute(&'static str),
    /// The attribute does not accept this value.
    BadValue {
        /// The value as written.
        value: String,
        /// What it should have been.
        expected: String,
    },
    /// The value has the right type but is out of bounds.
    OutOfRange {
        /// The value as written.
        value: String,
        /// The bounds.
        expected: String,
    },
    /// An earlier entry of the collection has the same key.
    RepeatedKey {
        /// The key, its parts separated by commas.
        key: String,
    },
    /// A `<location>` inside an element other than `<configuration>`.
    MisplacedLocation,
    /// A `<location>` in a web.config with a path that leads out of that file's folder.
    LocationPath(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(detail) => write!(formatter, "not well-formed XML: {detail}"),
            Self::NotConfiguration => formatter.write_str("the root element must be <configuration>"),
            Self::UnknownSection => formatter.write_str("unknown section"),
            Self::SectionSince(version) => write!(formatter, "this section needs IIS {version} or later"),
            Self::RepeatedSection => formatter.write_str("this section occurs twice"),
            Self::Locked => formatter.write_str(
                "applicationHost.config locks this section; IIS answers 500.19 to a web.config that contains it",
            ),
            Self::AppHostOnly => formatter.write_str(
                "only applicationHost.config may contain this section; IIS answers 500.19 to a web.config \
                 that does",
            ),
            Self::ServerWide => formatter
                .write_str("this section applies to the whole server and is not allowed in this <location>"),
            Self::UnknownElement => formatter.write_str("unknown element"),
            Self::ElementSince(version) => write!(formatter, "this element needs IIS {version} or later"),
            Self::RepeatedElement => formatter.write_str("this element occurs twice"),
            Self::StrayText => formatter.write_str("text where only elements are allowed"),
            Self::UnknownAttribute => formatter.write_str("unknown attribute"),
            Self::AttributeSince(version) => write!(formatter, "this attribute needs IIS {version} or later"),
            Self::MissingAttribute(name) => write!(formatter, "required attribute `{name}` is missing"),
            Self::BadValue { value, expected } => write!(formatter, "`{value}` is not {expected}"),
            Self::OutOfRange { value, expected } => write!(formatter, "{value} is not {expected}"),
            Self::RepeatedKey { key } => write!(formatter, "an earlier entry has the same key, `{key}`"),
            Self::MisplacedLocation => {
                formatter.write_str("<location> must be a child of <configuration>")
            }
            Self::LocationPath(path) => {
                write!(formatter, "`{path}` is not below the folder of this web.config")
            }
        }
    }
}
