//! What a server does not know, said once.
//!
//! What enters: a server variable that is missing, and what is asked for in its place; a token that is not the user's. What
//! leaves: one line of the log for each such thing. Absent: a judgement; IIS 10 knows them all, other hosts and older versions do not.

use std::sync::{Mutex, PoisonError};

use crate::log;

static NOTED: Mutex<Vec<&str>> = Mutex::new(Vec::new());

/// Notes that a variable is missing, or empty, and that the next best is asked for.
pub(crate) fn note(missing: &'static str, next: &str) {
    if is_new(missing) {
        log::info(&format!("this server has no {missing}; {next} is taken in its place"));
    }
}

/// Notes that the server's token is another account's than REMOTE_USER's.
pub(crate) fn note_token(account: &str, is_own: bool) {
    if is_own && is_new("the user's token") {
        log::info(
            "this server hands out the worker process's own token, as `authenticatedUserOverride` wants it; users have the \
             names of REMOTE_USER, as Windows spells them",
        );
    } else if !is_own && is_new("a token that fits") {
        log::warning(&format!(
            "the server's token is that of {account}, and REMOTE_USER names somebody else: the token is not believed"
        ));
    }
}

fn is_new(what: &'static str) -> bool {
    let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    let is_new = !noted.contains(&what);
    if is_new {
        noted.push(what);
    }
    is_new
}
