//! A Rust toolchain that can build for Windows.
//!
//! In: rustup, or the system's packages. Out: the Windows targets, ready to use, with MinGW as their linker. Absent:
//! finding that toolchain again, which the compiler does itself (`src/toolchain`).

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt;
use crate::command::{Log, command, find_program};
use crate::workshop::{Result, Workshop, announced, progress};

/// The target of the project's own programs for Windows.
pub const WINDOWS: &str = "x86_64-pc-windows-gnu";

/// The targets of the examples: 64-bit and 32-bit.
const TARGETS: [&str; 2] = [WINDOWS, "i686-pc-windows-gnu"];

/// The target folder of the programs for the tests, below `target/machines`.
const PROGRAMS: &str = "host";

/// MinGW's linkers for these targets.
const LINKERS: [&str; 2] = ["gcc-mingw-w64-x86-64", "gcc-mingw-w64-i686"];

/// The Rust of Debian 12, which builds the standard library for any target from source.
const RUST_WITH_SOURCE: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// The Rust of Debian 13 and recent Ubuntus, with a prebuilt standard library for Windows.
const RUST_WITH_WINDOWS: [&str; 3] = ["rustc", "cargo", "libstd-rust-dev-windows"];

/// Makes this machine able to build for Windows.
pub fn setup(workshop: &Workshop) -> Result<()> {
    let log = workshop.log();
    if !LINKERS.iter().all(|package| apt::is_installed(package)) {
        announced("MinGW, the linker for Windows (apt-get)", || {
            apt::install(log, &LINKERS, "Building for Windows")
        })?;
    }
    if has_targets() || added_by_rustup(log) || system_rust_is_there() {
        return Ok(());
    }
    announced("A Rust that builds for Windows (apt-get)", || install_system_rust(log))
}

/// Installs cargo's formatter and its lints, which a minimal installation of Rust lacks.
pub fn setup_lints(workshop: &Workshop) -> Result<()> {
    let works = |chore: &str| {
        command("cargo", [chore, "--version"]).output().is_ok_and(|answer| answer.status.success())
    };
    if works("fmt") && works("clippy") {
        return Ok(());
    }
    let mut rustup = command("rustup", ["component", "add", "rustfmt", "clippy"]);
    announced("rustfmt and clippy (rustup)", || workshop.log().run(&mut rustup))
}

/// cargo, ready to build for 64-bit Windows.
pub fn cargo_for_windows(build_arguments: &[&str]) -> Command {
    let ready = has_targets();
    let mut cargo =
        if ready { command("cargo", build_arguments) } else { command("/usr/bin/cargo", build_arguments) };
    cargo.args(["--target", TARGETS[0]]);
    if !ready {
        // rustup's proxies would choose another Rust than the system's.
        for variable in ["RUSTUP_TOOLCHAIN", "RUSTC", "RUSTDOC", "CARGO"] {
            cargo.env_remove(variable);
        }
        cargo.env("PATH", "/usr/bin:/bin");
        if !has_target(Path::new("/usr"), TARGETS[0]) {
            cargo.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_unwind");
        }
    }
    cargo
}

/// Builds our programs for Windows, without optimization, for the tests.
pub fn programs_for_windows(workshop: &Workshop) -> Command {
    let mut cargo = cargo_for_windows(&["build", "--quiet", "--bins"]);
    cargo.current_dir(workshop.root()).arg("--target-dir").arg(workshop.machines().join(PROGRAMS));
    // Nobody debugs there, and the debug information takes longer than the rest.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "false");
    cargo
}

/// The folder of the programs that [`programs_for_windows`] builds.
pub fn programs_folder(workshop: &Workshop) -> PathBuf {
    windows_folder(&workshop.machines().join(PROGRAMS)).join("debug")
}

/// The folder below a target folder where cargo puts its output for 64-bit Windows.
pub fn windows_folder(target: &Path) -> PathBuf {
    target.join(TARGETS[0])
}

fn has_targets() -> bool {
    let Ok(output) = command("rustc", ["--print", "sysroot"]).output() else { return false };
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    TARGETS.iter().all(|target| has_target(&sysroot, target))
}

fn has_target(sysroot: &Path, target: &str) -> bool {
    sysroot.join("lib/rustlib").join(target).join("lib").is_dir()
}

/// rustup's targets are tried first: with them the standard library does not have to be compiled.
fn added_by_rustup(log: &Log) -> bool {
    find_program("rustup").is_some()
        && progress("Rust's Windows targets (rustup)", || {
            // Only whether the targets exist afterwards matters; the log has rustup's output.
            let _ = log.attempt(command("rustup", ["target", "add"]).args(TARGETS));
            (has_targets(), has_targets())
        })
}

fn system_rust_is_there() -> bool {
    [RUST_WITH_SOURCE, RUST_WITH_WINDOWS]
        .iter()
        .any(|all| all.iter().all(|package| apt::is_installed(package)))
}

fn install_system_rust(log: &Log) -> Result<()> {
    for packages in [RUST_WITH_SOURCE, RUST_WITH_WINDOWS] {
        if packages.iter().all(|package| apt::is_known(log, package)) {
            return apt::install(log, &packages, "Building for Windows");
        }
    }
    Err(format!(
        "nothing here can build for Windows. Either run `rustup target add {}`, or install a distribution's Rust with \
         its standard library for Windows ({}).",
        TARGETS.join(" "),
        RUST_WITH_WINDOWS.join(" ")
    ))
}
