//! The words that the tables are written in: constant functions, so that a table reads like a page of reference.

use super::{
    Attribute, Bounds, Collection, Dated, Definition, Element, Key, Order, OverrideMode, Section, TextRule,
    Value,
};
use crate::iis::Version;

const fn attribute(name: &'static str, value: Value) -> Attribute {
    Attribute {
        name,
        since: Version::V7_0,
        required: false,
        key: Key::No,
        case_sensitive: false,
        value: Dated { first: value, later: None },
        default: Dated { first: None, later: None },
    }
}

pub(in crate::iis) const fn boolean(name: &'static str) -> Attribute {
    attribute(name, Value::Bool)
}

pub(in crate::iis) const fn choice(name: &'static str, names: &'static [(&'static str, u32)]) -> Attribute {
    attribute(name, Value::Enum(names))
}

pub(in crate::iis) const fn flags(name: &'static str, names: &'static [(&'static str, u32)]) -> Attribute {
    attribute(name, Value::Flags(names))
}

pub(in crate::iis) const fn uint(name: &'static str) -> Attribute {
    attribute(name, Value::Uint(Bounds::Any))
}

pub(in crate::iis) const fn int(name: &'static str) -> Attribute {
    attribute(name, Value::Int(Bounds::Any))
}

pub(in crate::iis) const fn int64(name: &'static str) -> Attribute {
    attribute(name, Value::Int64(Bounds::Any))
}

pub(in crate::iis) const fn time_span(name: &'static str) -> Attribute {
    attribute(name, Value::TimeSpan(Bounds::Any))
}

pub(in crate::iis) const fn text(name: &'static str) -> Attribute {
    attribute(name, Value::Text(TextRule::Any))
}

pub(in crate::iis) const fn non_empty(name: &'static str) -> Attribute {
    attribute(name, Value::Text(TextRule::NonEmpty))
}

pub(in crate::iis) const fn named(name: &'static str, rule: TextRule) -> Attribute {
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
    pub(in crate::iis) const fn since(mut self, version: Version) -> Self {
        self.since = version;
        self
    }

    pub(in crate::iis) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(in crate::iis) const fn key(mut self) -> Self {
        self.key = Key::Unique;
        self
    }

    pub(in crate::iis) const fn combined_key(mut self) -> Self {
        self.key = Key::Combined;
        self
    }

    pub(in crate::iis) const fn case_sensitive(mut self) -> Self {
        self.case_sensitive = true;
        self
    }

    pub(in crate::iis) const fn or(mut self, default: &'static str) -> Self {
        self.default.first = Some(default);
        self
    }

    pub(in crate::iis) const fn or_from(mut self, version: Version, default: &'static str) -> Self {
        self.default.later = Some((version, Some(default)));
        self
    }

    pub(in crate::iis) const fn within(self, low: i64, high: i64) -> Self {
        self.every(1, low, high)
    }

    pub(in crate::iis) const fn within_from(mut self, version: Version, low: i64, high: i64) -> Self {
        let bounds = Bounds::Within { low, high, step: 1 };
        self.value.later = Some((version, bounded(self.value.first, bounds)));
        self
    }

    pub(in crate::iis) const fn every(mut self, step: i64, low: i64, high: i64) -> Self {
        self.value.first = bounded(self.value.first, Bounds::Within { low, high, step });
        self
    }

    pub(in crate::iis) const fn outside(mut self, low: i64, high: i64) -> Self {
        self.value.first = bounded(self.value.first, Bounds::Outside { low, high });
        self
    }

    pub(in crate::iis) const fn choice_from(
        mut self,
        version: Version,
        names: &'static [(&'static str, u32)],
    ) -> Self {
        self.value.later = Some((version, Value::Enum(names)));
        self
    }
}

pub(in crate::iis) const fn element(name: &'static str) -> Element {
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
    pub(in crate::iis) const fn since(mut self, version: Version) -> Self {
        self.since = version;
        self
    }

    pub(in crate::iis) const fn with(mut self, attributes: &'static [Attribute]) -> Self {
        self.attributes = attributes;
        self
    }

    /// Attributes that other elements have too, stated once.
    pub(in crate::iis) const fn sharing(mut self, attributes: &'static [Attribute]) -> Self {
        self.shared = attributes;
        self
    }

    pub(in crate::iis) const fn holding(mut self, elements: &'static [Element]) -> Self {
        self.elements = elements;
        self
    }

    pub(in crate::iis) const fn of(mut self, collection: &'static Collection) -> Self {
        self.collection = Some(collection);
        self
    }
}

/// A collection whose entries can be taken away one by one or all at once: the usual kind.
pub(in crate::iis) const fn list(entry: Element) -> Collection {
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
    pub(in crate::iis) const fn directives(
        mut self,
        remove: Option<&'static str>,
        clear: Option<&'static str>,
    ) -> Self {
        self.remove = remove;
        self.clear = clear;
        self
    }

    pub(in crate::iis) const fn prepending(mut self) -> Self {
        self.order = Order::Prepend;
        self
    }
}

/// A section that only applicationHost.config holds.
pub(in crate::iis) const fn host_only(path: &'static str, page: &'static str, body: Element) -> Section {
    Section { path, page, definition: Definition::AppHostOnly, override_mode: OverrideMode::Deny, body }
}

/// A section that a web.config may hold once an administrator has unlocked it.
pub(in crate::iis) const fn locked(path: &'static str, page: &'static str, body: Element) -> Section {
    Section { path, page, definition: Definition::Everywhere, override_mode: OverrideMode::Deny, body }
}

/// A section that every web.config may hold.
pub(in crate::iis) const fn open(path: &'static str, page: &'static str, body: Element) -> Section {
    Section { path, page, definition: Definition::Everywhere, override_mode: OverrideMode::Allow, body }
}

impl Section {
    /// No deeper than an application's own folder.
    pub(in crate::iis) const fn down_to_application(mut self) -> Self {
        self.definition = Definition::MachineToApplication;
        self
    }
}
