//! Requests that wait for a worker, and workers that wait for a request.
//!
//! What enters: anything, up to a limit. What leaves: the same, in order, to a limited number of workers at a time.
//! Waking a worker costs more than a short request. So no worker is woken for a request that another takes anyway: one
//! that has just finished a request, or the one that keeps looking for some microseconds before it sleeps. The worker
//! that fell asleep last is woken first. Workers that sleep long end while there are more than needed. A worker that is
//! lent does not count until it is taken back, which never waits. Absent: any knowledge of the items, and threads of its
//! own.

use std::cell::Cell;
use std::collections::VecDeque;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long a worker looks before it sleeps.
const ALERT: Duration = Duration::from_micros(50);

/// How often it checks the queue before it checks the clock.
const TURNS: usize = 16;

/// How long a worker that is not needed sleeps before it ends.
const REST: Duration = Duration::from_secs(30);

/// What the queue knows of a worker's thread. A thread works for one queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It has not asked for an item yet.
    Hired,
    /// It has an item.
    Running,
    /// It has an item, and is about to ask for the next.
    Returning,
    /// It waits for an item.
    Idle,
    /// It is no longer counted.
    Ended,
}

thread_local! {
    static STANDING: Cell<Standing> = const { Cell::new(Standing::Hired) };
}

/// The largest numbers of items and workers.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Items that wait.
    pub waiting: usize,
    /// Workers that have an item and are not lent. One that is taken back counts again, even if that exceeds the
    /// limit.
    pub running: usize,
    /// Workers in all.
    pub workers: usize,
}

/// A queue of limited length that can be closed.
pub struct Queue<T> {
    limits: Limits,
    state: Mutex<State<T>>,
    /// How many items wait, for readers without the lock.
    length: AtomicUsize,
    /// Workers that are about to ask for the next item.
    returning: AtomicUsize,
    /// The thread that is woken when no worker is left to take an item, and whether it rests.
    foreman: OnceLock<Thread>,
    foreman_rests: AtomicBool,
}

struct State<T> {
    waiting: VecDeque<T>,
    sleepers: Vec<Thread>,
    /// A worker looks without the lock, and will take one item without being woken.
    is_watched: bool,
    closed: bool,
    /// Workers that have an item and are not lent.
    running: usize,
    /// Workers that have started and have not ended.
    workers: usize,
    /// Workers that have not asked for an item yet.
    hired: usize,
}

impl<T> Queue<T> {
    /// A queue without workers.
    pub fn new(limits: Limits) -> Self {
        let state = State {
            waiting: VecDeque::with_capacity(limits.waiting.min(1024)),
            sleepers: Vec::new(),
            is_watched: false,
            closed: false,
            running: 0,
            workers: 0,
            hired: 0,
        };
        Self {
            limits,
            state: Mutex::new(state),
            length: AtomicUsize::new(0),
            returning: AtomicUsize::new(0),
            foreman: OnceLock::new(),
            foreman_rests: AtomicBool::new(false),
        }
    }

    /// Adds an item at the end; returns it when the queue is full or closed.
    pub fn push(&self, item: T) -> Result<(), T> {
        let mut state = self.lock();
        if state.closed || state.waiting.len() >= self.limits.waiting {
            return Err(item);
        }
        state.waiting.push_back(item);
        self.length.store(state.waiting.len(), Ordering::Release);
        let sleeper = self.due(&mut state);
        drop(state);
        if let Some(sleeper) = sleeper {
            sleeper.unpark();
        }
        Ok(())
    }

    /// Takes an item from the front, and waits for one if necessary. `None` once the queue is closed and empty, or
    /// when this worker is no longer needed; then the worker is no longer counted.
    pub fn pop(&self) -> Option<T> {
        let mut state = self.lock();
        self.stand(&mut state, Standing::Idle);
        let may_look = |state: &State<T>| {
            state.waiting.is_empty()
                && !state.closed
                && !state.is_watched
                && state.running < self.limits.running
        };
        if may_look(&state) {
            state.is_watched = true;
            drop(state);
            self.look();
            state = self.lock();
            state.is_watched = false;
        }
        loop {
            if let Some(item) = self.take(&mut state) {
                return Some(item);
            }
            // The rest of a closed queue goes to the workers that still run.
            let mut is_needed = !state.closed;
            if is_needed {
                (state, is_needed) = self.sleep(state);
            }
            if !is_needed {
                self.count_out(&mut state);
                return None;
            }
        }
    }

    /// Announces that this worker is about to ask for the next item.
    pub fn announce_return(&self) {
        if STANDING.get() == Standing::Running {
            STANDING.set(Standing::Returning);
            self.returning.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a worker before its thread starts; `false` where there are enough.
    pub fn hire(&self) -> bool {
        let mut state = self.lock();
        let has_room = state.workers < self.limits.workers;
        if has_room {
            state.workers += 1;
            state.hired += 1;
        }
        has_room
    }

    /// Stops counting a worker if its thread never started.
    pub fn unhire(&self) {
        let mut state = self.lock();
        state.workers -= 1;
        state.hired -= 1;
    }

    /// Stops counting this worker, unless [`Queue::pop`] has done so.
    pub fn leave(&self) {
        let mut state = self.lock();
        if STANDING.get() != Standing::Ended {
            self.count_out(&mut state);
        }
        self.wake(state);
    }

    /// Lends a worker that has an item, if `agree` returns true under the lock. It does not count as running until it
    /// is taken back.
    pub fn lend(&self, agree: impl FnOnce() -> bool) {
        let mut state = self.lock();
        if agree() {
            state.running -= 1;
            self.wake(state);
        }
    }

    /// Takes back a worker that was lent. It continues at once, since it may hold what others wait for.
    pub fn take_back(&self) {
        self.lock().running += 1;
    }

    /// Whether another worker is needed: no worker is left to take the next item, although one more may run.
    pub fn lacks_worker(&self) -> bool {
        let state = self.lock();
        let is_over = state.closed && state.waiting.is_empty();
        let free = self.limits.running.saturating_sub(state.running);
        let wanted = state.waiting.len().max(1).min(free);
        let ready = state.sleepers.len()
            + state.hired
            + usize::from(state.is_watched)
            + self.returning.load(Ordering::Relaxed);
        !is_over && ready < wanted && state.workers < self.limits.workers
    }

    /// Whether no worker is left that may take the next item.
    pub fn is_short(&self) -> bool {
        self.lacks_hands(&self.lock())
    }

    /// Whether items wait although more may run, because every worker within the limit is lent or busy.
    pub fn is_exhausted(&self) -> bool {
        let state = self.lock();
        let is_full = state.workers >= self.limits.workers && state.hired == 0 && state.sleepers.is_empty();
        is_full && !state.waiting.is_empty() && state.running < self.limits.running
    }

    /// How many items wait.
    pub fn waiting(&self) -> usize {
        self.length.load(Ordering::Acquire)
    }

    /// Whether the queue is closed and its last worker has ended.
    pub fn is_over(&self) -> bool {
        let state = self.lock();
        state.closed && state.workers == 0
    }

    /// Lets the calling thread rest until no worker is left to take the next item, or for `time`.
    pub fn rest(&self, time: Duration) {
        self.foreman.get_or_init(thread::current);
        self.foreman_rests.store(true, Ordering::SeqCst);
        if !self.is_short() {
            thread::park_timeout(time);
        }
        self.foreman_rests.store(false, Ordering::SeqCst);
    }

    /// Accepts no more items. Those that wait can still be taken.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.sleepers.drain(..).for_each(|sleeper| sleeper.unpark());
    }

    /// Takes all items at once.
    pub fn drain(&self) -> Vec<T> {
        let mut state = self.lock();
        self.length.store(0, Ordering::Release);
        state.waiting.drain(..).collect()
    }

    /// Takes an item for this worker, if one more may run.
    fn take(&self, state: &mut State<T>) -> Option<T> {
        if state.running >= self.limits.running {
            return None;
        }
        let item = state.waiting.pop_front()?;
        self.length.store(state.waiting.len(), Ordering::Release);
        self.stand(state, Standing::Running);
        if self.lacks_hands(state)
            && self.foreman_rests.swap(false, Ordering::SeqCst)
            && let Some(foreman) = self.foreman.get()
        {
            foreman.unpark();
        }
        Some(item)
    }

    fn lacks_hands(&self, state: &State<T>) -> bool {
        state.running >= self.limits.running || (state.sleepers.is_empty() && !state.is_watched)
    }

    /// Sleeps until woken. Returns the lock, and `false` when this worker has slept long and is not needed.
    fn sleep<'a>(&'a self, mut state: MutexGuard<'a, State<T>>) -> (MutexGuard<'a, State<T>>, bool) {
        let own = thread::current();
        let begun = Instant::now();
        let is_spare = state.workers > self.limits.running;
        state.sleepers.push(own.clone());
        drop(state);
        if is_spare {
            thread::park_timeout(REST)
        } else {
            thread::park()
        }
        let mut state = self.lock();
        // If it woke spuriously or by the timeout, it is still in the list.
        let others = state.sleepers.len();
        state.sleepers.retain(|sleeper| sleeper.id() != own.id());
        let was_called = state.sleepers.len() == others;
        let has_rested = !was_called && begun.elapsed() >= REST;
        let is_needed = !has_rested || state.workers <= self.limits.running;
        (state, is_needed)
    }

    /// The sleeper to wake, if an item would otherwise not be taken and one more may run.
    fn due(&self, state: &mut State<T>) -> Option<Thread> {
        let looked_after = usize::from(state.is_watched) + self.returning.load(Ordering::Relaxed);
        let is_due = state.waiting.len() > looked_after && state.running < self.limits.running;
        if is_due { state.sleepers.pop() } else { None }
    }

    fn wake(&self, mut state: MutexGuard<'_, State<T>>) {
        let sleeper = self.due(&mut state);
        drop(state);
        if let Some(sleeper) = sleeper {
            sleeper.unpark();
        }
    }

    /// Notes what this worker does from now on. All counts of workers change under the lock, so that one of them
    /// always takes a request for which nobody is woken.
    fn stand(&self, state: &mut State<T>, now: Standing) {
        match STANDING.replace(now) {
            Standing::Hired => state.hired -= 1,
            Standing::Running => state.running -= 1,
            Standing::Returning => {
                state.running -= 1;
                self.returning.fetch_sub(1, Ordering::Relaxed);
            }
            Standing::Idle | Standing::Ended => {}
        }
        if now == Standing::Running {
            state.running += 1;
        }
    }

    fn count_out(&self, state: &mut State<T>) {
        self.stand(state, Standing::Ended);
        state.workers -= 1;
    }

    /// Polls until there is an item or [`ALERT`] is over.
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
