//! A configuration file on the disk: read whole, written whole or not at all.
//!
//! What enters: a path. What leaves: text without its byte-order mark, and later the same file with another text, in the
//! same encoding. The former file is kept as a backup. A killed process leaves the old or the new file, never a part of
//! one: the new text is complete on the disk under another name before it takes the old one's place. Absent: locks; who
//! changed the file meanwhile is found by its hash.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::iis::markup;
use crate::lower::sha256;

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
    /// Where a file cannot be read, is larger than any configuration, or is no text.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::open_exactly(&resolve(path)?)
    }

    /// Reads exactly this file.
    ///
    /// # Errors
    /// Where it cannot be read, is larger than any configuration, or is no text.
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
    /// Where somebody has changed the file since it was read or is about to, where it is read-only, or the disk refuses; the file is
    /// then what it was.
    pub fn write(&self, text: &str, backups: Option<&Path>) -> io::Result<Written> {
        if text == self.text {
            return Ok(Written { backup: None });
        }
        let path = self.place()?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let former = self.unchanged()?;
        let backup = self.keep(&former, backups.unwrap_or(folder), &name)?;
        let new = folder.join(format!(".{name}.kallithea-iisc-new"));
        replace_with(&new, &encode(self.encoding, text), &path, &path, || self.unchanged().map(drop))
            .map_err(|error| about(&self.path, error))?;
        Ok(Written { backup: Some(backup) })
    }

    /// Where the new file goes: behind a symbolic link, which stays. A file that is read-only is left alone; somebody meant it.
    fn place(&self) -> io::Result<PathBuf> {
        let about = |error| about(&self.path, error);
        if fs::metadata(&self.path).map_err(about)?.permissions().readonly() {
            return Err(about(io::Error::other(
                "it is read-only, and nothing was written; take that off it first",
            )));
        }
        match fs::symlink_metadata(&self.path).map_err(about)?.is_symlink() {
            true => fs::canonicalize(&self.path).map_err(about),
            false => Ok(self.path.clone()),
        }
    }

    /// The file's bytes, if they still are what was read.
    fn unchanged(&self) -> io::Result<Vec<u8>> {
        let bytes = read(&self.path)?;
        match sha256(&bytes) == self.hash {
            true => Ok(bytes),
            false => Err(about(
                &self.path,
                io::Error::other(
                    "somebody has changed the file since it was read; nothing was written, so run this again",
                ),
            )),
        }
    }

    /// Writes the former bytes to a file of their own, named by their hash, unless it is there already.
    fn keep(&self, former: &[u8], folder: &Path, name: &str) -> io::Result<PathBuf> {
        fs::create_dir_all(folder).map_err(|error| about(folder, error))?;
        let backup = folder.join(format!("{name}.{}.backup", &self.hash[..16]));
        if fs::read(&backup).is_ok_and(|bytes| bytes == former) {
            return Ok(backup);
        }
        let new = folder.join(format!(".{name}.kallithea-iisc-backup"));
        replace_with(&new, former, &backup, &self.path, || Ok(())).map_err(|error| about(&backup, error))?;
        Ok(backup)
    }
}

/// Lays bytes down at `new`, on the disk and not in its cache only, for those alone who may read `former`, and moves them to
/// `place` after a last look. What was laid down goes where that fails.
fn replace_with(
    new: &Path,
    bytes: &[u8],
    place: &Path,
    former: &Path,
    look: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    let mut file = alone(new)?;
    let placed = file
        .set_len(0)
        .and_then(|()| resemble(&file, new, former))
        .and_then(|()| file.write_all(bytes))
        .and_then(|()| file.sync_all())
        .and_then(|()| look())
        .and_then(|()| fs::rename(new, place));
    if placed.is_err() {
        fs::remove_file(new).ok();
    }
    placed
}

/// Opens a file, perhaps one that a killed run has left, that no other run writes at the same time.
fn alone(new: &Path) -> io::Result<File> {
    let file = File::options().write(true).create(true).truncate(false).open(new)?;
    // A file system without locks has other runs found by the last look alone.
    let is_held = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
    // A run that held it has moved it to its place meanwhile.
    if is_held || !new.exists() {
        return Err(io::Error::other(
            "another run is writing this file; nothing was written, so run this again",
        ));
    }
    Ok(file)
}

/// Gives a file, which is still empty, the rights and, on Unix, the owner of another one.
#[cfg_attr(not(windows), allow(unused_variables, reason = "Windows knows access lists by the file's name"))]
fn resemble(file: &File, new: &Path, former: &Path) -> io::Result<()> {
    #[cfg(windows)]
    super::rights::hand_on(former, new)?;
    let former = fs::metadata(former)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        // Only root gives files away; anybody else's file is his own then.
        fchown(file, Some(former.uid()), Some(former.gid())).ok();
    }
    file.set_permissions(former.permissions())
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
            "{}: this server does not read it: {} points at {}. Name that file, or the redirection.config itself",
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
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| about(path, error))?;
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(|error| about(path, error))?;
    match bytes.len() as u64 > MOST {
        true => Err(about(path, io::Error::other("it is larger than any configuration"))),
        false => Ok(bytes),
    }
}

/// An error that names its file, keeps its kind, and says what to do about a file that others hold or that is not this
/// user's: Windows' ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION ("System Error Codes").
fn about(path: &Path, error: io::Error) -> io::Error {
    let is_held = cfg!(windows) && matches!(error.raw_os_error(), Some(5 | 32 | 33));
    let advice = match is_held || error.kind() == io::ErrorKind::PermissionDenied {
        true => "; close what has the file open, such as an editor, and run this in an elevated prompt",
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
            .ok_or_else(|| "it is not the UTF-16 that it begins as".to_owned())
    };
    let narrow = |bytes: &[u8], mark| {
        let text = std::str::from_utf8(bytes);
        let text = text.map_err(|error| {
            let at = error.valid_up_to();
            let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
            format!("it is not UTF-8 from byte {at} on, in line {line}")
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
