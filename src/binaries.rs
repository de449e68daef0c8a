//! A deployment's two DLLs in its output folder.
//!
//! What enters: a compiled deployment, and what cargo built from it. What leaves: the DLLs in `bin/`, and their hashes in the
//! manifest. Absent: cargo's run, which [`toolchain`](crate::toolchain) knows.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::emit::{ENGINE_PACKAGE, LOADER_PACKAGE, engine_file_name};
use crate::files::{self, Missing, WholeFolder};
use crate::hash::sha256;
use crate::manifest::{BINARIES, DISPATCH_DLL, MANIFEST, with_binaries};
use crate::model::Deployment;
use crate::toolchain::{Artifacts, Placement, PythonImport, StageError, Staged, Target, stage};
use crate::tree::{Tree, normalize};

/// Why the DLLs are not in the output folder.
#[derive(Debug)]
pub enum BinariesError {
    /// Another run has written the folder since.
    AnotherRun(PathBuf),
    /// A library is missing or would not work.
    Stage(StageError),
    /// The compiled manifest is not JSON.
    Manifest,
    /// The file system refused. The error names the file.
    Io(io::Error),
}

/// The files of the workspace that cargo builds, by their paths in it.
pub fn workspace(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.iter().filter_map(|(path, text)| Some((path.strip_prefix("dispatch/")?, text)))
}

/// Puts the libraries into the folder that this run has written, and their hashes into its manifest.
///
/// # Errors
/// See [`BinariesError`].
pub fn put(
    artifacts: &Artifacts,
    (deployment, tree): (&Deployment, &Tree),
    folder: &Path,
    target: &Target,
) -> Result<Vec<Staged>, BinariesError> {
    // The loader knows the engine by this name, so a shared object for trials has the name, too.
    let engine = engine_file_name(deployment);
    let placements = [
        Placement { package: LOADER_PACKAGE, file_name: DISPATCH_DLL, python: PythonImport::None },
        Placement { package: ENGINE_PACKAGE, file_name: &engine, python: PythonImport::Stable },
    ];
    let _turn = WholeFolder::take(folder)?;
    let wanted = tree.get(MANIFEST).unwrap_or_default();
    let there = files::read_text(&folder.join(MANIFEST)).unwrap_or_default();
    if normalize(MANIFEST, &there) != wanted {
        return Err(BinariesError::AnotherRun(folder.to_owned()));
    }
    let staged = stage(artifacts, target, &placements, &folder.join(BINARIES))?;
    record(&staged, wanted, folder)?;
    Ok(staged)
}

/// Adds the libraries' hashes to the manifest.
fn record(staged: &[Staged], manifest: &str, folder: &Path) -> Result<(), BinariesError> {
    let mut binaries = Map::new();
    for library in staged {
        let hash = sha256(&files::read(&library.path)?);
        binaries.insert(shown(library), Value::from(hash));
    }
    binaries.sort_keys();
    let manifest = with_binaries(manifest, binaries).ok_or(BinariesError::Manifest)?;
    Ok(files::put(&folder.join(MANIFEST), manifest.as_bytes(), Missing::Refused)?)
}

/// A library's path in the output folder, with a forward slash.
pub fn shown(library: &Staged) -> String {
    format!("{BINARIES}/{}", library.path.file_name().unwrap_or_default().to_string_lossy())
}

impl fmt::Display for BinariesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnotherRun(folder) => write!(
                formatter,
                "{}: another run has written this folder; it does not contain the bridge yet, so run this \
                 again",
                folder.display()
            ),
            Self::Stage(error) => error.fmt(formatter),
            Self::Manifest => formatter.write_str("the manifest is not valid JSON"),
            Self::Io(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for BinariesError {}

impl From<io::Error> for BinariesError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<StageError> for BinariesError {
    fn from(error: StageError) -> Self {
        Self::Stage(error)
    }
}
