//! A run's turn at a place: nobody else of ours writes there meanwhile, and what a killed run left is gone.
//!
//! What enters: a place. What leaves: a lock beside it, as long as the turn lasts, and files that take the place whole. The
//! name of what is laid down is another each time; the lock's is not, but nothing is ever written into it. Absent: what keeps
//! programs of others away.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{self, Write};

use super::place::Place;
use super::refused::{busy, foreign, is_refusal, named, no_plain_file};
use super::system::{self, Owner, is_trusted, shown};
use super::{Access, Found, Kind};

/// Stands between a place's name and what tells our files beside it apart.
const OURS: &str = ".kallithea-iisc-";
/// So many random bytes, as hexadecimal digits, has a name of ours.
const RANDOM: usize = 8;
/// A lock's name ends so.
const LOCK: &str = "lock";
/// A lock that is there now and gone then is looked for so often.
const TRIES: usize = 100;

/// What a file may take the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Of nothing: whatever is there stays.
    Nothing,
    /// Of a plain file.
    Former,
}

/// A turn at a place.
#[derive(Debug)]
pub struct Turn {
    /// The place.
    pub place: Place,
    /// Kept for its lock.
    _lock: File,
    /// Whether the file system has locks, so that nobody else has a turn.
    pub is_alone: bool,
}

/// A whole file beside its place. It goes where it does not get there.
#[derive(Debug)]
pub struct Draft<'t> {
    turn: &'t Turn,
    name: OsString,
    is_private: bool,
    is_placed: bool,
}

impl Turn {
    /// Takes the turn, and takes away what a killed run has left of files.
    ///
    /// # Errors
    /// Where another run has it, or nothing can be written there.
    pub fn take(place: Place) -> io::Result<Self> {
        let name = ours(&place.name, LOCK);
        let (lock, is_alone) = lock(&place, &name).map_err(|error| {
            // What stands at the lock's name is told of by that; everything else is about the place.
            let is_about_lock = is_refusal(&error) && error.kind() != io::ErrorKind::ResourceBusy;
            let path = if is_about_lock { place.folder.path().join(&name) } else { place.path() };
            named(error, &path)
        })?;
        let turn = Self { place, _lock: lock, is_alone };
        turn.clean();
        Ok(turn)
    }

    /// What stands at the place, which is a plain file or nothing.
    ///
    /// # Errors
    /// Where something else stands there.
    pub fn plain(&self) -> io::Result<Option<Found>> {
        let found = self.place.found()?;
        match found.as_ref().is_none_or(|found| found.kind == Kind::File) {
            true => Ok(found),
            false => Err(named(no_plain_file(), &self.place.path())),
        }
    }

    /// Lays bytes down beside the place, on the disk and not in its cache only.
    ///
    /// # Errors
    /// Where the disk refuses, or the rights cannot be had.
    pub fn draft(&self, bytes: &[u8], access: Access<'_>) -> io::Result<Draft<'_>> {
        let is_private = matches!(access, Access::Of(_));
        let name = ours(&self.place.name, &random()?);
        let about = |error| named(error, &self.place.path());
        let mut file = self.place.folder.create(&name, access).map_err(about)?;
        let draft = Draft { turn: self, name, is_private, is_placed: false };
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(about)?;
        Ok(draft)
    }

    /// Whether something belongs to somebody who may have a say here: root or the administrators, this user, and whose the
    /// folder is.
    pub fn is_known(&self, owner: &Owner) -> bool {
        is_trusted(owner) || self.place.folder.found().is_ok_and(|folder| folder.owner == *owner)
    }

    /// Names of ours beside the place that are not the lock's.
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

    /// Takes away files of killed runs. Whose turn it is has none yet, so what is found has lost its run.
    fn clean(&self) {
        if !self.is_alone {
            return;
        }
        // A draft may have got the owner of the file that it was to replace already.
        let former = self.place.found().ok().flatten().map(|found| found.owner);
        let files = self.left().into_iter().filter(|(_, found)| found.kind == Kind::File);
        let own =
            files.filter(|(_, found)| is_trusted(&found.owner) || former.as_ref() == Some(&found.owner));
        own.for_each(|(name, _)| drop(self.place.folder.remove(&name)));
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // One that cannot be taken away is empty, and goes with the next turn.
        self.place.folder.remove(&ours(&self.place.name, LOCK)).ok();
    }
}

impl Draft<'_> {
    /// Moves the file to its place after a last look.
    ///
    /// # Errors
    /// Where the look finds something, what is there is no plain file or a stranger's, or the disk refuses; the place is
    /// then as it was.
    pub fn put(self, over: Over, look: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        look()?;
        let name = self.turn.place.name.clone();
        self.put_as(&name, over)
    }

    /// Moves the file to another name in the folder.
    ///
    /// # Errors
    /// As of [`Draft::put`].
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

    /// A file that keeps its owner may be anybody's.
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

/// Takes away what a killed run has left beside a place, where there is something, on behalf of a run that has nothing to write.
pub(crate) fn tidy(place: Place) {
    let prefix = ours(&place.name, "");
    let is_ours = |name: &OsString| name.to_string_lossy().starts_with(&*prefix.to_string_lossy());
    if place.folder.names().is_ok_and(|names| names.iter().any(is_ours)) {
        // Whoever has the turn takes them away himself.
        Turn::take(place).ok();
    }
}

/// A name beside another that nobody can know beforehand.
pub(super) fn random_name(beside: &OsStr) -> io::Result<OsString> {
    Ok(ours(beside, &random()?))
}

/// Whether a name is one that our files have until they are in their places, and our locks.
pub(crate) fn is_passing(name: &OsStr) -> bool {
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

/// The lock's file, and whether it is locked: a file system without locks leaves the last look alone to find other runs.
fn lock(place: &Place, name: &OsStr) -> io::Result<(File, bool)> {
    for _ in 0..TRIES {
        let file = place.folder.lock_file(name)?;
        let found = system::found(&file)?;
        if found.links > 1 {
            return Err(no_plain_file());
        }
        let standing = place.found()?.map(|found| found.owner);
        if !is_trusted(&found.owner)
            && place.folder.found()?.owner != found.owner
            && standing.as_ref() != Some(&found.owner)
        {
            return Err(foreign(&shown(&found.owner)));
        }
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(busy()),
            Err(TryLockError::Error(_)) => return Ok((file, false)),
            Ok(()) => {}
        }
        // Whoever had it may have taken the file away meanwhile, and its lock is of no use then.
        if place.folder.look(name)?.is_some_and(|there| there.identity == found.identity) {
            return Ok((file, true));
        }
    }
    Err(busy())
}
