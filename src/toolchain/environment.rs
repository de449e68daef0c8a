//! What the search may ask this machine, and the real machine's answers.
//!
//! In: names of programs, paths, command lines. Out: where they are, whether they exist, what they print.
//! Absent: any judgement about the answers. In the tests of the search, an imaginary machine answers instead.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The operating system, as far as the advice on what to install depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Windows itself.
    Windows,
    /// Debian, with its major release; `None` for testing and unstable.
    Debian(Option<u32>),
    /// Ubuntu and other systems that are derived from Debian.
    DebianLike,
    /// Fedora and related systems.
    Fedora,
    /// macOS.
    MacOs,
    /// Something else.
    Other,
}

/// The questions that the search asks.
pub trait Environment {
    /// Which operating system this is.
    fn system(&self) -> System;
    /// Every program with this name, in the order in which a shell would look.
    fn programs(&self, name: &str) -> Vec<PathBuf>;
    /// Whether this path exists.
    fn exists(&self, path: &Path) -> bool;
    /// What the program prints.
    fn answer(&self, program: &Path, arguments: &[&str]) -> Result<String, NoAnswer>;
}

/// Why a program does not answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NoAnswer {
    /// It did not start: what the system said.
    NotStarted(String),
    /// It failed: the first line of its error message, or its exit status.
    Failed(String),
    /// It printed an unexpected answer: the question, and what it printed.
    Unexpected(&'static str, String),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(why) | Self::Failed(why) => formatter.write_str(why),
            Self::Unexpected(question, text) => write!(formatter, "`{question}` printed {text:?}"),
        }
    }
}

impl std::error::Error for NoAnswer {}

/// The machine that this process runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine;

impl Environment for Machine {
    fn system(&self) -> System {
        if cfg!(windows) {
            System::Windows
        } else if cfg!(target_os = "macos") {
            System::MacOs
        } else {
            system_of_os_release(&fs::read_to_string("/etc/os-release").unwrap_or_default())
        }
    }

    fn programs(&self, name: &str) -> Vec<PathBuf> {
        let name = format!("{name}{}", env::consts::EXE_SUFFIX);
        let mut seen = BTreeSet::new();
        program_folders()
            .into_iter()
            .map(|folder| folder.join(&name))
            .filter(|program| program.is_file() && seen.insert(program.clone()))
            .collect()
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn answer(&self, program: &Path, arguments: &[&str]) -> Result<String, NoAnswer> {
        let output = Command::new(program)
            .args(arguments)
            .env("RUSTUP_AUTO_INSTALL", "0") // a look around must not start a download
            .stdin(Stdio::null())
            .output()
            .map_err(|error| NoAnswer::NotStarted(error.to_string()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        let first = complaint.lines().next().map_or_else(|| output.status.to_string(), str::to_owned);
        Err(NoAnswer::Failed(first))
    }
}

/// The folders of PATH, then those where rustup and the system install Rust even if PATH does not contain them.
fn program_folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    folders.extend(cargo_home().map(|home| home.join("bin")));
    if cfg!(unix) {
        folders.push(PathBuf::from("/usr/bin"));
    }
    folders
}

/// The folder where cargo keeps what it downloads.
pub(super) fn cargo_home() -> Option<PathBuf> {
    let named = env::var_os("CARGO_HOME").filter(|value: &OsString| !value.is_empty()).map(PathBuf::from);
    named.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

/// Reads the freedesktop description of a Linux system.
pub(crate) fn system_of_os_release(text: &str) -> System {
    let value = |key: &str| {
        let found = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        found.unwrap_or_default().trim_matches(['"', '\''])
    };
    let ancestors: Vec<&str> = value("ID_LIKE").split_whitespace().collect();
    match value("ID") {
        "debian" => System::Debian(value("VERSION_ID").parse().ok()),
        "fedora" => System::Fedora,
        _ if ancestors.contains(&"debian") => System::DebianLike,
        _ if ancestors.contains(&"fedora") => System::Fedora,
        _ => System::Other,
    }
}
