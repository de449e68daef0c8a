//! Finds the applicationHost.config that a path means.
//!
//! What enters: the path of the file, of its folder, or of a redirection.config. What leaves: the file that the server reads
//! (Microsoft's page "Shared Configuration": `configurationRedirection` with `enabled` and `path`). Absent: the file's
//! contents, and how it is written, which [`files`](crate::files) knows.

use std::io;
use std::path::{Path, PathBuf};

use iis_config::markup;

use crate::files::{TextFile, named};

/// Where a server has the file.
pub const WHERE: &str = r"on a server it is C:\Windows\System32\inetsrv\config\applicationHost.config";

/// The file's name.
const HOST_CONFIG: &str = "applicationHost.config";

/// Reads the applicationHost.config that a path means.
///
/// # Errors
/// If a file cannot be read, is too large, or is not text; or if the server reads another file instead.
pub fn open(path: &Path) -> io::Result<TextFile> {
    let found = resolve(path)?;
    TextFile::open(&found).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound if found == path => io::Error::new(error.kind(), format!("{error}; {WHERE}")),
        _ => error,
    })
}

/// The schema of the URL Rewrite that is installed on the server that an applicationHost.config belongs to: in the folder `schema`
/// beside it (page `get-started/planning-your-iis-architecture/deep-dive-into-iis-configuration-with-iis-7-and-iis-8`). `None` if there is
/// none, as beside a copy of the file.
///
/// # Errors
/// If it exists, but cannot be read.
pub fn rewrite_schema(config: &Path) -> io::Result<Option<String>> {
    let path = config.with_file_name("schema").join("rewrite_schema.xml");
    match TextFile::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => Ok(Some(opened?.text)),
    }
}

fn resolve(path: &Path) -> io::Result<PathBuf> {
    let path = if path.is_dir() { path.join(HOST_CONFIG) } else { path.to_path_buf() };
    let is_redirection = path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("redirection.config"));
    if is_redirection && !path.is_file() {
        let why = format!("{}: there is no such file; {WHERE}", path.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, why));
    }
    let redirection = if is_redirection { path.clone() } else { path.with_file_name("redirection.config") };
    match shared_folder(&redirection)? {
        Some(folder) if is_redirection => Ok(folder.join(HOST_CONFIG)),
        Some(folder) => Err(io::Error::other(format!(
            "{}: this server does not use this file, because {} points to {}. Name that file, or the \
             redirection.config",
            path.display(),
            redirection.display(),
            folder.display()
        ))),
        None if is_redirection => Ok(path.with_file_name(HOST_CONFIG)),
        None => Ok(path),
    }
}

/// The folder of the shared configuration, if there is one.
fn shared_folder(redirection: &Path) -> io::Result<Option<PathBuf>> {
    let file = match TextFile::open(redirection) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let document =
        markup::parse(&file.text).map_err(|flaw| named(io::Error::other(flaw.detail), redirection))?;
    let element = document.descend(document.root(), &["configurationRedirection"]);
    let on = element.filter(|element| element.says("enabled", "true"));
    Ok(on.and_then(|element| element.value("path")).map(PathBuf::from))
}
