//! A text file of another program that is edited in place.
//!
//! What enters: a path, and later a new text. What leaves: the text without its byte-order mark, then the same file with the
//! new text: in its encoding, with its owner and its rights, and with the old bytes kept as a backup. A killed process leaves
//! the old file or the new one, never a part of one. A hash shows whether somebody has changed the file since it was read.
//! Absent: what the text means.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Access;
use super::backup::{Former, keep};
use super::encoding::{Encoding, NotText, decode};
use super::place::{Missing, Place};
use super::refused::{changed, named_with_advice};
use super::turn::{Over, Turn, tidy};
use crate::hash::sha256;
use iis_config::markup::declared_encoding;

/// The largest file that is read, in bytes. IIS refuses a web.config of more than 250 KB by default
/// (MaxWebConfigFileSizeInKB), and the largest applicationHost.config seen has 213 KB.
const MOST: u64 = 64 * 1024 * 1024;

/// A text file as it was read.
#[derive(Debug)]
pub struct TextFile {
    path: PathBuf,
    encoding: Encoding,
    /// SHA-256 of its bytes.
    hash: String,
    /// Its text, without a byte-order mark.
    pub text: String,
}

/// What a write left behind.
#[derive(Debug)]
pub struct Written {
    /// The copy of the old file; `None` if the text did not change.
    pub backup: Option<PathBuf>,
}

impl TextFile {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is too large, or is not text (`InvalidData`).
    pub fn open(path: &Path) -> io::Result<Self> {
        let (file, flaw) = Self::open_anyway(path)?;
        let refused = |why| named_with_advice(io::Error::new(io::ErrorKind::InvalidData, why), path);
        flaw.map_or(Ok(file), |why| Err(refused(why)))
    }

    /// Reads a file that may not be text, and says why it is not. Such a file has U+FFFD in place of wrong bytes and is not to be
    /// written.
    ///
    /// # Errors
    /// If it cannot be read or is too large.
    pub fn open_anyway(path: &Path) -> io::Result<(Self, Option<NotText>)> {
        let about = |error| named_with_advice(error, path);
        let bytes = File::open(path).and_then(|file| read_whole(&file)).map_err(about)?;
        let (encoding, text, flaw) = match decode(&bytes) {
            Ok((encoding, text)) => (encoding, text, None),
            Err(why) => {
                (Encoding::Utf8 { mark: false }, String::from_utf8_lossy(&bytes).into_owned(), Some(why))
            }
        };
        Ok((Self { path: path.to_path_buf(), encoding, hash: sha256(&bytes), text }, flaw))
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it begins with a byte-order mark.
    pub fn is_marked(&self) -> bool {
        self.is_utf16() || self.encoding == (Encoding::Utf8 { mark: true })
    }

    /// Whether it is in UTF-16.
    pub fn is_utf16(&self) -> bool {
        matches!(self.encoding, Encoding::Utf16LittleEndian | Encoding::Utf16BigEndian)
    }

    /// Replaces the file's text, and keeps the old bytes in `backups`, by default beside the file.
    ///
    /// # Errors
    /// If the file has changed since it was read or is being changed, if it is read-only, or if the disk refuses; the file is
    /// then as it was.
    pub fn write(&self, text: &str, backups: Option<&Path>) -> io::Result<Written> {
        if text == self.text {
            Place::behind(&self.path, Missing::Refused).map(tidy).ok();
            return Ok(Written { backup: None });
        }
        self.check_declaration(text)?;
        let turn = Turn::take(self.place()?)?;
        let former = Former { path: &self.path, hash: &self.hash, file: self.unchanged(&turn.place)? };
        let backup = keep(&former, backups, &turn)?;
        let draft = turn.draft(&self.encoding.encode(text), Access::Of(&former.file.0))?;
        // Windows cannot replace a file that is open.
        drop(former);
        draft
            .put(Over::Former, || self.unchanged(&turn.place).map(drop))
            .map_err(|error| named_with_advice(error, &self.path))?;
        Ok(Written { backup: Some(backup) })
    }

    /// An XML declaration with another encoding, which IIS would use, is an error.
    fn check_declaration(&self, text: &str) -> io::Result<()> {
        let other =
            declared_encoding(text).filter(|other| !self.encoding.is_called(other) && !text.is_ascii());
        other.map_or(Ok(()), |other| {
            let why = format!(
                "save it as UTF-8 first: its first line declares the encoding {other}, in which IIS would \
                 misread the new text"
            );
            Err(named_with_advice(io::Error::other(why), &self.path))
        })
    }

    /// Where the new file goes: to the target of symbolic links, which stay. A read-only file is not touched: somebody
    /// protected it on purpose.
    fn place(&self) -> io::Result<Place> {
        let about = |error| named_with_advice(error, &self.path);
        if fs::metadata(&self.path).map_err(about)?.permissions().readonly() {
            return Err(about(io::Error::other(
                "it is read-only; nothing was written. Remove the read-only attribute first",
            )));
        }
        Place::behind(&self.path, Missing::Refused).map_err(about)
    }

    /// The file and its bytes, if they still are what was read.
    fn unchanged(&self, place: &Place) -> io::Result<(File, Vec<u8>)> {
        let about = |error| named_with_advice(error, &self.path);
        let file = place.folder.open(&place.name).map_err(about)?;
        let bytes = read_whole(&file).map_err(about)?;
        match sha256(&bytes) == self.hash {
            true => Ok((file, bytes)),
            false => Err(about(changed("file"))),
        }
    }
}

/// All bytes of a file that is not too large.
pub fn read_whole(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MOST {
        true => {
            Err(io::Error::other("it is too large for a configuration file; check that it is the right one"))
        }
        false => Ok(bytes),
    }
}
