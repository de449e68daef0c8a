//! Windows programs that Wine itself ended, and that the tests ran again. A test writes a line for each.
//!
//! In: the file of one run. Out: how many there were, and in which tests. Absent: what is run again and when;
//! `tests/support/wine.rs` decides that.

use std::path::PathBuf;

use crate::workshop::{Result, Workshop, remove};

/// Removes the lines of an earlier run; returns the environment variable that tells the tests where to write theirs.
pub fn begun(workshop: &Workshop) -> Result<(&'static str, PathBuf)> {
    let file = file(workshop);
    remove(&file)?;
    Ok(("KALLITHEA_IISC_ENDED_BY_WINE", file))
}

/// The message about these programs.
pub fn gathered(workshop: &Workshop) -> String {
    // If Wine ended no program, there is no file.
    told(&std::fs::read_to_string(file(workshop)).unwrap_or_default())
}

fn told(lines: &str) -> String {
    match lines.lines().count() {
        0 => String::new(),
        count => format!("\nTimes that Wine ended a program, which ran again: {count}\n{lines}"),
    }
}

fn file(workshop: &Workshop) -> PathBuf {
    workshop.machines().join("ended-by-wine")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_that_ran_again_is_counted() {
        assert_eq!(told(""), "");
        let two = told("pages: the host\nprobe: serve\n");
        assert!(two.ends_with("ran again: 2\npages: the host\nprobe: serve\n"), "{two}");
    }
}
