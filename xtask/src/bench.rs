//! `cargo xtask bench`: compares the bridge with the incumbent that it replaces, and with no bridge at all, in one
//! run.
//!
//! In: how many rounds, and whether to keep the figures. Out: tables, and a line for each target; `--record` also
//! writes them to `docs/performance.md`. A missed target is printed, but is not a failure: figures depend on the
//! machine that they come from. Absent: the load itself, which the program `isapi-bench` generates.

mod deploy;
mod incumbent;
mod machine;
mod measure;
mod report;
mod rows;
mod targets;

use std::path::{Path, PathBuf};

use crate::command::{Log, command};
use crate::workshop::{Result, Workshop, announced, write};
use crate::{linux, machines, python, rust, wheels, wine};
use machine::Machine;

/// The page that keeps the figures, and the line that they follow.
const PAGE: &str = "docs/performance.md";
const MARK: &str = "<!-- What follows is written by `cargo xtask bench --record`. -->\n";

/// How to measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How often everything is measured; the median is used.
    pub rounds: usize,
    /// Whether to write the figures to the page in `docs`.
    pub record: bool,
}

/// Sets up what is missing, measures, and prints.
pub fn run(workshop: &Workshop, options: Options) -> Result<bool> {
    println!("Setting up (once; logs in {})", workshop.log().path().display());
    rust::setup(workshop)?;
    let wheels = wheels::setup(workshop, &python::find(workshop)?)?;
    let folders = folders(workshop)?;
    let programs = build(workshop)?;
    let log = Log::create(workshop.machines().join("bench.log"))?;
    let [linux, wine] = [Machine::linux(&folders[0], &programs), Machine::wine(&folders[1], &programs)];
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
    let text = report::text(&measured, options.rounds, &before);
    println!("\n{text}");
    if options.record {
        record(workshop.root(), &text)?;
    }
    Ok(true)
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

/// Replaces the previous figures.
fn record(root: &Path, figures: &str) -> Result<()> {
    let page = root.join(PAGE);
    let text = std::fs::read_to_string(&page).map_err(|error| format!("{PAGE}: {error}"))?;
    let (prose, _) = text.split_once(MARK).ok_or_else(|| format!("{PAGE} has lost the line {MARK}"))?;
    write(&page, &format!("{prose}{MARK}\n{figures}"))
}
