//! Why a build produces no libraries.
//!
//! In: what cargo, rustc or the system said. Out: a [`BuildError`], in words that say what to do. Absent: any attempt to
//! build.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why there are no libraries.
#[derive(Debug)]
pub enum BuildError {
    /// A program of the toolchain did not start.
    NotStarted {
        /// The program.
        program: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A folder for cargo's files could not be created.
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Crates are missing from cargo's cache, and the registry did not answer.
    Unreachable {
        /// cargo's own message.
        report: String,
    },
    /// Microsoft's linker is not installed.
    NoMicrosoftLinker,
    /// cargo or rustc failed.
    Failed {
        /// What it was built with.
        toolchain: String,
        /// The messages of cargo or rustc.
        report: String,
    },
}

impl BuildError {
    pub(super) fn folder(path: &Path, error: io::Error) -> Self {
        Self::Folder { path: path.to_owned(), error }
    }

    pub(super) fn not_started(program: &Path, error: io::Error) -> Self {
        Self::NotStarted { program: program.to_owned(), error }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted { program, error } => write!(
                formatter,
                "cannot run {}: {error}",
                program.display()
            ),
            Self::Folder { path, error } => {
                write!(formatter, "cannot use the folder {} for cargo's files: {error}", path.display())
            }
            Self::Unreachable { report } => write!(
                formatter,
                "crates that the bridge needs are not in cargo's cache, and cargo cannot reach the registry: \
                 build once with a network, or configure a proxy or mirror in cargo; cargo says:\n{report}"
            ),
            Self::NoMicrosoftLinker => formatter.write_str(
                "Microsoft's linker is not installed: install the C++ build tools of Visual Studio with a Windows SDK, \
                 or give --rust-target with a -pc-windows-gnu target",
            ),
            Self::Failed { toolchain, report } => {
                write!(formatter, "the bridge could not be compiled with {toolchain}:\n{report}")
            }
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotStarted { error, .. } | Self::Folder { error, .. } => Some(error),
            Self::Unreachable { .. } | Self::NoMicrosoftLinker | Self::Failed { .. } => None,
        }
    }
}
