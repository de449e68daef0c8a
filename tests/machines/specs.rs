//! The specs of `tests/deployments`, each with the Python of the machine that it is compiled for.
//!
//! In: the name of a spec. Out: the path of a file. Absent: specs that a test changes further.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// How the specs name the version of Python, which is that of the Windows machine.
const ON_WINDOWS: &str = "version: \"3.13\"";

/// The version of Python on the Linux machine.
pub static ON_LINUX: LazyLock<&str> = LazyLock::new(|| {
    let programs = python_home().join("bin");
    let is_here = |version: &&str| programs.join(format!("python{version}")).exists();
    ["3.13", "3.11"].into_iter().find(is_here).expect("a Python: run `cargo xtask setup`")
});

/// The Python that the Linux tests embed, with its shared library: the one of the test machine if `cargo xtask test` has laid one
/// down, otherwise the system's.
pub fn python_home() -> PathBuf {
    let machine = std::env::var_os("KALLITHEA_IISC_MACHINE_LINUX").map(PathBuf::from);
    machine.map_or_else(|| PathBuf::from("/usr"), |machine| machine.join("drive_c/Python"))
}

/// The path of the spec with this name.
pub fn spec(name: &str, is_wine: bool) -> PathBuf {
    let written =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deployments").join(format!("{name}.yaml"));
    if is_wine {
        return written;
    }
    let text = fs::read_to_string(&written).unwrap_or_else(|error| panic!("{}: {error}", written.display()));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("specs");
    fs::create_dir_all(&folder).expect("a folder below target can be made");
    let path = folder.join(format!("{name}.yaml"));
    // Another test may read the same file at this moment.
    let draft = tempfile::NamedTempFile::new_in(&folder).expect("a file below target can be made");
    let text = text.replace(ON_WINDOWS, &format!("version: \"{}\"", *ON_LINUX));
    fs::write(&draft, text).expect("a spec can be written");
    draft.persist(&path).expect("a spec can be renamed");
    path
}
