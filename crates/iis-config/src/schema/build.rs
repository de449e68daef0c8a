//! The functions that build the tables. They are constant functions, so that a table reads like a reference page.

use super::{
    Attribute, Bounds, Collection, Dated, Definition, Element, Key, Order, OverrideMode, Section, TextRule,
    Value,
};
use crate::Version;

const fn attribute(name: &'static str, value: Value) -> Attribute {
    Attribute {
        name,
        since: Version::V7_0,
        required: false,
        key: Key::No,
        case_sensitive: false,
        infinite: false,
        unit: None,
        value: Dated { first: value, later: None },
        default: Dated { first: None, later: None },
    }
}

pub(crate) const fn boolean(name: &'static str) -> Attribute {
    attribute(name, Value::Bool)
}

pub(crate) const fn choice(name: &'static str, names: &'static [(&'static str, u32)]) -> Attribute {
    attribute(name, Value::Enum(names))
}

pub(crate) const fn flags(name: &'static str, names: &'static [(&'static str, u32)]) -> Attribute {
    attribute(name, Value::Flags(names))
}

pub(crate) const fn uint(name: &'static str) -> Attribute {
    attribute(name, Value::Uint(Bounds::Any))
}

pub(crate) const fn int(name: &'static str) -> Attribute {
    attribute(name, Value::Int(Bounds::Any))
}

pub(crate) const fn int64(name: &'static str) -> Attribute {
    attribute(name, Value::Int64(Bounds::Any))
}

pub(crate) const fn time_span(name: &'static str) -> Attribute {
    attribute(name, Value::TimeSpan(Bounds::Any))
}

pub(crate) const fn text(name: &'static str) -> Attribute {
    attribute(name, Value::Text(TextRule::Any))
}

pub(crate) const fn non_empty(name: &'static str) -> Attribute {
    attribute(name, Value::Text(TextRule::NonEmpty))
}

pub(crate) const fn named(name: &'static str, rule: TextRule) -> Attribute {
    attribute(name, Value::Text(rule))
}

const fn bounded(value: Value, bounds: Bounds) -> Value {
    match value {
        Value::Uint(_) => Value::Uint(bounds),
        Value::Int(_) => Value::Int(bounds),
        Value::Int64(_) => Value::Int64(bounds),
        Value::TimeSpan(_) => Value::TimeSpan(bounds),
        other => other,
    }
}

impl Attribute {
    pub(crate) const fn since(mut self, version: Version) -> Self {
        self.since = version;
        self
    }

    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(crate) const fn key(mut self) -> Self {
        self.key = Key::Unique;
        self
    }

    pub(crate) const fn combined_key(mut self) -> Self {
        self.key = Key::Combined;
        self
    }

    pub(crate) const fn case_sensitive(mut self) -> Self {
        self.case_sensitive = true;
        self
    }

    pub(crate) const fn or(mut self, default: &'static str) -> Self {
        self.default.first = Some(default);
        self
    }

    pub(crate) const fn or_from(mut self, version: Version, default: &'static str) -> Self {
        self.default.later = Some((version, Some(default)));
        self
    }

    pub(crate) const fn within(self, low: i64, high: i64) -> Self {
        self.every(1, low, high)
    }

    pub(crate) const fn within_from(mut self, version: Version, low: i64, high: i64) -> Self {
        let bounds = Bounds::Within { low, high, step: 1 };
        self.value.later = Some((version, bounded(self.value.first, bounds)));
        self
    }

    pub(crate) const fn every(mut self, step: i64, low: i64, high: i64) -> Self {
        self.value.first = bounded(self.value.first, Bounds::Within { low, high, step });
        self
    }

    pub(crate) const fn outside(mut self, low: i64, high: i64) -> Self {
        self.value.first = bounded(self.value.first, Bounds::Outside { low, high });
        self
    }

    /// A text that may be empty from that version on.
    pub(crate) const fn any_text_from(mut self, version: Version) -> Self {
        self.value.later = Some((version, Value::Text(TextRule::Any)));
        self
    }

    pub(crate) const fn choice_from(
        mut self,
        version: Version,
        names: &'static [(&'static str, u32)],
    ) -> Self {
        self.value.later = Some((version, Value::Enum(names)));
        self
    }
}

pub(crate) const fn element(name: &'static str) -> Element {
    Element {
        name,
        since: Version::V7_0,
        attributes: &[],
        shared: &[],
        elements: &[],
        collection: None,
        open: false,
    }
}

impl Element {
    pub(crate) const fn since(mut self, version: Version) -> Self {
        self.since = version;
        self
    }

    pub(crate) const fn with(mut self, attributes: &'static [Attribute]) -> Self {
        self.attributes = attributes;
        self
    }

    /// Adds attributes that other elements have too, defined once.
    pub(crate) const fn sharing(mut self, attributes: &'static [Attribute]) -> Self {
        self.shared = attributes;
        self
    }

    pub(crate) const fn holding(mut self, elements: &'static [Element]) -> Self {
        self.elements = elements;
        self
    }

    pub(crate) const fn of(mut self, collection: &'static Collection) -> Self {
        self.collection = Some(collection);
        self
    }
}

/// The usual kind of collection: its entries can be removed one by one or all at once.
pub(crate) const fn list(entry: Element) -> Collection {
    Collection {
        entry,
        other_names: &[],
        duplicates: false,
        remove: Some("remove"),
        clear: Some("clear"),
        order: Order::Append,
    }
}

impl Collection {
    pub(crate) const fn directives(
        mut self,
        remove: Option<&'static str>,
        clear: Option<&'static str>,
    ) -> Self {
        self.remove = remove;
        self.clear = clear;
        self
    }

    pub(crate) const fn prepending(mut self) -> Self {
        self.order = Order::Prepend;
        self
    }
}

/// A section that only applicationHost.config may hold.
pub(crate) const fn host_only(path: &'static str, page: &'static str, body: Element) -> Section {
    Section { path, page, definition: Definition::AppHostOnly, override_mode: OverrideMode::Deny, body }
}

/// A section that a web.config may hold once an administrator has unlocked it.
pub(crate) const fn locked(path: &'static str, page: &'static str, body: Element) -> Section {
    Section { path, page, definition: Definition::Everywhere, override_mode: OverrideMode::Deny, body }
}

/// A section that every web.config may hold.
pub(crate) const fn open(path: &'static str, page: &'static str, body: Element) -> Section {
    Section { path, page, definition: Definition::Everywhere, override_mode: OverrideMode::Allow, body }
}

impl Section {
    /// The section may be held no deeper than in an application's own folder.
    pub(crate) const fn down_to_application(mut self) -> Self {
        self.definition = Definition::MachineToApplication;
        self
    }
}
