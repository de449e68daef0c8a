//! A folder that is replaced as a whole.
//!
//! What enters: the folder's path, then everything that the new folder contains. What leaves: what the old folder contains,
//! and the new folder in its place, or nothing changed. Absent: the owners of the files.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::content::{Listing, Rooms, carry, enter_all, read};
use super::place::{Missing, Place};
use super::refused::{foreign, named};
use super::system::{Folder, shown};
use super::turn::Turn;
use super::work::{Work, recover};
use super::{Access, Kind};

/// A folder that no other run writes at the same time.
#[derive(Debug)]
pub struct WholeFolder {
    /// Its path, as the caller wrote it.
    path: PathBuf,
    turn: Turn,
}

/// The existing folder before it is replaced.
#[derive(Debug)]
pub struct Present {
    folder: Folder,
}

/// Everything that the new folder contains.
#[derive(Debug, Default)]
pub struct NewContent<'c> {
    /// Files to write, by their paths with forward slashes.
    pub files: Vec<(&'c str, Cow<'c, str>)>,
    /// Files, links and similar entries of the old folder that stay.
    pub carried: Vec<&'c Path>,
    /// Folders that may be empty.
    pub empty: Vec<&'c Path>,
}

impl WholeFolder {
    /// Takes the turn at a folder, through links that an administrator made. The folder need not exist; the folders above
    /// it are created.
    ///
    /// # Errors
    /// If another run writes it, or a link on the way belongs to another user.
    pub fn take(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), turn: Turn::take(Place::behind(path, Missing::Made)?)? })
    }

    /// What is at the place, after repairing what a killed run left.
    ///
    /// # Errors
    /// If something other than a folder is at the place, or a folder of another user.
    pub fn present(&self) -> io::Result<Option<Present>> {
        recover(&self.turn)?;
        let place = &self.turn.place;
        let about = |error| named(error, &place.path());
        let Some(found) = place.found()? else { return Ok(None) };
        if found.kind != Kind::Folder {
            return Err(about(io::Error::new(io::ErrorKind::NotADirectory, "is a file")));
        }
        if !self.turn.is_known(&found.owner) {
            return Err(about(foreign(&shown(&found.owner))));
        }
        let folder = place.folder.enter(&place.name).map_err(about)?;
        Ok(Some(Present { folder }))
    }

    /// Replaces the folder. `is_still` says whether the old one, which nobody can reach any more, is still as it was read.
    ///
    /// # Errors
    /// If it is not, or the disk refuses; the old folder is then in its place.
    pub fn replace(
        &self,
        old: Option<Present>,
        new: &NewContent<'_>,
        is_still: impl FnOnce(&Present) -> io::Result<bool>,
    ) -> io::Result<()> {
        let work = Work::begin(&self.turn)?;
        write(new, old.as_ref(), &work.new).map_err(|error| named(error, &self.path))?;
        // Windows does not rename a folder that is open.
        drop(old);
        work.swap(|folder| is_still(&Present { folder }))
    }
}

impl Present {
    /// Everything in the folder, except what a killed run left.
    ///
    /// # Errors
    /// If a folder cannot be read; the error names it.
    pub fn listing(&self) -> io::Result<Listing> {
        Listing::of(&self.folder)
    }

    /// The bytes of a plain file in the listing; `None` for anything else.
    ///
    /// # Errors
    /// If it cannot be read; the error names it.
    pub fn read(&self, listing: &Listing, path: &str) -> io::Result<Option<Vec<u8>>> {
        let entry = listing.files.get(path).filter(|entry| entry.found.kind == Kind::File);
        entry.map(|entry| read(&self.folder, &entry.path)).transpose()
    }
}

fn write(content: &NewContent<'_>, old: Option<&Present>, new: &Folder) -> io::Result<()> {
    let old = old.map(|old| &old.folder);
    let mut rooms = Rooms::new(old, new)?;
    for (path, text) in &content.files {
        let (room, name) = rooms.of(Path::new(path))?;
        let mut file = room.create(&name, Access::Common).map_err(|error| named(error, Path::new(path)))?;
        file.write_all(text.as_bytes())?;
    }
    let Some(old) = old else { return Ok(()) };
    for path in &content.carried {
        let (room, name) = rooms.of(path)?;
        let from = enter_all(old, path.parent())?;
        carry(&from, &name, room).map_err(|error| named(error, path))?;
    }
    for path in &content.empty {
        rooms.room(path)?;
    }
    rooms.resemble()
}
