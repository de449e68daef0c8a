//! The two machines, as the measurements use them.
//!
//! In: a machine's folder. Out: paths on it, and commands. Absent: setting it up.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Programs;
use crate::command::command;
use crate::wine;

/// A machine with Python and Kallithea on its drive C.
pub struct Machine {
    /// Which of the two.
    pub system: System,
    /// The version of its Python.
    pub version: &'static str,
    folder: PathBuf,
    driver: PathBuf,
    null_extension: PathBuf,
}

/// The kinds of machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum System {
    /// This system; a folder holds the places of Windows paths.
    Linux,
    /// Windows programs under Wine.
    Wine,
}

impl Machine {
    /// The Linux machine.
    pub fn linux(folder: &Path, version: &'static str, programs: &Programs) -> Self {
        Self {
            system: System::Linux,
            version,
            folder: folder.to_path_buf(),
            driver: programs.driver.clone(),
            null_extension: programs.null_extension.clone(),
        }
    }

    /// The Windows machine.
    pub fn wine(folder: &Path, programs: &Programs) -> Self {
        Self {
            system: System::Wine,
            version: wine::VERSION,
            folder: folder.to_path_buf(),
            driver: programs.driver_for_windows.clone(),
            null_extension: programs.null_extension_for_windows.clone(),
        }
    }

    /// The place on this system of a path below `C:\`, written with slashes.
    pub fn place(&self, path: &str) -> PathBuf {
        self.folder.join("drive_c").join(path)
    }

    /// The machine's own name for that place.
    pub fn path(&self, path: &str) -> String {
        match self.system {
            System::Linux => self.place(path).to_string_lossy().into_owned(),
            System::Wine => format!(r"C:\{}", path.replace('/', r"\")),
        }
    }

    /// `site-packages` of a virtual environment, written as for `place`.
    pub fn packages(&self, environment: &str) -> String {
        match self.system {
            System::Linux => format!("{environment}/lib/python{}/site-packages", self.version),
            System::Wine => format!("{environment}/Lib/site-packages"),
        }
    }

    /// The Python that Kallithea is installed for.
    pub fn python(&self) -> Command {
        match self.system {
            System::Linux => Command::new(self.place("inetpub/kallithea/venv/bin/python")),
            System::Wine => self.windows_program(r"C:\inetpub\kallithea\venv\Scripts\python.exe"),
        }
    }

    /// The measuring program.
    pub fn driver(&self) -> Command {
        match self.system {
            System::Linux => {
                let mut driver = Command::new(&self.driver);
                driver.env("KALLITHEA_IISC_DRIVES", self.drives());
                driver
            }
            System::Wine => self.windows_program(self.driver.to_string_lossy()),
        }
    }

    /// What tells our programs on Linux where drive C is.
    pub fn drives(&self) -> String {
        format!("C:={}", self.folder.join("drive_c").display())
    }

    /// The extension that answers immediately.
    pub fn null_extension(&self) -> String {
        self.null_extension.to_string_lossy().into_owned()
    }

    /// The arguments that make the compiler build libraries for this machine.
    pub fn build_arguments(&self) -> Vec<String> {
        match self.system {
            System::Linux => {
                vec!["--rust-target".into(), format!("{}-unknown-linux-gnu", std::env::consts::ARCH)]
            }
            System::Wine => Vec::new(),
        }
    }

    fn windows_program(&self, program: impl AsRef<str>) -> Command {
        let mut wine = wine::headless("wine", &self.folder);
        wine.arg(program.as_ref());
        wine
    }
}

/// The machine's name in folders.
pub fn name(system: System) -> &'static str {
    match system {
        System::Linux => "linux",
        System::Wine => "wine",
    }
}

/// The command that runs a compiler on a spec of `benches/deployments`.
pub fn compile(machine: &Machine, compiler: &Path, spec: &Path, out: &Path) -> Command {
    let mut compiler = command(compiler, ["build", "--quiet"]);
    compiler.arg(spec).arg("--out").arg(out).args(machine.build_arguments());
    compiler
}
