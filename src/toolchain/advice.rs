//! What to install if nothing on this machine can build for the target.
//!
//! In: the search that failed, and which system this is. Out: [`NotFound`], whose words are the error. Absent: running
//! any of the commands in it.

use std::fmt;

use super::search::{Outcome, Refusal, Search};
use super::{Architecture, Environment, Flavour, OLDEST_RUST, System, Target, processor};

/// Nothing on this machine can build for the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFound {
    /// What was looked for, in words.
    pub sought: String,
    /// Every candidate, and why it cannot be used.
    pub search: Search,
    /// What would help, each line an alternative.
    pub advice: Vec<String>,
}

impl NotFound {
    pub(super) fn new(
        architecture: Architecture,
        wanted: Option<String>,
        search: Search,
        environment: &dyn Environment,
    ) -> Self {
        let advice = advice(architecture, wanted.as_deref(), &search, environment);
        let sought = wanted.unwrap_or_else(|| format!("{architecture} Windows"));
        Self { sought, search, advice }
    }
}

impl fmt::Display for NotFound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "no Rust toolchain on this machine can build for {}", self.sought)?;
        for attempt in &self.search.tried {
            writeln!(formatter, "  tried {attempt}")?;
        }
        for (position, line) in self.advice.iter().enumerate() {
            let lead = if position == 0 { "to fix this:" } else { "or:" };
            write!(formatter, "  {lead} {line}")?;
            if position + 1 < self.advice.len() {
                writeln!(formatter)?;
            }
        }
        Ok(())
    }
}

fn advice(
    architecture: Architecture,
    wanted: Option<&str>,
    search: &Search,
    environment: &dyn Environment,
) -> Vec<String> {
    let usual = usual_target(architecture, environment.system());
    match wanted {
        Some(triple) => match remedy(triple, &usual, search, environment.system()) {
            Remedy::Install(target) => ways_to(&target, search, environment),
            Remedy::Instead(other) => vec![other],
        },
        None => ways_to(&usual, search, environment),
    }
}

/// What helps if nothing on this machine can build for a target.
enum Remedy {
    /// Install what builds for it.
    Install(Target),
    /// Do something else, in words.
    Instead(String),
}

fn remedy(triple: &str, usual: &Target, search: &Search, system: System) -> Remedy {
    let usual = &usual.triple;
    match Target::windows(triple) {
        Some(target) if target.flavour == Flavour::Msvc && system != System::Windows => {
            Remedy::Instead(format!("leave --rust-target out, or give {usual}"))
        }
        Some(target) => Remedy::Install(target),
        None if refused(search, |refusal| *refusal == Refusal::ForeignHost) => Remedy::Instead(format!(
            "give --rust-target {usual}, or this machine's own target, as `rustc -vV` names its host"
        )),
        None => Remedy::Instead(format!("install Rust {OLDEST_RUST} or later")),
    }
}

/// What needs nothing on this machine: the libraries are the same wherever they are built.
const ELSEWHERE: &str = "build on any other machine, such as a workstation, CI or WSL, and copy its outputs with \
    bin to this one";

/// What would make this machine build for a Windows target, the simplest way first, and how to do without.
fn ways_to(target: &Target, search: &Search, environment: &dyn Environment) -> Vec<String> {
    let mut ways = ways_here(target, search, environment);
    ways.push(ELSEWHERE.to_owned());
    ways
}

fn ways_here(target: &Target, search: &Search, environment: &dyn Environment) -> Vec<String> {
    let system = environment.system();
    if refused(search, |refusal| matches!(refusal, Refusal::NoLinker(_))) {
        return vec![install_linker(target, system)];
    }
    let too_old = refused(search, |refusal| matches!(refusal, Refusal::TooOld(_)));
    let with_rustup = rustup_line(target, missing_linker(target, environment), system);
    let rustup = match (has_rustup(search), too_old) {
        (true, true) => Some(format!("rustup update stable; {with_rustup}")),
        (true, false) => Some(with_rustup),
        (false, false) if has_current_rust(system) => None,
        (false, _) => Some(format!("install Rust {OLDEST_RUST} or later with rustup; {with_rustup}")),
    };
    let mut lines: Vec<String> = rustup.into_iter().chain(system_line(target, system)).collect();
    if !has_rustup(search) {
        lines.reverse(); // what the system brings along is nearer than an installer from elsewhere
    }
    lines
}

/// Whether the system's own packages keep up with Rust's releases.
fn has_current_rust(system: System) -> bool {
    matches!(system, System::Debian(Some(11 | 12)))
}

fn usual_target(architecture: Architecture, system: System) -> Target {
    let flavour = if system == System::Windows { Flavour::Msvc } else { Flavour::Gnu };
    let suffix = if flavour == Flavour::Msvc { "msvc" } else { "gnu" };
    let triple = format!("{}-pc-windows-{suffix}", processor(architecture));
    Target { triple, architecture: Some(architecture), flavour }
}

fn refused(search: &Search, which: impl Fn(&Refusal) -> bool) -> bool {
    search.tried.iter().any(|attempt| matches!(&attempt.outcome, Outcome::Refused(refusal) if which(refusal)))
}

fn has_rustup(search: &Search) -> bool {
    !search
        .tried
        .iter()
        .any(|attempt| attempt.candidate == "rustup" && attempt.outcome == Outcome::Refused(Refusal::Absent))
}

fn missing_linker(target: &Target, environment: &dyn Environment) -> bool {
    let abroad = environment.system() != System::Windows;
    abroad && target.cross_linker().is_some_and(|name| environment.programs(name).is_empty())
}

/// The command that adds the target to rustup's toolchain, and its linker if that is missing, too.
fn rustup_line(target: &Target, linker: bool, system: System) -> String {
    let add = format!("rustup target add {}", target.triple);
    match (linker, system) {
        (_, System::Windows) if target.flavour == Flavour::Msvc => {
            format!("{add} (it links with the C++ build tools of Visual Studio)")
        }
        (true, _) => format!("{add}; {}", install_linker(target, system)),
        (false, _) => add,
    }
}

/// The command that installs the program that links for the target.
fn install_linker(target: &Target, system: System) -> String {
    let name = target.cross_linker().unwrap_or_default();
    match (linker_package(target, system), system) {
        (Some(package), System::MacOs) => format!("brew install {package}"),
        (Some(package), System::Fedora) => format!("sudo dnf install {package}"),
        (Some(package), _) => format!("sudo apt-get install {package}"),
        (None, _) => format!("install the package that contains {name} (mingw-w64)"),
    }
}

fn linker_package(target: &Target, system: System) -> Option<&'static str> {
    let gnu = target.flavour == Flavour::Gnu;
    match (system, target.architecture?) {
        (System::Debian(_) | System::DebianLike, Architecture::X64) if gnu => Some("gcc-mingw-w64-x86-64"),
        (System::Debian(_) | System::DebianLike, Architecture::X86) if gnu => Some("gcc-mingw-w64-i686"),
        (System::Fedora, Architecture::X64) if gnu => Some("mingw64-gcc"),
        (System::Fedora, Architecture::X86) if gnu => Some("mingw32-gcc"),
        (System::MacOs, _) if gnu => Some("mingw-w64"),
        _ => None,
    }
}

/// The command that installs the system's own Rust with everything for the target; `None` if the system has no such packages.
fn system_line(target: &Target, system: System) -> Option<String> {
    let linker = linker_package(target, system)?;
    let source = target.architecture == Some(Architecture::X86);
    match system {
        System::Debian(Some(11 | 12)) => {
            Some(format!("sudo apt-get install rustc-web cargo-web rust-web-src {linker}"))
        }
        System::Debian(_) | System::DebianLike => {
            let library = if source { "rust-src" } else { "libstd-rust-dev-windows" };
            Some(format!(
                "sudo apt-get install rustc cargo {library} {linker} (if that is Rust {OLDEST_RUST} or later)"
            ))
        }
        System::Fedora => {
            Some(format!("sudo dnf install rust cargo rust-std-static-{} {linker}", target.triple))
        }
        System::Windows | System::MacOs | System::Other => None,
    }
}
