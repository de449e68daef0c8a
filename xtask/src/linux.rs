//! The Linux machine: this system's Python with the real Kallithea, under Windows paths.
//!
//! In: a Python and the wheels. Out: `target/machines/linux`. Its `C:\Python` has links to the Python's own parts,
//! laid out as in a prefix: `bin/python3.13`, `lib/python3.13`, `lib/libpython3.13.so.1.0`. Absent: Wine.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt;
use crate::command::command;
use crate::machines::{Machine, populate};
use crate::python::Python;
use crate::wheels::Wheels;
use crate::workshop::{Result, Workshop, fresh_folder, make_folder};

/// The packages that Kallithea needs for a directory and PostgreSQL; python-ldap is built from source, and needs the others.
/// The runbook names the same psycopg2, the last one with wheels for each of our Python versions.
const DRIVERS: [&str; 4] =
    ["python-ldap==3.4.8", "pyasn1==0.6.5", "pyasn1-modules==0.4.2", "psycopg2-binary==2.9.10"];

/// The packages that the drivers are built with.
const LIBRARIES: [&str; 3] = ["gcc", "libldap2-dev", "libsasl2-dev"];

/// The servers that the tests start, each in a temporary folder.
const SERVERS: [&str; 3] = ["slapd", "postgresql", "openssl"];

/// The machine's folder.
pub fn folder(workshop: &Workshop) -> PathBuf {
    workshop.machines().join("linux")
}

/// The `site-packages` of the machine's Kallithea.
pub fn packages(workshop: &Workshop, wheels: &Wheels) -> PathBuf {
    let environment = folder(workshop).join("drive_c/inetpub/kallithea/venv");
    environment.join(format!("lib/python{}/site-packages", wheels.linux.version()))
}

/// The Mercurial of the machine in this folder.
pub fn hg(folder: &Path) -> PathBuf {
    folder.join("drive_c/inetpub/kallithea/venv/bin/hg")
}

/// Sets up the machine.
pub fn setup(workshop: &Workshop, python: &Python, wheels: &Wheels) -> Result<()> {
    let folder = folder(workshop);
    let machine = Machine {
        hg: hg(&folder),
        python: python_of,
        git: true,
        repositories: folder.join("drive_c/inetpub/kallithea/repositories").to_string_lossy().into_owned(),
        folder,
    };
    let inputs =
        format!("{}\n{}\n{}", machine.folder.display(), python.program.display(), wheels.linux.text());
    workshop.step("linux-kallithea", "Linux: Kallithea in a virtual environment", &inputs, |log| {
        fresh_folder(&machine.folder)?;
        link_python(python, &machine.place("Python"))?;
        let environment = machine.place("inetpub/kallithea/venv");
        log.run(command(&python.program, ["-m", "venv"]).arg(&environment))?;
        wheels.install_on_linux(log, &environment)
    })?;
    let drivers = format!("{inputs}\n{DRIVERS:?}");
    workshop.step("linux-drivers", "Linux: python-ldap and psycopg2", &drivers, |log| {
        wheels.install_others_on_linux(log, &DRIVERS, &machine.place("inetpub/kallithea/venv/bin/python"))
    })?;
    let inputs = format!("{inputs}\n{}", include_str!("machines.rs"));
    workshop.step(
        "linux-database",
        "Linux: Kallithea's ini file, repositories and database",
        &inputs,
        |log| populate(workshop, &machine, log),
    )
}

/// Installs what the machine takes from this system. OpenLDAP is installed without a configuration, so that the package starts
/// nothing. Packages that are already installed stay.
pub fn install_packages(workshop: &Workshop) -> Result<()> {
    apt::install(workshop.log(), &LIBRARIES, "Kallithea's LDAP plugin")?;
    if !apt::is_installed("slapd") {
        apt::answer(workshop.log(), "slapd slapd/no_configuration boolean true")?;
    }
    apt::install(workshop.log(), &SERVERS, "The tests of Kallithea's settings")
}

fn python_of(machine: &Path) -> Command {
    Command::new(machine.join("drive_c/inetpub/kallithea/venv/bin/python"))
}

fn link_python(python: &Python, home: &Path) -> Result<()> {
    make_folder(&home.join("bin"))?;
    make_folder(&home.join("lib"))?;
    let name = format!("python{}", python.version);
    let links = [
        (&python.program, format!("bin/{name}")),
        (&python.standard_library, format!("lib/{name}")),
        (&python.shared_library, format!("lib/lib{name}.so.1.0")),
    ];
    for (original, name) in links {
        let link = home.join(name);
        symlink(original, &link).map_err(|error| format!("{}: {error}", link.display()))?;
    }
    Ok(())
}
