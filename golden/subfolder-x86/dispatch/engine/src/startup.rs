//! Brings Python and the application up, once, on a thread of their own.
//!
//! What enters: the wish to have the application. What leaves: the application, or the knowledge that it failed.
//! The thread never ends: Python takes it for its main thread, and only there could application code install signal
//! handlers, which the worker process must not have. Absent: retries within a life; a new life tries again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use kallithea_bridge_isapi::{SETTINGS, log};

use crate::python::{self, Application};

static STATE: Mutex<State> = Mutex::new(State { stage: Stage::Idle, has_thread: false });
static CHANGED: Condvar = Condvar::new();

struct State {
    stage: Stage,
    has_thread: bool,
}

#[derive(Clone, Copy)]
enum Stage {
    Idle,
    Wanted,
    Ready(&'static Application),
    Failed,
}

/// Begins to bring the application up, unless it is up or on its way.
pub(crate) fn begin() {
    let mut state = lock();
    if matches!(state.stage, Stage::Idle | Stage::Failed) {
        state.stage = Stage::Wanted;
    }
    if !state.has_thread {
        match std::thread::Builder::new().name("python".into()).spawn(keep) {
            Ok(_) => state.has_thread = true,
            Err(error) => {
                log::error(&format!("the bridge could not start: no thread for Python: {error}"));
                state.stage = Stage::Failed;
            }
        }
    }
    drop(state);
    CHANGED.notify_all();
}

/// Waits until the application is up; `None` when it failed.
pub(crate) fn wait() -> Option<&'static Application> {
    let waits = |state: &mut State| matches!(state.stage, Stage::Idle | Stage::Wanted);
    let state = CHANGED.wait_while(lock(), waits).unwrap_or_else(PoisonError::into_inner);
    match state.stage {
        Stage::Ready(application) => Some(application),
        _ => None,
    }
}

/// The thread's work: starts what is wanted, for ever.
fn keep() {
    loop {
        let waits = |state: &mut State| !matches!(state.stage, Stage::Wanted);
        drop(CHANGED.wait_while(lock(), waits).unwrap_or_else(PoisonError::into_inner));
        let stage = bring_up();
        lock().stage = stage;
        CHANGED.notify_all();
    }
}

fn bring_up() -> Stage {
    let begun = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| python::start(&SETTINGS)));
    match outcome {
        Ok(Ok(application)) => {
            log::info(&format!("the application is up after {:.1} s", begun.elapsed().as_secs_f64()));
            Stage::Ready(Box::leak(Box::new(application)))
        }
        Ok(Err(reason)) => {
            log::error(&format!("the application could not start: {reason}"));
            Stage::Failed
        }
        Err(_) => {
            log::error("the application could not start: the bridge panicked; this is a fault of the bridge");
            Stage::Failed
        }
    }
}

fn lock() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}
