//! The content of a folder, and how it gets into the folder that replaces it.
//!
//! What enters: open folders. What leaves: lists of what they contain; files of others in the new folder, which stay the
//! same files. No link is followed. Absent: the owners of the files.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::refused::named;
use super::system::{Folder, is_trusted};
use super::turn::is_passing;
use super::{Access, Found, Kind};

/// Everything below a folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// What is not a folder, by its path with forward slashes. A name that is not Unicode is a key that no other name has.
    pub files: BTreeMap<String, Entry>,
    /// Empty folders.
    pub empty: Vec<PathBuf>,
}

/// Something in a folder.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path from the folder.
    pub path: PathBuf,
    /// What it is.
    pub found: Found,
}

impl Entry {
    /// Its path with forward slashes, for people.
    pub fn shown(&self) -> String {
        let names = self.path.iter().map(OsStr::to_string_lossy);
        names.collect::<Vec<_>>().join("/")
    }
}

impl Listing {
    /// Lists a folder, without what a killed run left there. The error names the folder that cannot be read.
    pub fn of(folder: &Folder) -> io::Result<Self> {
        let mut listing = Self::default();
        listing.add(folder, Path::new(""), "")?;
        Ok(listing)
    }

    fn add(&mut self, folder: &Folder, path: &Path, prefix: &str) -> io::Result<()> {
        let names = folder.names().map_err(|error| named(error, folder.path()))?;
        for name in &names {
            let here = path.join(name);
            let shown = format!("{prefix}{}", key(name));
            match folder.look(name).map_err(|error| named(error, &folder.path().join(name)))? {
                Some(found) if found.kind == Kind::Folder => {
                    let inside =
                        folder.enter(name).map_err(|error| named(error, &folder.path().join(name)))?;
                    self.add(&inside, &here, &format!("{shown}/"))?;
                }
                Some(found) if found.kind == Kind::File && is_passing(name) && is_trusted(&found.owner) => {}
                // Hard links that carrying itself creates do not count.
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
}

/// A name as a part of a key. Two names that are not Unicode may look the same; here a NUL, which no name contains,
/// distinguishes them.
fn key(name: &OsStr) -> Cow<'_, str> {
    name.to_str().map_or_else(|| format!("\0{name:?}").into(), Cow::from)
}

/// The bytes of a plain file below a folder; the error names it.
pub fn read(folder: &Folder, path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = enter_all(folder, path.parent()).and_then(|room| room.open(name_of(path)));
    let read = file.and_then(|mut file| file.read_to_end(&mut bytes));
    read.map_err(|error| named(error, &folder.path().join(path)))?;
    Ok(bytes)
}

/// The folders in a new folder, created as they are needed.
pub struct Rooms<'f> {
    old: Option<&'f Folder>,
    made: BTreeMap<PathBuf, Folder>,
}

impl<'f> Rooms<'f> {
    /// For the new folder, which is empty. `old` gives the rights.
    pub fn new(old: Option<&'f Folder>, new: &'f Folder) -> io::Result<Self> {
        let mut rooms = Self { old, made: BTreeMap::new() };
        rooms.keep(PathBuf::new(), new.enter(OsStr::new("."))?)?;
        Ok(rooms)
    }

    /// The folder of a file, and the file's name.
    pub(super) fn of(&mut self, path: &Path) -> io::Result<(&Folder, OsString)> {
        let room = self.room(path.parent().unwrap_or(Path::new("")))?;
        Ok((room, name_of(path).to_owned()))
    }

    /// The folder at a path.
    pub(super) fn room(&mut self, path: &Path) -> io::Result<&Folder> {
        if !self.made.contains_key(path) {
            let above = path.parent().unwrap_or(Path::new(""));
            let made = self.room(above)?.make(name_of(path), false).map_err(|error| named(error, path))?;
            self.keep(path.to_owned(), made)?;
        }
        Ok(&self.made[path])
    }

    fn keep(&mut self, path: PathBuf, made: Folder) -> io::Result<()> {
        // On Windows a new file inherits its folder's rights, so the rights come first.
        if cfg!(windows)
            && let Some(old) = self.former(&path)
        {
            made.resemble(&old)?;
        }
        self.made.insert(path, made);
        Ok(())
    }

    /// Gives each folder the rights that the old one had.
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

/// The folder at a path of plain names below another.
pub fn enter_all(folder: &Folder, path: Option<&Path>) -> io::Result<Folder> {
    let mut inside = folder.enter(OsStr::new("."))?;
    for name in path.into_iter().flatten() {
        inside = inside.enter(name)?;
    }
    Ok(inside)
}

/// Carries another user's file over: the same file under a second name if possible, otherwise a copy.
///
/// # Errors
/// If the disk refuses; or if the file is on another disk that is mounted in the folder: the old folder is removed afterwards,
/// and the files on that disk would be, too.
pub fn carry(from: &Folder, name: &OsStr, into: &Folder) -> io::Result<()> {
    let Err(error) = from.name_again(name, into, name) else { return Ok(()) };
    if error.kind() == io::ErrorKind::CrossesDevices {
        let words =
            "is on another disk, which is mounted in the folder; unmount it, or choose another folder";
        return Err(io::Error::new(error.kind(), words));
    }
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
