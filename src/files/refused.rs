//! Why nothing was written: what is in the way, who owns it, and what to do.
//!
//! What enters: a place and what was found there. What leaves: an error with its code. Absent: errors of the system itself,
//! which only get their file's name.

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

/// Something else than a plain file stands where a file goes, or is to be read.
pub(super) fn no_plain_file() -> io::Error {
    let what = "this is a link, a folder or a pipe, not a plain file; nothing was written. Find out who \
        created it, remove it, and run this again";
    refused(io::ErrorKind::InvalidInput, Code::NoPlainFile, what.to_owned())
}

/// A link that somebody made who could not write what it leads to.
pub(super) fn foreign_link(of: &str) -> io::Error {
    let what = format!(
        "this link belongs to {of}, but its target does not; nothing was written. Name the target itself, or \
         create the link again as an administrator"
    );
    refused(io::ErrorKind::PermissionDenied, Code::ForeignFile, what)
}

/// A file or a folder of somebody else's at a place that we write to.
pub(crate) fn foreign(of: &str) -> io::Error {
    let what = format!(
        "this belongs to {of}; nothing was written. Find out who created it, move it away, and run this again"
    );
    refused(io::ErrorKind::PermissionDenied, Code::ForeignFile, what)
}

/// A file whose owner it would not keep.
pub(super) fn not_kept(whose: &str) -> io::Error {
    let what = format!(
        "the file belongs to {whose}, and you cannot preserve that owner; nothing was written. Run this as \
         its owner, or elevated"
    );
    refused(io::ErrorKind::PermissionDenied, Code::ForeignFile, what)
}

/// A copy of a file that is none.
pub(crate) fn no_copy() -> io::Error {
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

/// Another run that has its turn.
pub(super) fn busy() -> io::Error {
    let what = "another run is writing this; nothing was written. Run this again when it is done";
    refused(io::ErrorKind::ResourceBusy, Code::AnotherRun, what.to_owned())
}

/// The same error with the file that it is about; a refusal that names one keeps it.
pub(crate) fn named(error: io::Error, path: &Path) -> io::Error {
    let kind = error.kind();
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

/// Whether an error is one of these, which say themselves what to do.
pub(crate) fn is_refusal(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Refused>())
}
