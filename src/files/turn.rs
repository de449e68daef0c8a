//! A run's turn at a place: no other run writes there, and what a killed run left is removed.
//!
//! What enters: a place. What leaves: a lock beside it while the turn lasts, and complete files that get their place in one
//! step. A file that is not complete has a random name. The lock always has the same name, and nothing is ever written to it.
//! Absent: protection against other programs.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{self, Write};

use super::place::Place;
use super::refused::{busy, foreign, is_refusal, named, no_plain_file};
use super::system::{self, Owner, is_trusted, shown};
use super::{Access, Found, Kind};

/// In the names of this program's files beside a place, between the place's name and the part that distinguishes them.
const OURS: &str = ".kallithea-iisc-";
/// The number of random bytes in such a name, as hexadecimal digits.
const RANDOM: usize = 8;
/// The end of a lock's name.
const LOCK: &str = "lock";
/// The number of attempts to get a lock that other runs may remove at the same time.
const TRIES: usize = 100;

/// What a new file may replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Nothing: an existing file stays.
    Nothing,
    /// A plain file.
    Former,
}

/// A turn at a place.
#[derive(Debug)]
pub struct Turn {
    /// The place.
    pub place: Place,
    /// Kept for its lock.
    _lock: File,
    /// Whether the file system has locks, so that no other run has a turn.
    pub is_alone: bool,
}

/// A complete file beside its place. It is removed if it does not get there.
#[derive(Debug)]
pub struct Draft<'t> {
    turn: &'t Turn,
    name: OsString,
    is_private: bool,
    is_placed: bool,
}

impl Turn {
    /// Takes the turn, and removes files that a killed run left.
    ///
    /// # Errors
    /// If another run has the turn, or nothing can be written there.
    pub fn take(place: Place) -> io::Result<Self> {
        let name = ours(&place.name, LOCK);
        let (lock, is_alone) = lock(&place, &name).map_err(|error| {
            // A refusal concerns what has the lock's name; every other error concerns the place.
            let is_about_lock = is_refusal(&error) && error.kind() != io::ErrorKind::ResourceBusy;
            let path = if is_about_lock { place.folder.path().join(&name) } else { place.path() };
            named(error, &path)
        })?;
        let turn = Self { place, _lock: lock, is_alone };
        turn.clean();
        Ok(turn)
    }

    /// The plain file at the place, if there is one.
    ///
    /// # Errors
    /// If something else is at the place.
    pub fn plain(&self) -> io::Result<Option<Found>> {
        let found = self.place.found()?;
        match found.as_ref().is_none_or(|found| found.kind == Kind::File) {
            true => Ok(found),
            false => Err(named(no_plain_file(), &self.place.path())),
        }
    }

    /// Writes a file beside the place, and waits until it is on the disk.
    ///
    /// # Errors
    /// If the disk refuses, or the rights cannot be set.
    pub fn draft(&self, bytes: &[u8], access: Access<'_>) -> io::Result<Draft<'_>> {
        let is_private = matches!(access, Access::Of(_));
        let name = ours(&self.place.name, &random()?);
        let about = |error| named(error, &self.place.path());
        let mut file = self.place.folder.create(&name, access).map_err(about)?;
        let draft = Draft { turn: self, name, is_private, is_placed: false };
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(about)?;
        Ok(draft)
    }

    /// Whether files of an owner are expected here: root, the administrators, this user, and the folder's owner.
    pub fn is_known(&self, owner: &Owner) -> bool {
        is_trusted(owner) || self.place.folder.found().is_ok_and(|folder| folder.owner == *owner)
    }

    /// This program's files and folders beside the place, except the lock.
    pub fn left(&self) -> Vec<(OsString, Found)> {
        let prefix = ours(&self.place.name, "");
        let names = self.place.folder.names().unwrap_or_default().into_iter();
        let ours = names.filter(|name| {
            let name = name.to_string_lossy();
            name.strip_prefix(&*prefix.to_string_lossy()).is_some_and(is_random)
        });
        ours.filter_map(|name| self.place.folder.look(&name).ok().flatten().map(|found| (name, found)))
            .collect()
    }

    /// Removes files of killed runs. This turn has created none yet, so every file that is found is from an ended run.
    fn clean(&self) {
        if !self.is_alone {
            return;
        }
        // A draft may already have the owner of the file that it was to replace.
        let former = self.place.found().ok().flatten().map(|found| found.owner);
        let files = self.left().into_iter().filter(|(_, found)| found.kind == Kind::File);
        let own =
            files.filter(|(_, found)| is_trusted(&found.owner) || former.as_ref() == Some(&found.owner));
        own.for_each(|(name, _)| drop(self.place.folder.remove(&name)));
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // A lock that cannot be removed is empty, and the next turn removes it.
        self.place.folder.remove(&ours(&self.place.name, LOCK)).ok();
    }
}

impl Draft<'_> {
    /// Moves the file to its place after a final check.
    ///
    /// # Errors
    /// If the check fails, if something other than a plain file is at the place, if it belongs to another user, or
    /// if the disk refuses; the place is then as it was.
    pub fn put(self, over: Over, look: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        look()?;
        let name = self.turn.place.name.clone();
        self.put_as(&name, over)
    }

    /// Moves the file to another name in the folder.
    ///
    /// # Errors
    /// See [`Draft::put`].
    pub fn put_as(mut self, name: &OsStr, over: Over) -> io::Result<()> {
        let folder = &self.turn.place.folder;
        let about = |error| named(error, &folder.path().join(name));
        match over {
            Over::Nothing => folder.rename_new(&self.name, folder, name),
            Over::Former => {
                self.check_former()?;
                folder.rename(&self.name, folder, name)
            }
        }
        .map_err(about)?;
        self.is_placed = true;
        folder.settle();
        Ok(())
    }

    /// Refuses to replace a file of another user, unless the new file keeps its owner.
    fn check_former(&self) -> io::Result<()> {
        match self.turn.plain()? {
            Some(found) if !self.is_private && !self.turn.is_known(&found.owner) => {
                Err(named(foreign(&shown(&found.owner)), &self.turn.place.path()))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.is_placed {
            self.turn.place.folder.remove(&self.name).ok();
        }
    }
}

/// Removes what a killed run left beside a place, for a run that has nothing to write.
pub fn tidy(place: Place) {
    let prefix = ours(&place.name, "");
    let is_ours = |name: &OsString| name.to_string_lossy().starts_with(&*prefix.to_string_lossy());
    if place.folder.names().is_ok_and(|names| names.iter().any(is_ours)) {
        // A run that has the turn removes them.
        Turn::take(place).ok();
    }
}

/// A random name beside a place.
pub fn random_name(beside: &OsStr) -> io::Result<OsString> {
    Ok(ours(beside, &random()?))
}

/// Whether a name belongs to a lock, or to a file that is not yet at its place.
pub fn is_passing(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let end = name.strip_prefix('.').and_then(|name| name.rsplit_once(OURS));
    end.is_some_and(|(_, end)| end == LOCK || is_random(end))
}

fn ours(name: &OsStr, end: &str) -> OsString {
    let mut ours = OsString::from(".");
    ours.push(name);
    ours.push(OURS);
    ours.push(end);
    ours
}

fn random() -> io::Result<String> {
    let mut bytes = [0; RANDOM];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn is_random(end: &str) -> bool {
    end.len() == 2 * RANDOM && end.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The lock's file, and whether it is locked. On a file system without locks only the final check detects other runs.
fn lock(place: &Place, name: &OsStr) -> io::Result<(File, bool)> {
    for _ in 0..TRIES {
        let file = place.folder.lock_file(name)?;
        let found = system::found(&file)?;
        if found.links > 1 {
            return Err(no_plain_file());
        }
        let former = place.found()?.map(|found| found.owner);
        if !is_trusted(&found.owner)
            && place.folder.found()?.owner != found.owner
            && former.as_ref() != Some(&found.owner)
        {
            return Err(foreign(&shown(&found.owner)));
        }
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(busy()),
            Err(TryLockError::Error(_)) => return Ok((file, false)),
            Ok(()) => {}
        }
        // The last run may have removed the file meanwhile: its lock then protects nothing.
        if place.folder.look(name)?.is_some_and(|there| there.identity == found.identity) {
            return Ok((file, true));
        }
    }
    Err(busy())
}
