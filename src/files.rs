//! Files and folders that the compiler writes: each whole or not at all, and never in the place of somebody else's.
//!
//! What enters: bytes and a path. What leaves: the file, complete on the disk before it takes its place, with its rights before
//! it has a byte. What is laid down has a name that nobody knows beforehand and is made new; links and files of strangers are
//! refused; what a killed run left goes with the next one; of two runs at once one writes. On Unix all of it goes by open
//! folders, so that nobody who renames one leads us elsewhere; on Windows by paths, where only the names of ours are
//! out of reach. Absent: cargo's own files, which lie in a folder that is this user's alone.

mod place;
mod refused;
#[cfg(unix)]
#[path = "files/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "files/windows.rs"]
mod system;
mod turn;
mod work;

use std::fs::File;
use std::io;
use std::path::Path;

pub(crate) use place::{Missing, Place, closed, private_folder};
pub(crate) use refused::{foreign, is_refusal, named, no_copy};
pub(crate) use system::{Folder, Owner, found, is_as_closed, is_trusted, resemble, shown};
pub(crate) use turn::{Over, Turn, is_passing, tidy};
pub(crate) use work::{Work, recover};

/// What stands somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, or a junction of Windows.
    Link,
    /// A pipe, a socket or a device.
    Other,
}

/// What was found at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Whose it is.
    pub owner: Owner,
    /// What no other file has.
    pub identity: (u64, u64),
    /// How many names it has.
    pub links: u64,
}

/// Who may read a new file.
#[derive(Clone, Copy, Debug)]
pub enum Access<'a> {
    /// Whoever may read what this user makes there.
    Common,
    /// Those alone who may read this one, whose owner is the new one's, too.
    Of(&'a File),
}

/// How far a right on a folder is asked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Who may put another file in place of one that is in it.
    Here,
    /// Who may put anything into it, or into a folder that is made in it.
    Below,
}

/// Puts a file in the place of an older one, or where nothing stands.
///
/// # Errors
/// Where another run writes it, where something else than a plain file stands there or a stranger's, or where the disk refuses;
/// the place is then as it was.
pub(crate) fn put(path: &Path, bytes: &[u8], missing: Missing) -> io::Result<()> {
    let turn = Turn::take(Place::at(path, missing)?)?;
    turn.draft(bytes, Access::Common)?.put(Over::Former, || Ok(()))
}
