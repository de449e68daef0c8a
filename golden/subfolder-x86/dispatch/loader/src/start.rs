//! The steps from a fresh worker process to a loaded engine, each with a sentence for its failure.
//!
//! What enters: the settings. What leaves: the engine's exports, or a reason with advice. Absent: retries, and starting
//! Python, which the engine does.

use std::fs::File;
use std::path::Path;

use kallithea_bridge_isapi::settings::{Python, Settings};
use kallithea_bridge_isapi::{log, paths};

use crate::pe::{self, Machine};
use crate::platform::{self, Engine};

/// Loads Python, then the engine.
pub(crate) fn load(settings: &Settings) -> Result<Engine, String> {
    let home = paths::local(settings.python.home);
    check_home(&home, &settings.python)?;
    platform::check_no_other_python(&home, settings.python.version)?;
    for library in platform::python_libraries(&home, settings.python.version) {
        check_library(&library, &settings.python)?;
        platform::load_python(&library).map_err(|why| advise(&library, &why))?;
        log::debug(&format!("loaded {}", library.display()));
    }
    let folder =
        platform::own_folder().map_err(|why| format!("cannot find the bridge's own folder: {why}"))?;
    let engine = folder.join(settings.engine);
    if !engine.is_file() {
        return Err(format!(
            "{} is missing. Copy it and _dispatch.dll from the deployment's folder bin.",
            engine.display()
        ));
    }
    check_machine(&engine, "Build the deployment for this pool's bitness")?;
    platform::load_engine(&engine).map_err(|why| advise(&engine, &why))
}

fn check_home(home: &Path, python: &Python) -> Result<(), String> {
    if home.is_dir() {
        return Ok(());
    }
    Err(format!(
        "the Python home {} does not exist or cannot be read by this worker process. Install Python {}, {}, \
         there, \
         or correct it in the deployment's spec and build again.",
        home.display(),
        dotted(python.version),
        Machine::OWN,
    ))
}

/// Checks what can be known about a library before it is loaded. A name without a folder is left to the system's
/// search.
fn check_library(library: &Path, python: &Python) -> Result<(), String> {
    if library.parent().is_none_or(|folder| folder.as_os_str().is_empty()) {
        return Ok(());
    }
    let version = dotted(python.version);
    if !library.is_file() {
        return Err(format!(
            "{} is missing. The spec says that Python {version} is there: install that version, {}, or \
             correct \
             the version in the deployment's spec and build again.",
            library.display(),
            Machine::OWN,
        ));
    }
    check_machine(library, &format!("Install Python {version}, {}, there", Machine::OWN))
}

fn check_machine(library: &Path, advice: &str) -> Result<(), String> {
    let found = File::open(library).and_then(|mut file| pe::machine(&mut file));
    match found.map_err(|error| format!("cannot read {}: {error}", library.display()))? {
        Some(found) if found != Machine::OWN => Err(format!(
            "{} is {found}, but this worker process is {}. {advice}, or change the architecture in the \
             deployment's \
             spec (it decides the pool's enable32BitAppOnWin64) and build again.",
            library.display(),
            Machine::OWN,
        )),
        None if cfg!(windows) => Err(format!("{} is not a Windows library", library.display())),
        _ => Ok(()),
    }
}

fn advise(library: &Path, why: &str) -> String {
    format!(
        "cannot load {}: {why}. Either a library that it needs is missing (such as the Visual C++ runtime), \
         or this worker process may not read it.",
        library.display()
    )
}

fn dotted((major, minor): (u8, u8)) -> String {
    format!("{major}.{minor}")
}
