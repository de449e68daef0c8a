//! A lane: suites that run one after the other, while another lane runs its own.
//!
//! In: suites. Out: the result of each, in order; a line when one ends, and the end of its output if it failed. The
//! lines of several lanes never mix, and each lane has its own log. Absent: which suites there are.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::command::{Log, command};
use crate::summary::{Counts, Outcome, failures};
use crate::workshop::{Result, Workshop, line};

/// How many lines of a failed suite's output are shown; the log has all of it.
const SHOWN: usize = 200;

/// The arguments with which cargo builds the compiler and the tests. They are the same for every build. Otherwise cargo would
/// compile the same crates again with other features, and replace the compiler while another lane's tests run it. The excluded
/// packages have no tests, and `--lib` would look for some.
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

/// Some suites, and the results of those that have run.
pub struct Lane<'a> {
    workshop: &'a Workshop,
    log: Log,
    outcomes: Vec<Outcome>,
}

impl<'a> Lane<'a> {
    /// A lane that has not run anything yet; `name` is the name of its log under `target/machines`.
    pub fn new(workshop: &'a Workshop, name: &str) -> Result<Self> {
        let log = Log::create(workshop.machines().join(name))?;
        Ok(Self { workshop, log, outcomes: Vec::new() })
    }

    /// The results of the suites.
    pub fn outcomes(self) -> Vec<Outcome> {
        self.outcomes
    }

    /// Runs a program that reports by its exit code whether all is well.
    pub fn check(&mut self, name: &str, mut command: Command) {
        self.suite(name, |log| {
            let (success, text) = log.attempt(&mut command)?;
            Ok((Counts::one(success), text))
        });
    }

    /// Runs tests that need what this program sets up or is given; `wishes` are the arguments of the test programs.
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

    /// Runs tests through `cargo test`.
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

    /// Runs a suite, and prints its result, and its output if it failed, in one piece.
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

/// A suite's line, followed by the end of its output if it failed.
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

/// cargo in the checkout. What it runs uses a separate compiler cache for the tests.
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
