//! Requests that wait for a worker.
//!
//! What enters: anything, up to a limit. What leaves: the same, in order. Waking a worker costs more than a short request
//! does, so nobody is woken for a request that a worker will take anyway: one that has just finished another, or the
//! one that keeps looking for some microseconds before it sleeps. Of those asleep the last is woken first. Absent: any
//! knowledge of what waits.

use std::cell::Cell;
use std::collections::VecDeque;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long a worker looks before it sleeps.
const ALERT: Duration = Duration::from_micros(50);

/// How often it looks between two looks at the clock.
const TURNS: usize = 16;

/// Workers on their way back.
static RETURNING: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static IS_RETURNING: Cell<bool> = const { Cell::new(false) };
}

/// Says that this worker will ask for the next item in a moment.
pub(crate) fn announce_return() {
    if !IS_RETURNING.replace(true) {
        RETURNING.fetch_add(1, Ordering::Relaxed);
    }
}

/// A queue of limited length that can be closed.
pub(crate) struct Queue<T> {
    limit: usize,
    state: Mutex<State<T>>,
    /// How many wait, for whoever looks without the lock.
    length: AtomicUsize,
}

struct State<T> {
    waiting: VecDeque<T>,
    sleepers: Vec<Thread>,
    /// Somebody looks without the lock, and will take one item without being woken.
    is_watched: bool,
    closed: bool,
}

impl<T> Queue<T> {
    /// A queue that holds `limit` at most.
    pub(crate) fn new(limit: usize) -> Self {
        let waiting = VecDeque::with_capacity(limit.min(1024));
        Self {
            limit,
            state: Mutex::new(State { waiting, sleepers: Vec::new(), is_watched: false, closed: false }),
            length: AtomicUsize::new(0),
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
        let looked_after = usize::from(state.is_watched) + RETURNING.load(Ordering::Relaxed);
        let sleeper = if state.waiting.len() > looked_after { state.sleepers.pop() } else { None };
        drop(state);
        if let Some(sleeper) = sleeper {
            sleeper.unpark();
        }
        Ok(())
    }

    /// Takes from the front, and waits for something to take; `None` once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<T> {
        let mut state = self.lock();
        // Every count of workers changes under the lock, so that a request that nobody is woken for has one of them.
        if IS_RETURNING.take() {
            RETURNING.fetch_sub(1, Ordering::Relaxed);
        }
        if state.waiting.is_empty() && !state.closed && !state.is_watched {
            state.is_watched = true;
            drop(state);
            self.look();
            state = self.lock();
            state.is_watched = false;
        }
        while state.waiting.is_empty() && !state.closed {
            let own = thread::current();
            state.sleepers.push(own.clone());
            drop(state);
            thread::park();
            state = self.lock();
            // It may have woken by itself, or too late, and then it is still on the list.
            state.sleepers.retain(|sleeper| sleeper.id() != own.id());
        }
        let item = state.waiting.pop_front();
        self.length.store(state.waiting.len(), Ordering::Release);
        item
    }

    /// Lets nothing more in. What waits can still be taken.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.sleepers.drain(..).for_each(|sleeper| sleeper.unpark());
    }

    /// Takes everything at once.
    pub(crate) fn drain(&self) -> Vec<T> {
        let mut state = self.lock();
        self.length.store(0, Ordering::Release);
        state.waiting.drain(..).collect()
    }

    /// Looks for an item until there is one or it has looked long enough.
    fn look(&self) {
        let begun = Instant::now();
        while self.length.load(Ordering::Acquire) == 0 && begun.elapsed() < ALERT {
            for _ in 0..TURNS {
                if self.length.load(Ordering::Relaxed) > 0 {
                    break;
                }
                spin_loop();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
