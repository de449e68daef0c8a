//! POSIX access lists of Linux, which name users and groups in addition to those of the mode (acl(5)).
//!
//! What enters: open files and folders. What leaves: their lists as the kernel stores them, the same list on another file, and
//! who may write according to a list. If there is a list, the mode's group bits are the list's mask: the mode alone then says
//! too little, and on a file without the list it gives too much. Absent: lists of NFSv4, which Linux does not store natively.

use std::io;
use std::os::fd::AsFd;

use rustix::fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr};
use rustix::io::Errno;

/// The list of a file or folder itself.
pub const ACCESS: &str = "system.posix_acl_access";
/// The list that new files in a folder inherit.
pub const HANDED_DOWN: &str = "system.posix_acl_default";

/// The longest attribute that the kernel stores (XATTR_SIZE_MAX).
const MOST: usize = 0x1_0000;
/// A version, then the entries: tag, rights and number, each with its lowest byte first (linux/posix_acl_xattr.h).
const HEAD: usize = 4;
const ENTRY: usize = 8;
const USER: u16 = 0x02;
const OWNING_GROUP: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const WRITE: u16 = 0x02;

/// Who may write according to a list, in addition to the owner and all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// A user by number.
    User(u32),
    /// A group by number.
    Group(u32),
    /// The group that the file belongs to.
    OwningGroup,
}

/// A list; `None` if there is none, or the file system has no lists.
pub fn of(file: impl AsFd, which: &str) -> io::Result<Option<Vec<u8>>> {
    let mut list = vec![0; MOST];
    match fgetxattr(file, which, &mut list[..]) {
        Ok(length) => {
            list.truncate(length);
            Ok(Some(list))
        }
        Err(error) if is_absent(error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Gives a file a list, or removes the inherited one; `false` if the file system has no lists.
pub fn give(file: impl AsFd, which: &str, list: Option<&[u8]>) -> io::Result<bool> {
    let done = match list {
        Some(list) => fsetxattr(file, which, list, XattrFlags::empty()),
        None => fremovexattr(file, which),
    };
    match done {
        Err(error) if is_absent(error) => Ok(list.is_none()),
        done => Ok(done.map(|()| true)?),
    }
}

/// Who may write according to a list. If it cannot be read, assume that the group may.
pub fn writers(list: &[u8]) -> Vec<Writer> {
    let Some(entries) = entries(list) else { return vec![Writer::OwningGroup] };
    let mask = entries.iter().find(|(tag, ..)| *tag == MASK).map_or(WRITE, |(_, rights, _)| *rights);
    let writing = entries.iter().filter(|(_, rights, _)| rights & mask & WRITE != 0);
    let writer = |(tag, _, number): &(u16, u16, u32)| match *tag {
        USER => Some(Writer::User(*number)),
        GROUP => Some(Writer::Group(*number)),
        OWNING_GROUP => Some(Writer::OwningGroup),
        _ => None,
    };
    writing.filter_map(writer).collect()
}

fn entries(list: &[u8]) -> Option<Vec<(u16, u16, u32)>> {
    let entries = list.get(HEAD..)?.chunks(ENTRY);
    let entry = |entry: &[u8]| {
        let [tag, tag_high, rights, rights_high, number @ ..] = *<&[u8; ENTRY]>::try_from(entry).ok()?;
        let pair = |low, high| u16::from_le_bytes([low, high]);
        Some((pair(tag, tag_high), pair(rights, rights_high), u32::from_le_bytes(number)))
    };
    entries.map(entry).collect()
}

fn is_absent(error: Errno) -> bool {
    [Errno::NODATA, Errno::NOTSUP, Errno::NOSYS].contains(&error)
}
