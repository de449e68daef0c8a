//! A configuration file on the disk: read whole, written whole or not at all.
//!
//! What enters: a path. What leaves: text without its byte-order mark, and later the same file with another text, in the
//! same encoding. The former file is kept as a backup, readable only by those who could read it before. A killed process
//! leaves the
//! old or the new file, never a part of one. Who changed the file meanwhile is found by its hash. Absent: how a file gets its
//! place, which [`crate::files`] knows.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use iis_config::markup;

use crate::files::{
    Access, Missing, Over, Place, Reach, Turn, closed, foreign, found, is_as_closed, is_refusal, is_trusted,
    named, no_copy, resemble, shown, tidy,
};
use crate::hash::sha256;

/// No applicationHost.config is larger, in bytes; IIS itself refuses a web.config of more than 250 KB by default
/// (MaxWebConfigFileSizeInKB), and the largest applicationHost.config seen has 213 KB.
const MOST: u64 = 64 * 1024 * 1024;

/// How a file's text is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8 { mark: bool },
    Utf16LittleEndian,
    Utf16BigEndian,
}

impl Encoding {
    /// Whether that is a name of it in an XML declaration.
    fn is_called(self, name: &str) -> bool {
        match self {
            Self::Utf8 { .. } => name.eq_ignore_ascii_case("utf-8"),
            // The mark at the beginning says more than the declaration.
            Self::Utf16LittleEndian | Self::Utf16BigEndian => true,
        }
    }
}

/// The encoding that an XML declaration names.
fn declared(text: &str) -> Option<&str> {
    let (declaration, _) = text.strip_prefix("<?xml")?.split_once("?>")?;
    let (_, said) = declaration.split_once("encoding")?;
    let said = said.trim_start().strip_prefix('=')?.trim_start();
    let quote = said.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    said[1..].split(quote).next()
}

/// A file as it was read.
#[derive(Debug)]
pub struct ConfigFile {
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
    /// The former file; `None` where the text did not change.
    pub backup: Option<PathBuf>,
}

impl ConfigFile {
    /// Reads applicationHost.config, or the file that a redirection.config or a folder with one of them points at.
    ///
    /// # Errors
    /// Where a file cannot be read, is larger than any configuration, or is not text.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::open_exactly(&resolve(path)?)
    }

    /// Reads exactly this file.
    ///
    /// # Errors
    /// Where it cannot be read, is larger than any configuration, or is not text.
    pub fn open_exactly(path: &Path) -> io::Result<Self> {
        let bytes = read(path)?;
        let (encoding, text) =
            decode(&bytes).map_err(|why| about(path, io::Error::new(io::ErrorKind::InvalidData, why)))?;
        Ok(Self { path: path.to_path_buf(), encoding, hash: sha256(&bytes), text })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it begins with a byte-order mark.
    pub fn is_marked(&self) -> bool {
        self.encoding != (Encoding::Utf8 { mark: false })
    }

    /// Puts another text in the file's place, and keeps the former bytes in `backups`, by default beside the file.
    ///
    /// # Errors
    /// Where somebody has changed the file since it was read or is about to, where it is read-only, or the disk
    /// refuses; the file is
    /// then what it was.
    pub fn write(&self, text: &str, backups: Option<&Path>) -> io::Result<Written> {
        if text == self.text {
            Place::behind(&self.path, Missing::Refused).map(tidy).ok();
            return Ok(Written { backup: None });
        }
        if let Some(other) =
            declared(text).filter(|other| !self.encoding.is_called(other) && !text.is_ascii())
        {
            return Err(about(
                &self.path,
                io::Error::other(format!(
                    "save it as UTF-8 first: its first line declares the encoding {other}, in which IIS \
                     would misread the new text"
                )),
            ));
        }
        let turn = Turn::take(self.place()?)?;
        let (former, bytes) = self.unchanged(&turn.place)?;
        let backup = self.keep(&former, &bytes, backups, &turn)?;
        let draft = turn.draft(&encode(self.encoding, text), Access::Of(&former))?;
        // Windows cannot replace a file that is open.
        drop(former);
        draft
            .put(Over::Former, || self.unchanged(&turn.place).map(drop))
            .map_err(|error| about(&self.path, error))?;
        Ok(Written { backup: Some(backup) })
    }

    /// Where the new file goes: behind symbolic links, which stay. A file that is read-only is left alone; somebody meant it.
    fn place(&self) -> io::Result<Place> {
        let about = |error| about(&self.path, error);
        if fs::metadata(&self.path).map_err(about)?.permissions().readonly() {
            return Err(about(io::Error::other(
                "it is read-only; nothing was written. Remove the read-only attribute first",
            )));
        }
        Place::behind(&self.path, Missing::Refused).map_err(about)
    }

    /// The file and its bytes, if they still are what was read.
    fn unchanged(&self, place: &Place) -> io::Result<(File, Vec<u8>)> {
        let about = |error| about(&self.path, error);
        let file = place.folder.open(&place.name).map_err(about)?;
        let bytes = read_whole(&file).map_err(about)?;
        match sha256(&bytes) == self.hash {
            true => Ok((file, bytes)),
            false => Err(about(io::Error::other(
                "somebody has changed the file in the meantime; nothing was written. Run this again",
            ))),
        }
    }

    /// Writes the former bytes to a file of their own, named by their hash, unless it is there already.
    fn keep(&self, former: &File, bytes: &[u8], folder: Option<&Path>, own: &Turn) -> io::Result<PathBuf> {
        let name = format!("{}.{}.backup", own.place.name.to_string_lossy(), &self.hash[..16]);
        let Some(folder) = folder else {
            kept(own, OsStr::new(&name), former, bytes)?;
            let is_link = self.path.symlink_metadata().is_ok_and(|found| found.is_symlink());
            return Ok(if is_link {
                own.place.folder.path().join(name)
            } else {
                self.path.with_file_name(name)
            });
        };
        let into = Place::at(&folder.join(&own.place.name), Missing::MadePrivate)?;
        if into.folder.found()?.identity == own.place.folder.found()?.identity {
            kept(own, OsStr::new(&name), former, bytes)?;
        } else {
            let known = [found(former)?.owner, own.place.folder.found()?.owner];
            closed(&into.folder, &known, Reach::Here, true).map_err(|error| named(error, folder))?;
            kept(&Turn::take(into)?, OsStr::new(&name), former, bytes)?;
        }
        Ok(folder.join(name))
    }
}

/// Keeps a copy of the former file in a turn's folder: a new one, or one that is there already, which nobody else has made and
/// nobody else reads.
fn kept(turn: &Turn, name: &OsStr, former: &File, bytes: &[u8]) -> io::Result<()> {
    let folder = &turn.place.folder;
    let about = |error| about(&folder.path().join(name), error);
    if folder.look(name).map_err(about)?.is_none() {
        return turn.draft(bytes, Access::Of(former))?.put_as(name, Over::Nothing);
    }
    let file = folder.open(name).map_err(about)?;
    let (copy, own) = (found(&file)?, found(former)?);
    if !is_trusted(&copy.owner) && copy.owner != own.owner {
        return Err(about(foreign(&shown(&copy.owner))));
    }
    if copy.links > 1 || read_whole(&file).map_err(about)? != bytes {
        return Err(about(no_copy()));
    }
    match is_as_closed(&file, former)? {
        true => Ok(()),
        // The file's rights were taken back since.
        false => folder.open_rights(name).and_then(|copy| resemble(&copy, former)).map_err(about),
    }
}

/// The file that is meant by a path: a folder's applicationHost.config, and what a redirection.config points at ("Shared
/// Configuration": `configurationRedirection`, `enabled` and `path`).
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let path = if path.is_dir() { path.join("applicationHost.config") } else { path.to_path_buf() };
    let is_redirection = path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("redirection.config"));
    let redirection = if is_redirection { path.clone() } else { path.with_file_name("redirection.config") };
    match shared_folder(&redirection)? {
        Some(folder) if is_redirection => Ok(folder.join("applicationHost.config")),
        Some(folder) => Err(io::Error::other(format!(
            "{}: this server does not use this file, because {} points to {}. Name that file, or the \
             redirection.config",
            path.display(),
            redirection.display(),
            folder.display()
        ))),
        None if is_redirection => Ok(path.with_file_name("applicationHost.config")),
        None => Ok(path),
    }
}

/// The folder of the shared configuration, where there is one.
fn shared_folder(redirection: &Path) -> io::Result<Option<PathBuf>> {
    let bytes = match read(redirection) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let (_, text) = decode(&bytes).map_err(|why| about(redirection, io::Error::other(why)))?;
    let document = markup::parse(&text).map_err(|flaw| about(redirection, io::Error::other(flaw.detail)))?;
    let element = document.descend(document.root(), &["configurationRedirection"]);
    let on = element.filter(|element| element.says("enabled", "true"));
    Ok(on.and_then(|element| element.value("path")).map(PathBuf::from))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    File::open(path).and_then(|file| read_whole(&file)).map_err(|error| about(path, error))
}

fn read_whole(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MOST {
        true => {
            Err(io::Error::other("it is too large for a configuration file; check that it is the right one"))
        }
        false => Ok(bytes),
    }
}

/// An error that names its file, keeps its kind, and says what to do about a file that others hold or that is not this
/// user's: Windows' ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION ("System Error Codes").
fn about(path: &Path, error: io::Error) -> io::Error {
    if is_refusal(&error) {
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

fn decode(bytes: &[u8]) -> Result<(Encoding, String), String> {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.ok()
            .filter(|_| bytes.len().is_multiple_of(2))
            .ok_or_else(|| "it begins as UTF-16 but is not valid UTF-16; save it as UTF-8".to_owned())
    };
    let narrow = |bytes: &[u8], mark| {
        let text = std::str::from_utf8(bytes);
        let text = text.map_err(|error| {
            let at = error.valid_up_to();
            let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
            format!("it is not valid UTF-8 at byte {at}, in line {line}; save it as UTF-8")
        })?;
        Ok((Encoding::Utf8 { mark }, text.to_owned()))
    };
    match bytes {
        [0xff, 0xfe, ..] => Ok((Encoding::Utf16LittleEndian, wide(u16::from_le_bytes)?)),
        [0xfe, 0xff, ..] => Ok((Encoding::Utf16BigEndian, wide(u16::from_be_bytes)?)),
        [0xef, 0xbb, 0xbf, rest @ ..] => narrow(rest, true),
        bytes => narrow(bytes, false),
    }
}

fn encode(encoding: Encoding, text: &str) -> Vec<u8> {
    let units = |pair: fn(u16) -> [u8; 2]| {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(pair).collect()
    };
    match encoding {
        Encoding::Utf8 { mark: true } => ["\u{feff}", text].concat().into_bytes(),
        Encoding::Utf8 { mark: false } => text.as_bytes().to_vec(),
        Encoding::Utf16LittleEndian => units(u16::to_le_bytes),
        Encoding::Utf16BigEndian => units(u16::to_be_bytes),
    }
}
