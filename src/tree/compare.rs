//! A tree held against a folder: what changed, what is missing, what is extra.
//!
//! Binaries in `bin/` and the manifest's section about them are out of scope. Line ends do not count: git may have
//! checked text out with carriage returns.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use similar::TextDiff;

use super::Tree;
use crate::manifest::{MANIFEST, without_binaries};

/// The folder of what cargo built.
pub(crate) const BINARIES: &str = "bin";

/// How one file differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It says something else; a unified diff from the folder to the tree.
    Changed {
        /// The file.
        path: String,
        /// What differs.
        diff: String,
    },
    /// The tree has it, the folder does not.
    Missing {
        /// The file.
        path: String,
    },
    /// The folder has it, the tree does not.
    Extra {
        /// The file.
        path: String,
    },
}

/// What a comparison found, sorted by path.
pub type Comparison = Vec<Change>;

/// Compares a tree with a folder.
///
/// # Errors
/// Where the folder or a file in it cannot be read.
pub fn compare(tree: &Tree, folder: &Path) -> io::Result<Comparison> {
    let present: BTreeSet<String> = list(folder)?.into_iter().filter(|path| !is_binary(path)).collect();
    let mut changes = Vec::new();
    for (path, wanted) in tree.iter() {
        if !present.contains(path) {
            changes.push(Change::Missing { path: path.to_owned() });
            continue;
        }
        let bytes = std::fs::read(folder.join(path)).map_err(|error| named(error, &folder.join(path)))?;
        if bytes == wanted.as_bytes() {
            continue;
        }
        let found = normalize(path, &String::from_utf8_lossy(&bytes));
        if found != wanted {
            let names = (format!("checked in/{path}"), format!("compiled/{path}"));
            let diff = unified((&names.0, &names.1), &found, wanted);
            changes.push(Change::Changed { path: path.to_owned(), diff });
        }
    }
    let extra = present.into_iter().filter(|path| tree.get(path).is_none());
    changes.extend(extra.map(|path| Change::Extra { path }));
    changes.sort_by(|left, right| left.path().cmp(right.path()));
    Ok(changes)
}

impl Change {
    /// The file.
    pub fn path(&self) -> &str {
        match self {
            Change::Changed { path, .. } | Change::Missing { path } | Change::Extra { path } => path,
        }
    }
}

/// Whether a file is one of those that cargo built.
pub(super) fn is_binary(path: &str) -> bool {
    path.split('/').next() == Some(BINARIES)
}

/// A file's text as the compiler would have written it.
pub(super) fn normalize(path: &str, text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    if path == MANIFEST { without_binaries(&text) } else { text }
}

/// A unified diff, with the names of both sides on top.
pub(crate) fn unified((from, to): (&str, &str), before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after).unified_diff().context_radius(3).header(from, to).to_string()
}

/// Every file below a folder, with forward slashes, in no order.
///
/// # Errors
/// Where a folder cannot be read; the error names it.
pub(super) fn list(folder: &Path) -> io::Result<Vec<String>> {
    fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) -> io::Result<()> {
        for entry in std::fs::read_dir(folder).map_err(|error| named(error, folder))? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                walk(&entry.path(), &format!("{path}/"), found)?;
            } else {
                found.push(path);
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(folder, "", &mut found)?;
    Ok(found)
}

/// An error that says which path it is about.
pub(super) fn named(error: io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
