//! Every file that this program reads or writes for a user.
//!
//! Callers choose an entry point by what they want: [`TextFile`] edits another program's text file in place; [`create`],
//! [`put`] and [`renew`] write this program's own files; [`WholeFolder`] replaces a folder as a whole; [`PrivateFolder`]
//! contains files that are run; [`read()`] and its neighbours only read.
//!
//! What every entry point guarantees: a file is complete on the disk before it gets its final name, and its rights are set
//! before it has a byte. Until then it has a random name. Links and files of other users are refused. The next run removes
//! what a killed run left, and of two runs at once only one writes. On Unix everything goes through open folders, so that
//! renaming a folder redirects nothing; on Windows it goes by paths. Absent: what the bytes mean, and cargo's own files,
//! which are in a [`PrivateFolder`].

mod backup;
mod content;
mod encoding;
#[cfg(target_os = "linux")]
mod lists;
mod new;
mod place;
mod private;
mod read;
mod refused;
#[cfg(windows)]
mod rights;
mod text;
mod turn;
#[cfg(unix)]
mod unix;
mod whole;
#[cfg(windows)]
mod windows;
mod work;

use std::fs::File;

pub use content::Listing;
pub use encoding::NotText;
pub use new::{check_new, create, create_folder, put, renew};
pub use place::Missing;
pub use private::PrivateFolder;
pub use read::{
    as_windows_finds, check_readable, find, length, list, matching, read, read_at_most, read_text, real,
};
pub use refused::named;
pub use text::TextFile;
#[cfg(unix)]
use unix as system;
pub use whole::{NewContent, Present, WholeFolder};
#[cfg(windows)]
use windows as system;

use system::Owner;

/// What is at a place.
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
    /// Its owner.
    pub owner: Owner,
    /// The numbers of its volume and of the file, which no other file has.
    pub identity: (u64, u64),
    /// How many names (hard links) it has.
    pub links: u64,
}

/// Who may read a new file.
#[derive(Clone, Copy, Debug)]
pub enum Access<'a> {
    /// The users who may read any new file of this user in that folder.
    Common,
    /// Only the users who may read this file. The new file gets its owner, too.
    Of(&'a File),
}

/// The right on a folder that a check looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The right to replace a file that is in the folder.
    Here,
    /// The right to add anything to the folder, or to a folder that is created in it.
    Below,
}
