//! The suite in which Microsoft's DSC 3 runs the program as its resource.
//!
//! In: a `dsc`, which no registry has and this project does not install. Out: passed and failed tests. Absent: the tests themselves.

use std::path::PathBuf;

use crate::command::find_program;
use crate::lane::Lane;
use crate::suites::{Suite, Variable, run_suite};

/// The suite.
pub const SUITE: Suite = ("a resource of Microsoft's DSC", "dsc_engine");

/// The variable that names the program to the tests.
const DSC: &str = "KALLITHEA_IISC_DSC";

/// Runs the suite if there is a `dsc`: named by the variable, or on PATH. Otherwise this prints that there is none.
pub fn run_if_possible(lane: &mut Lane<'_>, variables: &[Variable]) {
    match std::env::var_os(DSC).map(PathBuf::from).or_else(|| find_program("dsc")) {
        Some(program) => run_suite(lane, SUITE, &[variables, &[(DSC, program)]].concat()),
        None => println!("    left out: {}: {DSC} names no program, and there is no dsc on PATH", SUITE.0),
    }
}
