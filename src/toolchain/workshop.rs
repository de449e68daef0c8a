//! The folder in which cargo builds the bridge, shared by all deployments of a user.
//!
//! In: the workspace's files. Out: the folder, locked against other builds, with those files in it. Absent: what the
//! workspace contains. The standard library and the crates are compiled once for all deployments, since the sources are
//! always in the same place and unchanged files keep their times. Two builds at once would take each other's libraries, which
//! have the same names. cargo runs what it finds in the folder, so only this user may have access to it.

use std::env;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::Toolchain;
use super::build::{Artifacts, Progress, build};
use super::failure::BuildError;
use crate::files::PrivateFolder;

/// The folder, while this build holds the lock.
#[derive(Debug)]
pub struct Workshop {
    folder: PrivateFolder,
}

/// Why there is no folder for the build.
#[derive(Debug)]
pub enum WorkshopError {
    /// No environment variable says where such files belong.
    Nowhere,
    /// The folder is not safe, or the disk refuses. The error names the file.
    Io(io::Error),
}

impl Workshop {
    /// Waits until no other build uses the folder, and puts the workspace's files into it.
    ///
    /// # Errors
    /// See [`WorkshopError`].
    pub fn open<'t>(workspace: impl Iterator<Item = (&'t str, &'t str)>) -> Result<Self, WorkshopError> {
        let place = place().ok_or(WorkshopError::Nowhere)?;
        let workshop = Self { folder: PrivateFolder::lock(&place)? };
        for (path, text) in workspace {
            workshop.folder.keep(&Path::new(WORKSPACE).join(path), text)?;
        }
        Ok(workshop)
    }

    /// Builds the workspace's libraries for the toolchain's target.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn build(
        &self,
        toolchain: &Toolchain,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Artifacts, BuildError> {
        let folder = self.folder.path();
        build(toolchain, &folder.join(WORKSPACE), &folder.join("build"), progress)
    }
}

/// The workspace's folder in the workshop.
const WORKSPACE: &str = "dispatch";

/// `KALLITHEA_IISC_CACHE`, or this program's folder in the system's cache folder.
fn place() -> Option<PathBuf> {
    let from = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let ours = "kallithea-iisc";
    from("KALLITHEA_IISC_CACHE")
        .or_else(|| from("LOCALAPPDATA").map(|folder| folder.join(ours)))
        .or_else(|| from("XDG_CACHE_HOME").map(|folder| folder.join(ours)))
        .or_else(|| from("HOME").map(|folder| folder.join(".cache").join(ours)))
}

impl fmt::Display for WorkshopError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => {
                formatter.write_str("there is no folder for cargo's files; set KALLITHEA_IISC_CACHE")
            }
            Self::Io(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for WorkshopError {}

impl From<io::Error> for WorkshopError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
