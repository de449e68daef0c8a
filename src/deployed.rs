//! A built bridge in a folder, as `probe` and `serve` find it.
//!
//! What enters: an output folder of `build`, or a folder that holds the libraries on a server. What leaves: the library,
//! what the manifest says about the server, and whether this process can load it. Absent: loading it.

use std::fs;
use std::path::{Path, PathBuf};

use object::{Architecture, BinaryFormat, Object};
use serde::Deserialize;

use crate::manifest::{DISPATCH_DLL, MANIFEST};

pub(crate) use kallithea_bridge_isapi::paths::local;

/// A built bridge.
#[derive(Debug)]
pub(crate) struct Deployed {
    /// The library that IIS loads.
    pub library: PathBuf,
    /// What is known of it; nothing where no manifest lies with it.
    pub facts: Option<Facts>,
}

/// What a manifest says about the server; every path is a path there.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Facts {
    /// The deployment's name.
    pub deployment: String,
    /// File name of the engine's library.
    pub engine: String,
    /// Its version, such as `3.11`.
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

impl Deployed {
    /// Finds the bridge of a folder; the error says what is missing.
    pub(crate) fn find(folder: &Path) -> Result<Self, String> {
        let places = [folder.join("bin").join(DISPATCH_DLL), folder.join(DISPATCH_DLL)];
        let library = places.into_iter().find(|place| place.is_file()).ok_or_else(|| {
            format!(
                "{} contains no bridge: neither bin/{DISPATCH_DLL} nor {DISPATCH_DLL}. Name the output \
                 folder of a build with DLLs, or the folder on the server with the copied files.",
                folder.display()
            )
        })?;
        Ok(Self { library, facts: facts(&folder.join(MANIFEST))? })
    }

    /// The path of the IIS application, without a slash at its end.
    pub(crate) fn path(&self) -> &str {
        self.facts.as_ref().map_or("", |facts| facts.path.trim_end_matches('/'))
    }

    /// Whether this process can load the library, and what kind it is; the error says which process could.
    pub(crate) fn suits_this_process(&self) -> Result<String, String> {
        let bytes = self.bytes()?;
        let file = object::File::parse(&*bytes)
            .map_err(|error| format!("{} is not a valid library: {error}", self.library.display()))?;
        let kind = describe(file.format(), file.architecture());
        let own = object::File::parse(own_program()?.as_slice())
            .map(|program| (program.format(), program.architecture()))
            .map_err(|error| format!("cannot read this program: {error}"))?;
        if own == (file.format(), file.architecture()) {
            return Ok(kind);
        }
        Err(format!(
            "the bridge is {kind}, and this program is {}. {}",
            describe(own.0, own.1),
            advice(&file)
        ))
    }

    /// Whether library and manifest belong together: the library names the engine that it was built for.
    pub(crate) fn is_of_its_manifest(&self) -> Result<bool, String> {
        let Some(facts) = &self.facts else { return Ok(true) };
        let name = facts.engine.as_bytes();
        Ok(self.bytes()?.windows(name.len()).any(|window| window == name))
    }

    /// Where the engine must lie.
    pub(crate) fn engine(&self) -> Option<PathBuf> {
        self.facts.as_ref().map(|facts| self.library.with_file_name(&facts.engine))
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        fs::read(&self.library).map_err(|error| format!("{}: {error}", self.library.display()))
    }
}

fn facts(manifest: &Path) -> Result<Option<Facts>, String> {
    if !manifest.exists() {
        return Ok(None);
    }
    let trouble = |error: &dyn std::fmt::Display| format!("{}: {error}", manifest.display());
    let text = fs::read_to_string(manifest).map_err(|error| trouble(&error))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| trouble(&error))?;
    Ok(manifest.server)
}

fn own_program() -> Result<Vec<u8>, String> {
    std::env::current_exe().and_then(fs::read).map_err(|error| format!("cannot read this program: {error}"))
}

fn describe(format: BinaryFormat, architecture: Architecture) -> String {
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
