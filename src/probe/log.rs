//! The part of the bridge's log that this process writes.
//!
//! What enters: the log's path, before the bridge is loaded. What leaves: the lines that were added since and that
//! contain this process's number; the server itself may write there at the same time. Absent: a log that was rotated
//! twice.

use std::path::PathBuf;

use crate::deployed::{Facts, local};
use crate::files;

/// The text before the bridge's reason for not starting.
const START_FAILED: &str = " could not start: ";

/// A log, and where this run's part of it begins.
pub(super) struct LogPart {
    path: PathBuf,
    begin: u64,
}

impl LogPart {
    /// Notes where the log ends now.
    pub(super) fn begin(facts: &Facts) -> Self {
        let path = local(&facts.log);
        let begin = files::length(&path);
        Self { path, begin }
    }

    /// The lines that were added since.
    pub(super) fn lines(&self) -> Vec<String> {
        // If the log cannot be read, nothing is shown; the steps say what they could not see.
        let bytes = files::read(&self.path).unwrap_or_default();
        // If the log is shorter than before, it was rotated meanwhile: then the whole new file is from this run's time.
        let begin = usize::try_from(self.begin).unwrap_or(usize::MAX);
        let new = bytes.get(begin..).unwrap_or(&bytes);
        of_process(&String::from_utf8_lossy(new), std::process::id())
    }
}

/// The bridge's reason why something could not start; for a traceback, the exception.
pub(super) fn refusal(lines: &[String]) -> Option<String> {
    let place = lines.iter().position(|line| line.contains(START_FAILED))?;
    let (_, first) = lines[place].split_once(START_FAILED)?;
    let set_in = lines[place + 1..].iter().take_while(|line| line.starts_with(' ')).last();
    let raised = set_in.filter(|_| first.starts_with("Traceback")).map(|line| line.trim());
    Some(raised.unwrap_or(first).to_owned())
}

/// The lines of one process, with the indented lines below them.
fn of_process(text: &str, process: u32) -> Vec<String> {
    let process = process.to_string();
    let mut own = false;
    text.lines()
        .filter(|line| {
            if !line.starts_with(' ') {
                own = line.split(' ').nth(3) == Some(&process);
            }
            own
        })
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_raised_stands_at_the_end_of_a_traceback() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let raised = "a ERROR the application could not start: Traceback (most recent call last):\n      File x\n    \
                      LookupError: no database\nb INFO on";
        assert_eq!(refusal(&lines(raised)).as_deref(), Some("LookupError: no database"));
        let plain = "a ERROR the bridge could not start: there is no Python.\nb INFO on";
        assert_eq!(refusal(&lines(plain)).as_deref(), Some("there is no Python."));
        assert_eq!(refusal(&lines("b INFO on")), None);
    }

    #[test]
    fn the_lines_of_another_process_are_left_out() {
        let log = "2026-01-31T23:59:59.999Z ERROR a 41 python - mine\n    and more\n\
                   2026-01-31T23:59:59.999Z ERROR a 42 python - theirs\n    and more\n\
                   2026-01-31T23:59:59.999Z INFO a 41 python #7 again\n";
        let lines = of_process(log, 41);
        assert_eq!(lines.len(), 3);
        assert!(lines[1] == "    and more" && lines[2].ends_with("#7 again"), "{lines:?}");
    }
}
