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
use crate::manifest::{BINARIES, MANIFEST, compiler, engine, without_binaries, without_hashes};

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

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What made the folder's files, with its version, if that is not what made the tree.
    pub made_by: Option<String>,
    /// The files that differ, sorted by path.
    pub changes: Vec<Change>,
}

/// What to do with the version of the compiler, which is written in many files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// Another one is a difference.
    Count,
    /// It is not looked at, nor is what follows from it: the hashes in the manifest, and the engine's file name.
    Ignore,
}

/// Compares a tree with a folder.
///
/// # Errors
/// If the folder or a file in it cannot be read.
pub fn compare(tree: &Tree, folder: &Path, versions: Versions) -> io::Result<Comparison> {
    let theirs = files::read_text(&folder.join(MANIFEST)).unwrap_or_default();
    let stamps = Stamps::of(&theirs, tree.get(MANIFEST).unwrap_or_default());
    let ignores = versions == Versions::Ignore;
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
        let (found, wanted) = match ignores {
            true => (stamps.replaced(path, &found), hashless(path, wanted)),
            false => (found, wanted.to_owned()),
        };
        if found != wanted {
            let names = (format!("checked in/{path}"), format!("compiled/{path}"));
            let diff = unified((&names.0, &names.1), &found, &wanted);
            changes.push(Change::Changed { path: path.to_owned(), diff });
        }
    }
    let extra = present.into_iter().filter(|path| tree.get(path).is_none());
    changes.extend(extra.map(|path| Change::Extra { path }));
    changes.sort_by(|left, right| left.path().cmp(right.path()));
    Ok(Comparison { made_by: made_by(&theirs, tree), changes })
}

/// What made the files of a manifest, if it is not what made a tree.
pub(super) fn made_by(manifest: &str, tree: &Tree) -> Option<String> {
    let ours = tree.get(MANIFEST).and_then(compiler);
    compiler(manifest).filter(|theirs| ours.is_some_and(|ours| ours != *theirs))
}

/// What says in a folder's files which compiler made them, each with what our compiler writes there.
struct Stamps(Vec<(String, String)>);

impl Stamps {
    fn of(theirs: &str, ours: &str) -> Self {
        let pairs = [compiler, engine].map(|stamp| stamp(theirs).zip(stamp(ours)));
        Self(pairs.into_iter().flatten().collect())
    }

    /// A file's text with our stamps.
    fn replaced(&self, path: &str, text: &str) -> String {
        let text = self.0.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours));
        hashless(path, &text)
    }
}

fn hashless(path: &str, text: &str) -> String {
    if path == MANIFEST { without_hashes(text) } else { text.to_owned() }
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
