//! Which Rusts this machine has: rustup's toolchains, then those of the system.
//!
//! In: an [`Environment`]. Out: the installations, in the order in which the search tries them. Absent: what they can
//! build for. rustup's proxies are never called as compilers: they obey `RUSTUP_TOOLCHAIN`, which is set if cargo
//! itself started this process.

use std::path::{Path, PathBuf};

use super::search::{Attempt, Refusal};
use super::{Environment, System};

/// A Rust on this machine, before anything is known about it.
pub(super) struct Installation {
    pub(super) name: String,
    pub(super) cargo: PathBuf,
    pub(super) rustc: PathBuf,
    pub(super) may_compile_the_standard_library: bool,
}

/// Every Rust on this machine, or the failed attempt instead: rustup's toolchains, then those of the system.
pub(super) fn installations(environment: &dyn Environment) -> Vec<Result<Installation, Attempt>> {
    let mut found = match environment.programs("rustup").first() {
        Some(rustup) => rustup_installations(rustup, environment),
        None => vec![Err(Attempt::refused("rustup", None, Refusal::Absent))],
    };
    let system = system_installations(environment);
    if system.is_empty() {
        found.push(Err(Attempt::refused(name_of_system_rust(environment), None, Refusal::Absent)));
    }
    found.extend(system.into_iter().map(Ok));
    found
}

/// rustup's toolchains, the active one first, each with its real programs.
fn rustup_installations(rustup: &Path, environment: &dyn Environment) -> Vec<Result<Installation, Attempt>> {
    let listed = match environment.answer(rustup, &["toolchain", "list"]) {
        Ok(listed) => listed,
        Err(reason) => return vec![Err(Attempt::refused("rustup", None, Refusal::Silent(reason)))],
    };
    let listed = listed.lines().filter(|line| *line != "no installed toolchains");
    let (active, others): (Vec<&str>, Vec<&str>) = listed.partition(|line| line.contains("(active"));
    let names = active.into_iter().chain(others).filter_map(|line| line.split_whitespace().next());
    names.map(|name| rustup_installation(rustup, name, environment)).collect()
}

/// One of rustup's toolchains; a folder that was linked as a toolchain may lack a program.
fn rustup_installation(
    rustup: &Path,
    toolchain: &str,
    environment: &dyn Environment,
) -> Result<Installation, Attempt> {
    let name = format!("rustup's {toolchain}");
    let program = |which: &str| match environment.answer(rustup, &["which", "--toolchain", toolchain, which])
    {
        Ok(path) => Ok(PathBuf::from(path.trim())),
        Err(reason) => Err(Attempt::refused(&name, None, Refusal::Silent(reason))),
    };
    let (cargo, rustc) = (program("cargo")?, program("rustc")?);
    Ok(Installation { name, cargo, rustc, may_compile_the_standard_library: false })
}

/// Every rustc with a cargo beside it, except rustup's proxies.
fn system_installations(environment: &dyn Environment) -> Vec<Installation> {
    let name = name_of_system_rust(environment);
    let mut found: Vec<Installation> = Vec::new();
    for rustc in environment.programs("rustc") {
        let Some(folder) = rustc.parent() else { continue };
        let (cargo, rustup) = (sibling(&rustc, "cargo"), sibling(&rustc, "rustup"));
        let merged = folder == Path::new("/bin"); // the same folder as /usr/bin on every current system
        if merged || environment.exists(&rustup) || !environment.exists(&cargo) {
            continue;
        }
        let name = format!("{name} in {}", folder.display());
        found.push(Installation { name, cargo, rustc, may_compile_the_standard_library: true });
    }
    found
}

/// Another program in the same folder, with the same suffix.
fn sibling(program: &Path, name: &str) -> PathBuf {
    let mut path = program.with_file_name(name);
    if let Some(suffix) = program.extension() {
        path.set_extension(suffix);
    }
    path
}

fn name_of_system_rust(environment: &dyn Environment) -> &'static str {
    match environment.system() {
        System::Debian(_) => "Debian's Rust",
        System::Fedora => "Fedora's Rust",
        _ => "the system's Rust",
    }
}
