//! Proves the requirements: installs each set as a deployment does, and opens pages of a small Kallithea.
//!
//! In: the tables, compiled into the compiler, and the Pythons of this machine. Out: a line for each Python: proved, failed, or not
//! on this machine. Absent: Windows, and drivers of databases and directories; the machines are for those.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::PYTHONS;
use crate::command::command;
use crate::machines::{self, Machine};
use crate::suites::build_compiler;
use crate::workshop::{Result, Workshop, announced, fresh_folder, make_folder};
use crate::{apt, python, wheels};

/// Where the virtual environment is on a machine.
const ENVIRONMENT: &str = "inetpub/kallithea/venv";

/// Proves the set of every Python that this machine has; returns whether each of them works.
pub fn every_set(workshop: &Workshop) -> Result<bool> {
    apt::install(workshop.log(), &["git", "ca-certificates"], "Kallithea's Git side")?;
    // The tables are a part of it.
    build_compiler(workshop)?;
    let mut outcomes = Vec::new();
    for version in PYTHONS {
        let outcome = python::any(version).map(|program| {
            let what = format!("Python {version}: Kallithea installed, and its pages opened");
            announced(&what, || prove(workshop, version, &program))
        });
        outcomes.push((version, outcome));
    }
    for (version, outcome) in &outcomes {
        println!("  {}", said(version, outcome.as_ref()));
    }
    if outcomes.iter().all(|(_, outcome)| outcome.is_none()) {
        return Err(format!("no set is proved: this machine has none of the Pythons {PYTHONS:?}"));
    }
    Ok(outcomes.iter().all(|(_, outcome)| !matches!(outcome, Some(Err(_)))))
}

/// The line about one Python.
fn said(version: &str, outcome: Option<&Result<()>>) -> String {
    match outcome {
        Some(Ok(())) => format!("Python {version}: proved"),
        Some(Err(why)) => format!("Python {version}: FAILED: {why}"),
        None => format!(
            "Python {version}: NOT PROVED, its set was only looked up: this machine does not have it. Put `python{version}`, \
             with its modules venv and ensurepip, on PATH"
        ),
    }
}

/// Installs a set into a virtual environment of its own, makes a Kallithea there, and opens its pages.
fn prove(workshop: &Workshop, version: &'static str, program: &Path) -> Result<()> {
    let folder = workshop.machines().join("proofs").join(version);
    fresh_folder(&folder)?;
    let repositories = folder.join("drive_c/inetpub/kallithea/repositories");
    let machine = Machine {
        hg: folder.join("drive_c").join(ENVIRONMENT).join("bin/hg"),
        python: python_of,
        repositories: repositories.to_string_lossy().into_owned(),
        git: true,
        folder,
    };
    let environment = machine.place(ENVIRONMENT);
    make_folder(&environment)?;
    workshop.log().run(command(program, ["-m", "venv"]).arg(&environment))?;
    wheels::install_set(workshop, version, &environment)?;
    machines::populate(workshop, &machine, workshop.log())?;
    machines::check_everything(&machine, workshop.log())
}

fn python_of(machine: &Path) -> Command {
    Command::new(PathBuf::from(machine).join("drive_c").join(ENVIRONMENT).join("bin/python"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_that_is_missing_is_not_proved() {
        assert_eq!(said("3.13", Some(&Ok(()))), "Python 3.13: proved");
        assert!(said("3.13", Some(&Err("a page".to_owned()))).contains("FAILED: a page"));
        let missing = said("3.14", None);
        assert!(missing.contains("NOT PROVED") && missing.contains("python3.14"), "{missing}");
    }
}
