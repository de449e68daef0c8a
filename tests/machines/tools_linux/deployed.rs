//! A deployment that the compiler built, on its own drive C.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::torture::machine::Machine;
use crate::torture::{Deployment, PLAIN, Stage};

static MACHINE: Machine = Machine::Linux;

/// A drive with Python, a virtual environment and an ini file, and the outputs of the compiler beside it.
pub struct Deployed {
    pub drive: Deployment,
    pub out: PathBuf,
}

impl Deployed {
    /// A deployment that works; a test may break it.
    pub fn new(name: &'static str) -> Self {
        let drive = Stage::new(&MACHINE, name).deployment(PLAIN);
        let out = drive.place("outputs");
        fs::create_dir_all(out.join("bin")).expect("a folder below target can be made");
        let built = fs::canonicalize(drive.place("bridge")).expect("the bridge was laid down");
        for entry in fs::read_dir(&built).expect("the compiler made bin") {
            let library = entry.expect("bin can be read").path();
            let to = out.join("bin").join(library.file_name().expect("a library has a name"));
            fs::copy(&library, to).expect("a library can be copied");
        }
        fs::copy(built.with_file_name("manifest.json"), out.join("manifest.json"))
            .expect("there is a manifest");
        Self { drive, out }
    }

    /// The engine's library.
    pub fn engine(&self) -> PathBuf {
        let mut entries = fs::read_dir(self.out.join("bin")).expect("there is bin");
        let path = entries.find_map(|entry| {
            let path = entry.expect("bin can be read").path();
            path.to_string_lossy().contains("kallithea_engine").then_some(path)
        });
        path.expect("there is an engine")
    }

    /// The compiler, as it runs where this drive is C.
    pub fn compiler(&self, arguments: &[&str]) -> Command {
        let folder = self.drive.place("my.ini");
        let drive = folder.ancestors().nth(3).expect("the drive holds deployed/torture/my.ini");
        let mut command = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
        command.args(arguments).env("KALLITHEA_IISC_DRIVES", format!("C:={}", drive.display()));
        command.env("PYTHONPATH", "/nonexistent");
        command
    }

    /// What the bridge has logged so far.
    pub fn log(&self) -> String {
        self.drive.log("bridge.log")
    }
}

pub fn temporary() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}
