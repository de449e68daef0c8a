//! What others think of the workflows, of the Action, and of a bill of materials.
//!
//! In: Python packages, by pip, in a virtual environment below `target/machines`. Out: whether zizmor, GitHub's own schemas and that of
//! CycloneDX find nothing. Absent: a run of the workflows.

use std::path::{Path, PathBuf};

use crate::command::{Log, command};
use crate::others;
use crate::summary::Counts;
use crate::workshop::{Result, Workshop};

/// The packages, with all that they need.
const PACKAGES: &str = "xtask/lint/requirements.txt";

/// Validates a bill by the schema that the package carries; prints what is wrong.
const VALIDATE: &str = "
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
with open(sys.argv[1], encoding='utf-8') as bill:
    sys.exit(JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.read()) and 'not a bill of CycloneDX 1.6')
";

/// Checks every workflow and the Action.
pub fn workflows(workshop: &Workshop, log: &Log) -> Result<(Counts, String)> {
    let programs = programs(workshop)?;
    let run = |name: &str, arguments: &[&str]| {
        log.run(command(programs.join(name), arguments).current_dir(workshop.root()))
    };
    run("zizmor", &["--offline", "--quiet", ".github/workflows", "action.yml"])?;
    for (schema, files) in [
        ("vendor.github-workflows", &[".github/workflows/release.yml", ".github/workflows/windows.yml"][..]),
        ("vendor.github-actions", &["action.yml"]),
    ] {
        run("check-jsonschema", &[&["--builtin-schema", schema][..], files].concat())?;
    }
    Ok((Counts::one(true), String::new()))
}

/// Checks a bill of materials.
pub fn bill(workshop: &Workshop, log: &Log, bill: &Path) -> Result<()> {
    log.run(command(programs(workshop)?.join("python"), ["-I", "-c", VALIDATE]).arg(bill))
}

fn programs(workshop: &Workshop) -> Result<PathBuf> {
    others::environment(workshop, "lint", "Linters of workflows and bills (pip)", PACKAGES)
}
