//! A built bridge in a folder, as `probe` and `serve` find it.
//!
//! What enters: an output folder of `build`, or a folder that contains the libraries on a server. What leaves: the
//! library, what the manifest says about the server, and whether this process can load it. Absent: loading it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use object::{Architecture, BinaryFormat, Object};
use serde::Deserialize;

use crate::files;
use crate::manifest::{BINARIES, DISPATCH_DLL, MANIFEST};

pub(crate) use kallithea_bridge_isapi::paths::local;

/// A built bridge.
#[derive(Debug)]
pub(crate) struct Deployed {
    /// The library that IIS loads.
    pub library: PathBuf,
    /// What is known of it; `None` without a manifest beside it.
    pub facts: Option<Facts>,
}

/// What a manifest says about the server; every path is a path on the server.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Facts {
    /// The deployment's name.
    pub deployment: String,
    /// File name of the engine's library.
    pub engine: String,
    /// Python's version, such as `3.11`.
    pub python_version: String,
    /// Folder of the virtual environment.
    pub virtual_environment: Option<String>,
    /// The application's ini file.
    pub ini: String,
    /// The path of the IIS application.
    pub path: String,
    /// The bridge's log.
    pub log: String,
}

#[derive(Deserialize)]
struct Manifest {
    server: Option<Facts>,
}

/// Why there is no bridge that this process can load.
#[derive(Debug)]
pub enum DeployedError {
    /// The folder contains no bridge.
    NoBridge(PathBuf),
    /// A file could not be read; the error names it.
    Io(io::Error),
    /// The file is not a valid manifest.
    BadManifest(PathBuf, serde_json::Error),
    /// The file is not a library.
    BadLibrary(PathBuf, object::Error),
    /// This program's own file could not be read.
    OwnProgram(io::Error),
    /// Only another kind of process can load it.
    OtherProcess {
        /// The bridge's bitness and system.
        bridge: String,
        /// This program's.
        program: String,
        /// What to do.
        advice: &'static str,
    },
}

impl Deployed {
    /// Finds the bridge of a folder; the error says what is missing.
    pub fn find(folder: &Path) -> Result<Self, DeployedError> {
        let places = [folder.join(BINARIES).join(DISPATCH_DLL), folder.join(DISPATCH_DLL)];
        let library = places.into_iter().find(|place| place.is_file());
        let library = library.ok_or_else(|| DeployedError::NoBridge(folder.to_owned()))?;
        Ok(Self { library, facts: facts(&folder.join(MANIFEST))? })
    }

    /// The path of the IIS application, without a slash at its end.
    pub(crate) fn path(&self) -> &str {
        self.facts.as_ref().map_or("", |facts| facts.path.trim_end_matches('/'))
    }

    /// Whether this process can load the library, and its kind; the error says which process can.
    pub fn suits_this_process(&self) -> Result<String, DeployedError> {
        let bytes = self.bytes()?;
        let file = object::File::parse(&*bytes)
            .map_err(|error| DeployedError::BadLibrary(self.library.clone(), error))?;
        let kind = (file.format(), file.architecture());
        let own = own_kind().map_err(DeployedError::OwnProgram)?;
        if own == kind {
            return Ok(describe(kind));
        }
        Err(DeployedError::OtherProcess {
            bridge: describe(kind),
            program: describe(own),
            advice: advice(&file),
        })
    }

    /// Whether library and manifest belong together: the library contains the name of the engine that it was built for.
    pub fn is_of_its_manifest(&self) -> Result<bool, DeployedError> {
        let Some(facts) = &self.facts else { return Ok(true) };
        let name = facts.engine.as_bytes();
        Ok(self.bytes()?.windows(name.len()).any(|window| window == name))
    }

    /// Where the engine must be.
    pub(crate) fn engine(&self) -> Option<PathBuf> {
        self.facts.as_ref().map(|facts| self.library.with_file_name(&facts.engine))
    }

    fn bytes(&self) -> Result<Vec<u8>, DeployedError> {
        files::read(&self.library).map_err(DeployedError::Io)
    }
}

impl fmt::Display for DeployedError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBridge(path) if path.is_file() => write!(
                formatter,
                "{} is a file. Name the folder with the bridge: the output folder of a build with DLLs, which is `out` \
                 beside the spec, or the folder on the server with the copied files.",
                path.display()
            ),
            Self::NoBridge(folder) => write!(
                formatter,
                "{} contains no bridge: neither {BINARIES}/{DISPATCH_DLL} nor {DISPATCH_DLL}. Name the output \
                 folder of a build with DLLs, or the folder on the server with the copied files.",
                folder.display()
            ),
            Self::Io(error) => error.fmt(formatter),
            Self::BadManifest(path, error) => write!(formatter, "{}: {error}", path.display()),
            Self::BadLibrary(path, error) => {
                write!(formatter, "{} is not a valid library: {error}", path.display())
            }
            Self::OwnProgram(error) => write!(formatter, "cannot read this program: {error}"),
            Self::OtherProcess { bridge, program, advice } => {
                write!(formatter, "the bridge is {bridge}, and this program is {program}. {advice}")
            }
        }
    }
}

impl std::error::Error for DeployedError {}

fn facts(manifest: &Path) -> Result<Option<Facts>, DeployedError> {
    if !manifest.exists() {
        return Ok(None);
    }
    let text = files::read_text(manifest).map_err(DeployedError::Io)?;
    let read: Result<Manifest, _> = serde_json::from_str(&text);
    read.map(|read| read.server).map_err(|error| DeployedError::BadManifest(manifest.to_owned(), error))
}

/// The kind of file that this program is.
fn own_kind() -> io::Result<(BinaryFormat, Architecture)> {
    let bytes = files::read(&std::env::current_exe()?)?;
    let file = object::File::parse(&*bytes).map_err(io::Error::other)?;
    Ok((file.format(), file.architecture()))
}

fn describe((format, architecture): (BinaryFormat, Architecture)) -> String {
    let bits = match architecture {
        Architecture::X86_64 => "64-bit (x64)".to_owned(),
        Architecture::I386 => "32-bit (x86)".to_owned(),
        other => format!("{other:?}"),
    };
    match format {
        BinaryFormat::Pe => format!("{bits} for Windows"),
        BinaryFormat::Elf => format!("{bits} for Linux"),
        other => format!("{bits}, {other:?}"),
    }
}

fn advice(library: &object::File<'_>) -> &'static str {
    match library.format() {
        BinaryFormat::Pe if cfg!(windows) => {
            "Use a kallithea-iisc of the bridge's bitness; IIS needs a pool of that bitness, too."
        }
        BinaryFormat::Pe => "Probe it on the server, or build it with --rust-target to try it here.",
        _ => "Build the deployment without --rust-target for a server.",
    }
}
