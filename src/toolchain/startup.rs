//! rustc's two startup objects, with which 32-bit mingw libraries begin and end.
//!
//! In: a toolchain whose standard library comes from source. Out: the folder with `rsbegin.o` and `rsend.o`. cargo
//! builds the rest of the standard library but not these; they register the tables with which a panic unwinds.
//! Absent: targets that do not need them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::failure::BuildError;
use super::variables::without_foreign_settings;
use super::{Architecture, Flavour, StandardLibrary, Toolchain};

/// Compiles the startup objects below the target directory, if the target needs them.
pub(super) fn startup_objects(
    toolchain: &Toolchain,
    target_directory: &Path,
) -> Result<Option<PathBuf>, BuildError> {
    let StandardLibrary::FromSource(library) = &toolchain.standard_library else { return Ok(None) };
    let target = &toolchain.target;
    if (target.flavour, target.architecture) != (Flavour::Gnu, Some(Architecture::X86)) {
        return Ok(None);
    }
    let folder = target_directory.join("startup").join(&target.triple);
    fs::create_dir_all(&folder).map_err(|error| BuildError::folder(&folder, error))?;
    for name in ["rsbegin", "rsend"] {
        let source = library.join("rtstartup").join(name).with_extension("rs");
        compile(toolchain, &source, &folder.join(name).with_extension("o"))?;
    }
    Ok(Some(folder))
}

fn compile(toolchain: &Toolchain, source: &Path, object: &Path) -> Result<(), BuildError> {
    let output = without_foreign_settings(&toolchain.rustc, true)
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["--emit=obj", "--target", &toolchain.target.triple, "-o"])
        .args([object, source])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| BuildError::not_started(&toolchain.rustc, error))?;
    if output.status.success() {
        return Ok(());
    }
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(BuildError::Failed { toolchain: toolchain.to_string(), report })
}
