//! Files that a command writes for its author: how each gets its place, and what a spec among them still needs.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::Trouble;
use crate::yaml::Open;

/// What a spec that was written needs from its author, in words; `more` stands behind the first line's.
pub fn needs(name: &str, open: &[Open], more: &str) -> String {
    let mut text = match open.len() {
        0 => format!("{name}: complete"),
        1 => format!("{name}: one place needs you"),
        count => format!("{name}: {count} places need you"),
    };
    text.push_str(more);
    open.iter().for_each(|open| text.push_str(&format!("\n  line {}: {}", open.line, open.what)));
    text
}

/// The same for programs.
pub fn open_as_json(open: &[Open]) -> Vec<Value> {
    open.iter().map(|open| json!({ "line": open.line, "what": open.what })).collect()
}

/// What keeps a file from being written later, found before anybody answers questions for it: one that is there already, and
/// a folder that is not, or takes no file.
pub fn check_new(path: &Path) -> Result<(), Trouble> {
    let name = path.display();
    if path.symlink_metadata().is_ok() {
        return Err(format!("{name}: {THERE}").into());
    }
    let folder = folder_of(path);
    if !folder.is_dir() {
        return Err(format!("{name}: there is no folder {}; make it first", folder.display()).into());
    }
    tempfile::tempfile_in(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(())
}

const THERE: &str = "it is there already, and is not overwritten";

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file that is not there yet, whole or not at all: it is complete under another name before it gets its own. A file
/// that somebody else makes in between stays.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    match whole(path, text)?.persist_noclobber(path) {
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => {
            Err(io::Error::new(io::ErrorKind::AlreadyExists, THERE))
        }
        Err(refused) => Err(refused.error),
        Ok(_) => Ok(()),
    }
}

/// Writes a file in the place of an older one, whole or not at all. One that says the same stays untouched, and so does one that
/// is somebody else's.
pub fn write_over(path: &Path, text: &str, is_older: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    match fs::read(path) {
        Ok(there) if there == text.as_bytes() => return Ok(()),
        Ok(there) if !is_older(&there) => return Err(io::Error::new(io::ErrorKind::AlreadyExists, THERE)),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    whole(path, text)?.persist(path).map(drop).map_err(|refused| refused.error)
}

/// A complete file beside the one that it becomes.
fn whole(path: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    // Made as any file is, for whoever may read the others there: tempfile's own are for their maker alone.
    let mut new = tempfile::Builder::new().make_in(folder_of(path), |path| File::create_new(path))?;
    new.as_file_mut().write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    Ok(new)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn of_many_who_write_at_once_one_does() {
        let folder = tempfile::tempdir().expect("a folder");
        for round in 0..20 {
            let path = folder.path().join(format!("{round}.yaml"));
            let texts = ["a", "b", "c", "d"];
            let start = Barrier::new(texts.len());
            let write = |text| {
                start.wait();
                write_new(&path, text).map(|()| text).map_err(|error| error.kind())
            };
            let ends = thread::scope(|scope| {
                let writers = texts.map(|text| scope.spawn(|| write(text)));
                writers.map(|writer| writer.join().expect("an end"))
            });
            let written: Vec<&str> = ends.iter().filter_map(|end| end.ok()).collect();
            assert_eq!(written, [fs::read_to_string(&path).expect("the file")], "{ends:?}");
            assert!(ends.iter().flat_map(|end| end.err()).all(|kind| kind == io::ErrorKind::AlreadyExists));
            assert_eq!(
                fs::read_dir(folder.path()).expect("the folder").count(),
                round + 1,
                "nothing is left"
            );
        }
    }
}
