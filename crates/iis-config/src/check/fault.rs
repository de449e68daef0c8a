//! What can be wrong with a document, and the message for each.

use std::fmt;

use super::words::in_words;
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
    /// The web.config of a folder above locks the section.
    LockedByFolder,
    /// Only applicationHost.config may hold the section: IIS answers 500.19 to a web.config that contains it.
    AppHostOnly,
    /// Only applicationHost.config and the web.config of an application may hold the section, and this folder is none.
    ApplicationOnly,
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
    /// The server declares its sections, and nobody declares this one.
    NotDeclared,
    /// The section is declared a second time, here or in a file above.
    DeclaredTwice,
    /// A level above locks this attribute, element or entry.
    LockedPart,
    /// A `<location>` locks what the level above unlocked for exactly this place.
    LocksAgain,
    /// `<configSections>` is not the first element of the file, or there are two.
    MisplacedDeclarations,
    /// A `<location>` has both `overrideMode` and the older `allowOverride`.
    BothOverrides,
    /// A list such as `lockAttributes` names what the element does not have.
    UnknownLock {
        /// The name.
        name: String,
    },
    /// An application pool has an empty name.
    EmptyPoolName,
    /// A site has no application with the path `/`.
    NoRootApplication,
    /// An application has no virtual directory with the path `/`.
    NoRootDirectory,
    /// Windows cannot have a folder with this path.
    ImpossiblePath(String),
    /// A site has no binding, so no request reaches it.
    NoBindings,
    /// Nothing can arrive at this binding; the text says why.
    DeadBinding(&'static str),
    /// A value begins as an encrypted one but is not whole, so IIS takes it for the secret itself.
    DamagedSecret,
    /// An element below `<runtime>` has a prefix, so IIS's own tools cannot save the file.
    PrefixedRuntime,
    /// `configSource` inside a `<location>` of applicationHost.config.
    SourceInLocation,
    /// `configSource` names a file that does not exist.
    SourceMissing(String),
    /// A handler needs a module that the server does not load.
    ModuleNotLoaded(String),
    /// A handler needs a module that the server loads, but that `modules` does not have for this application.
    ModuleTakenAway(String),
    /// A module is taken away that an inherited handler needs; its name.
    ModuleNeeded {
        /// The handler.
        handler: String,
    },
    /// A module's DLL is for another bitness than its pre-condition.
    WrongBitness,
    /// An application names a pool that the server does not have.
    NoSuchPool(String),
    /// A handler needs a FastCGI program that the server does not list.
    ProgramNotListed(String),
    /// `configSource` names a file that is not the section alone, in well-formed XML.
    SourceUnreadable {
        /// The path of the file.
        path: String,
        /// The name of the section.
        name: String,
    },
    /// `configSource` elsewhere in applicationHost.config.
    SourceOfHost,
    /// A `<location>` inside an element other than `<configuration>`.
    MisplacedLocation,
    /// A `<location>` in a web.config with a path that leads out of that file's folder.
    LocationPath(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(detail) => write!(formatter, "not well-formed XML: {}", in_words(detail)),
            Self::NotConfiguration => formatter.write_str("the root element must be <configuration>"),
            Self::UnknownSection => formatter.write_str("unknown section"),
            Self::SectionSince(version) => write!(formatter, "this section needs IIS {version} or later"),
            Self::RepeatedSection => formatter.write_str("this section occurs twice"),
            Self::Locked => formatter.write_str(
                "applicationHost.config locks this section; IIS answers 500.19 to a web.config that contains it",
            ),
            Self::LockedByFolder => formatter
                .write_str("the web.config of a folder above locks this section; IIS answers 500.19 (0x80070021)"),
            Self::AppHostOnly => formatter.write_str(
                "only applicationHost.config may contain this section; IIS answers 500.19 to a web.config \
                 that does",
            ),
            Self::ApplicationOnly => formatter.write_str(
                "only applicationHost.config and the web.config of an application may contain this section, and \
                 this folder is not an application; IIS answers 500.19",
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
            Self::RepeatedKey { key } => write!(formatter, "another entry has the same key, `{key}`"),
            Self::NotDeclared => formatter.write_str(
                "the server does not declare this section; IIS answers 500.19 (0x8007000d)",
            ),
            Self::DeclaredTwice => {
                formatter.write_str("this section is already declared; IIS answers 500.19 (0x800700b7)")
            }
            Self::LockedPart => {
                formatter.write_str("a level above locks this; IIS answers 500.19 (0x80070021)")
            }
            Self::LocksAgain => formatter.write_str(
                "the level above unlocks these sections for exactly this place, so no file here may lock them",
            ),
            Self::MisplacedDeclarations => {
                formatter.write_str("<configSections> must be the first element, and occur once")
            }
            Self::BothOverrides => {
                formatter.write_str("a <location> must not have both overrideMode and allowOverride")
            }
            Self::UnknownLock { name } => write!(formatter, "`{name}` does not exist here, so it cannot be locked"),
            Self::EmptyPoolName => formatter.write_str("the name of an application pool must not be empty"),
            Self::NoRootApplication => formatter.write_str("the site has no application with the path `/`"),
            Self::NoRootDirectory => {
                formatter.write_str("the application has no virtual directory with the path `/`")
            }
            Self::ImpossiblePath(path) => write!(formatter, "`{path}` is not a path that Windows can have"),
            Self::NoBindings => formatter.write_str("the site has no binding, so no request reaches it"),
            Self::DeadBinding(why) => write!(formatter, "no request reaches this binding: {why}"),
            Self::DamagedSecret => {
                formatter.write_str("the encrypted value is damaged; IIS uses the text itself as the secret")
            }
            Self::PrefixedRuntime => {
                formatter.write_str("IIS's own tools cannot save a file with a prefix in <runtime>")
            }
            Self::SourceInLocation => formatter
                .write_str("IIS does not accept configSource in a <location> of applicationHost.config"),
            Self::SourceMissing(path) => write!(formatter, "the file `{path}` does not exist"),
            Self::SourceUnreadable { path, name } => {
                write!(formatter, "the root element of `{path}` is not <{name}>, or the file is not well-formed XML")
            }
            Self::ModuleNotLoaded(name) => {
                write!(formatter, "the server does not load the module `{name}`; IIS answers 500.21")
            }
            Self::ModuleTakenAway(name) => {
                write!(formatter, "`modules` does not have the module `{name}` here; IIS answers 500.21")
            }
            Self::ModuleNeeded { handler } => write!(
                formatter,
                "the inherited handler `{handler}` needs this module; IIS answers 500.21 to what it is mapped to"
            ),
            Self::WrongBitness => {
                formatter.write_str("the folder of the DLL and the pre-condition are for different bitness")
            }
            Self::NoSuchPool(name) => {
                write!(formatter, "the server has no application pool `{name}`; IIS answers 503")
            }
            Self::ProgramNotListed(program) => {
                write!(formatter, "fastCgi of the server does not list `{program}`; IIS answers 500.0")
            }
            Self::SourceOfHost => {
                formatter.write_str("IIS may not accept configSource in applicationHost.config")
            }
            Self::MisplacedLocation => {
                formatter.write_str("<location> must be a child of <configuration>")
            }
            Self::LocationPath(path) => {
                write!(formatter, "`{path}` is not below the folder of this web.config")
            }
        }
    }
}
