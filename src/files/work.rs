//! The folder in which a new folder is prepared.
//!
//! What enters: a turn at a folder's place. What leaves: a folder beside the place, for this user alone, which contains the
//! new folder; then the new folder in the place of the old one, in one step if the system can, and nothing beside it.
//! Absent: what the new folder contains.

use std::ffi::{OsStr, OsString};
use std::io;

use super::refused::{changed, named};
use super::system::{Folder, is_trusted};
use super::turn::{Turn, random_name};
use super::{Access, Kind};

/// The new folder's name.
const NEW: &str = "new";
/// The old folder's name, if the two cannot be exchanged in one step.
const OLD: &str = "old";
/// The file that marks such a folder. Nobody else can have put it there.
const MARK: &str = "made-by-kallithea-iisc";

/// Such a folder.
#[derive(Debug)]
pub(crate) struct Work<'t> {
    turn: &'t Turn,
    name: OsString,
    inside: Folder,
    /// The new folder.
    pub new: Folder,
}

impl<'t> Work<'t> {
    /// Creates the folder, and the empty new folder in it.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn begin(turn: &'t Turn) -> io::Result<Self> {
        let name = random_name(&turn.place.name)?;
        let folder = &turn.place.folder;
        let made = || {
            let inside = folder.make(&name, true)?;
            inside.create(OsStr::new(MARK), Access::Common)?;
            let new = inside.make(OsStr::new(NEW), false)?;
            Ok((inside, new))
        };
        match made() {
            Ok((inside, new)) => Ok(Self { turn, name, inside, new }),
            Err(error) => {
                remove_work(folder, &name).ok();
                Err(named(error, &turn.place.path()))
            }
        }
    }

    /// Puts the new folder in the old one's place. `is_still` says whether the old one, which nobody can reach by its path any
    /// more, is as it was read.
    ///
    /// # Errors
    /// If it is not, or the disk refuses; the old folder is then in its place again.
    pub fn swap(&self, is_still: impl FnOnce(Folder) -> io::Result<bool>) -> io::Result<()> {
        let (folder, name) = (&self.turn.place.folder, self.turn.place.name.as_os_str());
        let (new, old) = (OsStr::new(NEW), OsStr::new(OLD));
        let about = |error| named(error, &self.turn.place.path());
        if self.turn.place.found()?.is_none() {
            self.inside.rename_new(new, folder, name).map_err(about)?;
        } else if self.inside.exchange(new, folder, name).map_err(about)? {
            if let Err(error) = self.inside.enter(new).and_then(|old| unchanged(is_still(old)?)) {
                self.inside.exchange(new, folder, name).map_err(about)?;
                return Err(about(error));
            }
        } else {
            folder.rename(name, &self.inside, old).map_err(about)?;
            let placed = self.inside.enter(old).and_then(|old| unchanged(is_still(old)?));
            if let Err(error) = placed.and_then(|()| self.inside.rename_new(new, folder, name)) {
                self.inside.rename_new(old, folder, name).map_err(about)?;
                return Err(about(error));
            }
        }
        folder.settle();
        Ok(())
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        // The next turn removes what cannot be removed now.
        remove_work(&self.turn.place.folder, &self.name).ok();
    }
}

fn unchanged(is_still: bool) -> io::Result<()> {
    match is_still {
        true => Ok(()),
        false => Err(changed("folder")),
    }
}

/// Repairs what killed runs left beside a place: restores an old folder that nothing has replaced, and removes this
/// program's own folders. A folder without the mark stays.
///
/// # Errors
/// If a folder cannot be restored.
pub fn recover(turn: &Turn) -> io::Result<()> {
    if !turn.is_alone {
        return Ok(());
    }
    for (name, found) in turn.left() {
        if found.kind != Kind::Folder || !is_trusted(&found.owner) {
            continue;
        }
        let folder = &turn.place.folder;
        let inside = folder.enter(&name)?;
        let is_marked = inside.look(OsStr::new(MARK))?.is_some_and(|mark| is_trusted(&mark.owner));
        if !is_marked {
            // A run that was killed before the mark left it empty. A folder that is not empty is somebody else's.
            folder.remove_folder(&name).ok();
            continue;
        }
        if turn.place.found()?.is_none() && inside.look(OsStr::new(OLD))?.is_some() {
            inside
                .rename_new(OsStr::new(OLD), folder, &turn.place.name)
                .map_err(|error| named(error, &folder.path().join(&name)))?;
        }
        remove_work(folder, &name).ok();
    }
    Ok(())
}

/// Removes such a folder, its mark last, so that a run that is killed meanwhile leaves the mark.
fn remove_work(folder: &Folder, name: &OsStr) -> io::Result<()> {
    let inside = folder.enter(name)?;
    for name in inside.names()?.iter().filter(|name| *name != MARK) {
        remove_all(&inside, name)?;
    }
    remove_all(folder, name)
}

/// Removes a folder and everything in it. Links are removed, and their targets stay.
fn remove_all(folder: &Folder, name: &OsStr) -> io::Result<()> {
    match folder.look(name)? {
        Some(found) if found.kind == Kind::Folder => {
            let inside = folder.enter(name)?;
            inside.names()?.iter().try_for_each(|name| remove_all(&inside, name))?;
            folder.remove_folder(name)
        }
        Some(_) => folder.remove(name),
        None => Ok(()),
    }
}
