//! One life of the bridge, from GetExtensionVersion to TerminateExtension: its queue and its worker threads.
//!
//! What enters: sessions. What leaves: their completion, on a worker's thread. Absent: a thread of IIS that waits; a
//! request is queued, or answered at once when the queue is full.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use kallithea_bridge_isapi::abi::{STATUS_PENDING, Session};
use kallithea_bridge_isapi::environ::Environ;
use kallithea_bridge_isapi::{SETTINGS, log};

use crate::admission::{self, Admitted, Waiting};
use crate::queue::Queue;
use crate::startup::Verdict;
use crate::{python, startup, watch};

/// The present life, if there is one.
static LIFE: RwLock<Option<Arc<Life>>> = RwLock::new(None);

/// Numbers requests through all lives of the process.
static NUMBER: AtomicU64 = AtomicU64::new(1);

struct Life {
    queue: Queue<Waiting>,
    /// Workers that have not ended yet.
    working: Mutex<usize>,
    ended: Condvar,
}

/// Begins a life.
pub(crate) fn start() {
    log::begin();
    let workers = SETTINGS.workers.threads.max(1);
    log::info(&format!("the bridge starts with {workers} threads for {}", SETTINGS.application.path));
    if SETTINGS.workers.preload {
        startup::begin();
    }
    watch::begin();
    let life = Arc::new(Life {
        queue: Queue::new(SETTINGS.workers.queue_length),
        working: Mutex::new(0),
        ended: Condvar::new(),
    });
    for number in 1..=workers {
        spawn(&life, number);
    }
    *LIFE.write().unwrap_or_else(PoisonError::into_inner) = Some(life);
}

/// Takes a request in, and returns what HttpExtensionProc is to return.
pub(crate) fn submit(session: Session) -> u32 {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let waiting = Waiting { session, number, since: Instant::now() };
    let life = LIFE.read().unwrap_or_else(PoisonError::into_inner);
    let refused = match life.as_ref() {
        Some(life) => life.queue.push(waiting).err(),
        None => Some(waiting),
    };
    drop(life);
    if !SETTINGS.workers.preload {
        startup::begin_once();
    }
    refused.map_or(STATUS_PENDING, admission::turn_away)
}

/// Ends the life: lets nothing more in, gives what is inside the time that the settings allow, and lets the
/// application's own end follow.
pub(crate) fn stop() {
    let Some(life) = LIFE.write().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let deadline = Instant::now() + Duration::from_secs(SETTINGS.workers.drain_seconds);
    life.queue.close();
    let working = life.working.lock().unwrap_or_else(PoisonError::into_inner);
    let left = deadline.saturating_duration_since(Instant::now());
    let waited = life.ended.wait_timeout_while(working, left, |working| *working > 0);
    let left = *waited.unwrap_or_else(PoisonError::into_inner).0;
    life.queue.drain().into_iter().for_each(admission::send_away);
    if left == 0 {
        startup::end(deadline);
        log::info("the bridge has stopped");
    } else {
        log::warning(&format!("the bridge stops while {left} threads are still at work"));
    }
    log::flush();
}

fn spawn(life: &Arc<Life>, number: usize) {
    let worker = Arc::clone(life);
    *life.working.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    let spawned = std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
        let counted = Counted(&worker);
        work(counted.0);
    });
    if let Err(error) = spawned {
        drop(Counted(life));
        log::error(&format!("there is no thread for worker {number}: {error}"));
    }
}

/// Counts a worker out, however it ends.
struct Counted<'a>(&'a Life);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        *self.0.working.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_all();
    }
}

/// A worker's life: it waits for a request, then for the application. Requests that find none are refused.
fn work(life: &Life) {
    while let Some(waiting) = life.queue.pop() {
        match startup::wait() {
            Verdict::Ready(application) => {
                let first = Mutex::new(Some(waiting));
                return python::work(&application, |environ| next(life, &first, environ));
            }
            Verdict::Failed { unhealthy } => admission::refuse(waiting, unhealthy.as_deref()),
        }
    }
}

/// The next request that needs the application; `None` when the life is over.
fn next(life: &Life, first: &Mutex<Option<Waiting>>, environ: &mut Environ) -> Option<Admitted> {
    loop {
        log::set_request(0);
        let held = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let waiting = held.or_else(|| life.queue.pop())?;
        if let Some(admitted) = admission::admit(waiting, environ) {
            return Some(admitted);
        }
    }
}
