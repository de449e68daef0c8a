//! The matrix: whom Kallithea signs on, whatever is sent to it. The tests write its tables, each as a file.
//!
//! In: the files of one run. Out: `target/machines/matrix.md`, and its text to be printed. Absent: the rows, which are
//! those of `tests/machines/matrix`.

use std::path::PathBuf;

use crate::workshop::{Result, Workshop, fresh_folder, write};

/// Clears away the tables of earlier runs; returns the variable that tells the tests where to put theirs.
pub fn begun(workshop: &Workshop) -> Result<(&'static str, PathBuf)> {
    let folder = folder(workshop);
    fresh_folder(&folder)?;
    Ok(("KALLITHEA_IISC_MATRIX", folder))
}

/// All tables, in the order of their names, and where they and the screenshots are kept.
pub fn gathered(workshop: &Workshop) -> Result<String> {
    let folder = folder(workshop);
    let trouble = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(trouble)? {
        let path = entry.map_err(trouble)?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut text = "# Whom Kallithea signs on\n".to_owned();
    for path in paths {
        let table = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        text.push('\n');
        text.push_str(&table);
    }
    let kept = workshop.machines().join("matrix.md");
    write(&kept, &text)?;
    Ok(format!("\n{text}\nKept in {}, the screenshots in {}.", kept.display(), folder.display()))
}

fn folder(workshop: &Workshop) -> PathBuf {
    workshop.machines().join("matrix")
}
