//! Waits for the completion of a request.
//!
//! What enters: the bridge's thread that completes. What leaves: the host's thread that waits, at once where it waited
//! for microseconds only. A completion that nobody waits for yet wakes nobody. Absent: what completion means.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How often the clock is looked at while spinning.
const TURNS: usize = 32;

/// Tells one waiting thread of an event.
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
        // One order for both flags: either this sees the wait, or the wait sees this.
        self.happened.store(true, Ordering::SeqCst);
        if self.is_awaited.load(Ordering::SeqCst) {
            self.waiting.unpark();
        }
    }

    /// Waits, at first without giving up the processor; `false` when patience has ended first.
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
