//! Compares a tree with a folder: what changed, what is missing, what is extra.
//!
//! Line ends are ignored: git may have checked out text with carriage returns. Absent: binaries in `bin/`, and the manifest's
//! section about them.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use similar::TextDiff;

use super::Tree;
use crate::files;
use crate::manifest::{BINARIES, MANIFEST, without_binaries};

/// How one file differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The text differs; with a unified diff from the folder to the tree.
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
/// If the folder or a file in it cannot be read.
pub fn compare(tree: &Tree, folder: &Path) -> io::Result<Comparison> {
    let present: BTreeSet<String> =
        files::list(folder)?.into_iter().filter(|path| !is_binary(path)).collect();
    let mut changes = Vec::new();
    for (path, wanted) in tree.iter() {
        if !present.contains(path) {
            changes.push(Change::Missing { path: path.to_owned() });
            continue;
        }
        let bytes = files::read(&folder.join(path))?;
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

/// Whether cargo built a file.
pub(super) fn is_binary(path: &str) -> bool {
    path.split('/').next() == Some(BINARIES)
}

/// A file's text as the compiler would have written it.
pub(crate) fn normalize(path: &str, text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    if path == MANIFEST { without_binaries(&text) } else { text }
}

/// A unified diff that begins with the names of both sides.
pub fn unified((from, to): (&str, &str), before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after).unified_diff().context_radius(3).header(from, to).to_string()
}
