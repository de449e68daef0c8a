//! Waits for the completion of a request.
//!
//! In: a signal from the bridge's thread that completes the request. Out: the host's waiting thread continues, at
//! once if it has waited for microseconds only. A completion wakes no thread if none is waiting yet. Absent: what
//! completion means.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How many turns of the spin loop go between two looks at the clock.
const TURNS: usize = 32;

/// Signals an event to one waiting thread.
#[derive(Debug)]
pub(super) struct Completion {
    happened: AtomicBool,
    is_awaited: AtomicBool,
    waiting: Thread,
}

impl Completion {
    /// An event that the current thread will wait for.
    pub(super) fn new() -> Self {
        let is_awaited = AtomicBool::new(false);
        Self { happened: AtomicBool::new(false), is_awaited, waiting: thread::current() }
    }

    pub(super) fn signal(&self) {
        // Both flags are in one total order: either this thread sees the wait, or the waiting thread sees the event.
        self.happened.store(true, Ordering::SeqCst);
        if self.is_awaited.load(Ordering::SeqCst) {
            self.waiting.unpark();
        }
    }

    /// Waits, at first without giving up the processor. Returns `false` if the patience ends first.
    pub(super) fn wait(&self, spinning: Duration, patience: Duration) -> bool {
        let begun = Instant::now();
        while !self.happened.load(Ordering::SeqCst) {
            let waited = begun.elapsed();
            if waited >= patience {
                return false;
            }
            if waited < spinning {
                (0..TURNS).for_each(|_| std::hint::spin_loop());
            } else if !self.is_awaited.swap(true, Ordering::SeqCst) {
                continue;
            } else {
                thread::park_timeout(patience - waited);
            }
        }
        true
    }
}
