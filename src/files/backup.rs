//! The copy of a file that is kept before the file changes.
//!
//! What enters: the old file, and the turn at its place. What leaves: a copy with the same bytes, which only users who can
//! read the file can read. Its name contains the file's hash, so the same bytes are kept once. Absent: deleting old copies.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::place::{Missing, Place, closed};
use super::refused::{foreign, named, named_with_advice, no_copy};
use super::system::{found, is_as_closed, is_trusted, resemble, shown};
use super::turn::{Over, Turn};
use super::{Access, Reach};

/// The number of digits of the hash in a copy's name.
const DIGITS: usize = 16;

/// The file that is about to change.
pub struct Former<'f> {
    /// Its path, as the caller wrote it.
    pub path: &'f Path,
    /// SHA-256 of its bytes.
    pub hash: &'f str,
    /// The open file, and its bytes.
    pub file: (File, Vec<u8>),
}

/// Keeps a copy in a folder, by default beside the file, and returns its path.
///
/// # Errors
/// If the folder is open to others, if something else has the copy's name, or if the disk refuses.
pub fn keep(former: &Former<'_>, folder: Option<&Path>, own: &Turn) -> io::Result<PathBuf> {
    let name = format!("{}.{}.backup", own.place.name.to_string_lossy(), &former.hash[..DIGITS]);
    let Some(folder) = folder else {
        copy(own, OsStr::new(&name), former)?;
        let is_link = former.path.symlink_metadata().is_ok_and(|found| found.is_symlink());
        return Ok(match is_link {
            true => own.place.folder.path().join(name),
            false => former.path.with_file_name(name),
        });
    };
    let into = Place::at(&folder.join(&own.place.name), Missing::MadePrivate)?;
    if into.folder.found()?.identity == own.place.folder.found()?.identity {
        copy(own, OsStr::new(&name), former)?;
    } else {
        let known = [found(&former.file.0)?.owner, own.place.folder.found()?.owner];
        closed(&into.folder, &known, Reach::Here, true).map_err(|error| named(error, folder))?;
        copy(&Turn::take(into)?, OsStr::new(&name), former)?;
    }
    Ok(folder.join(name))
}

/// Writes the copy, or checks an existing one: no other user may have created it or may be able to read it.
fn copy(turn: &Turn, name: &OsStr, former: &Former<'_>) -> io::Result<()> {
    let folder = &turn.place.folder;
    let about = |error| named_with_advice(error, &folder.path().join(name));
    let (former, bytes) = (&former.file.0, &former.file.1);
    if folder.look(name).map_err(about)?.is_none() {
        return turn.draft(bytes, Access::Of(former))?.put_as(name, Over::Nothing);
    }
    let file = folder.open(name).map_err(about)?;
    let (copy, own) = (found(&file)?, found(former)?);
    if !is_trusted(&copy.owner) && copy.owner != own.owner {
        return Err(about(foreign(&shown(&copy.owner))));
    }
    if copy.links > 1 || !holds(&file, bytes).map_err(about)? {
        return Err(about(no_copy()));
    }
    match is_as_closed(&file, former)? {
        true => Ok(()),
        // The file's rights have been restricted since.
        false => folder.open_rights(name).and_then(|copy| resemble(&copy, former)).map_err(about),
    }
}

/// Whether a file has exactly these bytes.
fn holds(file: &File, bytes: &[u8]) -> io::Result<bool> {
    let mut there = Vec::new();
    file.take(bytes.len() as u64 + 1).read_to_end(&mut there)?;
    Ok(there == bytes)
}
