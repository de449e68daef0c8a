//! Folders and their entries on Unix, through open folders: a folder that is renamed in the meantime leads nowhere else.
//!
//! What enters: an open folder and a name in it. What leaves: files and folders that were made new, renamed or removed there.
//! No call follows a symbolic link. Absent: access lists beyond owner and mode on other systems than Linux.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{self as system, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::{Access, Found, Kind, Reach};

#[cfg(target_os = "linux")]
#[path = "lists.rs"]
mod lists;

/// Who a file belongs to.
pub(crate) type Owner = u32;

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
    /// The folder that an absolute path begins at.
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

    /// What is there by that name; `None` where nothing does.
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

    /// The names of all that is in it, sorted.
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

    /// A plain file that is there, to read. What is no plain file is none, and is not waited for.
    pub fn open(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        plain(system::openat(&self.handle, name, flags, Mode::empty()))
    }

    /// A plain file that is there, to change its rights.
    pub fn open_rights(&self, name: &OsStr) -> io::Result<File> {
        self.open(name)
    }

    /// A new file, which has its rights before it has a byte.
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

    /// A file for locks, new or there already; it is never written to.
    pub fn lock_file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        plain(system::openat(&self.handle, name, flags, Mode::from_raw_mode(0o600)))
    }

    /// A new folder: for its maker alone, or as any other is.
    pub fn make(&self, name: &OsStr, is_private: bool) -> io::Result<Self> {
        let mode = if is_private { 0o700 } else { 0o777 };
        system::mkdirat(&self.handle, name, Mode::from_raw_mode(mode))?;
        self.enter(name)
    }

    /// Gives a folder the rights and, where the system lets this user, the owner that another has.
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

    /// Moves what is there to another name, replacing a file that is there.
    pub fn rename(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        Ok(system::renameat(&self.handle, from, &into.handle, to)?)
    }

    /// Moves what is there to a name that nothing has.
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
        // Of files it is certain even so that no other is overwritten; a folder takes the place of an empty one at most.
        match self.look(from)?.is_some_and(|found| found.kind == Kind::Folder) {
            true => self.rename(from, into, to),
            false => {
                system::linkat(&self.handle, from, &into.handle, to, AtFlags::empty())?;
                self.remove(from)
            }
        }
    }

    /// Lets two names change places in one step; `false` where this system or file system cannot, and nothing was done.
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

    /// Gives a file or a link another name in addition to the one that it has.
    pub fn name_again(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        Ok(system::linkat(&self.handle, from, &into.handle, to, AtFlags::empty())?)
    }

    /// A link that leads where another does.
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

    /// Brings its names to the disk. A file system that cannot keeps them as it does.
    pub fn settle(&self) {
        self.readable().and_then(|folder| File::from(folder).sync_all()).ok();
    }

    /// Whether others than root, its owner and this user may put names there: `None`, or who. `Below` asks the same
    /// of the folders that
    /// are made in it.
    pub fn open_to(&self, reach: Reach) -> io::Result<Option<String>> {
        let found = system::fstat(&self.handle)?;
        if found.st_mode & 0o002 != 0 {
            return Ok(Some("everybody".to_owned()));
        }
        let group = || (!is_own_group(&found)).then(|| format!("the group {}", found.st_gid));
        #[cfg(target_os = "linux")]
        {
            // Without a list for them the mode's group is the mask: where it may not write, nobody whom a list names may.
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

    /// Whom a list of it lets write; by the mode where it has none. A folder that this user may not read has its list
    /// all the same.
    #[cfg(target_os = "linux")]
    fn listed(&self, which: &str) -> io::Result<Vec<lists::Writer>> {
        let list = match self.readable() {
            Ok(folder) => lists::of(folder, which)?,
            // Nobody can say whom it names.
            Err(_) => Some(Vec::new()),
        };
        let by_mode = if which == lists::ACCESS { vec![lists::Writer::OwningGroup] } else { Vec::new() };
        Ok(list.map_or(by_mode, |list| lists::writers(&list)))
    }

    /// Whether everybody who may write there may move his own files alone.
    pub fn keeps_names_apart(&self) -> io::Result<bool> {
        Ok(system::fstat(&self.handle)?.st_mode & 0o1000 != 0)
    }

    fn readable(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(system::openat(&self.handle, ".", flags, Mode::empty())?)
    }
}

/// Whether a folder's group is root's, or the one that this user has for himself: by convention it has his number
/// (`USERGROUPS_ENAB` of
/// login.defs(5)). Any other may have more members.
fn is_own_group(folder: &Stat) -> bool {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    folder.st_gid == ROOT || folder.st_gid == group && group == user
}

/// What an open file is.
pub(crate) fn found(file: &File) -> io::Result<Found> {
    Ok(as_found(&system::fstat(file)?))
}

/// Whether somebody is this user or the administrator.
pub(crate) fn is_trusted(owner: &Owner) -> bool {
    [ROOT, rustix::process::geteuid().as_raw()].contains(owner)
}

/// An owner as `ls -n` shows him.
pub(crate) fn shown(owner: &Owner) -> String {
    format!("user {owner}")
}

/// Whether a file gives nobody a right that the other one does not.
pub(crate) fn is_as_closed(file: &File, former: &File) -> io::Result<bool> {
    #[cfg(target_os = "linux")]
    if lists::of(file, lists::ACCESS)? != lists::of(former, lists::ACCESS)? {
        return Ok(false);
    }
    let (own, former) = (file.metadata()?, former.metadata()?);
    let same_group = own.gid() == former.gid() || own.mode() & 0o070 == 0;
    Ok(same_group && own.mode() & !former.mode() & 0o7777 == 0)
}

/// Gives a file the owner and the mode of another one. A file of another's that only root could leave him is not
/// taken from him.
pub(crate) fn resemble(file: &File, known: &File) -> io::Result<()> {
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

/// The mode that gives a file what another one gives, once it has that one's access list, or none where that has
/// none. Where no list can
/// be had the group gets nothing, since the mode says nothing about it.
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
        // Linux's word for a link that is not to be followed, and for a socket or a pipe that nobody is at.
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
