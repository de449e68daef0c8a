//! A tree of files in memory: written as a whole or not at all, or held against a folder.

mod compare;
mod folder;
mod write;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub(crate) use compare::{BINARIES, unified};
pub use compare::{Change, Comparison, compare};
pub use write::{WriteError, Written, turn_at, write};

/// Files by their path with forward slashes, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    files: BTreeMap<String, Cow<'static, str>>,
}

impl Tree {
    /// Adds a file.
    ///
    /// # Panics
    /// Where an emitter adds a file twice.
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
