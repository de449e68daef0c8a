//! Why the engine could not be loaded.
//!
//! What enters: what each step of the start found. What leaves: a sentence for the log, with advice. Absent: the log
//! itself.

use std::fmt;
use std::io;
use std::path::PathBuf;

use kallithea_bridge_isapi::settings::Version;

use crate::pe::Machine;

/// Why a start failed.
#[derive(Debug)]
pub(crate) enum StartError {
    /// The folder of Python is not there.
    NoHome { home: PathBuf, wanted: Version },
    /// This worker process has already loaded another Python.
    #[cfg(windows)]
    OtherPython(PathBuf),
    /// The system did not say where this library is.
    OwnFolder(io::Error),
    /// One of the libraries cannot be used.
    Library(LibraryError),
}

/// Why a library cannot be used; each case has its path.
#[derive(Debug)]
pub(crate) enum LibraryError {
    /// A library of Python is not there.
    NoPython { library: PathBuf, wanted: Version },
    /// The engine is not there.
    NoEngine(PathBuf),
    /// The file could not be read.
    Unreadable(PathBuf, io::Error),
    /// The file is not a library.
    NotALibrary(PathBuf),
    /// The library was built for another processor.
    WrongMachine { library: PathBuf, found: Machine, remedy: Remedy },
    /// The system refused to load it.
    Load(PathBuf, LoadError),
}

/// How a library for the right processor gets to its place.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Remedy {
    /// This Python is installed there.
    Install(Version),
    /// The deployment is built for the pool's processor.
    Build,
}

/// Why a library could not be loaded.
#[derive(Debug)]
pub(crate) enum LoadError {
    /// The system's reason.
    System(libloading::Error),
    /// The library lacks an export.
    NoExport(&'static str),
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHome { home, wanted } => write!(
                formatter,
                "the Python home {} does not exist or cannot be read by this worker process. Install Python {}, \
                 {}, there, or correct it in the deployment's spec and build again.",
                home.display(),
                dotted(*wanted),
                Machine::OWN,
            ),
            #[cfg(windows)]
            Self::OtherPython(library) => write!(
                formatter,
                "another Python is already in this worker process: {}. Give Kallithea its own application pool.",
                library.display()
            ),
            Self::OwnFolder(error) => write!(formatter, "cannot find the bridge's own folder: {error}"),
            Self::Library(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for StartError {}

impl From<LibraryError> for StartError {
    fn from(error: LibraryError) -> Self {
        Self::Library(error)
    }
}

impl fmt::Display for LibraryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPython { library, wanted } => write!(
                formatter,
                "{} is missing. The spec says that Python {} is there: install that version, {}, or correct the \
                 version in the deployment's spec and build again.",
                library.display(),
                dotted(*wanted),
                Machine::OWN,
            ),
            Self::NoEngine(engine) => write!(
                formatter,
                "{} is missing. Copy it and _dispatch.dll from the deployment's folder bin.",
                engine.display()
            ),
            Self::Unreadable(library, error) => {
                write!(formatter, "cannot read {}: {error}", library.display())
            }
            Self::NotALibrary(file) => write!(formatter, "{} is not a Windows library", file.display()),
            Self::WrongMachine { library, found, remedy } => write!(
                formatter,
                "{} is {found}, but this worker process is {}. {remedy}, or change the architecture in the \
                 deployment's spec (it decides the pool's enable32BitAppOnWin64) and build again.",
                library.display(),
                Machine::OWN,
            ),
            Self::Load(library, why) => write!(
                formatter,
                "cannot load {}: {why}. Either a library that it needs is missing (such as the Visual C++ \
                 runtime), or this worker process may not read it.",
                library.display()
            ),
        }
    }
}

impl std::error::Error for LibraryError {}

impl fmt::Display for Remedy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Install(version) => {
                write!(formatter, "Install Python {}, {}, there", dotted(*version), Machine::OWN)
            }
            Self::Build => formatter.write_str("Build the deployment for this pool's bitness"),
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // libloading keeps the system's own text in the error's source.
            Self::System(error) => match std::error::Error::source(error) {
                Some(text) => write!(formatter, "{text}"),
                None => write!(formatter, "{error}"),
            },
            Self::NoExport(name) => write!(formatter, "it does not export {name}"),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<libloading::Error> for LoadError {
    fn from(error: libloading::Error) -> Self {
        Self::System(error)
    }
}

impl From<LoadError> for io::Error {
    fn from(error: LoadError) -> Self {
        Self::other(error)
    }
}

fn dotted((major, minor): Version) -> String {
    format!("{major}.{minor}")
}
