//! The machines that `cargo xtask test` lays down, and how to run programs on them.
//!
//! In: the environment variables that name the machines. Out: commands. Absent: laying them down.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::wine;

/// A machine with Python and Kallithea on its drive C.
pub struct Machine {
    folder: PathBuf,
    system: System,
}

enum System {
    Linux,
    Wine { host: PathBuf },
}

impl Machine {
    /// The Linux machine.
    pub fn linux() -> Self {
        Self { folder: variable("KALLITHEA_IISC_MACHINE_LINUX").into(), system: System::Linux }
    }

    /// The Windows machine under Wine.
    pub fn wine() -> Self {
        let host = variable("KALLITHEA_IISC_HOST_WINDOWS").into();
        Self { folder: variable("KALLITHEA_IISC_MACHINE_WINE").into(), system: System::Wine { host } }
    }

    /// A name for use in folder names.
    pub fn name(&self) -> &'static str {
        match self.system {
            System::Linux => "linux",
            System::Wine { .. } => "wine",
        }
    }

    /// The path here of a path below `C:\`, written with slashes.
    pub fn place(&self, path: &str) -> PathBuf {
        self.folder.join("drive_c").join(path)
    }

    /// The arguments with which the compiler builds libraries for this machine.
    pub fn build_arguments(&self) -> Vec<String> {
        match self.system {
            System::Linux => {
                vec!["--rust-target".to_owned(), format!("{}-unknown-linux-gnu", std::env::consts::ARCH)]
            }
            System::Wine { .. } => Vec::new(),
        }
    }

    /// Whether its programs are Windows programs.
    pub fn is_wine(&self) -> bool {
        matches!(self.system, System::Wine { .. })
    }

    /// The Python of the virtual environment that Kallithea is installed in.
    pub fn python(&self) -> Command {
        let environment = r"C:\inetpub\kallithea\venv";
        match self.system {
            System::Linux => Command::new(self.local(environment).join("bin/python")),
            System::Wine { .. } => wine::command(&self.folder, format!(r"{environment}\Scripts\python.exe")),
        }
    }

    /// The ISAPI host, ready to load a library, given by its path on the machine.
    pub fn host(&self, library: &str) -> Command {
        match &self.system {
            System::Linux => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_isapi-host"));
                command.arg(self.local(library));
                let drive = format!("C:={}", self.folder.join("drive_c").display());
                command.env("KALLITHEA_IISC_DRIVES", drive);
                command
            }
            System::Wine { host } => {
                let mut command = wine::command(&self.folder, host);
                command.arg(library);
                command
            }
        }
    }

    /// The compiler as a program of the machine.
    pub fn compiler(&self) -> Command {
        match &self.system {
            System::Linux => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
                let drive = format!("C:={}", self.folder.join("drive_c").display());
                command.env("KALLITHEA_IISC_DRIVES", drive);
                command
            }
            System::Wine { .. } => wine::command(&self.folder, variable("KALLITHEA_IISC_WINDOWS")),
        }
    }

    /// The machine's path of one of our folders or files.
    pub fn path_of(&self, place: &Path) -> String {
        let place = std::path::absolute(place).expect("a path").to_string_lossy().into_owned();
        match self.system {
            System::Linux => place,
            // Wine shows the whole file system as one drive.
            System::Wine { .. } => format!("Z:{}", place.replace('/', r"\")),
        }
    }

    /// The machine's path of a place on its drive.
    pub fn path_on(&self, place: &Path) -> String {
        match self.system {
            System::Linux => std::path::absolute(place).expect("a path").to_string_lossy().into_owned(),
            System::Wine { .. } => {
                let below = place.strip_prefix(self.folder.join("drive_c")).expect("a place of the machine");
                format!(r"C:\{}", below.to_string_lossy().replace('/', r"\"))
            }
        }
    }

    fn local(&self, path: &str) -> PathBuf {
        let below = path.strip_prefix(r"C:\").expect("the machines have one drive");
        self.place(&below.replace('\\', "/"))
    }
}

/// What a variable of the environment names, which must exist.
pub fn variable(name: &str) -> OsString {
    std::env::var_os(name)
        .filter(|value| Path::new(value).exists())
        .unwrap_or_else(|| panic!("{name} names nothing: run these tests by `cargo xtask test`"))
}
