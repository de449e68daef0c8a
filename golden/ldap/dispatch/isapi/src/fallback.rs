//! What a server does not know, said once.
//!
//! What enters: a server variable that is missing, and what is asked for in its place. What leaves: one line of the log
//! for each such pair. Absent: a judgement; IIS 10 knows them all, other hosts and older versions do not.

use std::sync::{Mutex, PoisonError};

use crate::log;

static NOTED: Mutex<Vec<&str>> = Mutex::new(Vec::new());

/// Notes that a variable is missing, or empty, and that the next best is asked for.
pub(crate) fn note(missing: &'static str, next: &str) {
    let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    if !noted.contains(&missing) {
        noted.push(missing);
        log::info(&format!("this server has no {missing}; {next} is taken in its place"));
    }
}
