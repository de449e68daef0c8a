//! The content of a folder of outputs, and how it is carried over to the next one.
//!
//! What enters: open folders. What leaves: lists of what they hold, and in the new one what is somebody else's, which
//! stays the
//! file that it is. No link is followed. Absent: what belongs to whom.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::files::{Access, Folder, Found, Kind, is_passing, is_trusted, named};

/// Everything below a folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// What is not a folder, by its path with forward slashes.
    pub files: BTreeMap<String, Entry>,
    /// Folders with nothing in them.
    pub empty: Vec<PathBuf>,
}

/// Something in a folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path from the folder.
    pub path: PathBuf,
    /// What it is.
    pub found: Found,
}

impl Listing {
    /// Lists a folder. What a killed run left of ours is not in it, and so does not come along.
    ///
    /// # Errors
    /// Where a folder cannot be read; the error names it.
    pub(super) fn of(folder: &Folder) -> io::Result<Self> {
        let mut listing = Self::default();
        listing.add(folder, Path::new(""), "")?;
        Ok(listing)
    }

    fn add(&mut self, folder: &Folder, path: &Path, prefix: &str) -> io::Result<()> {
        let names = folder.names().map_err(|error| named(error, folder.path()))?;
        for name in &names {
            let here = path.join(name);
            let shown = format!("{prefix}{}", name.to_string_lossy());
            match folder.look(name).map_err(|error| named(error, &folder.path().join(name)))? {
                Some(found) if found.kind == Kind::Folder => {
                    let inside =
                        folder.enter(name).map_err(|error| named(error, &folder.path().join(name)))?;
                    self.add(&inside, &here, &format!("{shown}/"))?;
                }
                Some(found) if found.kind == Kind::File && is_passing(name) && is_trusted(&found.owner) => {}
                // A link or a pipe has no more names than others that came along with it.
                Some(found) => {
                    drop(self.files.insert(shown, Entry { path: here, found: Found { links: 1, ..found } }))
                }
                None => {}
            }
        }
        if names.is_empty() && !prefix.is_empty() {
            self.empty.push(path.to_owned());
        }
        Ok(())
    }

    /// What a plain file holds; `None` for anything else.
    ///
    /// # Errors
    /// Where it cannot be read; the error names it.
    pub(super) fn read(&self, folder: &Folder, path: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(entry) = self.files.get(path).filter(|entry| entry.found.kind == Kind::File) else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        let file = enter_all(folder, entry.path.parent()).and_then(|room| room.open(name_of(&entry.path)));
        let read = file.and_then(|mut file| file.read_to_end(&mut bytes));
        read.map_err(|error| named(error, &folder.path().join(&entry.path)))?;
        Ok(Some(bytes))
    }
}

/// The folders of a new folder, made as they are needed.
pub(super) struct Rooms<'f> {
    old: Option<&'f Folder>,
    made: BTreeMap<PathBuf, Folder>,
}

impl<'f> Rooms<'f> {
    /// Those of `new`, which has none yet.
    pub(super) fn new(old: Option<&'f Folder>, new: &'f Folder) -> io::Result<Self> {
        let mut rooms = Self { old, made: BTreeMap::new() };
        rooms.keep(PathBuf::new(), new.enter(OsStr::new("."))?)?;
        Ok(rooms)
    }

    /// The folder of a file, and the file's name.
    pub(super) fn of(&mut self, path: &Path) -> io::Result<(&Folder, OsString)> {
        let room = self.room(path.parent().unwrap_or(Path::new("")))?;
        Ok((room, name_of(path).to_owned()))
    }

    /// The folder by a path.
    pub(super) fn room(&mut self, path: &Path) -> io::Result<&Folder> {
        if !self.made.contains_key(path) {
            let above = path.parent().unwrap_or(Path::new(""));
            let made = self.room(above)?.make(name_of(path), false).map_err(|error| named(error, path))?;
            self.keep(path.to_owned(), made)?;
        }
        Ok(&self.made[path])
    }

    fn keep(&mut self, path: PathBuf, made: Folder) -> io::Result<()> {
        // On Windows what is made in a folder has its rights from there, so that they come first.
        if cfg!(windows)
            && let Some(old) = self.former(&path)
        {
            made.resemble(&old)?;
        }
        self.made.insert(path, made);
        Ok(())
    }

    /// Gives each folder the rights that it had.
    pub(super) fn resemble(self) -> io::Result<()> {
        for (path, made) in &self.made {
            if cfg!(unix)
                && let Some(old) = self.former(path)
            {
                made.resemble(&old)?;
            }
        }
        Ok(())
    }

    fn former(&self, path: &Path) -> Option<Folder> {
        self.old.and_then(|old| enter_all(old, Some(path)).ok())
    }
}

/// The folder below another by a path of plain names.
pub(super) fn enter_all(folder: &Folder, path: Option<&Path>) -> io::Result<Folder> {
    let mut inside = folder.enter(OsStr::new("."))?;
    for name in path.into_iter().flatten() {
        inside = inside.enter(name)?;
    }
    Ok(inside)
}

/// Lets somebody's file come along: the same file by another name where that can be, else a copy.
pub(super) fn carry(from: &Folder, name: &OsStr, into: &Folder) -> io::Result<()> {
    let Err(error) = from.name_again(name, into, name) else { return Ok(()) };
    match from.look(name)?.map(|found| found.kind) {
        Some(Kind::Link) => from.copy_link(name, into, name),
        Some(Kind::File) => {
            let mut former = from.open(name)?;
            let mut copy = into.create(name, Access::Of(&former))?;
            io::copy(&mut former, &mut copy)?;
            let known = former.metadata()?;
            let times = std::fs::FileTimes::new().set_modified(known.modified()?);
            copy.set_times(times)
        }
        _ => Err(error),
    }
}

fn name_of(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}
