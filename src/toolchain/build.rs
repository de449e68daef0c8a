//! Runs cargo on the generated workspace.
//!
//! In: a toolchain, the workspace, a folder for cargo's own files. Out: the built libraries by package, or cargo's
//! error. Absent: any change to the workspace. cargo stays in this process's group, so that Ctrl-C in a terminal
//! also reaches it. It is stopped if this function returns early.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use super::failure::BuildError;
use super::messages::{compiled, planned};
use super::startup::startup_objects;
use super::variables::{Folders, cargo};
use super::{StandardLibrary, Toolchain};

/// The libraries that cargo built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Artifacts {
    /// The library's file by the name of its package.
    pub libraries: BTreeMap<String, PathBuf>,
}

/// What a waiting user may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Everything is downloaded; this many crates and build scripts will be compiled, if cargo could count them.
    Begun {
        /// How many.
        units: Option<usize>,
    },
    /// One more is compiled, or was already compiled.
    Compiled {
        /// How many are finished, including this one.
        finished: usize,
        /// How many there will be.
        units: Option<usize>,
        /// The package that this one belongs to.
        package: &'a str,
    },
}

/// Builds the workspace's libraries for the toolchain's target.
pub fn build(
    toolchain: &Toolchain,
    workspace: &Path,
    target_directory: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Artifacts, BuildError> {
    let workspace = absolute(workspace)?;
    let target = absolute(target_directory)?;
    fs::create_dir_all(&target).map_err(|error| BuildError::folder(&target, error))?;
    let startup = startup_objects(toolchain, &target)?;
    let folders = Folders { workspace: &workspace, target: &target, startup: startup.as_deref() };
    let units = plan(toolchain, &folders)?;
    progress(Progress::Begun { units });
    let mut command = cargo(toolchain, &folders);
    command.args(arguments(toolchain, &folders)).arg("--message-format=json-render-diagnostics");
    run(command, toolchain, units, progress)
}

fn absolute(path: &Path) -> Result<PathBuf, BuildError> {
    std::path::absolute(path).map_err(|error| BuildError::folder(path, error))
}

/// The arguments that plan and build share.
fn arguments(toolchain: &Toolchain, folders: &Folders<'_>) -> Vec<OsString> {
    let mut arguments: Vec<_> =
        ["build", "--release", "--locked", "--target", &toolchain.target.triple].map(Into::into).to_vec();
    arguments.extend(["--target-dir".into(), folders.target.into()]);
    if matches!(toolchain.standard_library, StandardLibrary::FromSource(_)) {
        arguments.push("-Zbuild-std=std,panic_unwind".into());
    }
    arguments
}

/// Downloads what is missing and counts what will be compiled. Counting is an unstable feature of cargo; if it does
/// not work, the build goes on without a count.
fn plan(toolchain: &Toolchain, folders: &Folders<'_>) -> Result<Option<usize>, BuildError> {
    let output = cargo(toolchain, folders)
        .args(arguments(toolchain, folders))
        .args(["-Zunstable-options", "--unit-graph"])
        .env("RUSTC_BOOTSTRAP", "1")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| BuildError::not_started(&toolchain.cargo, error))?;
    let report = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && is_unreachable(&report) {
        return Err(BuildError::Unreachable { report: complaint(&report) });
    }
    Ok(planned(&String::from_utf8_lossy(&output.stdout)))
}

/// Runs the build, collects its libraries, and keeps its error messages.
fn run(
    mut command: Command,
    toolchain: &Toolchain,
    units: Option<usize>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Artifacts, BuildError> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut running = Running(child.map_err(|error| BuildError::not_started(&toolchain.cargo, error))?);
    let complaints = running.0.stderr.take().map(|stream| thread::spawn(move || read_all(stream)));
    let mut artifacts = Artifacts::default();
    let lines = running.0.stdout.take().into_iter().flat_map(|stream| BufReader::new(stream).lines());
    let messages = lines.map_while(Result::ok).filter_map(|line| compiled(&line));
    for (before, message) in messages.enumerate() {
        progress(Progress::Compiled { finished: before + 1, units, package: &message.package });
        artifacts.libraries.extend(message.library.map(|library| (message.package, library)));
    }
    let status = running.0.wait().map_err(|error| BuildError::not_started(&toolchain.cargo, error))?;
    let report = complaints.and_then(|reader| reader.join().ok()).unwrap_or_default();
    if status.success() { Ok(artifacts) } else { Err(failure(toolchain, status, &report)) }
}

/// A child process that does not outlive its guard.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail if it has already ended, which is the usual case and the goal.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn read_all(mut stream: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes); // what came before an error is worth showing all the same
    String::from_utf8_lossy(&bytes).into_owned()
}

fn failure(toolchain: &Toolchain, status: ExitStatus, report: &str) -> BuildError {
    if is_unreachable(report) {
        return BuildError::Unreachable { report: complaint(report) };
    }
    if report.contains("linker `link.exe` not found") {
        return BuildError::NoMicrosoftLinker;
    }
    let mut report = complaint(report);
    if report.is_empty() {
        report = format!("cargo failed without a message ({status}); run this again with --verbose");
    }
    BuildError::Failed { toolchain: toolchain.to_string(), report }
}

/// Whether cargo failed because it could not reach the registry.
fn is_unreachable(report: &str) -> bool {
    let signs =
        ["unable to update registry", "failed to download", "download of ", "--offline was specified"];
    signs.iter().any(|sign| report.contains(sign))
}

/// cargo's output from the first error on; the successful steps before it do not help.
fn complaint(report: &str) -> String {
    let lines: Vec<&str> = report.lines().collect();
    let first = lines.iter().position(|line| line.starts_with("error")).unwrap_or(0);
    lines[first..].join("\n")
}
