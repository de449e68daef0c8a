//! A tree written to a folder: the whole new one takes the place of the whole old one, or nothing happens.
//! A folder that is right already is not touched at all.
//!
//! What the folder held besides (files that no build wrote, binaries that still belong to it) comes along. Files
//! that would be lost are reported before anything is touched.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Tree;
use super::compare::{is_binary, list, named, normalize};
use crate::emit::{BINARIES_KEY, MANIFEST, with_binaries};
use crate::lower::sha256;

/// What a build wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Files of the tree.
    pub files: usize,
    /// Of those, how many are new or differ from what was there.
    pub changed: usize,
    /// Files of an earlier build that this one has no use for.
    pub removed: usize,
}

/// Why nothing was written.
#[derive(Debug)]
pub enum WriteError {
    /// These files are not a build's, or were edited since, and would be lost.
    WouldLose(Vec<String>),
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
                    "nothing was written: these files were not made by kallithea-iisc, or were edited since:"
                )?;
                paths.iter().try_for_each(|path| writeln!(formatter, "  {path}"))?;
                write!(
                    formatter,
                    "move them away, choose another folder with --out, or overwrite them with --force"
                )
            }
            Self::Io(error) => write!(formatter, "nothing was written: {error}"),
        }
    }
}

/// Writes a tree into a folder, which need not be there; one that holds exactly that stays untouched. `force`
/// overwrites what would be lost.
///
/// # Errors
/// See [`WriteError`]; the folder is then as it was.
pub fn write(tree: &Tree, folder: &Path, force: bool) -> Result<Written, WriteError> {
    let folder = resolve(folder)?;
    recover(&folder)?;
    let former = Former::read(&folder, tree)?;
    let lost = former.lost(tree);
    if !force && !lost.is_empty() {
        return Err(WriteError::WouldLose(lost));
    }
    if former.is_already(tree) {
        return Ok(former.written(tree));
    }
    let staging = sibling(&folder, "new");
    let staged = stage(tree, &former, &folder, &staging);
    let swapped = staged.and_then(|()| swap(&folder, &staging));
    if let Err(error) = swapped {
        fs::remove_dir_all(&staging).ok();
        return Err(error.into());
    }
    Ok(former.written(tree))
}

/// The folder's real place, so that a link to it stays a link.
fn resolve(folder: &Path) -> io::Result<PathBuf> {
    if let Ok(real) = folder.canonicalize() {
        if real.is_dir() {
            return Ok(real);
        }
        return Err(io::Error::new(io::ErrorKind::NotADirectory, format!("{}: is a file", folder.display())));
    }
    let name = folder
        .file_name()
        .ok_or_else(|| io::Error::other(format!("{}: names no folder", folder.display())))?;
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|error| named(error, parent))?;
    Ok(parent.canonicalize().map_err(|error| named(error, parent))?.join(name))
}

fn sibling(folder: &Path, suffix: &str) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!(".{name}.kallithea-iisc-{suffix}"))
}

/// Puts right what a build left that was killed between its two renames.
fn recover(folder: &Path) -> io::Result<()> {
    let (old, new) = (sibling(folder, "old"), sibling(folder, "new"));
    if old.exists() && !folder.exists() {
        fs::rename(&old, folder).map_err(|error| named(error, &old))?;
    }
    for left in [old, new].iter().filter(|left| left.exists()) {
        fs::remove_dir_all(left).map_err(|error| named(error, left))?;
    }
    Ok(())
}

/// What stands in the folder before a build.
struct Former {
    /// Every file.
    present: BTreeSet<String>,
    /// The bytes of those that this build or the last one has. Others may be of any size, and are not read.
    bytes: BTreeMap<String, Vec<u8>>,
    /// The files of the last build with their hashes.
    built: BTreeMap<String, String>,
    /// The manifest's section of binaries.
    binaries: BTreeMap<String, Value>,
}

impl Former {
    fn read(folder: &Path, tree: &Tree) -> io::Result<Self> {
        let (present, built, binaries) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        let mut former = Self { present, bytes: BTreeMap::new(), built, binaries };
        if !folder.exists() {
            return Ok(former);
        }
        let read = |path: &str| {
            let place = folder.join(path);
            fs::read(&place).map_err(|error| named(error, &place))
        };
        former.present.extend(list(folder)?);
        if former.present.contains(MANIFEST) {
            let manifest = read(MANIFEST)?;
            former.read_manifest(&String::from_utf8_lossy(&manifest));
            former.bytes.insert(MANIFEST.to_owned(), manifest);
        }
        for path in former.present.iter().filter(|path| *path != MANIFEST) {
            if tree.get(path).is_some() || former.built.contains_key(path) {
                former.bytes.insert(path.clone(), read(path)?);
            }
        }
        Ok(former)
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
    }

    /// Whether a file is as the last build left it. The manifest cannot hold its own hash; it is a build's where
    /// it lists files.
    fn is_built(&self, path: &str) -> bool {
        let (Some(built), Some(bytes)) = (self.built.get(path), self.bytes.get(path)) else { return false };
        let hash = || match std::str::from_utf8(bytes) {
            Ok(text) if !is_binary(path) => sha256(normalize(path, text).as_bytes()),
            _ => sha256(bytes),
        };
        path == MANIFEST || *built == hash()
    }

    /// Whether the folder holds a file with this text.
    fn holds(&self, path: &str, text: &str) -> bool {
        let found = self.bytes.get(path).and_then(|bytes| std::str::from_utf8(bytes).ok());
        found.is_some_and(|found| found == text || normalize(path, found) == text)
    }

    /// Whether the folder is what this build would make it, to the byte.
    fn is_already(&self, tree: &Tree) -> bool {
        let same = |(path, text): (&str, &str)| {
            self.bytes.get(path).is_some_and(|bytes| bytes == self.laid_down(tree, path, text).as_bytes())
        };
        self.present.len() == tree.len() + self.carried(tree).len() && tree.iter().all(same)
    }

    /// A file's text as it goes to the disk: the manifest keeps its section of binaries that still belong to it.
    fn laid_down<'t>(&self, tree: &Tree, path: &str, text: &'t str) -> Cow<'t, str> {
        let kept = (path == MANIFEST && self.keeps_binaries(tree))
            .then(|| with_binaries(text, self.binaries.clone().into_iter().collect()));
        kept.flatten().map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// Files that a build would overwrite or remove although they are somebody's own work.
    fn lost(&self, tree: &Tree) -> Vec<String> {
        let same = |path: &str| tree.get(path).is_some_and(|text| self.holds(path, text));
        self.bytes.keys().filter(|path| !same(path) && !self.is_built(path)).cloned().collect()
    }

    /// Whether binaries of the last build still belong to this one: they carry the hash of what they are built
    /// from in their name, which stands in the settings.
    fn keeps_binaries(&self, tree: &Tree) -> bool {
        let config = tree.get("dispatch/isapi/src/config.rs").unwrap_or_default();
        let engine = self.binaries.keys().find(|path| !path.ends_with(crate::model::DISPATCH_DLL));
        engine.and_then(|path| path.rsplit('/').next()).is_some_and(|name| config.contains(name))
    }

    /// Files that come along: those that neither this build nor an earlier one wrote.
    fn carried(&self, tree: &Tree) -> Vec<&String> {
        let keeps_binaries = self.keeps_binaries(tree);
        let stale = |path: &str| {
            self.built.contains_key(path) || (!keeps_binaries && self.binaries.contains_key(path))
        };
        self.present.iter().filter(|path| tree.get(path).is_none() && !stale(path)).collect()
    }

    fn written(&self, tree: &Tree) -> Written {
        Written {
            files: tree.len(),
            changed: tree.iter().filter(|(path, text)| !self.holds(path, text)).count(),
            removed: self
                .built
                .keys()
                .filter(|path| tree.get(path).is_none() && self.present.contains(*path))
                .count(),
        }
    }
}

/// Lays the whole new folder down beside the old one.
fn stage(tree: &Tree, former: &Former, folder: &Path, staging: &Path) -> io::Result<()> {
    let carried = former.carried(tree);
    let paths = tree.iter().map(|(path, _)| path).chain(carried.iter().map(|path| path.as_str()));
    let rooms: BTreeSet<PathBuf> =
        paths.filter_map(|path| Some(staging.join(path).parent()?.to_owned())).collect();
    rooms.iter().try_for_each(|room| fs::create_dir_all(room).map_err(|error| named(error, room)))?;
    for (path, text) in tree.iter() {
        let place = staging.join(path);
        let text = former.laid_down(tree, path, text);
        fs::write(&place, text.as_bytes()).map_err(|error| named(error, &place))?;
    }
    for path in carried {
        let from = folder.join(path);
        fs::copy(&from, staging.join(path)).map_err(|error| named(error, &from))?;
    }
    Ok(())
}

/// Puts the new folder in the place of the old one, which comes back where that fails.
fn swap(folder: &Path, staging: &Path) -> io::Result<()> {
    let old = sibling(folder, "old");
    if folder.exists() {
        fs::rename(folder, &old).map_err(|error| named(error, folder))?;
    }
    if let Err(error) = fs::rename(staging, folder) {
        if old.exists() {
            fs::rename(&old, folder).map_err(|error| named(error, &old))?;
        }
        return Err(named(error, folder));
    }
    // The new folder is in its place: an old one that cannot be removed goes with the next build.
    if old.exists() {
        fs::remove_dir_all(&old).ok();
    }
    Ok(())
}
