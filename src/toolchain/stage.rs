//! Checks the built libraries, and puts them in place.
//!
//! In: what cargo built, and the name for each library. Out: the files in the output folder, each whole or
//! absent; nothing is written before every library has passed. Absent: the manifest that will name them.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::inspect::{Fault, Inspection, PythonImport, inspect};
use super::{Artifacts, Target};
use crate::files::{self, Missing};

/// Where one package's library goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement<'a> {
    /// The package that it was built from.
    pub package: &'a str,
    /// The name for it.
    pub file_name: &'a str,
    /// Whether it is bound to Python.
    pub python: PythonImport,
}

/// A library in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// The package that it was built from.
    pub package: String,
    /// Where it is.
    pub path: PathBuf,
    /// How many bytes it has.
    pub size: usize,
    /// What its check showed.
    pub inspection: Inspection,
}

/// Why a library is not in its place.
#[derive(Debug)]
pub enum StageError {
    /// cargo reported no library for the package.
    NotBuilt {
        /// The package.
        package: String,
    },
    /// A library could not be read, or could not be put in place; the error names it.
    Io(io::Error),
    /// The library would not work on the server.
    Faulty {
        /// The package that it was built from.
        package: String,
        /// The file that was checked.
        path: PathBuf,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// Checks every library, then puts all of them in place.
pub fn stage(
    artifacts: &Artifacts,
    target: &Target,
    placements: &[Placement<'_>],
    into: &Path,
) -> Result<Vec<Staged>, StageError> {
    let checked: Vec<_> =
        placements.iter().map(|placement| check(artifacts, target, placement)).collect::<Result<_, _>>()?;
    let mut staged = Vec::new();
    for (placement, (bytes, inspection)) in placements.iter().zip(checked) {
        let path = into.join(placement.file_name);
        files::put(&path, &bytes, Missing::Made).map_err(StageError::Io)?;
        let package = placement.package.to_owned();
        staged.push(Staged { package, path, size: bytes.len(), inspection });
    }
    Ok(staged)
}

fn check(
    artifacts: &Artifacts,
    target: &Target,
    placement: &Placement<'_>,
) -> Result<(Vec<u8>, Inspection), StageError> {
    let package = placement.package.to_owned();
    let Some(path) = artifacts.libraries.get(placement.package) else {
        return Err(StageError::NotBuilt { package });
    };
    let bytes = files::read(path).map_err(StageError::Io)?;
    match inspect(&bytes, target, placement.python) {
        Ok(inspection) => Ok((bytes, inspection)),
        Err(fault) => Err(StageError::Faulty { package, path: path.clone(), fault }),
    }
}

impl fmt::Display for StageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBuilt { package } => write!(formatter, "cargo did not build a library from {package}"),
            Self::Io(error) => error.fmt(formatter),
            Self::Faulty { package, path, fault } => write!(
                formatter,
                "the library built from {package} would not work under IIS: {fault} ({}); the spec is not \
                 the cause, so try another toolchain",
                path.display()
            ),
        }
    }
}

impl std::error::Error for StageError {}
