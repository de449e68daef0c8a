//! Logs once what a server does not provide.
//!
//! What enters: a server variable that is missing, and the one that is used instead; a token that is not the user's. What
//! leaves: one log line for each of these. Absent: a judgement; IIS 10 knows all of them, other hosts and older versions do
//! not.

use std::sync::{Mutex, PoisonError};

use crate::log;

static NOTED: Mutex<Vec<&str>> = Mutex::new(Vec::new());

/// Notes that a variable is missing or empty, and that the next one is used.
pub(crate) fn note(missing: &'static str, next: &str) {
    if is_new(missing) {
        log::info(&format!("this server has no {missing}; {next} is used instead"));
    }
}

/// Notes that the server's token belongs to another account than REMOTE_USER.
pub(crate) fn note_token(account: &str, is_own: bool) {
    if is_own && is_new("the user's token") {
        log::info(
            "this server provides the worker process's own token, as `authenticatedUserOverride` requires; \
             user names come from REMOTE_USER, as Windows writes them",
        );
    } else if !is_own && is_new("a matching token") {
        log::warning(&format!(
            "the server's token belongs to {account}, but REMOTE_USER names another user: the bridge ignores \
             the token"
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
