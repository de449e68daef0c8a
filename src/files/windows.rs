//! Folders and their entries on Windows, by their paths.
//!
//! What enters: a folder and a name in it. What leaves: files and folders that were created, renamed or removed there. No call
//! follows a link or a junction. Absent: protection against users who rename a folder on the way; where it matters, callers
//! check who may.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::path::{Component, Path, PathBuf};

use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_SHARE_DELETE,
    GetFileInformationByHandle, MoveFileExW,
};

use super::{Access, Found, Kind, Reach, rights};

pub use super::rights::{Owner, is_as_closed, resemble};
pub(crate) use super::rights::{is_trusted, shown};

/// GENERIC_READ and GENERIC_WRITE.
const DATA: u32 = 0xc000_0000;
/// READ_CONTROL: the right to read owner and access list.
const READ_CONTROL: u32 = 0x2_0000;
/// WRITE_DAC and WRITE_OWNER.
const WRITE_RIGHTS: u32 = 0x4_0000 | 0x8_0000;
/// FILE_READ_ATTRIBUTES.
const ATTRIBUTES: u32 = 0x80;

/// A folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The root of an absolute path: a drive, or a share.
    pub fn top(of: &Path) -> io::Result<Self> {
        let begin =
            of.components().take_while(|part| matches!(part, Component::Prefix(_) | Component::RootDir));
        Ok(Self { path: begin.collect() })
    }

    /// Its path, for people.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A folder in it, which is not a link.
    pub fn enter(&self, name: &OsStr) -> io::Result<Self> {
        if name == "." || name == ".." {
            let path = if name == "." { &self.path } else { self.path.parent().unwrap_or(&self.path) };
            return Ok(Self { path: path.into() });
        }
        let path = self.path.join(name);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.file_type().is_dir() => Ok(Self { path }),
            Ok(_) => Err(io::Error::from(io::ErrorKind::NotADirectory)),
            // This user may lack rights on a folder on the way, but have them on its contents.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(Self { path }),
            Err(error) => Err(error),
        }
    }

    /// What has that name, if anything does.
    pub fn look(&self, name: &OsStr) -> io::Result<Option<Found>> {
        match open_as_it_is(&self.path.join(name)).and_then(|file| found(&file)) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The folder itself.
    pub fn found(&self) -> io::Result<Found> {
        found(&open_as_it_is(&self.path)?)
    }

    /// Where a link leads.
    pub fn link(&self, name: &OsStr) -> io::Result<PathBuf> {
        fs::read_link(self.path.join(name))
    }

    /// The names of everything in it, sorted.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let names = fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name()));
        let mut names: Vec<OsString> = names.collect::<io::Result<_>>()?;
        names.sort();
        Ok(names)
    }

    /// Opens a plain file to read.
    pub fn open(&self, name: &OsStr) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
        plain(options.open(self.path.join(name))?)
    }

    /// Opens a plain file to change its rights.
    pub fn open_rights(&self, name: &OsStr) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options
            .access_mode(READ_CONTROL | WRITE_RIGHTS | ATTRIBUTES)
            .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
        plain(options.open(self.path.join(name))?)
    }

    /// Creates a file, which has its rights before anybody else can open it.
    pub fn create(&self, name: &OsStr, access: Access<'_>) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let Access::Of(former) = access else { return options.open(self.path.join(name)) };
        options.access_mode(DATA | READ_CONTROL | WRITE_RIGHTS).share_mode(FILE_SHARE_DELETE);
        let file = options.open(self.path.join(name))?;
        match resemble(&file, former) {
            Ok(()) => Ok(file),
            Err(error) => {
                drop(file);
                self.remove(name).ok();
                Err(error)
            }
        }
    }

    /// Opens a file for locks, or creates it. Nothing is ever written to it.
    pub fn lock_file(&self, name: &OsStr) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
        plain(options.open(self.path.join(name))?)
    }

    /// Creates a folder with the rights that it inherits.
    pub fn make(&self, name: &OsStr, _is_private: bool) -> io::Result<Self> {
        fs::create_dir(self.path.join(name))?;
        self.enter(name)
    }

    /// Gives a folder the rights of another, which new files in it inherit.
    pub fn resemble(&self, former: &Self) -> io::Result<()> {
        let folder = |path: &Path, access: u32| {
            let mut options = OpenOptions::new();
            options
                .access_mode(access)
                .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT);
            options.open(path)
        };
        let own = folder(&self.path, READ_CONTROL | WRITE_RIGHTS)?;
        rights::resemble_list(&own, &folder(&former.path, READ_CONTROL)?)
    }

    /// Renames an entry, over a file that has the new name.
    pub fn rename(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        fs::rename(self.path.join(from), into.path.join(to))
    }

    /// Renames an entry to a name that nothing has.
    pub fn rename_new(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        let (from, to) = (wide(&self.path.join(from)), wide(&into.path.join(to)));
        // SAFETY: both names end with a zero, and live as long as the call.
        match unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), 0) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    /// Windows cannot exchange two names.
    pub fn exchange(&self, _from: &OsStr, _into: &Self, _to: &OsStr) -> io::Result<bool> {
        Ok(false)
    }

    /// Gives a file a second name.
    pub fn name_again(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        fs::hard_link(self.path.join(from), into.path.join(to))
    }

    /// Creates a link with the target of another: to files only, and if this user may create links.
    pub fn copy_link(&self, from: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        std::os::windows::fs::symlink_file(self.link(from)?, into.path.join(to))
    }

    /// Removes a file or a link.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        let path = self.path.join(name);
        // Windows treats a link to a folder as a folder.
        fs::remove_file(&path).or_else(|error| fs::remove_dir(&path).map_err(|_| error))
    }

    /// Removes an empty folder.
    pub fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_dir(self.path.join(name))
    }

    /// Windows cannot wait for a folder's names; NTFS has them in its journal.
    pub fn settle(&self) {}

    /// Who may rename or remove entries of others, in addition to the administrators, the folder's owner and this user. With
    /// `Below`, who may add anything to the folder, or to one that is created in it.
    pub fn open_to(&self, reach: Reach) -> io::Result<Option<String>> {
        rights::open_to(&open_as_it_is(&self.path)?, reach)
    }

    /// Windows has no sticky bit; [`Folder::open_to`] looks only for rights on entries of others.
    pub fn keeps_names_apart(&self) -> io::Result<bool> {
        Ok(false)
    }
}

/// What an open file is.
pub(crate) fn found(file: &File) -> io::Result<Found> {
    let mut known = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open as long as `file`, and `known` is of the type that the call fills.
    if unsafe { GetFileInformationByHandle(file.as_raw_handle(), &mut known) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let kind = file.metadata()?.file_type();
    let kind = match () {
        () if kind.is_symlink() => Kind::Link,
        () if kind.is_dir() => Kind::Folder,
        () if kind.is_file() => Kind::File,
        () => Kind::Other,
    };
    let index = u64::from(known.nFileIndexHigh) << 32 | u64::from(known.nFileIndexLow);
    let identity = (u64::from(known.dwVolumeSerialNumber), index);
    Ok(Found { kind, owner: rights::owner(file)?, identity, links: u64::from(known.nNumberOfLinks) })
}

/// Opens an entry only to look at it: no link is followed, and no other program is locked out.
fn open_as_it_is(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.access_mode(READ_CONTROL | ATTRIBUTES);
    options.custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT).open(path)
}

fn plain(file: File) -> io::Result<File> {
    match file.metadata()?.file_type().is_file() {
        true => Ok(file),
        false => Err(super::refused::no_plain_file()),
    }
}

fn wide(path: &Path) -> Vec<u16> {
    path.as_os_str().encode_wide().chain([0]).collect()
}
