//! The two machines that Kallithea is tested on: a Linux machine and a Windows machine of the same inner layout.
//!
//! In: only this checkout. Out: `target/machines/linux` and `target/machines/wine`, each with a `drive_c` that
//! contains the Windows paths of one deployment spec:
//!
//! ```text
//! C:\Python                        a Python
//! C:\inetpub\kallithea\venv           a virtual environment with Kallithea 0.7.0
//! C:\inetpub\kallithea\my.ini         as kallithea-cli wrote it, with kallithea.db beside it
//! C:\inetpub\kallithea\repositories   calculator (Mercurial), and on Linux notes (Git)
//! ```
//!
//! Absent: IIS. The tests find the machines by the environment variables that [`variables`] gives.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Log, command};
use crate::python::Python;
use crate::suites::build_compiler;
use crate::wheels::{self, Wheels};
use crate::workshop::{Result, Workshop, fresh_folder, make_folder, remove, write};
use crate::{apt, front_end, linux, python, wine};

/// The administrator of the test databases, which are under `target/` and which no one can reach.
const ADMINISTRATOR: [&str; 3] = ["--user=admin", "--password=test-only", "--email=admin@example.com"];

/// The script that requests more pages than the first.
const CHECK: &str = "xtask/check_kallithea.py";

/// A machine that Kallithea is installed on.
pub struct Machine {
    /// The machine's folder under `target/machines`.
    pub folder: PathBuf,
    /// The command that runs a Python of the virtual environment with the given arguments.
    pub python: fn(machine: &Path) -> Command,
    /// The Mercurial that makes its repositories, on this system.
    pub hg: PathBuf,
    /// The machine's own path of its repositories' folder.
    pub repositories: String,
    /// Whether the machine has git.
    pub git: bool,
}

impl Machine {
    /// The place on this system of a path below `C:\`, written with slashes.
    pub fn place(&self, path: &str) -> PathBuf {
        self.folder.join("drive_c").join(path)
    }
}

/// Sets up both machines.
pub fn setup(workshop: &Workshop) -> Result<()> {
    let (python, wheels) = fetch(workshop, || build_compiler(workshop))?;
    setup_linux(workshop, &python, &wheels)?;
    setup_windows(workshop, || Ok(wheels), || Ok(()))
}

/// Fetches the parts of both machines. `compiler` makes sure that the compiler is built, which says what the parts
/// are.
pub fn fetch(workshop: &Workshop, compiler: impl FnOnce() -> Result<()>) -> Result<(Python, Wheels)> {
    apt::install(workshop.log(), &["git", "ca-certificates"], "Kallithea's Git side")?;
    apt::install(workshop.log(), &["strace"], "Killing the compiler at every step")?;
    apt::install(workshop.log(), &["neovim"], "The editor of the language server")?;
    apt::install(workshop.log(), &["zsh", "fish"], "Completions in real shells")?;
    apt::install(workshop.log(), &["chromium", "chromium-driver"], "the browser among Kallithea's clients")?;
    linux::install_packages(workshop)?;
    let python = python::find(workshop)?;
    compiler()?;
    let wheels = wheels::setup(workshop, &python)?;
    Ok((python, wheels))
}

/// Sets up the Linux machine.
pub fn setup_linux(workshop: &Workshop, python: &Python, wheels: &Wheels) -> Result<()> {
    linux::setup(workshop, python, wheels)?;
    front_end::build_on_linux(workshop, python, wheels)
}

/// Sets up the Windows machine. Its parts, and the Linux machine, which supplies its repository and the front end, are awaited
/// when they are first needed.
pub fn setup_windows(
    workshop: &Workshop,
    wheels: impl FnOnce() -> Result<Wheels>,
    linux: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let wheels = wine::setup(workshop, wheels, linux)?;
    front_end::copy_to_windows(workshop, &wheels)
}

/// The environment variables for the tests on the machines.
pub fn variables(workshop: &Workshop) -> [(&'static str, PathBuf); 2] {
    [
        ("KALLITHEA_IISC_MACHINE_LINUX", linux::folder(workshop)),
        ("KALLITHEA_IISC_MACHINE_WINE", wine::folder(workshop)),
    ]
}

/// Gives a machine with Kallithea its ini file, repositories and database, and requests some pages.
pub fn populate(workshop: &Workshop, machine: &Machine, log: &Log) -> Result<()> {
    let kallithea = machine.place("inetpub/kallithea");
    for leftover in ["my.ini", "kallithea.db", "data", "repositories"] {
        remove(&kallithea.join(leftover))?;
    }
    let repositories = kallithea.join("repositories");
    make_folder(&repositories)?;
    create_mercurial_repository(log, &machine.hg, &repositories.join("calculator"))?;
    if machine.git {
        create_git_repository(log, workshop, &repositories.join("notes"))?;
    }
    let cli = ["-c", "from kallithea.bin.kallithea_cli import cli; cli()"];
    let here = |arguments: &[&str]| {
        let mut command = (machine.python)(&machine.folder);
        command.args(arguments).current_dir(&kallithea);
        command
    };
    log.run(here(&cli).args(["config-create", "my.ini"]))?;
    let repositories = format!("--repos={}", machine.repositories);
    log.run(
        here(&cli).args(["db-create", "-c", "my.ini", "--force-yes"]).args(ADMINISTRATOR).arg(repositories),
    )?;
    let check =
        std::fs::read_to_string(workshop.root().join(CHECK)).map_err(|error| format!("{CHECK}: {error}"))?;
    write(&kallithea.join("check_kallithea.py"), &check)?;
    log.run(&mut here(&["check_kallithea.py", "my.ini"]))
}

/// Requests the pages of both repositories from a machine that has been given them, and signs its administrator on.
pub fn check_everything(machine: &Machine, log: &Log) -> Result<()> {
    let mut check = (machine.python)(&machine.folder);
    let [user, password, _] = ADMINISTRATOR;
    check.args(["check_kallithea.py", "my.ini", "--git", user, password]);
    log.run(check.current_dir(machine.place("inetpub/kallithea")))
}

/// A Mercurial repository with two commits.
fn create_mercurial_repository(log: &Log, hg: &Path, repository: &Path) -> Result<()> {
    let run = |arguments: &[&str]| {
        let mut command = command(hg, arguments);
        log.run(command.current_dir(repository).env("HGRCPATH", ""))
    };
    fresh_folder(repository)?;
    run(&["init"])?;
    write(&repository.join("add.py"), "print(1 + 1)\n")?;
    run(&[
        "commit",
        "--addremove",
        "-u",
        "Alice <alice@example.com>",
        "-d",
        "1000000000 0",
        "-m",
        "Add one and one",
    ])?;
    write(&repository.join("add.py"), "print(1 + 2)\n")?;
    run(&["commit", "-u", "Bob <bob@example.com>", "-d", "1000003600 0", "-m", "Add one and two"])
}

/// A bare Git repository with one commit.
fn create_git_repository(log: &Log, workshop: &Workshop, repository: &Path) -> Result<()> {
    let draft = workshop.machines().join("draft");
    let run = |arguments: &[&str]| {
        let mut command = command("git", arguments);
        command.current_dir(&draft).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Alice")
                .env(format!("GIT_{role}_EMAIL"), "alice@example.com");
            command.env(format!("GIT_{role}_DATE"), "1000000000 +0000");
        }
        log.run(&mut command)
    };
    fresh_folder(&draft)?;
    run(&["init", "--quiet", "."])?;
    write(&draft.join("README"), "Notes\n")?;
    run(&["add", "README"])?;
    run(&["commit", "--quiet", "-m", "Start taking notes"])?;
    run(&["clone", "--quiet", "--bare", ".", &repository.to_string_lossy()])?;
    remove(&draft)
}
