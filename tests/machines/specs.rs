//! The specs of `tests/deployments`, each with the Python of the machine that it is compiled for.
//!
//! In: the name of a spec. Out: the path of a file. Absent: specs that a test changes further.

use std::fs;
use std::path::{Path, PathBuf};

/// How the specs name the Python of the machine: with the version on the Linux machine. A folder with another name is that of
/// another Python.
const ON_LINUX: &str = "\\Python\n  version: \"3.11\"";

/// The same with the version on the Windows machine.
const ON_WINDOWS: &str = "\\Python\n  version: \"3.13\"";

/// The path of the spec with this name.
pub fn spec(name: &str, is_wine: bool) -> PathBuf {
    let written =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deployments").join(format!("{name}.yaml"));
    if !is_wine {
        return written;
    }
    let text = fs::read_to_string(&written).unwrap_or_else(|error| panic!("{}: {error}", written.display()));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("specs");
    fs::create_dir_all(&folder).expect("a folder below target can be made");
    let path = folder.join(format!("{name}.yaml"));
    // Another test may read the same file at this moment.
    let draft = tempfile::NamedTempFile::new_in(&folder).expect("a file below target can be made");
    fs::write(&draft, text.replace(ON_LINUX, ON_WINDOWS)).expect("a spec can be written");
    draft.persist(&path).expect("a spec can be renamed");
    path
}
