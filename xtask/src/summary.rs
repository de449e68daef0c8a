//! The results of the tests: counts and failures from the test runners' output, a table, and a closing line.
//!
//! In: each suite's output. Out: text. Absent: running anything.

use std::fmt::Write;
use std::time::Duration;

/// How many tests of a suite passed, and how many did not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Not run, because their authors marked them so.
    pub ignored: usize,
}

impl Counts {
    /// A check that counts as one test.
    pub fn one(passed: bool) -> Self {
        Self { passed: usize::from(passed), failed: usize::from(!passed), ignored: 0 }
    }

    /// Whether everything passed; if nothing ran, nothing passed.
    pub fn all_passed(self) -> bool {
        self.failed == 0 && self.passed > 0
    }

    /// The sum of the counts that `cargo test` prints for each of its programs.
    pub fn of_cargo_test(output: &str) -> Self {
        let mut sum = Self::default();
        for line in output.lines().filter_map(|line| line.trim().strip_prefix("test result: ")) {
            let number = |what: &str| {
                let mut parts = line.split(['.', ';']).map(str::trim);
                parts.find_map(|part| part.strip_suffix(what)?.trim().parse().ok()).unwrap_or(0)
            };
            sum.add(Self { passed: number("passed"), failed: number("failed"), ignored: number("ignored") });
        }
        sum
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

/// How many lines of one failure are repeated below the table: as many of its beginning as of its end.
const LINES_OF_A_FAILURE: usize = 60;

/// Where a failed test's message ends.
const BACKTRACE: &str = "stack backtrace:";

/// What a suite's output says about each of its failures: the test and its message, or otherwise the output's end.
pub fn failures(output: &str) -> String {
    let lines: Vec<_> = output.lines().collect();
    let is_heading = |line: &str| line.starts_with("---- ") && line.ends_with(" stdout ----");
    let mut shown = Vec::new();
    for start in (0..lines.len()).filter(|start| is_heading(lines[*start])) {
        let end = |line: &&&str| **line != BACKTRACE && **line != "failures:" && !is_heading(line);
        shown.push(lines[start]);
        let message: Vec<_> = lines[start + 1..].iter().take_while(end).copied().collect();
        shown.extend(ends(&message));
    }
    if shown.is_empty() {
        shown.extend(&lines[lines.len().saturating_sub(LINES_OF_A_FAILURE)..]);
    }
    shown.into_iter().filter(|line| !line.is_empty()).map(|line| format!("    {line}\n")).collect()
}

/// The beginning and the end of a long message: what was expected and what was found stand at its end.
fn ends<'a>(message: &[&'a str]) -> Vec<&'a str> {
    let half = LINES_OF_A_FAILURE / 2;
    if message.len() <= LINES_OF_A_FAILURE {
        return message.to_vec();
    }
    [&message[..half], &["(and more lines)"], &message[message.len() - half..]].concat()
}

/// The result of one suite.
pub struct Outcome {
    /// The name of the suite, as the table shows it.
    pub name: String,
    /// Its tests.
    pub counts: Counts,
    /// The text of [`failures`]; empty if the suite passed.
    pub failures: String,
    /// How long it took.
    pub seconds: f64,
}

/// Whether every suite passed.
pub fn passed(outcomes: &[Outcome]) -> bool {
    outcomes.iter().all(|outcome| outcome.counts.all_passed())
}

/// The table of all suites, their failures, and a closing line. Suites that ran side by side took less than the sum of their
/// seconds.
pub fn table(outcomes: &[Outcome], took: Duration) -> String {
    let mut text = format!("\n{:<50}{:>8}{:>8}{:>10}\n", "What ran", "passed", "failed", "seconds");
    let mut sum = Counts::default();
    for Outcome { name, counts, seconds, .. } in outcomes {
        sum.add(*counts);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<50}{:>8}{:>8}{seconds:>10.1}", counts.passed, counts.failed);
    }
    for Outcome { name, failures, .. } in outcomes.iter().filter(|outcome| !outcome.counts.all_passed()) {
        let _ = write!(text, "\nFailed: {name}\n{failures}");
    }
    let verdict = if passed(outcomes) { "ok" } else { "FAILED" };
    let Counts { passed, failed, ignored } = sum;
    let _ = write!(
        text,
        "\ntest result: {verdict}. {passed} passed; {failed} failed; {ignored} ignored; finished in {:.1}s",
        took.as_secs_f64()
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two suites of one second each, which began half a second apart.
    const SIDE_BY_SIDE: Duration = Duration::from_millis(1500);

    fn outcome(name: &str, counts: Counts) -> Outcome {
        Outcome { name: name.to_owned(), counts, failures: "    why\n".to_owned(), seconds: 1.0 }
    }

    #[test]
    fn the_counts_of_several_programs_add_up() {
        let output = "running 2 tests\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
                      noise\ntest result: FAILED. 11 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(Counts::of_cargo_test(output), Counts { passed: 13, failed: 3, ignored: 1 });
    }

    #[test]
    fn the_closing_line_tells_success_from_failure() {
        let good = [
            outcome("units", Counts { passed: 4, failed: 0, ignored: 0 }),
            outcome("lints", Counts::one(true)),
        ];
        assert!(
            table(&good, SIDE_BY_SIDE)
                .ends_with("test result: ok. 5 passed; 0 failed; 0 ignored; finished in 1.5s")
        );
        let bad = [outcome("units", Counts { passed: 4, failed: 1, ignored: 0 })];
        let table = table(&bad, SIDE_BY_SIDE);
        assert!(
            table.contains("\nFailed: units\n    why\n\ntest result: FAILED. 4 passed; 1 failed;"),
            "{table}"
        );
    }

    #[test]
    fn a_failure_is_shown_with_its_message() {
        let output = "test one ... FAILED\n\nfailures:\n\n---- one stdout ----\n\nassertion failed\n  left: 1\n\
                      stack backtrace:\n   0: somewhere\n\n---- two stdout ----\npanicked\n\nfailures:\n    one\n    two\n";
        let expected = "    ---- one stdout ----\n    assertion failed\n      left: 1\n    ---- two stdout ----\n    panicked\n";
        assert_eq!(failures(output), expected);
        let lint = (1..=LINES_OF_A_FAILURE + 1).map(|number| format!("line {number}\n")).collect::<String>();
        assert!(failures(&lint).starts_with("    line 2\n"));
    }

    #[test]
    fn a_long_failure_is_shown_with_its_end() {
        let long: String = (0..100).map(|line| format!("line {line}\n")).collect();
        let shown = failures(&format!("---- one stdout ----\n{long}  left: 1\nstack backtrace:\n"));
        assert!(shown.contains("line 0\n") && shown.ends_with("line 99\n      left: 1\n"), "{shown}");
        assert_eq!(shown.lines().count(), 62);
    }

    #[test]
    fn a_suite_that_ran_nothing_has_not_passed() {
        assert!(!passed(&[outcome("wine", Counts::default())]));
    }
}
