//! `cargo xtask bench`: compares the bridge with the incumbent that it replaces, and with no bridge at all, in one
//! run.
//!
//! In: what to measure, how many rounds, and whether to keep the figures. Out: tables, and a line for each target;
//! `--pythons` compares Pythons instead, and `--clients` what clients wait for; these have no targets. `--record` also writes them
//! to `docs/performance.md`. A missed target is printed, but is not a failure: figures depend on the machine that they come from.
//! Absent: the load itself, which the program `isapi-bench` generates.

mod clients;
mod deploy;
mod incumbent;
mod machine;
mod measure;
mod pythons;
mod report;
mod rows;
mod spread;
mod targets;

use std::path::{Path, PathBuf};

use crate::command::{Log, command};
use crate::python::Python;
use crate::wheels::Wheels;
use crate::workshop::{Result, Workshop, announced, write};
use crate::{linux, machines, python, rust, suites, wheels, wine};
use machine::Machine;

/// The page that keeps the figures.
const PAGE: &str = "docs/performance.md";

/// The lines that the figures follow: those of the bridge up to the end of the page, the others up to the next such line.
const MARK: &str = "<!-- What follows is written by `cargo xtask bench --record`. -->\n";
const MARK_OF_PYTHONS: &str = "<!-- What follows is written by `cargo xtask bench --pythons --record`. -->\n";
const MARK_OF_CLIENTS: &str = "<!-- What follows is written by `cargo xtask bench --clients --record`. -->\n";
const END: &str = "<!-- This is the end of what it writes. -->\n";

/// What to compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    /// The bridge and what it replaces.
    Bridge,
    /// Kallithea on several Pythons.
    Pythons,
    /// The bridge behind `serve`, and waitress, as browsers, hg and git see them.
    Clients,
}

/// How to measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// What is compared.
    pub subject: Subject,
    /// How often everything is measured.
    pub rounds: usize,
    /// Whether to write the figures to the page in `docs`.
    pub record: bool,
}

/// Sets up what is missing, measures, and prints.
pub fn run(workshop: &Workshop, options: Options) -> Result<bool> {
    println!("Setting up (once; logs in {})", workshop.log().path().display());
    let (text, failed) = match options.subject {
        Subject::Bridge => bridge(workshop, options)?,
        Subject::Pythons => (pythons::run(workshop, options)?, Vec::new()),
        Subject::Clients => {
            let (python, _) = prepared(workshop)?;
            let (folders, programs) = (folders(workshop)?, build(workshop)?);
            let machine = Machine::linux(&folders[0], python.version, &programs);
            (clients::run(workshop, &machine, &programs, options)?, Vec::new())
        }
    };
    println!("\n{text}");
    if options.record && !failed.is_empty() {
        return Err(format!("nothing was recorded, because servers failed:\n{}", failed.join("\n")));
    }
    if options.record {
        record(workshop.root(), options.subject, &text)?;
    }
    Ok(failed.is_empty())
}

/// What every measurement of the bridge begins with.
fn prepared(workshop: &Workshop) -> Result<(Python, Wheels)> {
    rust::setup(workshop)?;
    suites::build_compiler(workshop)?;
    let python = python::find(workshop)?;
    let wheels = wheels::setup(workshop, &python)?;
    Ok((python, wheels))
}

/// Measures the bridge, and returns the tables and which servers failed.
fn bridge(workshop: &Workshop, options: Options) -> Result<(String, Vec<String>)> {
    let (python, wheels) = prepared(workshop)?;
    let (folders, programs) = (folders(workshop)?, build(workshop)?);
    let log = Log::create(workshop.machines().join("bench.log"))?;
    let [linux, wine] =
        [Machine::linux(&folders[0], python.version, &programs), Machine::wine(&folders[1], &programs)];
    let _shutdown = wine::Shutdown(folders[1].clone());
    for machine in [&linux, &wine] {
        deploy::plain(workshop, machine, &programs.compiler, &log)?;
        deploy::kallithea(workshop, machine, &programs.compiler, &log)?;
    }
    incumbent::setup(workshop, &wheels, &wine)?;
    let before = report::load();
    println!("Measuring, {} rounds (logs in {})", options.rounds, log.path().display());
    let mut measured = Vec::new();
    for machine in [&wine, &linux] {
        measured.extend(measure::all(machine, options.rounds, &log)?);
    }
    Ok((report::text(&measured, options.rounds, python.version, &before), report::failures(&measured)))
}

/// The folders of both machines: those from the tests' environment variables, or those of this checkout.
fn folders(workshop: &Workshop) -> Result<[PathBuf; 2]> {
    let named = ["KALLITHEA_IISC_MACHINE_LINUX", "KALLITHEA_IISC_MACHINE_WINE"].map(std::env::var_os);
    if let [Some(linux), Some(wine)] = named {
        return Ok([linux.into(), wine.into()]);
    }
    machines::setup(workshop)?;
    Ok([linux::folder(workshop), wine::folder(workshop)])
}

/// The programs that are built for the measurements.
pub struct Programs {
    compiler: PathBuf,
    driver: PathBuf,
    null_extension: PathBuf,
    driver_for_windows: PathBuf,
    null_extension_for_windows: PathBuf,
}

fn build(workshop: &Workshop) -> Result<Programs> {
    let target = workshop.machines().join("bench");
    let measuring = ["build", "--release", "--quiet", "-p", "isapi-bench", "-p", "null-extension"];
    announced("The compiler and the measuring programs, in release", || {
        let mut cargo = command("cargo", measuring);
        cargo.args(["-p", "kallithea-iisc", "--target-dir"]).arg(&target).current_dir(workshop.root());
        workshop.log().run(&mut cargo)
    })?;
    announced("The measuring programs for Windows", || {
        let mut cargo = rust::cargo_for_windows(&measuring);
        workshop.log().run(cargo.arg("--target-dir").arg(&target).current_dir(workshop.root()))
    })?;
    let windows = rust::windows_folder(&target).join("release");
    let here = target.join("release");
    Ok(Programs {
        compiler: here.join("kallithea-iisc"),
        driver: here.join("isapi-bench"),
        null_extension: here.join("libnull_extension.so"),
        driver_for_windows: windows.join("isapi-bench.exe"),
        null_extension_for_windows: windows.join("null_extension.dll"),
    })
}

/// Replaces the previous figures in the page.
fn record(root: &Path, subject: Subject, figures: &str) -> Result<()> {
    let page = root.join(PAGE);
    let text = std::fs::read_to_string(&page).map_err(|error| format!("{PAGE}: {error}"))?;
    write(&page, &replaced(&text, subject, figures)?)
}

/// The page's text with other figures.
fn replaced(text: &str, subject: Subject, figures: &str) -> Result<String> {
    let (begin, end) = match subject {
        Subject::Bridge => (MARK, None),
        Subject::Pythons => (MARK_OF_PYTHONS, Some(END)),
        Subject::Clients => (MARK_OF_CLIENTS, Some(END)),
    };
    let split = |text: &str, mark: &str| {
        let found = text.split_once(mark).map(|(before, after)| (before.to_owned(), after.to_owned()));
        found.ok_or_else(|| format!("{PAGE} has lost the line {}; write it again", mark.trim()))
    };
    let (before, after) = split(text, begin)?;
    let rest = match end {
        None => String::new(),
        Some(end) => format!("\n{end}{}", split(&after, end)?.1),
    };
    Ok(format!("{before}{begin}\n{figures}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_chore_replaces_its_own_figures() {
        let page = |pythons: &str, clients: &str, bridge: &str| {
            format!(
                "a\n{MARK_OF_PYTHONS}\n{pythons}\n{END}b\n{MARK_OF_CLIENTS}\n{clients}\n{END}c\n{MARK}\n{bridge}"
            )
        };
        let old = page("1\n", "2\n", "3\n");
        assert_eq!(replaced(&old, Subject::Pythons, "4\n"), Ok(page("4\n", "2\n", "3\n")));
        assert_eq!(replaced(&old, Subject::Clients, "4\n"), Ok(page("1\n", "4\n", "3\n")));
        assert_eq!(replaced(&old, Subject::Bridge, "4\n"), Ok(page("1\n", "2\n", "4\n")));
        assert!(replaced("nothing", Subject::Bridge, "").unwrap_err().contains(MARK.trim()));
    }
}
