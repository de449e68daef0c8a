//! Why nothing was written: what is in the way, who owns it, and what to do.
//!
//! What enters: a place and what was found there. What leaves: an error with its code. System errors only get the name of
//! their file. Absent: the checks.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::Code;

/// A refusal; it is in an [`io::Error`].
#[derive(Debug)]
struct Refused {
    code: Code,
    path: Option<PathBuf>,
    what: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.as_ref().map(|path| format!("{}: ", path.display())).unwrap_or_default();
        write!(formatter, "{}: {path}{}", self.code.id(), self.what)
    }
}

impl Error for Refused {}

fn refused(kind: io::ErrorKind, code: Code, what: String) -> io::Error {
    io::Error::new(kind, Refused { code, path: None, what })
}

/// The path of a file to write or read has something other than a plain file.
pub fn no_plain_file() -> io::Error {
    let what = "this is a link, a folder or a pipe, not a plain file; nothing was written. Find out who \
        created it, remove it, and run this again";
    refused(io::ErrorKind::InvalidInput, Code::NoPlainFile, what.to_owned())
}

/// A link of a user who cannot write to its target.
pub fn foreign_link(of: &str) -> io::Error {
    let what = format!(
        "this link belongs to {of}, but its target does not; nothing was written. Name the target itself, or \
         create the link again as an administrator"
    );
    refused(io::ErrorKind::PermissionDenied, Code::ForeignFile, what)
}

/// A file or a folder of another user at the place of the new one.
pub fn foreign(of: &str) -> io::Error {
    let what = format!(
        "this belongs to {of}; nothing was written. Find out who created it, move it away, and run this again"
    );
    refused(io::ErrorKind::PermissionDenied, Code::ForeignFile, what)
}

/// A file whose owner would lose it to the new one.
pub fn not_kept(whose: &str) -> io::Error {
    let what = format!(
        "the file belongs to {whose}, and you cannot preserve that owner; nothing was written. Run this as \
         its owner, or elevated"
    );
    refused(io::ErrorKind::PermissionDenied, Code::ForeignFile, what)
}

/// Something that has the name of a backup but is not one.
pub fn no_copy() -> io::Error {
    let what = "this has the name of the backup but is not one; nothing was written. Move it away, or name \
        another folder with --backup";
    refused(io::ErrorKind::AlreadyExists, Code::NoPlainFile, what.to_owned())
}

/// A folder that others may write into.
pub(super) fn open_folder(to: &str) -> io::Error {
    let what = format!(
        "{to} may write to this folder and change the files in it; nothing was written. Remove that right, \
         or name another folder"
    );
    refused(io::ErrorKind::PermissionDenied, Code::OpenFolder, what)
}

/// Another run that is writing.
pub fn busy() -> io::Error {
    let what = "another run is writing this; nothing was written. Run this again when it is done";
    refused(io::ErrorKind::ResourceBusy, Code::AnotherRun, what.to_owned())
}

/// A file or a folder that changed since it was read.
pub fn changed(what: &str) -> io::Error {
    io::Error::other(format!(
        "somebody has changed the {what} in the meantime; nothing was written. Run this again"
    ))
}

/// The same error with the path that it is about; a refusal that already names a path keeps it.
pub fn named(error: io::Error, path: &Path) -> io::Error {
    let kind = error.kind();
    if kind == io::ErrorKind::NotFound && error.raw_os_error().is_some() {
        return io::Error::new(kind, format!("{}: there is no such file or folder", path.display()));
    }
    if !is_refusal(&error) {
        return io::Error::new(kind, format!("{}: {error}", path.display()));
    }
    match error.downcast::<Refused>() {
        Ok(refused) => {
            let path = refused.path.clone().or_else(|| Some(path.to_owned()));
            io::Error::new(kind, Refused { path, ..refused })
        }
        Err(error) => error,
    }
}

/// The same, with advice about a file that another program has open, or that this user may not change. On Windows that is
/// ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION or ERROR_LOCK_VIOLATION (Microsoft's page "System Error Codes").
pub fn named_with_advice(error: io::Error, path: &Path) -> io::Error {
    if is_refusal(&error) || error.kind() == io::ErrorKind::NotFound {
        return named(error, path);
    }
    let is_held = cfg!(windows) && matches!(error.raw_os_error(), Some(5 | 32 | 33));
    let advice = match is_held || error.kind() == io::ErrorKind::PermissionDenied {
        true => {
            "; close programs that have the file open, such as an editor, and run this in an elevated prompt"
        }
        false => "",
    };
    io::Error::new(error.kind(), format!("{}: {error}{advice}", path.display()))
}

/// Whether an error is a refusal, which says what to do.
pub fn is_refusal(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Refused>())
}
