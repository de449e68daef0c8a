//! Folders and their entries on Unix, through open folders, so that renaming a folder redirects nothing.
//!
//! What enters: an open folder and a name in it. What leaves: files and folders that were created, renamed or removed there.
//! No call follows a symbolic link. Absent: access lists on systems other than Linux.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{self as system, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

#[cfg(target_os = "linux")]
use super::lists;
use super::{Access, Found, Kind, Reach};

/// A user's number.
pub type Owner = u32;

const ROOT: Owner = 0;

/// A folder that is only passed through need not be readable.
#[cfg(target_os = "linux")]
const THROUGH: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const THROUGH: OFlags = OFlags::RDONLY;

/// An open folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    handle: OwnedFd,
}

impl Folder {
    /// The folder at which an absolute path begins.
    pub fn top(_of: &Path) -> io::Result<Self> {
        let path = PathBuf::from("/");
        let handle = system::open(&path, folder_flags(), Mode::empty())?;
        Ok(Self { path, handle })
    }

    /// Its path, for people.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A folder in it, which is not a link.
    pub fn enter(&self, name: &OsStr) -> io::Result<Self> {
        let handle = system::openat(&self.handle, name, folder_flags(), Mode::empty())?;
        let path = match name.as_bytes() {
            b"." => self.path.clone(),
            b".." => self.path.parent().unwrap_or(&self.path).into(),
            _ => self.path.join(name),
        };
        Ok(Self { path, handle })
    }

    /// What has that name, if anything does.
    pub fn look(&self, name: &OsStr) -> io::Result<Option<Found>> {
        match system::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(None),
            found => Ok(Some(as_found(&found?))),
        }
    }

    /// The folder itself.
    pub fn found(&self) -> io::Result<Found> {
        Ok(as_found(&system::fstat(&self.handle)?))
    }

    /// Where a link leads.
    pub fn link(&self, name: &OsStr) -> io::Result<PathBuf> {
        let target = system::readlinkat(&self.handle, name, Vec::new())?;
        Ok(OsString::from_vec(target.into_bytes()).into())
    }

    /// The names of everything in it, sorted.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in system::Dir::new(self.readable()?)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(name).to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Opens a plain file to read. Anything else is refused without waiting for it.
    pub fn open(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        plain(system::openat(&self.handle, name, flags, Mode::empty()))
    }

    /// Opens a plain file to change its rights.
    pub fn open_rights(&self, name: &OsStr) -> io::Result<File> {
        self.open(name)
    }

    /// Creates a file, which has its rights before it has a byte.
    pub fn create(&self, name: &OsStr, access: Access<'_>) -> io::Result<File> {
        let mode = if matches!(access, Access::Common) { 0o666 } else { 0o600 };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(system::openat(&self.handle, name, flags, Mode::from_raw_mode(mode))?);
        if let Access::Of(former) = access
            && let Err(error) = resemble(&file, former)
        {
            self.remove(name).ok();
            return Err(error);
        }
        Ok(file)
    }

    /// Opens a file for locks, or creates it. Nothing is ever written to it.
    pub fn lock_file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        plain(system::openat(&self.handle, name, flags, Mode::from_raw_mode(0o600)))
    }

    /// Creates a folder: for this user alone, or with the usual rights.
    pub fn make(&self, name: &OsStr, is_private: bool) -> io::Result<Self> {
        let mode = if is_private { 0o700 } else { 0o777 };
        system::mkdirat(&self.handle, name, Mode::from_raw_mode(mode))?;
        self.enter(name)
    }

    /// Gives a folder the rights of another, and its owner if this user may.
    pub fn resemble(&self, former_folder: &Self) -> io::Result<()> {
        let (own, former) = (system::fstat(&self.handle)?, system::fstat(&former_folder.handle)?);
        let folder = File::from(self.readable()?);
        if (own.st_uid, own.st_gid) != (former.st_uid, former.st_gid) {
            fchown(&folder, Some(former.st_uid), Some(former.st_gid)).ok();
        }
        let known = File::from(former_folder.readable()?);
        #[cfg(target_os = "linux")]
        {
            let handed_down = lists::of(&known, lists::HANDED_DOWN)?;
            lists::give(&folder, lists::HANDED_DOWN, handed_down.as_deref())?;
        }
        folder.set_permissions(rights_of(&folder, &known)?)
    }

    /// Renames an entry, over a file that has the new name.
    pub fn rename(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        Ok(system::renameat(&self.handle, from, &into.handle, to)?)
    }

    /// Renames an entry to a name that nothing has.
    pub fn rename_new(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        {
            let flags = system::RenameFlags::NOREPLACE;
            match system::renameat_with(&self.handle, from, &into.handle, to, flags) {
                Err(error) if is_unknown(error) => {}
                done => return Ok(done?),
            }
        }
        if into.look(to)?.is_some() {
            return Err(Errno::EXIST.into());
        }
        // Even here no file is overwritten, and a folder replaces at most an empty one.
        match self.look(from)?.is_some_and(|found| found.kind == Kind::Folder) {
            true => self.rename(from, into, to),
            false => {
                system::linkat(&self.handle, from, &into.handle, to, AtFlags::empty())?;
                self.remove(from)
            }
        }
    }

    /// Exchanges two names in one step; `false` if this system or file system cannot, and nothing was done.
    pub fn exchange(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<bool> {
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        {
            let flags = system::RenameFlags::EXCHANGE;
            match system::renameat_with(&self.handle, from, &into.handle, to, flags) {
                Err(error) if is_unknown(error) => {}
                done => return Ok(done.map(|()| true)?),
            }
        }
        Ok(false)
    }

    /// Gives a file or a link a second name.
    pub fn name_again(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        Ok(system::linkat(&self.handle, from, &into.handle, to, AtFlags::empty())?)
    }

    /// Creates a link with the target of another.
    pub fn copy_link(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        Ok(system::symlinkat(self.link(from)?, &into.handle, to)?)
    }

    /// Removes a file or a link.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(system::unlinkat(&self.handle, name, AtFlags::empty())?)
    }

    /// Removes an empty folder.
    pub fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        Ok(system::unlinkat(&self.handle, name, AtFlags::REMOVEDIR)?)
    }

    /// Waits until its names are on the disk, if the file system can.
    pub fn settle(&self) {
        self.readable().and_then(|folder| File::from(folder).sync_all()).ok();
    }

    /// Who may add names here, in addition to root, the folder's owner and this user. With `Below` this also includes
    /// folders that are created in it.
    pub fn open_to(&self, reach: Reach) -> io::Result<Option<String>> {
        let found = system::fstat(&self.handle)?;
        if found.st_mode & 0o002 != 0 {
            return Ok(Some("everybody".to_owned()));
        }
        let group = || (!is_own_group(&found)).then(|| format!("the group {}", found.st_gid));
        #[cfg(target_os = "linux")]
        {
            // With a list the mode's group bits are its mask: without the write bit, nobody in the list may write.
            let here = (found.st_mode & 0o020 != 0).then_some(lists::ACCESS);
            let below = (reach == Reach::Below).then_some(lists::HANDED_DOWN);
            for which in here.into_iter().chain(below) {
                let to = self.listed(which)?.into_iter().find_map(|writer| match writer {
                    lists::Writer::User(user) if is_trusted(&user) || user == found.st_uid => None,
                    lists::Writer::User(user) => Some(shown(&user)),
                    lists::Writer::Group(number) => (number != 0).then(|| format!("the group {number}")),
                    lists::Writer::OwningGroup => group(),
                });
                if to.is_some() {
                    return Ok(to);
                }
            }
            Ok(None)
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = reach;
            Ok((found.st_mode & 0o020 != 0).then(group).flatten())
        }
    }

    /// Who may write according to a list of the folder, or to its mode if it has none. A folder that this user may not read
    /// can also have a list.
    #[cfg(target_os = "linux")]
    fn listed(&self, which: &str) -> io::Result<Vec<lists::Writer>> {
        let list = match self.readable() {
            Ok(folder) => lists::of(folder, which)?,
            // Its list cannot be read.
            Err(_) => Some(Vec::new()),
        };
        let by_mode = if which == lists::ACCESS { vec![lists::Writer::OwningGroup] } else { Vec::new() };
        Ok(list.map_or(by_mode, |list| lists::writers(&list)))
    }

    /// Whether each user can move only their own entries (the sticky bit).
    pub fn keeps_names_apart(&self) -> io::Result<bool> {
        Ok(system::fstat(&self.handle)?.st_mode & 0o1000 != 0)
    }

    fn readable(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(system::openat(&self.handle, ".", flags, Mode::empty())?)
    }
}

/// Whether a folder's group is root's, or this user's own, which by convention has the user's number (`USERGROUPS_ENAB`
/// of login.defs(5)). Any other group may have more members.
fn is_own_group(folder: &Stat) -> bool {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    folder.st_gid == ROOT || folder.st_gid == group && group == user
}

/// What an open file is.
pub(crate) fn found(file: &File) -> io::Result<Found> {
    Ok(as_found(&system::fstat(file)?))
}

/// Whether an owner is root or this user.
pub fn is_trusted(owner: &Owner) -> bool {
    [ROOT, rustix::process::geteuid().as_raw()].contains(owner)
}

/// An owner, for people.
pub fn shown(owner: &Owner) -> String {
    format!("user {owner}")
}

/// Whether everyone who has a right on a file also has it on the other one.
pub fn is_as_closed(file: &File, former: &File) -> io::Result<bool> {
    #[cfg(target_os = "linux")]
    if lists::of(file, lists::ACCESS)? != lists::of(former, lists::ACCESS)? {
        return Ok(false);
    }
    let (own, former) = (file.metadata()?, former.metadata()?);
    let same_group = own.gid() == former.gid() || own.mode() & 0o070 == 0;
    Ok(same_group && own.mode() & !former.mode() & 0o7777 == 0)
}

/// Gives a file the owner and the rights of another. It is refused if only root could preserve the owner.
pub fn resemble(file: &File, known: &File) -> io::Result<()> {
    let (own, former) = (file.metadata()?, known.metadata()?);
    if (own.uid(), own.gid()) != (former.uid(), former.gid()) {
        fchown(file, Some(former.uid()), Some(former.gid())).map_err(|error| {
            let is_refused = error.kind() == io::ErrorKind::PermissionDenied;
            let whose = format!("user {} and group {}", former.uid(), former.gid());
            if is_refused { super::refused::not_kept(&whose) } else { error }
        })?;
    }
    file.set_permissions(rights_of(file, known)?)
}

/// Gives a file the access list of another, and returns the mode that goes with it. If the file system has no lists, the group
/// gets no right, since the mode says nothing about it.
fn rights_of(file: &File, former: &File) -> io::Result<Permissions> {
    let rights = former.metadata()?.permissions();
    #[cfg(target_os = "linux")]
    {
        let list = lists::of(former, lists::ACCESS)?;
        if !lists::give(file, lists::ACCESS, list.as_deref())? {
            return Ok(Permissions::from_mode(rights.mode() & !0o070));
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = file;
    Ok(rights)
}

fn folder_flags() -> OFlags {
    THROUGH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn is_unknown(error: Errno) -> bool {
    [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP].contains(&error)
}

fn plain(opened: rustix::io::Result<OwnedFd>) -> io::Result<File> {
    let file = match opened {
        // Linux's errors for a link, and for a socket or a pipe that nobody reads.
        Err(Errno::LOOP | Errno::NXIO | Errno::ISDIR) => return Err(super::refused::no_plain_file()),
        opened => File::from(opened?),
    };
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(super::refused::no_plain_file()),
    }
}

fn as_found(stat: &Stat) -> Found {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        _ => Kind::Other,
    };
    #[allow(clippy::unnecessary_cast, reason = "the fields' types are each system's own")]
    let (identity, links) = ((stat.st_dev as u64, stat.st_ino as u64), stat.st_nlink as u64);
    Found { kind, owner: stat.st_uid, identity, links }
}
