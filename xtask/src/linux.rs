//! The Linux machine: this system's Python 3.11 with the real Kallithea, under Windows paths.
//!
//! In: a Python and the wheels. Out: `target/machines/linux`. `C:\Python311` there has links to the Python's own
//! parts, as a prefix has them: `bin/python3.11`, `lib/python3.11`, `lib/libpython3.11.so.1.0`. Absent: Wine.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::command;
use crate::machines::{Machine, populate};
use crate::python::Python;
use crate::wheels::Wheels;
use crate::workshop::{Result, Workshop, fresh_folder, make_folder};

/// The machine's folder.
pub fn folder(workshop: &Workshop) -> PathBuf {
    workshop.machines().join("linux")
}

/// Lays down the machine.
pub fn setup(workshop: &Workshop, python: &Python, wheels: &Wheels) -> Result<()> {
    let folder = folder(workshop);
    let machine = Machine {
        python: python_of,
        git: true,
        repositories: folder.join("drive_c/inetpub/kallithea/repositories").to_string_lossy().into_owned(),
        folder,
    };
    let inputs =
        format!("{}\n{}\n{}", machine.folder.display(), python.program.display(), wheels.main.text());
    workshop.step("linux-kallithea", "Linux: Kallithea in a virtual environment", &inputs, |log| {
        fresh_folder(&machine.folder)?;
        link_python(python, &machine.place("Python311"))?;
        let environment = machine.place("inetpub/kallithea/venv");
        log.run(command(&python.program, ["-m", "venv"]).arg(&environment))?;
        wheels.install_on_linux(log, &environment.join("bin/python"))
    })?;
    let inputs = format!("{inputs}\n{}", include_str!("machines.rs"));
    workshop.step(
        "linux-database",
        "Linux: Kallithea's ini file, repositories and database",
        &inputs,
        |log| populate(workshop, &machine, log),
    )
}

fn python_of(machine: &Path) -> Command {
    Command::new(machine.join("drive_c/inetpub/kallithea/venv/bin/python"))
}

fn link_python(python: &Python, home: &Path) -> Result<()> {
    make_folder(&home.join("bin"))?;
    make_folder(&home.join("lib"))?;
    let links = [
        (&python.program, "bin/python3.11"),
        (&python.standard_library, "lib/python3.11"),
        (&python.shared_library, "lib/libpython3.11.so.1.0"),
    ];
    for (original, name) in links {
        let link = home.join(name);
        symlink(original, &link).map_err(|error| format!("{}: {error}", link.display()))?;
    }
    Ok(())
}
