//! The matrix: which users Kallithea signs in for every kind of request. The tests write its tables, each as a file.
//!
//! In: the files of one run. Out: `target/machines/matrix.md`, and its text for printing. Absent: the rows, which are
//! those of `tests/machines/matrix`.

use std::path::PathBuf;

use crate::workshop::{Result, Workshop, fresh_folder, write};

/// Removes the tables of earlier runs; returns the environment variable that tells the tests where to write theirs.
pub fn begun(workshop: &Workshop) -> Result<(&'static str, PathBuf)> {
    let folder = folder(workshop);
    fresh_folder(&folder)?;
    Ok(("KALLITHEA_IISC_MATRIX", folder))
}

/// All tables, ordered by name, and where they and the screenshots are kept.
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
