//! Requests that wait for a worker.
//!
//! What enters: anything, up to a limit. What leaves: the same, in order. A worker that finds nothing looks again for a
//! few microseconds before it sleeps, since waking it costs more than a short request does. Absent: any knowledge of
//! what waits.

use std::collections::VecDeque;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long an idle worker looks before it sleeps.
const ALERT: Duration = Duration::from_micros(20);

/// A queue of limited length that can be closed.
pub(crate) struct Queue<T> {
    limit: usize,
    state: Mutex<State<T>>,
    changed: Condvar,
    /// How many wait, for whoever looks without the lock.
    length: AtomicUsize,
    /// How many look without the lock; each of them takes one item without being woken.
    alert: AtomicUsize,
}

struct State<T> {
    waiting: VecDeque<T>,
    sleepers: usize,
    closed: bool,
}

impl<T> Queue<T> {
    /// A queue that holds `limit` at most.
    pub(crate) fn new(limit: usize) -> Self {
        let waiting = VecDeque::with_capacity(limit.min(1024));
        let state = State { waiting, sleepers: 0, closed: false };
        Self {
            limit,
            state: Mutex::new(state),
            changed: Condvar::new(),
            length: AtomicUsize::new(0),
            alert: AtomicUsize::new(0),
        }
    }

    /// Adds to the end; gives it back when the queue is full or closed.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        let mut state = self.lock();
        if state.closed || state.waiting.len() >= self.limit {
            return Err(item);
        }
        state.waiting.push_back(item);
        self.length.store(state.waiting.len(), Ordering::Release);
        let is_awaited = state.sleepers > 0 && state.waiting.len() > self.alert.load(Ordering::Relaxed);
        drop(state);
        if is_awaited {
            self.changed.notify_one();
        }
        Ok(())
    }

    /// Takes from the front, and waits for something to take; `None` once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<T> {
        self.alert.fetch_add(1, Ordering::Relaxed);
        self.look();
        let mut state = self.lock();
        self.alert.fetch_sub(1, Ordering::Relaxed);
        while state.waiting.is_empty() && !state.closed {
            state.sleepers += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.sleepers -= 1;
        }
        let item = state.waiting.pop_front();
        self.length.store(state.waiting.len(), Ordering::Release);
        item
    }

    /// Lets nothing more in. What waits can still be taken.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Takes everything at once.
    pub(crate) fn drain(&self) -> Vec<T> {
        self.lock().waiting.drain(..).collect()
    }

    fn look(&self) {
        let begun = Instant::now();
        while self.length.load(Ordering::Acquire) == 0 && begun.elapsed() < ALERT {
            spin_loop();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
