//! Reads a server's schema files, which are Microsoft's, into tables.
//!
//! In: a folder like `%windir%\System32\inetsrv\config\schema`. Out: its sections; those of the same name are merged,
//! as IIS merges them. Absent: where a section is allowed. That is in `configSections` and not in a schema; for
//! sections that this project knows, its own tables say it.
//!
//! The head of IIS_schema.xml explains the terms of the files. A schema is read once per run and stays in memory until the end,
//! as the compiled-in tables do.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{
    Attribute, Bounds, Collection, Dated, Definition, Element, Key, Order, OverrideMode, Section, Tables,
    TextRule, Value, section,
};
use crate::markup::{self, Document};
use crate::{TimeSpan, Version};

/// Why a folder of schemas cannot be read.
#[derive(Debug)]
pub enum SchemaError {
    /// The operating system returned an error.
    Io(PathBuf, io::Error),
    /// A file is not a schema; the text says why.
    Malformed(PathBuf, String),
    /// The folder contains no schema file.
    Empty(PathBuf),
}

impl std::fmt::Display for SchemaError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(path, error) => write!(formatter, "{}: {error}", path.display()),
            Self::Malformed(path, why) => {
                write!(formatter, "{}: not a valid IIS schema: {why}", path.display())
            }
            Self::Empty(path) => {
                write!(
                    formatter,
                    "{}: contains no schema file (*.xml); name a folder such as \
                     %windir%\\System32\\inetsrv\\config\\schema",
                    path.display()
                )
            }
        }
    }
}

impl std::error::Error for SchemaError {}

/// Reads every schema file of a folder, ordered by name.
pub fn read_folder(folder: &Path) -> Result<Tables, SchemaError> {
    let trouble = |path: &Path, error| SchemaError::Io(path.to_path_buf(), error);
    let entries = fs::read_dir(folder).map_err(|error| trouble(folder, error))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| trouble(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml")) {
            files.push(path);
        }
    }
    files.sort();
    let mut bodies: Vec<Body> = Vec::new();
    for path in &files {
        let text = fs::read_to_string(path).map_err(|error| trouble(path, error))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let document =
            markup::parse(text).map_err(|flaw| SchemaError::Malformed(path.clone(), flaw.detail))?;
        for schema in document.named(document.root(), "sectionSchema") {
            let name = schema.value("name").unwrap_or_default();
            match bodies.iter_mut().find(|body| body.name == name) {
                Some(known) => known.extend(&document, schema),
                None => {
                    let mut body = Body::named(name);
                    body.extend(&document, schema);
                    bodies.push(body);
                }
            }
        }
    }
    match bodies.is_empty() {
        true => Err(SchemaError::Empty(folder.to_path_buf())),
        false => Ok(Tables { sections: bodies.into_iter().map(Body::section).collect(), complete: true }),
    }
}

/// An element of a schema while its parts are collected.
#[derive(Default)]
struct Body {
    name: String,
    open: bool,
    attributes: Vec<Attribute>,
    elements: Vec<Body>,
    collection: Option<Box<Entries>>,
}

/// A collection of a schema while its parts are collected.
struct Entries {
    names: Vec<String>,
    remove: Option<String>,
    clear: Option<String>,
    order: Order,
    duplicates: bool,
    entry: Body,
}

impl Body {
    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Adds what a `sectionSchema`, an `element` or a `collection` of a schema declares.
    fn extend(&mut self, document: &Document<'_>, node: &markup::Element<'_>) {
        self.open |= is_true(node, "allowUnrecognizedAttributes");
        // The running server computes what has the attribute `extension`, and no file holds it.
        for child in document.children(node).filter(|child| child.value("extension").is_none()) {
            match child.name {
                "attribute" => {
                    let attribute = attribute(document, child);
                    match self.attributes.iter_mut().find(|known| known.name == attribute.name) {
                        Some(known) => *known = attribute,
                        None => self.attributes.push(attribute),
                    }
                }
                "element" => self.element(child.value("name").unwrap_or_default()).extend(document, child),
                "collection" => self.collect(document, child),
                _ => {}
            }
        }
    }

    fn element(&mut self, name: &str) -> &mut Self {
        let known = self.elements.iter().position(|element| element.name == name);
        let at = known.unwrap_or_else(|| {
            self.elements.push(Self::named(name));
            self.elements.len() - 1
        });
        &mut self.elements[at]
    }

    /// A later file extends a collection without repeating its directives.
    fn collect(&mut self, document: &Document<'_>, node: &markup::Element<'_>) {
        let names: Vec<String> =
            node.value("addElement").unwrap_or("add").split(',').map(|name| name.trim().to_owned()).collect();
        let directive = |name| node.value(name).map(ToOwned::to_owned);
        let collection = self.collection.get_or_insert_with(|| {
            Box::new(Entries {
                entry: Self::named(&names[0]),
                names,
                remove: directive("removeElement"),
                clear: directive("clearElement"),
                order: if node.value("mergeAppend") == Some("false") {
                    Order::Prepend
                } else {
                    Order::Append
                },
                duplicates: is_true(node, "allowDuplicates"),
            })
        });
        collection.entry.extend(document, node);
    }

    /// The table of a section. If the project knows the section, its own tables say which files may hold it.
    fn section(self) -> &'static Section {
        let path = keep(&self.name);
        let known = section(path);
        let host_only = path.starts_with("system.applicationHost/");
        let section = Section {
            path,
            page: known.map_or("", |known| known.page),
            definition: match known {
                Some(known) => known.definition,
                None if host_only => Definition::AppHostOnly,
                None => Definition::Everywhere,
            },
            override_mode: known.map_or(OverrideMode::Allow, |known| known.override_mode),
            body: self.freeze(),
        };
        Box::leak(Box::new(section))
    }

    fn freeze(self) -> Element {
        let last = self.name.rsplit('/').next().unwrap_or_default();
        Element {
            name: keep(last),
            since: Version::V7_0,
            attributes: self.attributes.leak(),
            shared: &[],
            elements: self.elements.into_iter().map(Self::freeze).collect::<Vec<_>>().leak(),
            collection: self.collection.map(|collection| &*Box::leak(Box::new(collection.freeze()))),
            open: self.open,
        }
    }
}

impl Entries {
    fn freeze(self) -> Collection {
        Collection {
            other_names: self.names[1..].iter().map(|name| keep(name)).collect::<Vec<_>>().leak(),
            duplicates: self.duplicates,
            remove: self.remove.as_deref().map(keep),
            clear: self.clear.as_deref().map(keep),
            order: self.order,
            entry: self.entry.freeze(),
        }
    }
}

fn keep(text: &str) -> &'static str {
    text.to_owned().leak()
}

fn is_true(node: &markup::Element<'_>, name: &str) -> bool {
    node.says(name, "true")
}

fn attribute(document: &Document<'_>, node: &markup::Element<'_>) -> Attribute {
    let key = match (is_true(node, "isUniqueKey"), is_true(node, "isCombinedKey")) {
        (true, _) => Key::Unique,
        (_, true) => Key::Combined,
        _ => Key::No,
    };
    Attribute {
        name: keep(node.value("name").unwrap_or_default()),
        since: Version::V7_0,
        required: is_true(node, "required"),
        key,
        case_sensitive: is_true(node, "caseSensitive"),
        infinite: is_true(node, "allowInfinite"),
        unit: match node.value("timeSpanFormat") {
            Some("minutes") => Some(60),
            Some("seconds") => Some(1),
            _ => None,
        },
        value: Dated { first: value(document, node), later: None },
        default: Dated { first: node.value("defaultValue").map(keep), later: None },
    }
}

fn value(document: &Document<'_>, node: &markup::Element<'_>) -> Value {
    let bounds = bounds(node);
    match node.value("type").unwrap_or_default() {
        "bool" => Value::Bool,
        "enum" => Value::Enum(names(document, node)),
        "flags" => Value::Flags(names(document, node)),
        "uint" => Value::Uint(bounds),
        "int" => Value::Int(bounds),
        "int64" => Value::Int64(bounds),
        "timeSpan" => Value::TimeSpan(bounds),
        _ => Value::Text(match node.value("validationType").unwrap_or_default() {
            "nonEmptyString" => TextRule::NonEmpty,
            "requireTrimmedString" => TextRule::Trimmed,
            "applicationPoolName" => TextRule::ApplicationPoolName,
            "siteName" => TextRule::SiteName,
            "applicationPath" => TextRule::ApplicationPath,
            "virtualDirectoryPath" => TextRule::VirtualDirectoryPath,
            _ => TextRule::Any,
        }),
    }
}

fn names(document: &Document<'_>, node: &markup::Element<'_>) -> &'static [(&'static str, u32)] {
    let one = |name: &markup::Element<'_>| {
        let number = name.value("value").unwrap_or_default();
        let number = match number.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        (keep(name.value("name").unwrap_or_default()), number.unwrap_or_default())
    };
    document.children(node).map(one).collect::<Vec<_>>().leak()
}

/// `low,high`, `low,high,exclude`, and for time spans `low,high,step`.
fn bounds(node: &markup::Element<'_>) -> Bounds {
    if !matches!(node.value("validationType"), Some("integerRange" | "timeSpanRange")) {
        return Bounds::Any;
    }
    let parts: Vec<&str> =
        node.value("validationParameter").unwrap_or_default().split(',').map(str::trim).collect();
    let number = |text: &str| match text.parse::<i64>() {
        Ok(number) => Some(number),
        Err(_) => text.parse::<TimeSpan>().ok().and_then(|span| i64::try_from(span.seconds()).ok()),
    };
    match (parts.first().copied().and_then(number), parts.get(1).copied().and_then(number), parts.get(2)) {
        (Some(low), Some(high), Some(&"exclude")) => Bounds::Outside { low, high },
        (Some(low), Some(high), step) => {
            Bounds::Within { low, high, step: step.and_then(|step| number(step)).unwrap_or(1).max(1) }
        }
        _ => Bounds::Any,
    }
}
