//! Requests that wait for a worker.
//!
//! What enters: anything, up to a limit. What leaves: the same, in order. Absent: any knowledge of what waits.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A queue of limited length that can be closed.
pub(crate) struct Queue<T> {
    limit: usize,
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    waiting: VecDeque<T>,
    closed: bool,
}

impl<T> Queue<T> {
    /// A queue that holds `limit` at most.
    pub(crate) fn new(limit: usize) -> Self {
        let state = State { waiting: VecDeque::with_capacity(limit.min(1024)), closed: false };
        Self { limit, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Adds to the end; gives it back when the queue is full or closed.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        let mut state = self.lock();
        if state.closed || state.waiting.len() >= self.limit {
            return Err(item);
        }
        state.waiting.push_back(item);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Takes from the front, and waits for something to take; `None` once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<T> {
        let waits = |state: &mut State<T>| state.waiting.is_empty() && !state.closed;
        let mut state = self.changed.wait_while(self.lock(), waits).unwrap_or_else(PoisonError::into_inner);
        state.waiting.pop_front()
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

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
