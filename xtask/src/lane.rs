//! A lane: suites that run one after the other, while another lane runs its own.
//!
//! In: suites. Out: what became of each, in their order; a line when one ends, with the end of what it said where it
//! failed. The lines of several lanes never mix, and each lane has a log of its own. Absent: which suites there are.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::command::{Log, command};
use crate::summary::{Counts, Outcome, failures};
use crate::workshop::{Result, Workshop, line};

/// How much of a failed suite's output is shown; the whole stands in the log.
const SHOWN: usize = 200;

/// What makes cargo build the compiler and the tests. All of it is the same whatever is built: else cargo would compile
/// the same crates again with other features, and lay down the compiler anew while another lane's tests run it. The packages
/// that are left out have no tests, and `--lib` would look for some.
pub const BUILD: [&str; 9] = [
    "--workspace",
    "--exclude",
    "kallithea-bridge-engine",
    "--exclude",
    "kallithea-host-extension",
    "--exclude",
    "null-extension",
    "--features",
    "machines,schemas",
];

/// Some suites, and what became of those that have run.
pub struct Lane<'a> {
    workshop: &'a Workshop,
    log: Log,
    outcomes: Vec<Outcome>,
}

impl<'a> Lane<'a> {
    /// A lane that has run nothing yet; `name` is that of its log under `target/machines`.
    pub fn new(workshop: &'a Workshop, name: &str) -> Result<Self> {
        let log = Log::create(workshop.machines().join(name))?;
        Ok(Self { workshop, log, outcomes: Vec::new() })
    }

    /// What became of the suites.
    pub fn outcomes(self) -> Vec<Outcome> {
        self.outcomes
    }

    /// A program that says by its exit code whether all is well.
    pub fn check(&mut self, name: &str, mut command: Command) {
        self.suite(name, |log| {
            let (success, text) = log.attempt(&mut command)?;
            Ok((Counts::one(success), text))
        });
    }

    /// Tests that need what this program lays down or is given; `wishes` is what the tests' own programs are told.
    pub fn machine_test(
        &mut self,
        name: &str,
        test: &str,
        wishes: &[&str],
        variables: &[(&'static str, PathBuf)],
    ) {
        let mut arguments = BUILD.to_vec();
        arguments.extend(["--test", test, "--"].iter().chain(wishes));
        self.cargo_test(name, &arguments, variables);
    }

    /// Tests that `cargo test` runs.
    pub fn cargo_test(&mut self, name: &str, arguments: &[&str], variables: &[(&'static str, PathBuf)]) {
        let mut command = cargo(self.workshop, &["test", "--no-fail-fast"]);
        command.args(arguments).envs(variables.iter().map(|(key, value)| (key, value)));
        self.suite(name, |log| {
            let (success, text) = log.attempt(&mut command)?;
            let mut counts = Counts::of_cargo_test(&text);
            if !success && counts.failed == 0 {
                counts.failed = 1; // It did not get as far as running.
            }
            Ok((counts, text))
        });
    }

    /// Runs a suite, and says what became of it, and what it said if it failed, in one piece.
    pub fn suite(&mut self, name: &str, suite: impl FnOnce(&Log) -> Result<(Counts, String)>) {
        let start = Instant::now();
        let (counts, said) = suite(&self.log).unwrap_or_else(|message| (Counts::one(false), message));
        let seconds = start.elapsed().as_secs_f64();
        let failures = if counts.all_passed() { String::new() } else { failures(&said) };
        let outcome = Outcome { name: name.to_owned(), counts, failures, seconds };
        print!("{}", report(&outcome, &said));
        self.outcomes.push(outcome);
    }
}

/// A suite's line, and below it the end of what was said where it failed.
fn report(outcome: &Outcome, said: &str) -> String {
    let passed = outcome.counts.all_passed();
    let mut text = line(&outcome.name, passed, outcome.seconds);
    if !passed {
        let lines: Vec<_> = said.lines().collect();
        text.push_str(&lines[lines.len().saturating_sub(SHOWN)..].join("\n"));
        text.push('\n');
    }
    text
}

/// cargo in the checkout; what it runs has a cache of the compiler's for the tests.
pub fn cargo(workshop: &Workshop, arguments: &[&str]) -> Command {
    let mut cargo = command("cargo", arguments);
    cargo.current_dir(workshop.root()).env("CARGO_TERM_COLOR", "never");
    cargo.env("KALLITHEA_IISC_CACHE", workshop.machines().join("cache"));
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_suite_shows_its_end_right_below_its_line() {
        let outcome = |passed| {
            let (name, counts) = ("killed".to_owned(), Counts::one(passed));
            Outcome { name, counts, failures: String::new(), seconds: 1.5 }
        };
        assert_eq!(report(&outcome(true), "fine\n").lines().count(), 1);
        let said = (1..=SHOWN + 1).map(|number| format!("word {number}\n")).collect::<String>();
        let text = report(&outcome(false), &said);
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].contains("killed") && lines[0].contains("FAILED"), "{}", lines[0]);
        assert_eq!((lines.len(), lines[1]), (SHOWN + 1, "word 2"));
        assert!(text.ends_with(&format!("word {}\n", SHOWN + 1)));
    }
}
