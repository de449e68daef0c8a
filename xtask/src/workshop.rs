//! Where the chores work: the checkout, `target/machines`, its stamps and its log.
//!
//! In: a step's name, its inputs, and the work. Out: the work done once, and again when its inputs have changed.
//! Absent: what the steps are.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::command::Log;

/// A result with an error message for the user of the chore.
pub type Result<T> = std::result::Result<T, String>;

/// The checkout and the folder that contains the machines. Only one process at a time has it open.
pub struct Workshop {
    root: PathBuf,
    machines: PathBuf,
    log: Log,
    _lock: File,
}

impl Workshop {
    /// Opens the workshop of this checkout. If another process has it open, this waits.
    pub fn open() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").ok_or("run this as `cargo xtask <chore>`")?;
        let root = Path::new(&manifest).parent().ok_or("xtask stands in no folder")?.to_path_buf();
        let machines = root.join("target/machines");
        make_folder(&machines.join("stamps"))?;
        let lock =
            File::create(machines.join("lock")).map_err(|error| format!("target/machines/lock: {error}"))?;
        if lock.try_lock().is_err() {
            println!("Waiting for another `cargo xtask` in this checkout ...");
            lock.lock().map_err(|error| format!("target/machines/lock: {error}"))?;
        }
        let log = Log::create(machines.join("setup.log"))?;
        Ok(Self { root, machines, log, _lock: lock })
    }

    /// The checkout's top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `target/machines`.
    pub fn machines(&self) -> &Path {
        &self.machines
    }

    /// The log of the output of the steps.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Does `work` unless it was done before with the same `inputs`. A step that fails or is interrupted leaves no
    /// stamp and is therefore repeated; its work must first remove what an earlier run may have left.
    pub fn step(
        &self,
        name: &str,
        what: &str,
        inputs: &str,
        work: impl FnOnce(&Log) -> Result<()>,
    ) -> Result<()> {
        let stamp = self.machines.join("stamps").join(name);
        if fs::read_to_string(&stamp).is_ok_and(|found| found == inputs) {
            return Ok(());
        }
        remove(&stamp)?;
        announced(what, || work(&self.log))?;
        fs::write(&stamp, inputs).map_err(|error| format!("{}: {error}", stamp.display()))
    }
}

/// Runs `work`, and then prints in one line what it was, whether it succeeded and how long it took.
pub fn announced<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    progress(what, || {
        let outcome = work();
        (outcome.is_ok(), outcome)
    })
}

/// As [`announced`], for work that reports whether it succeeded.
pub fn progress<T>(what: &str, work: impl FnOnce() -> (bool, T)) -> T {
    let start = Instant::now();
    let (success, outcome) = work();
    print!("{}", line(what, success, start.elapsed().as_secs_f64()));
    outcome
}

/// The line about finished work. It is printed in one piece, because other work may continue meanwhile.
pub fn line(what: &str, success: bool, seconds: f64) -> String {
    format!("  {what:<64}{:<6} {seconds:>7.1} s\n", if success { "done" } else { "FAILED" })
}

/// Creates a folder and its parents.
pub fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Removes a file, or a folder with its contents; it may be missing.
pub fn remove(path: &Path) -> Result<()> {
    let outcome = match fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    outcome.map_err(|error| format!("{}: {error}", path.display()))
}

/// Creates an empty folder, and removes what was there before.
pub fn fresh_folder(path: &Path) -> Result<()> {
    remove(path)?;
    make_folder(path)
}

/// Writes a text file.
pub fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
