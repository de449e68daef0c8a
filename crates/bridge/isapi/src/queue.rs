//! Requests that wait for a worker, and workers that wait for a request.
//!
//! What enters: anything, up to a limit. What leaves: the same, in order, to so many workers at a time. Waking a worker
//! costs more than a short request does, so nobody is woken for a request that a worker will take anyway: one that has
//! just finished another, or the one that keeps looking for some microseconds before it sleeps. Of those asleep the last
//! is woken first, and those that sleep long end while there are more than are needed. A worker that is lent does not
//! count until it is taken back, which never waits. Absent: any knowledge of what waits, and threads of its own.

use std::cell::Cell;
use std::collections::VecDeque;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long a worker looks before it sleeps.
const ALERT: Duration = Duration::from_micros(50);

/// How often it looks between two looks at the clock.
const TURNS: usize = 16;

/// How long a worker sleeps that is not needed, until it ends.
const REST: Duration = Duration::from_secs(30);

/// What the queue knows of a worker's thread. A thread works for one queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It has not asked for an item yet.
    Hired,
    /// It has an item.
    Running,
    /// It has an item, and will ask for the next in a moment.
    Returning,
    /// It waits for an item.
    Idle,
    /// It has been counted out.
    Ended,
}

thread_local! {
    static STANDING: Cell<Standing> = const { Cell::new(Standing::Hired) };
}

/// How many there may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Items that wait.
    pub waiting: usize,
    /// Workers that have an item and are not lent. One that is taken back counts again, though that be one too many.
    pub running: usize,
    /// Workers in all.
    pub workers: usize,
}

/// A queue of limited length that can be closed.
pub struct Queue<T> {
    limits: Limits,
    state: Mutex<State<T>>,
    /// How many wait, for whoever looks without the lock.
    length: AtomicUsize,
    /// Workers on their way back.
    returning: AtomicUsize,
    /// Who is woken when nobody is left to take an item, and whether he rests.
    foreman: OnceLock<Thread>,
    foreman_rests: AtomicBool,
}

struct State<T> {
    waiting: VecDeque<T>,
    sleepers: Vec<Thread>,
    /// Somebody looks without the lock, and will take one item without being woken.
    is_watched: bool,
    closed: bool,
    /// Workers that have an item and are not lent.
    running: usize,
    /// Workers that were hired and have not ended.
    workers: usize,
    /// Those of them that have not asked for an item yet.
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

    /// Adds to the end; gives it back when the queue is full or closed.
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

    /// Takes from the front, and waits for something to take; `None` once the queue is closed and empty, or when this
    /// worker is not needed any more. Then it has been counted out.
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
            // What is left in a closed queue goes to those that are at work.
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

    /// Says that this worker will ask for the next item in a moment.
    pub fn announce_return(&self) {
        if STANDING.get() == Standing::Running {
            STANDING.set(Standing::Returning);
            self.returning.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a worker in whose thread is about to begin; `false` where there are enough.
    pub fn hire(&self) -> bool {
        let mut state = self.lock();
        let has_room = state.workers < self.limits.workers;
        if has_room {
            state.workers += 1;
            state.hired += 1;
        }
        has_room
    }

    /// Counts a worker out whose thread never began.
    pub fn unhire(&self) {
        let mut state = self.lock();
        state.workers -= 1;
        state.hired -= 1;
    }

    /// Counts this worker out, unless [`Queue::pop`] has.
    pub fn leave(&self) {
        let mut state = self.lock();
        if STANDING.get() != Standing::Ended {
            self.count_out(&mut state);
        }
        self.wake(state);
    }

    /// Lends a worker that has an item, if `agree` still says so: it does not count as running until it is taken back.
    pub fn lend(&self, agree: impl FnOnce() -> bool) {
        let mut state = self.lock();
        if agree() {
            state.running -= 1;
            self.wake(state);
        }
    }

    /// Takes a worker back that was lent. It goes on at once: it may hold what others wait for.
    pub fn take_back(&self) {
        self.lock().running += 1;
    }

    /// Whether another worker is needed: nobody is left to take the next item, though one more might run.
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

    /// Whether nobody is left who may take the next item.
    pub fn is_short(&self) -> bool {
        self.lacks_hands(&self.lock())
    }

    /// Whether items wait though more might run, since every worker that there may be is lent or at work.
    pub fn is_exhausted(&self) -> bool {
        let state = self.lock();
        let is_full = state.workers >= self.limits.workers && state.hired == 0 && state.sleepers.is_empty();
        is_full && !state.waiting.is_empty() && state.running < self.limits.running
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.length.load(Ordering::Acquire)
    }

    /// Whether the queue is closed and its last worker has ended.
    pub fn is_over(&self) -> bool {
        let state = self.lock();
        state.closed && state.workers == 0
    }

    /// Lets the calling thread rest until nobody is left to take the next item, or for so long.
    pub fn rest(&self, time: Duration) {
        self.foreman.get_or_init(thread::current);
        self.foreman_rests.store(true, Ordering::SeqCst);
        if !self.is_short() {
            thread::park_timeout(time);
        }
        self.foreman_rests.store(false, Ordering::SeqCst);
    }

    /// Lets nothing more in. What waits can still be taken.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.sleepers.drain(..).for_each(|sleeper| sleeper.unpark());
    }

    /// Takes everything at once.
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

    /// Sleeps until woken; `false` beside the lock when this worker has slept long and is not needed.
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
        // It may have woken by itself, or too late, and then it is still on the list.
        let others = state.sleepers.len();
        state.sleepers.retain(|sleeper| sleeper.id() != own.id());
        let was_called = state.sleepers.len() == others;
        let has_rested = !was_called && begun.elapsed() >= REST;
        let is_needed = !has_rested || state.workers <= self.limits.running;
        (state, is_needed)
    }

    /// A sleeper that is to be woken, if there is an item that nobody will take otherwise and one more may run.
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

    /// Notes what this worker does from now on. Every count of workers changes under the lock, so that a request that
    /// nobody is woken for has one of them.
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
