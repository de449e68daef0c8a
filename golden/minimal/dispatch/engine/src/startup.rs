//! Starts Python and the application, and ends the application, on a separate thread.
//!
//! What enters: the request to start the application. What leaves: the application, or the fact that it failed. A
//! failed start is repeated when a request comes [`RETRY`] later. So no recycling is needed after a database was down
//! for a night or an ini file has been corrected. That request and those after it are refused until the start has
//! succeeded. The thread never ends: Python treats it as its main thread. Only there could application code install
//! signal handlers, which the worker process must not have.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kallithea_bridge_isapi::{SETTINGS, log};

use crate::python::{self, Application};

/// How long after a failed start the bridge waits before the next.
pub(crate) const RETRY: Duration = Duration::from_secs(10);

/// After this many failed starts in a row, IIS is told that the worker process is unhealthy.
const ENOUGH: u32 = 3;

static STATE: Mutex<State> = Mutex::new(State {
    stage: Stage::Idle,
    is_wanted_anew: false,
    failures: 0,
    reported: 0,
    has_thread: false,
});
static CHANGED: Condvar = Condvar::new();

struct State {
    stage: Stage,
    /// The next run has begun while the application of the last one is still ending.
    is_wanted_anew: bool,
    /// Failed starts in a row.
    failures: u32,
    /// The number of failed starts at which IIS was last told.
    reported: u32,
    has_thread: bool,
}

#[derive(Clone)]
enum Stage {
    Idle,
    Wanted,
    Ready(Arc<Application>),
    Failed(Instant),
    /// Failed, and being tried again.
    Again,
    Ending(Arc<Application>),
}

/// What a worker must do with a request.
pub(crate) enum Verdict {
    /// The application answers it.
    Ready(Arc<Application>),
    /// There is no application; with a reason if IIS must be told that the worker process is unhealthy.
    Failed { unhealthy: Option<String> },
}

/// Begins to start the application, unless it runs or is starting.
pub(crate) fn begin() {
    let mut state = lock();
    if matches!(state.stage, Stage::Idle | Stage::Failed(_)) {
        state.stage = Stage::Wanted;
        state.failures = 0;
        state.reported = 0;
    }
    state.is_wanted_anew = matches!(state.stage, Stage::Ending(_));
    if !state.has_thread {
        match std::thread::Builder::new().name("python".into()).spawn(keep) {
            Ok(_) => state.has_thread = true,
            Err(error) => {
                log::error(&format!("the bridge could not start: cannot start a thread for Python: {error}"));
                state.stage = Stage::Failed(Instant::now());
            }
        }
    }
    drop(state);
    CHANGED.notify_all();
}

/// Begins to start the application if that has not been requested in this run.
pub(crate) fn begin_once() {
    if matches!(lock().stage, Stage::Idle | Stage::Ending(_)) {
        begin();
    }
}

/// Waits until it is known whether there is an application. If there is none, the start is repeated when it is time.
pub(crate) fn wait() -> Verdict {
    let waits = |state: &mut State| matches!(state.stage, Stage::Idle | Stage::Wanted | Stage::Ending(_));
    let mut state = CHANGED.wait_while(lock(), waits).unwrap_or_else(PoisonError::into_inner);
    match &state.stage {
        Stage::Ready(application) => return Verdict::Ready(Arc::clone(application)),
        Stage::Failed(since) if since.elapsed() >= RETRY => {
            state.stage = Stage::Again;
            CHANGED.notify_all();
        }
        _ => {}
    }
    let is_news = state.failures >= ENOUGH && state.failures > state.reported;
    if is_news {
        state.reported = state.failures;
    }
    let reason = || format!("Kallithea could not be started {} times in a row", state.failures);
    Verdict::Failed { unhealthy: is_news.then(reason) }
}

/// Ends the application: its `atexit` handlers run. Waits for them until the deadline.
pub(crate) fn end(deadline: Instant) {
    let mut state = lock();
    state.is_wanted_anew = false;
    match &state.stage {
        Stage::Ready(application) => state.stage = Stage::Ending(Arc::clone(application)),
        Stage::Wanted if !state.has_thread => state.stage = Stage::Idle,
        _ => return,
    }
    CHANGED.notify_all();
    let left = deadline.saturating_duration_since(Instant::now());
    let ends = |state: &mut State| matches!(state.stage, Stage::Ending(_));
    let waited = CHANGED.wait_timeout_while(state, left, ends);
    if matches!(waited.unwrap_or_else(PoisonError::into_inner).0.stage, Stage::Ending(_)) {
        log::warning("the application takes longer to shut down than the bridge can wait");
    }
}

/// The thread's endless loop.
fn keep() {
    loop {
        let rests =
            |state: &mut State| matches!(state.stage, Stage::Idle | Stage::Ready(_) | Stage::Failed(_));
        let state = CHANGED.wait_while(lock(), rests).unwrap_or_else(PoisonError::into_inner);
        let stage = state.stage.clone();
        drop(state);
        let stage = match stage {
            Stage::Ending(application) => let_end(application),
            _ => bring_up(),
        };
        let mut state = lock();
        match stage {
            Stage::Failed(_) => state.failures += 1,
            _ => state.failures = 0,
        }
        let begins_anew = std::mem::take(&mut state.is_wanted_anew) && matches!(stage, Stage::Idle);
        state.stage = if begins_anew { Stage::Wanted } else { stage };
        drop(state);
        CHANGED.notify_all();
    }
}

fn bring_up() -> Stage {
    let begun = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| python::start(&SETTINGS)));
    match outcome {
        Ok(Ok(application)) => {
            log::info(&format!("the application is up after {:.1} s", begun.elapsed().as_secs_f64()));
            log::flush();
            return Stage::Ready(Arc::new(application));
        }
        Ok(Err(reason)) => log::error(&format!("the application could not start: {reason}")),
        Err(_) => {
            log::error(
                "the application could not start: the bridge panicked; report this as an error of the bridge",
            );
        }
    }
    Stage::Failed(Instant::now())
}

fn let_end(application: Arc<Application>) -> Stage {
    if catch_unwind(AssertUnwindSafe(|| python::end(application))).is_err() {
        log::error(
            "the application could not shut down: the bridge panicked; report this as an error of the bridge",
        );
    }
    Stage::Idle
}

fn lock() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}
