//! The linker of this compiler: finds a Rust that can build for Windows, runs cargo, and puts the libraries in place.
//!
//! In: an architecture, the generated workspace, and this machine seen through [`Environment`]. Out: a
//! [`Toolchain`] with every candidate that was checked, the built libraries, and the staged copies, each checked
//! for what IIS needs. Absent: what the workspace contains, and any download of a toolchain; on a machine without
//! one, the error says what to install.

use std::fmt;
use std::path::PathBuf;

mod advice;
mod build;
mod environment;
mod failure;
mod find;
mod inspect;
mod installations;
mod messages;
mod search;
mod stage;
mod startup;
#[cfg(test)]
mod tests;
mod variables;
mod workshop;

pub use crate::model::Architecture;
pub use advice::NotFound;
pub use build::{Artifacts, Progress, build};
pub use environment::{Environment, Machine, NoAnswer, System};
pub use failure::BuildError;
pub use find::{FindError, Found, find};
pub use inspect::{Fault, Inspection, PythonImport};
pub use search::{Attempt, Outcome, Refusal, Search};
pub use stage::{Placement, StageError, Staged, stage};
pub use workshop::{Workshop, WorkshopError};

/// The oldest Rust that compiles the bridge, as its manifest says.
pub const OLDEST_RUST: Version = Version { major: 1, minor: 95, patch: 0 };

/// The processor in a target's name: its first part.
fn processor(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X64 => "x86_64",
        Architecture::X86 => "i686",
    }
}

/// What links for a target, and its conventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// mingw-w64's gcc and GNU ld.
    Gnu,
    /// mingw-w64's clang and lld.
    GnuLlvm,
    /// Microsoft's linker, which runs on Windows only.
    Msvc,
    /// This machine's own system, if that is not Windows: a shared object for trying things.
    Host,
}

/// What to build for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// Rust's name for it, such as `x86_64-pc-windows-gnu`.
    pub triple: String,
    /// Its bitness; `None` for a host that is neither 32-bit nor 64-bit x86.
    pub architecture: Option<Architecture>,
    /// What links for it.
    pub flavour: Flavour,
}

impl Target {
    /// The program that links for the target from another system.
    pub(crate) fn cross_linker(&self) -> Option<&'static str> {
        match (self.flavour, self.architecture?) {
            (Flavour::Gnu, Architecture::X64) => Some("x86_64-w64-mingw32-gcc"),
            (Flavour::Gnu, Architecture::X86) => Some("i686-w64-mingw32-gcc"),
            (Flavour::GnuLlvm, Architecture::X64) => Some("x86_64-w64-mingw32-clang"),
            (Flavour::GnuLlvm, Architecture::X86) => Some("i686-w64-mingw32-clang"),
            (Flavour::Msvc | Flavour::Host, _) => None,
        }
    }

    /// Parses a Windows target's name; `None` for a name that is not valid, or for an architecture without a Python for IIS.
    pub fn windows(triple: &str) -> Option<Self> {
        let (processor, system) = triple.split_once('-')?;
        let architecture = match processor {
            "x86_64" => Architecture::X64,
            "i686" => Architecture::X86,
            _ => return None,
        };
        let flavour = match system {
            "pc-windows-gnu" => Flavour::Gnu,
            "pc-windows-gnullvm" => Flavour::GnuLlvm,
            "pc-windows-msvc" => Flavour::Msvc,
            _ => return None,
        };
        Some(Self { triple: triple.to_owned(), architecture: Some(architecture), flavour })
    }

    /// This machine's own target, for a shared object.
    pub fn host(triple: &str) -> Self {
        let architecture = match triple.split('-').next() {
            Some("x86_64") => Some(Architecture::X64),
            Some("i686" | "i586") => Some(Architecture::X86),
            _ => None,
        };
        Self { triple: triple.to_owned(), architecture, flavour: Flavour::Host }
    }

    /// Whether the libraries are for Windows.
    pub(crate) fn is_windows(&self) -> bool {
        self.flavour != Flavour::Host
    }
}

/// Where the target's standard library comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StandardLibrary {
    /// It is beside the compiler, ready to link.
    Ready,
    /// cargo compiles it first, from the source in this folder.
    FromSource(PathBuf),
}

/// A release of Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

impl Version {
    /// Parses `1.85.0`, and ignores what a channel appends (`-nightly`, `+dfsg1`).
    pub fn parse(text: &str) -> Option<Self> {
        let numbers = text.split(['-', '+', ' ']).next()?;
        let mut parts = numbers.split('.').map(|part| part.parse().ok());
        Some(Self { major: parts.next()??, minor: parts.next()??, patch: parts.next()?? })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// A Rust on this machine, and the target that it can build for: nothing else needs to be looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// Its name for a user, such as "rustup's stable-x86_64-unknown-linux-gnu".
    pub name: String,
    /// The real cargo, never one of rustup's proxies.
    pub cargo: PathBuf,
    /// The real rustc that goes with it.
    pub rustc: PathBuf,
    /// Its release.
    pub version: Version,
    /// The folder that contains its libraries and their source.
    pub sysroot: PathBuf,
    /// What it builds for.
    pub target: Target,
    /// Where that target's standard library comes from.
    pub standard_library: StandardLibrary,
    /// The cross linker to call; `None` if Rust finds its own.
    pub linker: Option<PathBuf>,
}

impl fmt::Display for Toolchain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (Rust {}) for {}", self.name, self.version, self.target.triple)?;
        match self.standard_library {
            StandardLibrary::Ready => Ok(()),
            StandardLibrary::FromSource(_) => formatter.write_str(", its standard library from source"),
        }
    }
}
