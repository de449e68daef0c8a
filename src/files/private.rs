//! A folder that only this user may write to, for files that are run from it.
//!
//! What enters: the folder's path. What leaves: the folder, checked and locked, and files in it. Absent: what runs there.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::new::put;
use super::place::{Missing, private_folder};
use super::refused::named;

/// A private folder, locked against other runs.
#[derive(Debug)]
pub struct PrivateFolder {
    path: PathBuf,
    /// Kept for its lock.
    _lock: File,
}

impl PrivateFolder {
    /// Opens the folder, or creates it, and waits until no other run uses it.
    ///
    /// # Errors
    /// If another user may write to the folder or replace it, or if the disk refuses.
    pub fn lock(path: &Path) -> io::Result<Self> {
        const LOCK: &str = "lock";
        let folder = private_folder(path)?;
        // From here on it uses the folder's own path: a link to it may lead elsewhere later.
        let path = folder.path().to_owned();
        let about = |error| named(error, &path.join(LOCK));
        let lock = folder.lock_file(OsStr::new(LOCK)).map_err(about)?;
        lock.lock().map_err(about)?;
        Ok(Self { path, _lock: lock })
    }

    /// Its own path, which goes through no link.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file below the folder. A file that already has this text keeps its time.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn keep(&self, path: &Path, text: &str) -> io::Result<()> {
        let path = self.path.join(path);
        match std::fs::read_to_string(&path).is_ok_and(|there| there == text) {
            true => Ok(()),
            false => put(&path, text.as_bytes(), Missing::MadePrivate),
        }
    }
}
