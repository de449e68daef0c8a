//! The steps from a fresh worker process to a loaded engine, each with an error of its own.
//!
//! What enters: the settings. What leaves: the engine's exports, or the error. Absent: retries, and starting Python,
//! which the engine does.

use std::fs::File;
use std::path::Path;

use kallithea_bridge_isapi::settings::{Settings, Version};
use kallithea_bridge_isapi::{log, paths};

use crate::error::{LibraryError, Remedy, StartError};
use crate::pe::{self, Machine};
use crate::platform::{self, Engine};

/// Loads Python, then the engine.
pub(crate) fn load(settings: &Settings) -> Result<Engine, StartError> {
    let home = paths::local(settings.python.home);
    let version = settings.python.version;
    check_home(&home, version)?;
    platform::check_no_other_python(&home, version)?;
    for library in platform::python_libraries(&home, version) {
        check_library(&library, version)?;
        platform::load_python(&library).map_err(|why| LibraryError::Load(library.clone(), why))?;
        log::debug(&format!("loaded {}", library.display()));
    }
    let engine = platform::own_folder().map_err(StartError::OwnFolder)?.join(settings.engine);
    if !engine.is_file() {
        return Err(LibraryError::NoEngine(engine).into());
    }
    check_machine(&engine, Remedy::Build)?;
    Ok(platform::load_engine(&engine).map_err(|why| LibraryError::Load(engine, why))?)
}

fn check_home(home: &Path, wanted: Version) -> Result<(), StartError> {
    match home.is_dir() {
        true => Ok(()),
        false => Err(StartError::NoHome { home: home.to_owned(), wanted }),
    }
}

/// Checks what can be known about a library before it is loaded. A name without a folder is left to the system's
/// search.
fn check_library(library: &Path, wanted: Version) -> Result<(), LibraryError> {
    if library.parent().is_none_or(|folder| folder.as_os_str().is_empty()) {
        return Ok(());
    }
    if !library.is_file() {
        return Err(LibraryError::NoPython { library: library.to_owned(), wanted });
    }
    check_machine(library, Remedy::Install(wanted))
}

fn check_machine(library: &Path, remedy: Remedy) -> Result<(), LibraryError> {
    let found = File::open(library).and_then(|mut file| pe::machine(&mut file));
    match found.map_err(|error| LibraryError::Unreadable(library.to_owned(), error))? {
        Some(found) if found != Machine::OWN => {
            Err(LibraryError::WrongMachine { library: library.to_owned(), found, remedy })
        }
        None if cfg!(windows) => Err(LibraryError::NotALibrary(library.to_owned())),
        _ => Ok(()),
    }
}
