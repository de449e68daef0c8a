//! Where the chores work: the checkout, `target/machines`, its stamps and its log.
//!
//! In: a step's name, what it depends on, and the work. Out: the work done once, and again when what it depends on
//! has changed. Absent: what the steps are.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::command::Log;

/// A result whose error is a sentence for whoever runs the chore.
pub type Result<T> = std::result::Result<T, String>;

/// The checkout and the folder that the machines stand in; one process at a time has it open.
pub struct Workshop {
    root: PathBuf,
    machines: PathBuf,
    log: Log,
    _lock: File,
}

impl Workshop {
    /// Opens the workshop of this checkout, and waits for another process that has it open.
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

    /// Where the output of what the steps run goes.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Does `work` unless it was done before with the same `inputs`. A step that fails or is interrupted leaves no
    /// stamp, and so is done again; its work starts by clearing away what an earlier run may have left.
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

/// Runs `work`, and then says in one line what it was, how it went and how long it took.
pub fn announced<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    progress(what, || {
        let outcome = work();
        (outcome.is_ok(), outcome)
    })
}

/// As [`announced`], for work that says by itself whether it went well.
pub fn progress<T>(what: &str, work: impl FnOnce() -> (bool, T)) -> T {
    let start = Instant::now();
    let (success, outcome) = work();
    print!("{}", line(what, success, start.elapsed().as_secs_f64()));
    outcome
}

/// The line about work that has ended. It is printed in one piece, since other work may go on meanwhile.
pub fn line(what: &str, success: bool, seconds: f64) -> String {
    format!("  {what:<64}{:<6} {seconds:>7.1} s\n", if success { "done" } else { "FAILED" })
}

/// Creates a folder and those above it.
pub fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Removes a file or a folder with everything in it; it may be absent.
pub fn remove(path: &Path) -> Result<()> {
    let outcome = match fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    outcome.map_err(|error| format!("{}: {error}", path.display()))
}

/// An empty folder, whatever stood there before.
pub fn fresh_folder(path: &Path) -> Result<()> {
    remove(path)?;
    make_folder(path)
}

/// Writes a text file.
pub fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
