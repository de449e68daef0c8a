//! The machines that the torture application runs on.
//!
//! In: for Linux a Python with its shared library; for Wine the machine that `cargo xtask test` lays down, given
//! by environment variables. Out: drives, and commands. Absent: laying the machines down.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::{Deployment, Run};
use crate::kallithea::machine::variable;
use crate::kallithea::run;
use crate::specs;
use crate::wine;

const APPLICATION: &str = include_str!("torture_app.py");

/// A machine.
pub enum Machine {
    /// This machine, with its own drive for each scenario.
    Linux,
    /// A Wine prefix, whose one drive the scenarios of a spec use one after the other.
    Wine { prefix: PathBuf, host: PathBuf },
}

impl Machine {
    pub fn wine() -> Self {
        Self::Wine {
            prefix: variable("KALLITHEA_IISC_MACHINE_WINE").into(),
            host: variable("KALLITHEA_IISC_HOST_WINDOWS").into(),
        }
    }

    pub fn is_wine(&self) -> bool {
        matches!(self, Self::Wine { .. })
    }

    /// The load for this machine: Wine takes far longer for the same. `KALLITHEA_IISC_SOAK` is a factor for it.
    pub fn count(&self, count: usize) -> usize {
        let count = if self.is_wine() { count / 20 / 4 * 4 } else { count };
        count * crate::support::soak()
    }

    /// Bytes that Wine itself needs for this many idle threads. The bridge and Windows would not need them; elsewhere this is 0.
    pub fn taken_by_threads(&self, run: &Run, threads: u64) -> u64 {
        let one = run.report["memory_of_an_idle_thread"].as_u64().expect("the system says");
        if self.is_wine() { one * threads } else { 0 }
    }

    /// Waits until no other scenario uses a spec's deployment, if there is only one.
    pub fn turn(&self, spec: &'static str) -> Option<MutexGuard<'static, ()>> {
        static TURNS: Mutex<Option<HashMap<&str, &Mutex<()>>>> = Mutex::new(None);
        if !self.is_wine() {
            return None;
        }
        let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = *turns.get_or_insert_default().entry(spec).or_insert_with(|| Box::leak(Box::default()));
        drop(turns);
        Some(turn.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts a spec's bridge, Python and a virtual environment on a drive; returns the drive.
    pub fn lay_down(&self, spec: &'static str, name: &str) -> PathBuf {
        let bridge = self.bridge(spec);
        let drive = match self {
            Self::Linux => temporary().join("torture").join(format!("{spec}.{name}")),
            Self::Wine { prefix, .. } => prefix.join("drive_c"),
        };
        let folder = drive.join("deployed").join(spec);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder of the machine can be made");
        let link = |from: &Path, to: &str| symlink(from, folder.join(to)).expect("a link can be made");
        link(&bridge, "bridge");
        match self {
            Self::Linux => {
                link(&specs::python_home(), "Python");
                link(&VIRTUAL_ENVIRONMENT, "venv");
            }
            Self::Wine { .. } => {
                link(&drive.join("Python"), "Python");
                lay_down_windows_environment(&folder.join("venv"));
            }
        }
        drive
    }

    /// The libraries that the compiler makes of a spec for this machine.
    fn bridge(&self, spec: &'static str) -> PathBuf {
        static BUILT: Mutex<Option<HashMap<&str, PathBuf>>> = Mutex::new(None);
        let mut built = BUILT.lock().expect("the bridge could be built");
        let bin = built.get_or_insert_default().entry(spec).or_insert_with(|| self.compile(spec).join("bin"));
        bin.clone()
    }

    fn compile(&self, spec: &str) -> PathBuf {
        let source = specs::spec(spec, self.is_wine());
        let system = if self.is_wine() { "wine" } else { "linux" };
        let out = temporary().join("deployments").join(system).join(spec);
        let mut compiler = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
        compiler.arg("build").arg(source).arg("--out").arg(&out);
        // One cache for all specs: cargo recompiles everything that was compiled for another workspace folder.
        if std::env::var_os("KALLITHEA_IISC_CACHE").is_none() {
            compiler.env("KALLITHEA_IISC_CACHE", temporary().join("cache"));
        }
        if !self.is_wine() {
            compiler.args(["--rust-target", &format!("{}-unknown-linux-gnu", std::env::consts::ARCH)]);
        }
        run(&mut compiler);
        out
    }

    /// A path as programs of the machine see it.
    pub fn seen(&self, here: &Path, on_windows: &str) -> String {
        if self.is_wine() { on_windows.to_owned() } else { here.display().to_string() }
    }

    /// The ISAPI host, for a drive.
    pub fn host(&self, drive: &Path) -> Command {
        match self {
            Self::Linux => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_isapi-host"));
                command.env("KALLITHEA_IISC_DRIVES", format!("C:={}", drive.display()));
                command.env("PYTHONPATH", "/nonexistent").env("PYTHONSTARTUP", "/nonexistent");
                command
            }
            Self::Wine { host, .. } => self.wine_program(host),
        }
    }

    /// A deployment's Python as a program.
    pub fn python(&self, deployment: &Deployment) -> Command {
        match self {
            Self::Linux => {
                let mut command = Command::new(deployment.place("venv/bin/python"));
                command.env("KALLITHEA_IISC_DRIVES", format!("C:={}", deployment.drive.display()));
                command
            }
            Self::Wine { .. } => self.wine_program(deployment.seen("Python/python.exe")),
        }
    }

    fn wine_program(&self, program: impl Into<OsString>) -> Command {
        let Self::Wine { prefix, .. } = self else { panic!("Linux runs no programs of Windows") };
        let mut command = wine::command(prefix, program);
        command.env("PYTHONPATH", r"C:\nonexistent");
        command
    }
}

/// A virtual environment with paste.deploy and the torture application. The packages come from the test machine if
/// there is one, otherwise from pip.
static VIRTUAL_ENVIRONMENT: LazyLock<PathBuf> = LazyLock::new(|| {
    let machine = std::env::var_os("KALLITHEA_IISC_MACHINE_LINUX").map(PathBuf::from);
    let version = *specs::ON_LINUX;
    let folder = temporary().join(if machine.is_some() { "venv-of-machine" } else { "venv" }).join(version);
    let packages = format!("lib/python{version}/site-packages");
    let ready = folder.join("ready");
    if !ready.exists() {
        let python = specs::python_home().join(format!("bin/python{version}")).canonicalize();
        let mut command = Command::new(python.expect("a Python: run `cargo xtask setup`"));
        command.args(["-m", "venv", "--clear"]).args(machine.as_ref().map(|_| "--without-pip")).arg(&folder);
        run(&mut command);
        match machine {
            Some(machine) => {
                let all = machine.join("drive_c/inetpub/kallithea/venv").join(&packages);
                write_if_changed(
                    &folder.join(&packages).join("everything.pth"),
                    &format!("{}\n", all.display()),
                );
            }
            None => {
                run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "PasteDeploy==3.1.0"]));
            }
        }
        fs::write(ready, "").expect("a file below target can be written");
    }
    write_if_changed(&folder.join(&packages).join("torture_app.py"), APPLICATION);
    folder
});

/// A virtual environment for Windows with the torture application, and everything of Kallithea's own environment.
fn lay_down_windows_environment(folder: &Path) {
    let packages = folder.join("Lib/site-packages");
    write_if_changed(&packages.join("torture_app.py"), APPLICATION);
    let everything = "C:\\inetpub\\kallithea\\venv\\Lib\\site-packages\n";
    write_if_changed(&packages.join("everything.pth"), everything);
    write_if_changed(&folder.join("Scripts/python.exe"), "a stand-in that only has to exist\n");
}

fn write_if_changed(path: &Path, contents: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == contents) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
    fs::write(path, contents).expect("a file can be written");
}

fn temporary() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}
