//! The suite that runs the compiled scripts: a part of it in `cargo xtask test`, all of it in `cargo xtask test --scripts`.
//!
//! In: a PowerShell for Windows, which this project does not install. Out: passed and failed tests. Absent: the tests themselves.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::lane::Lane;
use crate::suites::{Suite, Variable, run_suite, variables};
use crate::workshop::{Result, Workshop};
use crate::{machines, rust, summary};

/// The suite.
pub const SUITE: Suite = ("the scripts, run by PowerShell under Wine", "scripts_run");

/// Its program, as the variable that the tests read and as the place below the facts folder.
const PWSH: &str = "KALLITHEA_IISC_PWSH";
const PROGRAM: &str = "tools/pwsh/pwsh";

/// What only the whole suite does.
const LEFT_OUT: &str =
    "an installation of each example that fails in every way; here it is one example and three ways";

/// Runs a part of the suite if there is a PowerShell. Otherwise the scripts were only parsed, and this prints that.
pub fn run_if_possible(lane: &mut Lane<'_>, facts: Option<&Path>, variables: &[Variable]) {
    let named = std::env::var_os(PWSH).map(PathBuf::from);
    let program = named.or_else(|| facts.map(|facts| facts.join(PROGRAM)));
    match program.filter(|program| program.is_file()) {
        Some(program) => {
            run_suite(lane, SUITE, &[variables, &[(PWSH, program)]].concat());
            println!("    left out: {LEFT_OUT}: cargo xtask test --scripts runs it");
        }
        None => println!(
            "    left out: {}: {PWSH} names no program, and there is no {PROGRAM} in the folder that --facts names",
            SUITE.0
        ),
    }
}

/// Runs all of the suite: every golden, failing at every step in every way.
pub fn run(workshop: &Workshop) -> Result<bool> {
    let program = std::env::var_os(PWSH).map(PathBuf::from).filter(|program| program.is_file());
    let program = program.ok_or_else(|| {
        format!("there is no PowerShell for Windows here: set {PWSH} to the program that starts one")
    })?;
    let begin = Instant::now();
    rust::setup(workshop)?;
    machines::setup(workshop)?;
    let mut lane = Lane::new(workshop, "test-scripts.log")?;
    lane.check("compiler and isapi-host for Windows", rust::programs_for_windows(workshop));
    let mut variables = variables(workshop)?;
    variables.extend([(PWSH, program), ("KALLITHEA_IISC_SCRIPTS", PathBuf::from("all"))]);
    run_suite(&mut lane, SUITE, &variables);
    let outcomes = lane.outcomes();
    println!("{}", summary::table(&outcomes, begin.elapsed()));
    Ok(summary::passed(&outcomes))
}
