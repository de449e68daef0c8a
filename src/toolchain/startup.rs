//! rustc's two startup objects, which 32-bit mingw libraries begin and end with.
//!
//! In: a toolchain whose standard library comes from source. Out: the folder with `rsbegin.o` and `rsend.o`, which
//! cargo does not build though it builds the rest; they register the tables by which a panic unwinds. Absent: targets
//! that have no need of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::failure::BuildError;
use super::variables::without_foreign_settings;
use super::{Architecture, Flavour, StandardLibrary, Toolchain};

/// Compiles the startup objects below the target directory, where the target has need of them.
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
