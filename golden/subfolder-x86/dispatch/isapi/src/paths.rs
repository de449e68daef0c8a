//! Translates the settings' paths, which are Windows paths, for the machine that the bridge runs on.
//!
//! What enters: a path from the settings. What leaves: a path for the file system. On a server they are the same.
//! Where the bridge is built as a shared object for tests, `KALLITHEA_IISC_DRIVES` maps drives to folders.

use std::path::PathBuf;

/// The path for this machine's file system.
#[cfg(windows)]
#[must_use]
pub fn local(path: &str) -> PathBuf {
    PathBuf::from(path)
}

/// The path for this machine's file system, with the drives that the environment names.
#[cfg(not(windows))]
#[must_use]
pub fn local(path: &str) -> PathBuf {
    mapped(path, &std::env::var("KALLITHEA_IISC_DRIVES").unwrap_or_default())
}

/// Replaces a drive with a folder. `drives` has the form `C:=/some/folder;D:=/other`; other drives stay unchanged.
#[cfg(not(windows))]
#[must_use]
pub fn mapped(path: &str, drives: &str) -> PathBuf {
    let place = |entry: &str| {
        let (drive, folder) = entry.split_once('=')?;
        let begin = path.get(..drive.len()).filter(|_| !drive.is_empty())?;
        let rest = begin.eq_ignore_ascii_case(drive).then(|| &path[drive.len()..])?;
        Some(PathBuf::from(format!(
            "{}/{}",
            folder.trim_end_matches('/'),
            slashes(rest).trim_start_matches('/')
        )))
    };
    drives.split(';').find_map(place).unwrap_or_else(|| PathBuf::from(path))
}

#[cfg(not(windows))]
fn slashes(path: &str) -> String {
    path.replace('\\', "/")
}
