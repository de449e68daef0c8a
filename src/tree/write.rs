//! Writes a tree to a folder: the whole new folder replaces the whole old one, or nothing happens. A folder that is already
//! up to date is not touched.
//!
//! What enters: a tree and a folder. What leaves: the folder with the tree's files, and with everything that no build wrote:
//! other files, links, empty folders, and binaries that still belong to it. Files that would be lost are reported before
//! anything is touched. Absent: how a folder is replaced, which [`crate::files`] knows.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Tree;
use super::compare::{is_binary, made_by, normalize};
use crate::files::{Listing, NewContent, Present, WholeFolder};
use crate::hash::sha256;
use crate::manifest::{BINARIES_KEY, DISPATCH_DLL, MANIFEST, OURS, with_binaries};

/// What a build wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Files of the tree.
    pub files: usize,
    /// Of those, how many are new or differ from what was there.
    pub changed: usize,
    /// Files of an earlier build that this one does not contain.
    pub removed: usize,
    /// The deployment whose outputs these replace, if it has another name.
    pub replaced: Option<String>,
    /// What made the files that were there, with its version, if that is not what made the tree.
    pub made_by: Option<String>,
}

/// Why nothing was written.
#[derive(Debug)]
pub enum WriteError {
    /// These files were not written by a build, or were edited since, and would be lost.
    WouldLose(Vec<String>),
    /// Another version, the first text, made what is there; so many files are not as it recorded them, from the second text on.
    OfAnotherVersion(String, usize, String),
    /// The file system refused.
    Io(io::Error),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WouldLose(paths) => {
                writeln!(
                    formatter,
                    "nothing was written: kallithea-iisc did not create these files, or they were edited \
                     since:"
                )?;
                paths.iter().try_for_each(|path| writeln!(formatter, "  {path}"))?;
                write!(
                    formatter,
                    "move them away, choose another folder with --out, or overwrite them with --force"
                )
            }
            Self::OfAnotherVersion(theirs, count, first) => {
                let files = if *count == 1 { "1 file is".to_owned() } else { format!("{count} files are") };
                write!(
                    formatter,
                    "nothing was written: made by {theirs}, this is {OURS}, and {files} not as that version left \
                     them, such as {first}. See what differs with `diff --ignore-version`, then overwrite it with \
                     --force"
                )
            }
            Self::Io(error) => write!(formatter, "nothing was written: {error}"),
        }
    }
}

/// Writes a tree into a folder, which need not exist. `force` overwrites files that would be lost.
///
/// # Errors
/// See [`WriteError`]; the folder is then as it was.
pub fn write(tree: &Tree, folder: &Path, force: bool) -> Result<Written, WriteError> {
    let place = WholeFolder::take(folder)?;
    let old = place.present()?;
    let former = Former::read(old.as_ref(), tree)?;
    let lost = former.lost(tree);
    if let Some(first) = lost.first().filter(|_| !force) {
        return Err(match &former.made_by {
            Some(theirs) => WriteError::OfAnotherVersion(theirs.clone(), lost.len(), first.clone()),
            None => WriteError::WouldLose(lost),
        });
    }
    if former.is_already(tree) {
        return Ok(former.written(tree));
    }
    place.replace(old, &former.next(tree), |old| former.is_still(old, tree))?;
    Ok(former.written(tree))
}

/// What is in the folder before a build.
#[derive(Default)]
struct Former {
    /// Everything in the folder.
    present: Listing,
    /// The bytes of files of this build or the last one. Other files may have any size, and are not read.
    bytes: BTreeMap<String, Vec<u8>>,
    /// The files of the last build with their hashes.
    built: BTreeMap<String, String>,
    /// The manifest's section of binaries.
    binaries: BTreeMap<String, Value>,
    /// The deployment of the last build.
    deployment: Option<String>,
    /// What made the last build, if it is not what made the tree.
    made_by: Option<String>,
}

impl Former {
    fn read(folder: Option<&Present>, tree: &Tree) -> io::Result<Self> {
        let mut former = Self::default();
        let Some(folder) = folder else { return Ok(former) };
        former.present = folder.listing()?;
        if let Some(manifest) = folder.read(&former.present, MANIFEST)? {
            let text = String::from_utf8_lossy(&manifest);
            former.read_manifest(&text);
            former.made_by = made_by(&text, tree);
            former.bytes.insert(MANIFEST.to_owned(), manifest);
        }
        for path in former.present.files.keys().filter(|path| *path != MANIFEST) {
            let counts = tree.get(path).is_some() || former.built.contains_key(path);
            if let Some(bytes) = counts.then(|| folder.read(&former.present, path)).transpose()?.flatten() {
                former.bytes.insert(path.clone(), bytes);
            }
        }
        Ok(former)
    }

    /// Whether a folder still contains what was read: the same files, and the same bytes in files of builds.
    fn is_still(&self, folder: &Present, tree: &Tree) -> io::Result<bool> {
        let now = Self::read(Some(folder), tree)?;
        Ok(now.present == self.present && now.bytes == self.bytes)
    }

    fn read_manifest(&mut self, text: &str) {
        let Ok(manifest) = serde_json::from_str::<Value>(text) else { return };
        let section = |key: &str| manifest.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
        let hashes = section("files").into_iter();
        self.built = hashes.filter_map(|(path, hash)| Some((path, hash.as_str()?.to_owned()))).collect();
        if !self.built.is_empty() {
            self.built.insert(MANIFEST.to_owned(), String::new());
        }
        self.binaries = section(BINARIES_KEY).into_iter().collect();
        self.deployment = deployment_of(&manifest).map(str::to_owned);
    }

    /// Whether a file is as the last build left it. The manifest cannot contain its own hash; it counts as built if it
    /// lists files.
    fn is_built(&self, path: &str) -> bool {
        let (Some(built), Some(bytes)) = (self.built.get(path), self.bytes.get(path)) else { return false };
        let hash = || match std::str::from_utf8(bytes) {
            Ok(text) if !is_binary(path) => sha256(normalize(path, text).as_bytes()),
            _ => sha256(bytes),
        };
        path == MANIFEST || *built == hash()
    }

    /// Whether the folder contains a file with this text.
    fn holds(&self, path: &str, text: &str) -> bool {
        let found = self.bytes.get(path).and_then(|bytes| std::str::from_utf8(bytes).ok());
        found.is_some_and(|found| found == text || normalize(path, found) == text)
    }

    /// Whether the folder already is what this build would write, to the byte.
    fn is_already(&self, tree: &Tree) -> bool {
        let same = |(path, text): (&str, &str)| {
            self.bytes.get(path).is_some_and(|bytes| bytes == self.laid_down(tree, path, text).as_bytes())
        };
        self.present.files.len() == tree.len() + self.carried(tree).len() && tree.iter().all(same)
    }

    /// A file's text as it is written: the manifest keeps its section of binaries if they still belong to it.
    fn laid_down<'t>(&self, tree: &Tree, path: &str, text: &'t str) -> Cow<'t, str> {
        let kept = (path == MANIFEST && self.keeps_binaries(tree))
            .then(|| with_binaries(text, self.binaries.clone().into_iter().collect()));
        kept.flatten().map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// Files of others that a build would overwrite or remove, and anything else in the place of a file.
    fn lost(&self, tree: &Tree) -> Vec<String> {
        let same = |path: &str| tree.get(path).is_some_and(|text| self.holds(path, text));
        let ways = ways_of(tree);
        let counts = |path: &str| tree.get(path).is_some() || self.is_in_the_way(path, tree, &ways);
        let counting = |path: &&String| counts(path) || self.built.contains_key(*path);
        let paths = self.present.files.keys().filter(counting);
        let lost = paths.filter(|path| !same(path) && !self.is_built(path));
        lost.map(|path| self.present.files[path].shown()).collect()
    }

    /// Whether something is in the place of a folder of the tree, or below the place of one of its files.
    fn is_in_the_way(&self, path: &str, tree: &Tree, ways: &BTreeSet<&str>) -> bool {
        ways.contains(path) || above(path).any(|above| tree.get(above).is_some())
    }

    /// Whether binaries of the last build still belong to this one: their name contains the hash of what they are built
    /// from, and the settings contain their name.
    fn keeps_binaries(&self, tree: &Tree) -> bool {
        let config = tree.get("dispatch/isapi/src/config.rs").unwrap_or_default();
        let engine = self.binaries.keys().find(|path| !path.ends_with(DISPATCH_DLL));
        engine.and_then(|path| path.rsplit('/').next()).is_some_and(|name| config.contains(name))
    }

    /// Files that stay: neither this build nor an earlier one wrote them.
    fn carried(&self, tree: &Tree) -> Vec<&String> {
        let keeps_binaries = self.keeps_binaries(tree);
        let ways = ways_of(tree);
        let stale = |path: &str| {
            self.built.contains_key(path) || (!keeps_binaries && self.binaries.contains_key(path))
        };
        let carries = |path: &&String| {
            tree.get(path).is_none() && !stale(path) && !self.is_in_the_way(path, tree, &ways)
        };
        self.present.files.keys().filter(carries).collect()
    }

    /// What the folder contains after the build.
    fn next<'c>(&'c self, tree: &'c Tree) -> NewContent<'c> {
        let path_of = |path: &String| self.present.files[path].path.as_path();
        let empty = self.present.empty.iter().map(PathBuf::as_path);
        NewContent {
            files: tree.iter().map(|(path, text)| (path, self.laid_down(tree, path, text))).collect(),
            carried: self.carried(tree).into_iter().map(path_of).collect(),
            empty: empty.filter(|path| tree.get(&path.to_string_lossy()).is_none()).collect(),
        }
    }

    fn written(&self, tree: &Tree) -> Written {
        Written {
            files: tree.len(),
            changed: tree.iter().filter(|(path, text)| !self.holds(path, text)).count(),
            removed: self
                .built
                .keys()
                .filter(|path| tree.get(path).is_none() && self.present.files.contains_key(*path))
                .count(),
            made_by: self.made_by.clone(),
            replaced: self.deployment.clone().filter(|there| {
                let ours = tree.get(MANIFEST).and_then(|text| serde_json::from_str::<Value>(text).ok());
                ours.as_ref().and_then(deployment_of).is_some_and(|ours| ours != there)
            }),
        }
    }
}

/// The name of the deployment that a manifest is of.
fn deployment_of(manifest: &Value) -> Option<&str> {
    manifest.pointer("/server/deployment")?.as_str()
}

/// The paths above a path, from the nearest to the first.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/').map(|(at, _)| &path[..at])
}

/// The paths of the folders in a tree.
fn ways_of(tree: &Tree) -> BTreeSet<&str> {
    tree.iter().flat_map(|(path, _)| above(path)).collect()
}
