//! Kallithea's front end, its style sheets and scripts, on both machines, as `docs/python.md` says.
//!
//! In: both machines with Kallithea; node.js and npm from this system or its distribution. Out: the folder `public`
//! of every Kallithea, as `front-end-build` leaves it. It is built on the Linux machine and copied to the Windows
//! machine. Absent: node.js for Windows.

use std::path::{Path, PathBuf};

use crate::command::{Log, command, find_program};
use crate::python::Python;
use crate::wheels::Wheels;
use crate::workshop::{Result, Workshop, make_folder, remove};
use crate::{apt, linux, wine};

/// Builds it. A Kallithea that is installed again gets it again.
pub fn build_on_linux(workshop: &Workshop, python: &Python, wheels: &Wheels) -> Result<()> {
    let inputs = format!("{}\n{}", inputs(workshop, wheels), python.program.display());
    workshop.step("front-end-linux", "Linux: Kallithea's front end (npm)", &inputs, |log| {
        install_node(log, "Kallithea's front end")?;
        build(log, &environment(workshop))
    })
}

/// Copies it into each Kallithea of the Windows machine.
pub fn copy_to_windows(workshop: &Workshop, wheels: &Wheels) -> Result<()> {
    let inputs =
        [inputs(workshop, wheels), wheels.on_windows_text(), include_str!("wine.rs").to_owned()].join("\n");
    let prefix = wine::folder(workshop);
    workshop.step("front-end-wine", "Wine: Kallithea's front end, copied", &inputs, |log| {
        let from = linux::packages(workshop, wheels).join("kallithea/public");
        let copied = |packages: String| {
            copy_whole(log, &from, &prefix.join("drive_c").join(packages).join("kallithea/public"))
        };
        wine::packages().try_for_each(copied)
    })
}

fn environment(workshop: &Workshop) -> PathBuf {
    linux::folder(workshop).join("drive_c/inetpub/kallithea/venv")
}

fn inputs(workshop: &Workshop, wheels: &Wheels) -> String {
    format!("{}\n{}", environment(workshop).display(), wheels.linux.text())
}

/// Installs node.js and npm where they are missing; `why` says what they are for.
pub fn install_node(log: &Log, why: &str) -> Result<()> {
    let missing: Vec<_> = [("node", "nodejs"), ("npm", "npm")]
        .into_iter()
        .filter(|(program, _)| find_program(program).is_none())
        .map(|(_, package)| package)
        .collect();
    apt::install(log, &missing, why)
}

/// One command suffices: only Windows needs what the runbook does between its two halves.
fn build(log: &Log, environment: &Path) -> Result<()> {
    let scripts = environment.join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(scripts.clone()).chain(std::env::split_paths(&path)))
        .map_err(|error| format!("{}: {error}", scripts.display()))?;
    log.run(command(scripts.join("kallithea-cli"), ["front-end-build"]).env("PATH", path))
}

/// Replaces a folder with a copy of another.
fn copy_whole(log: &Log, from: &Path, to: &Path) -> Result<()> {
    remove(to)?;
    make_folder(to)?;
    log.run(command("cp", ["-R"]).arg(from.join(".")).arg(to))
}
