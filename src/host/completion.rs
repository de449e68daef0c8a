//! Waits for the completion of a request.
//!
//! What enters: the bridge's thread that completes. What leaves: the host's thread that waits, at once where it waited
//! for microseconds only. Absent: what completion means.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How often the clock is looked at while spinning.
const TURNS: usize = 32;

/// Tells one waiting thread of an event.
#[derive(Debug)]
pub(super) struct Completion {
    happened: AtomicBool,
    waiting: Thread,
}

impl Completion {
    /// An event that the current thread will wait for.
    pub(super) fn new() -> Self {
        Self { happened: AtomicBool::new(false), waiting: thread::current() }
    }

    pub(super) fn signal(&self) {
        self.happened.store(true, Ordering::Release);
        self.waiting.unpark();
    }

    /// Waits, at first without giving up the processor; `false` when patience has ended first.
    pub(super) fn wait(&self, spinning: Duration, patience: Duration) -> bool {
        let begun = Instant::now();
        while !self.happened.load(Ordering::Acquire) {
            let waited = begun.elapsed();
            if waited >= patience {
                return false;
            }
            if waited < spinning {
                (0..TURNS).for_each(|_| std::hint::spin_loop());
            } else {
                thread::park_timeout(patience - waited);
            }
        }
        true
    }
}
