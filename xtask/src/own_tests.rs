//! `cargo xtask test --kallithea`: Kallithea's own tests, with the packages that a deployment names.
//!
//! In: the source distribution of Kallithea, and each Python of [`PYTHONS`] that this machine has. Out: whether the tests that
//! fail are those of `xtask/kallithea-tests.txt`. Absent: the bridge; docs/hardening.md says how to run the tests behind it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::command::command;
use crate::workshop::{Result, Workshop, announced, remove};
use crate::{machines, python, suites};

/// The Pythons that the tests run on.
const PYTHONS: [&str; 2] = ["3.11", "3.13"];

/// What the tests need in addition, as `dev_requirements.txt` of the distribution names it, in versions for these Pythons.
const TOOLS: [&str; 11] = [
    "pytest==7.4.4",
    "pluggy==1.7.0",
    "iniconfig==2.3.1",
    "pytest-benchmark==5.0.1",
    "py-cpuinfo==9.0.0",
    "pytest-localserver==0.8.1",
    "Werkzeug==3.1.9",
    "mock==4.0.3",
    "WebTest==3.0.7",
    "beautifulsoup4==4.15.0",
    "soupsieve==2.8.4",
];

/// The tests that may fail, each with its reason.
const KNOWN: &str = include_str!("../kallithea-tests.txt");

/// Runs the tests on every Python, and compares the failures with the known ones.
pub fn run(workshop: &Workshop) -> Result<bool> {
    let (_, wheels) = machines::fetch(workshop, || suites::build_compiler(workshop))?;
    let folder = workshop.machines().join("kallithea-tests");
    let sources = folder.join("sources");
    announced("Kallithea's source distribution", || {
        wheels.fetch_sources(workshop.log(), "Kallithea==0.7.0", &sources)
    })?;
    let mut is_right = true;
    let mut ran = 0;
    for version in PYTHONS {
        let Some(python) = python::any(version) else {
            println!("  Python {version} is not on this machine: nothing was run with it");
            continue;
        };
        let environment = folder.join(format!("venv-{version}"));
        announced(&format!("Kallithea and its tests for Python {version}"), || {
            workshop.log().run(command(&python, ["-m", "venv", "--clear"]).arg(&environment))?;
            wheels.install_for_tests(workshop, version, &environment, &TOOLS)
        })?;
        let said = announced(&format!("Kallithea's own tests on Python {version}"), || {
            ask_pytest(workshop, &sources, &environment)
        })?;
        is_right &= is_as_known(&said);
        ran += 1;
    }
    if ran == 0 { Err(format!("this machine has none of the Pythons {PYTHONS:?}")) } else { Ok(is_right) }
}

/// Runs the tests, and returns what they print. Their files are outside of this checkout: one test expects that no folder above
/// them is a repository.
fn ask_pytest(workshop: &Workshop, sources: &Path, environment: &Path) -> Result<String> {
    let files = std::env::temp_dir().join(format!("kallithea-iisc-tests-{}", std::process::id()));
    std::fs::create_dir(&files).map_err(|error| format!("{}: {error}", files.display()))?;
    let mut pytest =
        command(environment.join("bin/python"), ["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    pytest
        .args(["--assert=plain", "-W", "ignore", "-rfE", "--tb=line", "kallithea/tests"])
        .current_dir(sources);
    let path = std::env::var("PATH").unwrap_or_default();
    pytest.env("PATH", format!("{}:{path}", environment.join("bin").display()));
    pytest.env("TMPDIR", &files).env("HGRCPATH", "").env("LC_ALL", "C.UTF-8").env("LANGUAGE", "en");
    let said = workshop.log().attempt(&mut pytest).map(|(_, said)| said);
    remove(&files)?;
    said
}

/// Prints the counts and what is unexpected; returns whether nothing new fails.
fn is_as_known(said: &str) -> bool {
    let known: BTreeMap<&str, &str> = KNOWN
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" | "))
        .collect();
    let failed: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR ")))
        .map(|line| line.split_once(" - ").map_or(line, |(test, _)| test))
        .collect();
    let new: Vec<_> = failed.iter().filter(|test| !known.contains_key(**test)).collect();
    println!("    {}", said.lines().last().unwrap_or("nothing was printed"));
    for (test, why) in known.iter().filter(|(test, _)| failed.contains(*test)) {
        println!("    known: {test}: {why}");
    }
    for test in &new {
        println!("    NEW: {test}");
    }
    let has_run = said.lines().last().is_some_and(|line| line.contains(" passed"));
    has_run && new.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_failure_fails_and_a_known_one_does_not() {
        let known = KNOWN.lines().nth(1).and_then(|line| line.split_once(" | ")).expect("a test").0;
        assert!(is_as_known(&format!("FAILED {known} - why\n1 failed, 2 passed in 1.00s")));
        assert!(!is_as_known("FAILED kallithea/tests/new.py::test - why\n1 failed, 2 passed in 1.00s"));
        assert!(!is_as_known("ERROR kallithea/tests/api\n1 passed, 1 error in 1.00s"));
        assert!(!is_as_known("no tests ran in 0.01s"));
    }
}
