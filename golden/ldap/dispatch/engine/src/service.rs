//! One run of the bridge, from GetExtensionVersion to TerminateExtension: its queue and its worker threads.
//!
//! What enters: sessions. What leaves: their completion, on a worker's thread. A fixed number of workers run at a time.
//! While one waits for its client, another stands in for it, up to a limit. Absent: a waiting IIS thread; a request is
//! queued, or answered at once when the queue is full.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use kallithea_bridge_isapi::abi::{STATUS_PENDING, Session};
use kallithea_bridge_isapi::environ::Environ;
use kallithea_bridge_isapi::queue::{Limits, Queue};
use kallithea_bridge_isapi::static_files::StaticFiles;
use kallithea_bridge_isapi::{SETTINGS, log};

use crate::admission::{self, Admitted, Waiting};
use crate::crew::Seldom;
use crate::post::Post;
use crate::startup::Verdict;
use crate::{crew, python, startup, watch};

/// The current run, if there is one.
static LIFE: RwLock<Option<Arc<Life>>> = RwLock::new(None);

/// Numbers requests across all runs in the process.
static NUMBER: AtomicU64 = AtomicU64::new(1);

struct Life {
    queue: Arc<Queue<Waiting>>,
    /// Numbers the workers.
    next: AtomicUsize,
    /// Workers that have not ended yet.
    working: Mutex<usize>,
    ended: Condvar,
}

/// Starts a run. If a host starts the bridge again without stopping it, there is no second run, since the first one's
/// workers would be lost.
pub(crate) fn start() {
    log::begin();
    let mut present = LIFE.write().unwrap_or_else(PoisonError::into_inner);
    if present.is_some() {
        return log::warning(
            "the server starts the bridge again without having stopped it; the bridge continues",
        );
    }
    let workers = SETTINGS.workers.threads.max(1);
    log::info(&format!("the bridge starts with {workers} threads for {}", SETTINGS.application.path));
    if SETTINGS.workers.preload {
        startup::begin();
    }
    watch::begin();
    let limits = Limits {
        waiting: SETTINGS.workers.queue_length,
        running: workers,
        workers: workers + SETTINGS.workers.slow_clients,
    };
    let life = Arc::new(Life {
        queue: Arc::new(Queue::new(limits)),
        next: AtomicUsize::new(1),
        working: Mutex::new(0),
        ended: Condvar::new(),
    });
    for _ in 0..workers {
        engage(&life);
    }
    let crew = Arc::clone(&life);
    let crew = thread::Builder::new().name("crew".into()).spawn(move || {
        crew::keep(&crew.queue, || engage(&crew));
    });
    if let Err(error) = crew {
        log::error(&format!(
            "cannot replace workers that wait for their clients, because a thread could not start: {error}"
        ));
    }
    *present = Some(life);
}

/// Accepts a request, and returns what HttpExtensionProc must return.
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

/// Ends the run: accepts no more requests, gives those inside the time that the settings allow, and then lets the
/// application end.
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

/// Starts another worker; `false` where there are enough, or its thread cannot be started.
fn engage(life: &Arc<Life>) -> bool {
    if !life.queue.hire() {
        return false;
    }
    let worker = Arc::clone(life);
    let number = life.next.fetch_add(1, Ordering::Relaxed);
    *life.working.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    let spawned = thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
        let counted = Counted(&worker);
        work(counted.0);
    });
    if let Err(error) = spawned {
        life.queue.unhire();
        life.count_out();
        // `crew` tries again many times a second.
        static SAID: Seldom = Seldom::new();
        if SAID.is_due() {
            log::error(&format!("cannot start a thread for worker {number}: {error}"));
        }
        return false;
    }
    true
}

impl Life {
    fn count_out(&self) {
        *self.working.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.ended.notify_all();
    }
}

/// Stops counting a worker, however it ends.
struct Counted<'a>(&'a Life);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.queue.leave();
        self.0.count_out();
    }
}

/// A worker's loop: it waits for a request, then for the application. Without an application, requests are refused.
fn work(life: &Life) {
    while let Some(waiting) = life.queue.pop() {
        match startup::wait() {
            Verdict::Ready(application) => {
                let first = Mutex::new(Some(waiting));
                return python::work(&application, |environ| {
                    next(life, &first, &application.static_files, environ)
                });
            }
            Verdict::Failed { unhealthy } => {
                let (number, post) = attend(life, &waiting);
                admission::refuse(waiting, unhealthy.as_deref(), &post);
                watch::leave(number);
            }
        }
    }
}

/// The next request that needs the application; `None` when the worker is no longer needed.
fn next(
    life: &Life,
    first: &Mutex<Option<Waiting>>,
    static_files: &StaticFiles,
    environ: &mut Environ,
) -> Option<Admitted> {
    loop {
        log::set_request(0);
        let held = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let waiting = held.or_else(|| life.queue.pop())?;
        let (number, post) = attend(life, &waiting);
        if let Some(admitted) = admission::admit(waiting, environ, static_files, &post) {
            return Some(admitted);
        }
        watch::leave(number);
    }
}

/// Begins to watch a request.
fn attend(life: &Life, waiting: &Waiting) -> (u64, Arc<Post>) {
    let post = Arc::new(Post::new(waiting.session.line(), Arc::clone(&life.queue)));
    watch::enter(waiting.number, &post);
    (waiting.number, post)
}
