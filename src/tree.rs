//! A tree of files in memory, which is compared with a folder or written to it.

mod compare;
mod write;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub(crate) use compare::normalize;
pub use compare::{Change, Comparison, Versions, compare, unified};
pub use write::{WriteError, Written, write};

/// Files by their path with forward slashes, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    files: BTreeMap<String, Cow<'static, str>>,
}

impl Tree {
    /// Adds a file.
    ///
    /// # Panics
    /// If an emitter adds a file twice.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<Cow<'static, str>>) {
        let path = path.into();
        let former = self.files.insert(path.clone(), text.into());
        assert!(former.is_none(), "{path} is emitted twice");
    }

    /// A file's text.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(Cow::as_ref)
    }

    /// Every file, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_ref()))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
