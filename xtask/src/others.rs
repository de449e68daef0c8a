//! The suites in which tools of others use the program: Microsoft's DSC 3, and Ansible.
//!
//! In: a `dsc`, which no registry has and this project does not install; and a Python of this machine, in which Ansible is laid down.
//! Out: passed and failed tests. Absent: the tests themselves.

use std::path::PathBuf;

use crate::command::{command, find_program};
use crate::lane::Lane;
use crate::python;
use crate::suites::{Suite, Variable, run_suite};
use crate::workshop::{Result, Workshop, remove};

/// The suite of DSC, and the variable that names the program to its tests.
pub const DSC: (Suite, &str) = (("a resource of Microsoft's DSC", "dsc_engine"), "KALLITHEA_IISC_DSC");

/// The suite of Ansible, and the variable that names the folder of its programs to its tests.
pub const ANSIBLE: (Suite, &str) = (("the Ansible role", "ansible"), "KALLITHEA_IISC_ANSIBLE");

/// Ansible, with all that it needs.
const PACKAGES: &str = "tests/machines/ansible/requirements.txt";

/// Runs both suites; that of DSC only where there is a `dsc`, and otherwise prints that there is none.
pub fn run(lane: &mut Lane<'_>, workshop: &Workshop, variables: &[Variable]) -> Result<()> {
    let (suite, name) = DSC;
    match std::env::var_os(name).map(PathBuf::from).or_else(|| find_program("dsc")) {
        Some(program) => run_suite(lane, suite, &[variables, &[(name, program)]].concat()),
        None => println!("    left out: {}: {name} names no program, and there is no dsc on PATH", suite.0),
    }
    let (suite, name) = ANSIBLE;
    let programs = environment(workshop, "ansible", "Ansible (pip)", PACKAGES)?;
    run_suite(lane, suite, &[variables, &[(name, programs)]].concat());
    Ok(())
}

/// Lays a virtual environment with pinned packages down where it is missing, and returns the folder of its programs.
pub fn environment(workshop: &Workshop, name: &str, what: &str, list: &str) -> Result<PathBuf> {
    let folder = workshop.machines().join(name);
    let list = workshop.root().join(list);
    let packages = std::fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
    let python = python::find(workshop)?.program;
    workshop.step(name, what, &packages, |log| {
        remove(&folder)?;
        log.run(command(&python, ["-m", "venv"]).arg(&folder))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        log.run(command(folder.join("bin/python"), pip).arg(&list))
    })?;
    Ok(folder.join("bin"))
}
