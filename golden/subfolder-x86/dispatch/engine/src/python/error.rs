//! Why Python, or the application in it, cannot do what the bridge asks.
//!
//! What enters: what each step found. What leaves: a sentence for the log, with advice. Absent: exceptions as objects.
//! Python's lock is needed to read one, so an error holds its text.

use std::fmt;
use std::path::PathBuf;

use kallithea_bridge_isapi::settings::Version;

#[cfg(windows)]
use super::descriptors::RepairError;

/// Why there is no application.
#[derive(Debug)]
pub(crate) enum StartError {
    /// Something else has started Python in this process.
    NotOurs,
    /// The folder has another version of Python than the settings say.
    Version { home: PathBuf, found: Version, wanted: Version },
    /// Neither the first file of Python's standard library is there, nor an archive of it.
    #[cfg(windows)]
    NoLibrary { file: PathBuf, archive: PathBuf },
    /// A standard stream of the worker process could not be repaired.
    #[cfg(windows)]
    Streams(RepairError),
    /// The application, or the code around it, raised this exception.
    Exception(String),
}

/// Why a thread could not be shown or interrupted.
#[derive(Debug)]
pub(crate) enum ThreadError {
    /// Python has not been started.
    NotRunning,
    /// Python raised this exception.
    Exception(String),
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs => formatter.write_str(
                "Another module has already started Python in this worker process. Give Kallithea its own \
                 application pool.",
            ),
            Self::Version { home, found, wanted } => write!(
                formatter,
                "the Python in {} is {}.{}, but the deployment's spec says {}.{}. Correct one of them.",
                home.display(),
                found.0,
                found.1,
                wanted.0,
                wanted.1,
            ),
            #[cfg(windows)]
            Self::NoLibrary { file, archive } => write!(
                formatter,
                "Python's standard library is missing: there is neither {} nor {}. Repair that Python's \
                 installation.",
                file.display(),
                archive.display()
            ),
            #[cfg(windows)]
            Self::Streams(error) => error.fmt(formatter),
            Self::Exception(text) => formatter.write_str(text),
        }
    }
}

impl std::error::Error for StartError {}

#[cfg(windows)]
impl From<RepairError> for StartError {
    fn from(error: RepairError) -> Self {
        Self::Streams(error)
    }
}

impl fmt::Display for ThreadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRunning => formatter.write_str("Python is not running"),
            Self::Exception(text) => formatter.write_str(text),
        }
    }
}

impl std::error::Error for ThreadError {}
