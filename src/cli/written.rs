//! Files that a command writes for its author: how each gets its place, and what a spec among them still needs.

use std::io::{self, Read};
use std::path::Path;

use serde_json::{Value, json};

use super::Trouble;
use crate::files::{Access, Missing, Over, Place, Turn, named};
use crate::yaml::Open;

/// What a spec that was written needs from its author, in words; `more` stands behind the first line's.
pub(super) fn needs(name: &str, open: &[Open], more: &str) -> String {
    let mut text = match open.len() {
        0 => format!("{name}: complete"),
        1 => format!("{name}: fill in one place"),
        count => format!("{name}: fill in {count} places"),
    };
    text.push_str(more);
    open.iter().for_each(|open| text.push_str(&format!("\n  line {}: {}", open.line, open.what)));
    text
}

/// The same for programs.
pub(super) fn open_as_json(open: &[Open]) -> Vec<Value> {
    open.iter().map(|open| json!({ "line": open.line, "what": open.what })).collect()
}

/// What keeps a file from being written later, found before anybody answers questions for it: one that is there already, and
/// a folder that is not, or takes no file. What a killed run has left there is gone then.
pub(super) fn check_new(path: &Path) -> Result<(), Trouble> {
    let name = path.display();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(format!("{name}: the folder {} does not exist; create it first", folder.display()).into());
    }
    let turn = turn(path)?;
    if turn.place.found()?.is_some() {
        return Err(format!("{name}: {THERE}").into());
    }
    Ok(())
}

const THERE: &str = "already exists and was not overwritten; name another file with --out";

fn turn(path: &Path) -> io::Result<Turn> {
    Turn::take(Place::at(path, Missing::Refused)?)
}

/// Writes a file that is not there yet, whole or not at all: it is complete under another name before it gets its own. A file
/// that somebody else makes in between stays. Errors name the file.
pub(super) fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let put = turn(path)?.draft(text.as_bytes(), Access::Common)?.put(Over::Nothing, || Ok(()));
    match put {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(named(io::Error::new(io::ErrorKind::AlreadyExists, THERE), path))
        }
        put => put,
    }
}

/// Writes a file in the place of an older one, whole or not at all. One that says the same stays untouched, and so
/// does one that
/// is somebody else's. Errors name the file.
pub(super) fn write_over(path: &Path, text: &str, is_older: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    let turn = turn(path)?;
    if turn.plain()?.is_some() {
        let mut there = Vec::new();
        let mut file = turn.place.folder.open(&turn.place.name).map_err(|error| named(error, path))?;
        file.read_to_end(&mut there).map_err(|error| named(error, path))?;
        if there == text.as_bytes() {
            return Ok(());
        }
        if !is_older(&there) {
            return Err(named(io::Error::new(io::ErrorKind::AlreadyExists, THERE), path));
        }
    }
    turn.draft(text.as_bytes(), Access::Common)?.put(Over::Former, || Ok(()))
}

#[cfg(test)]
mod tests {
    use std::fs;
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
