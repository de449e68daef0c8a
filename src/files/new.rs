//! This program's own files: new ones, and new versions of older ones.
//!
//! What enters: a path and the whole content. What leaves: the file, complete or not at all. Absent: files of others, which
//! [`TextFile`](super::TextFile) edits.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::Access;
use super::place::{Missing, Place};
use super::refused::named;
use super::turn::{Over, Turn};

const ALREADY: &str = "already exists and was not overwritten; name another file with --out";

/// Writes a file, over an older one if there is one.
///
/// # Errors
/// If another run is writing it, if something other than a plain file is at the path, if it belongs to another user, or
/// if the disk refuses; the file is then as it was.
pub fn put(path: &Path, bytes: &[u8], missing: Missing) -> io::Result<()> {
    let turn = Turn::take(Place::at(path, missing)?)?;
    turn.draft(bytes, Access::Common)?.put(Over::Former, || Ok(()))
}

/// Checks that [`create`] could write a file, before the user answers questions for it. Removes what a killed run left there.
///
/// # Errors
/// If the file already exists, or its folder does not exist or accepts no file.
pub fn check_new(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let why = format!("the folder {} does not exist; create it first", folder.display());
        return Err(named(io::Error::new(io::ErrorKind::NotFound, why), path));
    }
    match turn(path)?.place.found()? {
        Some(_) => Err(already(path)),
        None => Ok(()),
    }
}

/// Makes a folder, and the missing ones above it.
///
/// # Errors
/// If the disk refuses. The error names the folder.
pub fn create_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path).map_err(|error| named(error, path))
}

/// Writes a file that does not exist yet: it is complete under another name before it gets its own. A file that somebody
/// else creates in between stays.
///
/// # Errors
/// If the file already exists, or the disk refuses. The error names the file.
pub fn create(path: &Path, text: &str) -> io::Result<()> {
    match turn(path)?.draft(text.as_bytes(), Access::Common)?.put(Over::Nothing, || Ok(())) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(already(path)),
        put => put,
    }
}

/// Writes a file, over an older version if there is one, which `is_older` recognizes and whose rights stay. A file with the same text is
/// not touched.
///
/// # Errors
/// If the existing file is something else, or the disk refuses. The error names the file.
pub fn renew(path: &Path, text: &str, is_older: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    let turn = turn(path)?;
    let mut former = None;
    if turn.plain()?.is_some() {
        let mut there = Vec::new();
        let about = |error| named(error, path);
        let mut file = turn.place.folder.open(&turn.place.name).map_err(about)?;
        file.read_to_end(&mut there).map_err(about)?;
        if there == text.as_bytes() {
            return Ok(());
        }
        if !is_older(&there) {
            return Err(already(path));
        }
        former = Some(file);
    }
    let draft = turn.draft(text.as_bytes(), former.as_ref().map_or(Access::Common, Access::Of))?;
    // Windows cannot replace a file that is open.
    drop(former);
    draft.put(Over::Former, || Ok(()))
}

fn turn(path: &Path) -> io::Result<Turn> {
    Turn::take(Place::at(path, Missing::Refused)?)
}

fn already(path: &Path) -> io::Error {
    named(io::Error::new(io::ErrorKind::AlreadyExists, ALREADY), path)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_new_version_keeps_the_rights_of_the_older_one() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(".gitignore");
        fs::write(&path, "old").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a file of this user");
        renew(&path, "new", |there| there == b"old").expect("it is the older version");
        let mode = fs::metadata(&path).expect("the file").permissions().mode() & 0o777;
        assert_eq!((fs::read_to_string(&path).expect("a text").as_str(), mode), ("new", 0o600));
    }

    #[test]
    fn of_many_who_write_at_once_one_does() {
        let folder = tempfile::tempdir().expect("a folder");
        for round in 0..20 {
            let path = folder.path().join(format!("{round}.yaml"));
            let texts = ["a", "b", "c", "d"];
            let start = Barrier::new(texts.len());
            let write = |text| {
                start.wait();
                create(&path, text).map(|()| text).map_err(|error| error.kind())
            };
            let ends = thread::scope(|scope| {
                let writers = texts.map(|text| scope.spawn(|| write(text)));
                writers.map(|writer| writer.join().expect("an end"))
            });
            let written: Vec<&str> = ends.iter().filter_map(|end| end.ok()).collect();
            assert_eq!(written, [fs::read_to_string(&path).expect("the file")], "{ends:?}");
            let told = [io::ErrorKind::AlreadyExists, io::ErrorKind::ResourceBusy];
            assert!(ends.iter().flat_map(|end| end.err()).all(|kind| told.contains(&kind)), "{ends:?}");
            assert_eq!(
                fs::read_dir(folder.path()).expect("the folder").count(),
                round + 1,
                "nothing is left"
            );
        }
    }
}
