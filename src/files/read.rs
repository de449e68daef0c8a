//! Files and folders that are only read.
//!
//! What enters: paths. What leaves: bytes, texts and names; every error names its path. Links to files are followed, but
//! links to folders are not. Absent: files that are read to be changed, which are [`TextFile`](super::TextFile)s.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::refused::named;

/// A file's bytes.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path).map_err(|error| named(error, path))
}

/// The text of a file in UTF-8, with its byte-order mark if it has one.
pub fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(|_| {
        named(io::Error::new(io::ErrorKind::InvalidData, "it is not valid UTF-8; save it as UTF-8"), path)
    })
}

/// A file's bytes, up to a limit.
pub fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|error| named(error, path))?;
    Ok(bytes)
}

/// `Ok`, or why a file cannot be read.
pub fn check_readable(path: &Path) -> io::Result<()> {
    File::open(path).map(drop).map_err(|error| named(error, path))
}

/// A file's length in bytes; 0 if there is no file.
pub fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

/// A file's path without links, so that two names of one file can be distinguished from two files; unchanged if there is no
/// file.
pub fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// The files that a name with `*` or `?` stands for, sorted; any other name for itself. The shells of Unix have replaced such a name
/// before, those of Windows leave it to the program.
///
/// # Errors
/// If no file has such a name, or a folder cannot be read.
pub fn matching(name: &Path) -> io::Result<Vec<PathBuf>> {
    let pattern = name.to_string_lossy();
    if !pattern.contains(['*', '?']) || name.exists() {
        return Ok(vec![name.to_path_buf()]);
    }
    let about = |error| named(error, name);
    let as_the_system = glob::MatchOptions { case_sensitive: !cfg!(windows), ..glob::MatchOptions::new() };
    let found = glob::glob_with(&pattern, as_the_system).map_err(|error| about(io::Error::other(error)))?;
    let found = found.collect::<Result<Vec<_>, _>>().map_err(|error| about(error.into()))?;
    match found.is_empty() {
        true => Err(about(io::Error::other("no file has such a name; correct the name or the folder"))),
        false => Ok(found),
    }
}

/// A file by its path from a folder, as Windows finds it: with slashes of either kind, in upper or lower case.
pub fn as_windows_finds(folder: &Path, path: &str) -> Option<PathBuf> {
    path.split(['\\', '/']).filter(|name| !name.is_empty()).try_fold(folder.to_path_buf(), |folder, name| {
        let exact = folder.join(name);
        if exact.exists() {
            return Some(exact);
        }
        let mut names = fs::read_dir(&folder).ok()?.filter_map(|entry| Some(entry.ok()?.file_name()));
        names.find(|own| own.eq_ignore_ascii_case(name)).map(|own| folder.join(own))
    })
}

/// Every file below a folder, by its path with forward slashes, in any order.
pub fn list(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    add(folder, "", &mut found)?;
    Ok(found)
}

fn add(folder: &Path, prefix: &str, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder).map_err(|error| named(error, folder))? {
        let entry = entry.map_err(|error| named(error, folder))?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.file_type().map_err(|error| named(error, &entry.path()))?.is_dir() {
            true => add(&entry.path(), &format!("{path}/"), found)?,
            false => found.push(path),
        }
    }
    Ok(())
}

/// Every plain file with a name in and below a folder, sorted, without the folders that `is_left_out` names.
pub fn find(folder: &Path, name: &str, is_left_out: &impl Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(folder, name, is_left_out, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(
    folder: &Path,
    name: &str,
    is_left_out: &impl Fn(&str) -> bool,
    found: &mut Vec<PathBuf>,
) -> io::Result<()> {
    let about = |error| named(error, folder);
    for entry in fs::read_dir(folder).map_err(about)? {
        let entry = entry.map_err(about)?;
        let (own, kind) = (entry.file_name(), entry.file_type().map_err(about)?);
        let own = own.to_string_lossy();
        if kind.is_dir() && !is_left_out(&own) {
            collect(&entry.path(), name, is_left_out, found)?;
        } else if kind.is_file() && own == name {
            found.push(entry.path());
        }
    }
    Ok(())
}
