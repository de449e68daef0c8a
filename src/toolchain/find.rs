//! The search: every Rust on this machine, in order, until one can build for the target.
//!
//! In: the architecture, an optional target name, an [`Environment`]. Out: the first [`Toolchain`] that can be used,
//! with every [`Attempt`] before it, or all attempts and what to install. Absent: any compiling. The order is the
//! host's own on Windows, then rustup's toolchains, the active one first, then the system's Rust, with its standard
//! library ready or else from source.

use std::fmt;
use std::path::PathBuf;

use super::advice::NotFound;
use super::installations::{Installation, installations};
use super::search::{Attempt, Outcome, Refusal, Search};
use super::{
    Architecture, Environment, Flavour, NoAnswer, OLDEST_RUST, StandardLibrary, Target, Toolchain, Version,
    processor,
};

/// A search that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What to build with.
    pub toolchain: Toolchain,
    /// How it was found.
    pub search: Search,
}

/// A search that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindError {
    /// The requested target does not have the deployment's bitness.
    WrongArchitecture {
        /// The requested target.
        triple: String,
        /// The deployment's bitness.
        wanted: Architecture,
    },
    /// Nothing on this machine can build for the target.
    NotFound(Box<NotFound>),
}

/// A Rust on this machine, after it has answered.
struct Rust {
    installation: Installation,
    version: Version,
    host: String,
    sysroot: PathBuf,
}

/// Finds a Rust that builds for the architecture's Windows, or for exactly the requested target.
pub fn find(
    architecture: Architecture,
    explicit_target: Option<&str>,
    environment: &dyn Environment,
) -> Result<Found, FindError> {
    if let Some(target) = explicit_target.and_then(Target::windows)
        && target.architecture != Some(architecture)
    {
        return Err(FindError::WrongArchitecture { triple: target.triple, wanted: architecture });
    }
    let mut search = Search::default();
    for installation in installations(environment) {
        let rust = match installation.and_then(|installation| question(installation, environment)) {
            Ok(rust) => rust,
            Err(attempt) => {
                search.tried.push(attempt);
                continue;
            }
        };
        if let Some(toolchain) =
            first_buildable(&rust, architecture, explicit_target, environment, &mut search)
        {
            return Ok(Found { toolchain, search });
        }
    }
    let wanted = explicit_target.map(str::to_owned);
    Err(FindError::NotFound(Box::new(NotFound::new(architecture, wanted, search, environment))))
}

/// Asks an installation for its version and host, and refuses one that is too old.
fn question(installation: Installation, environment: &dyn Environment) -> Result<Rust, Attempt> {
    let name = installation.name.clone();
    let refused = |refusal| Attempt::refused(&name, None, refusal);
    let answers = environment.answer(&installation.rustc, &["-vV"]).and_then(|version| {
        let sysroot = environment.answer(&installation.rustc, &["--print", "sysroot"])?;
        Ok((version, PathBuf::from(sysroot.trim())))
    });
    let (text, sysroot) = match answers {
        Ok(answers) => answers,
        Err(reason) => return Err(refused(Refusal::Silent(reason))),
    };
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let (Some(version), Some(host)) = (field("release:").and_then(Version::parse), field("host:")) else {
        return Err(refused(Refusal::Silent(NoAnswer::Unexpected("rustc -vV", text.clone()))));
    };
    if version < OLDEST_RUST {
        return Err(refused(Refusal::TooOld(version)));
    }
    let host = host.to_owned();
    Ok(Rust { installation, version, host, sysroot })
}

/// The first of the wanted targets that this Rust can build for.
fn first_buildable(
    rust: &Rust,
    architecture: Architecture,
    explicit_target: Option<&str>,
    environment: &dyn Environment,
    search: &mut Search,
) -> Option<Toolchain> {
    let targets = match explicit_target {
        Some(triple) => vec![Target::windows(triple).unwrap_or_else(|| Target::host(triple))],
        None => windows_targets(architecture, rust, environment),
    };
    for target in targets {
        let triple = target.triple.clone();
        match equip(rust, target, environment) {
            Ok(toolchain) => {
                let candidate = rust.installation.name.clone();
                search.tried.push(Attempt { candidate, target: Some(triple), outcome: Outcome::Taken });
                return Some(toolchain);
            }
            Err(refusal) => {
                search.tried.push(Attempt::refused(&rust.installation.name, Some(triple), refusal));
            }
        }
    }
    None
}

/// The Windows targets to try: the one that fits the host best, then the other installed ones.
fn windows_targets(architecture: Architecture, rust: &Rust, environment: &dyn Environment) -> Vec<Target> {
    let mut systems = ["pc-windows-gnu", "pc-windows-gnullvm", "pc-windows-msvc"];
    systems.sort_by_key(|system| !rust.host.ends_with(&format!("-{system}")));
    let names = systems.map(|system| format!("{}-{system}", processor(architecture)));
    let targets = names.iter().filter_map(|name| Target::windows(name)).enumerate();
    let mut worth_trying = Vec::new();
    for (position, target) in targets {
        if position == 0 || environment.exists(&ready_library(rust, &target)) {
            worth_trying.push(target);
        }
    }
    worth_trying
}

/// Where the target's standard library is, if it is ready to link.
fn ready_library(rust: &Rust, target: &Target) -> PathBuf {
    libraries(rust).join(&target.triple).join("lib")
}

fn libraries(rust: &Rust) -> PathBuf {
    rust.sysroot.join("lib").join("rustlib")
}

/// Everything that is needed to build for the target, or what is missing.
fn equip(rust: &Rust, target: Target, environment: &dyn Environment) -> Result<Toolchain, Refusal> {
    let on_windows = rust.host.contains("-windows-");
    if target.flavour == Flavour::Host && target.triple != rust.host {
        return Err(Refusal::ForeignHost);
    }
    if target.flavour == Flavour::Msvc && !on_windows {
        return Err(Refusal::OnlyOnWindows);
    }
    let standard_library = standard_library(rust, &target, environment)?;
    let linker = match target.cross_linker().filter(|_| !on_windows) {
        Some(name) => Some(environment.programs(name).into_iter().next().ok_or(Refusal::NoLinker(name))?),
        None => None,
    };
    Ok(Toolchain {
        name: rust.installation.name.clone(),
        cargo: rust.installation.cargo.clone(),
        rustc: rust.installation.rustc.clone(),
        version: rust.version,
        sysroot: rust.sysroot.clone(),
        target,
        standard_library,
        linker,
    })
}

/// The target's standard library, ready or from source.
fn standard_library(
    rust: &Rust,
    target: &Target,
    environment: &dyn Environment,
) -> Result<StandardLibrary, Refusal> {
    if environment.exists(&ready_library(rust, target)) {
        return Ok(StandardLibrary::Ready);
    }
    if !rust.installation.may_compile_the_standard_library {
        return Err(Refusal::TargetNotInstalled);
    }
    let source = libraries(rust).join("src").join("rust").join("library");
    if target.flavour == Flavour::Gnu && environment.exists(&source.join("Cargo.lock")) {
        return Ok(StandardLibrary::FromSource(source));
    }
    Err(Refusal::NoSource)
}

impl fmt::Display for FindError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongArchitecture { triple, wanted } => write!(
                formatter,
                "{triple} is not a {wanted} target, but the deployment is {wanted}: name a target that \
                 begins with {}, or change the architecture in the spec",
                processor(*wanted)
            ),
            Self::NotFound(not_found) => not_found.fmt(formatter),
        }
    }
}

impl std::error::Error for FindError {}
