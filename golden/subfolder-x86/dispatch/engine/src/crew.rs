//! Supervises the workers of one run of the bridge. It never calls Python, which may be what is stuck.
//!
//! What enters: the state of each request. What leaves: another worker for each that waits for its client, up to a limit;
//! the end of connections whose clients neither send nor receive; a report to IIS about a request that does not end.
//! Absent: the threads' own work.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use kallithea_bridge_isapi::queue::Queue;
use kallithea_bridge_isapi::{SETTINGS, log};

use crate::admission::Waiting;
use crate::exchange::Exchange;
use crate::post::Post;
use crate::watch::{self, Request};

/// The time between two checks while every worker has a request.
const TICK: Duration = Duration::from_millis(5);

/// After this many ticks with a free worker, the ticks pause.
const CALM: u32 = 20;

/// The time between two checks of requests that take long.
const ROUND: Duration = Duration::from_millis(250);

/// Where requests wait and no worker is left to serve them, the slowest client is disconnected: one that workers have
/// waited for this long, and that recently moved fewer bytes a second than this. IIS itself disconnects a client to which
/// it sends fewer than 240 (`minBytesPerSecond`).
const PATIENCE: Duration = Duration::from_secs(10);
const PACE: u64 = 1000;

/// How long an interrupted request may take to end before IIS is told.
const GRACE: Duration = Duration::from_secs(60);

/// Supervises a queue's workers until the last has ended; `engage` starts another.
pub(crate) fn keep(queue: &Arc<Queue<Waiting>>, engage: impl Fn() -> bool) {
    let (mut calm, mut pressed, mut looked) = (0, false, Instant::now());
    while !queue.is_over() {
        calm = if queue.is_short() { 0 } else { calm + 1 };
        if calm < CALM {
            thread::sleep(TICK)
        } else {
            queue.rest(ROUND)
        }
        let is_pressed = queue.waiting() > 0;
        watch::each(|request| {
            if Arc::ptr_eq(request.post.queue(), queue) {
                request.post.lend(is_pressed && pressed);
            }
        });
        pressed = is_pressed;
        while queue.lacks_worker() && engage() {}
        if looked.elapsed() >= ROUND {
            looked = Instant::now();
            look_after(queue);
        }
    }
}

/// A client to disconnect, and the reason.
struct Gone {
    number: u64,
    post: Arc<Post>,
    why: String,
}

/// Disconnects clients that do not progress, and tells IIS about requests that do not end.
fn look_after(queue: &Arc<Queue<Waiting>>) {
    let (mut gone, mut stuck) = (Vec::new(), Vec::new());
    watch::each(|request| {
        if !Arc::ptr_eq(request.post.queue(), queue) {
            return;
        }
        if let Some(wait) = request.post.wait().filter(|_| is_idle(request)) {
            let why = format!("{} for {} s", watch::describe(wait), SETTINGS.workers.client_seconds);
            gone.push(give_up(request, why));
        }
        // Measured now, so that the value is known when it is needed.
        request.pace(PATIENCE);
        if is_stuck(request) {
            stuck.push((request.number, request.exchange()));
        }
    });
    if queue.is_exhausted() {
        gone.extend(slowest(queue));
    }
    hang_up(gone);
    for (number, exchange) in stuck {
        report(number, exchange);
    }
}

/// Whether the client has neither sent nor received a byte for too long.
fn is_idle(request: &mut Request) -> bool {
    let limit = SETTINGS.workers.client_seconds;
    limit > 0 && !request.let_go && request.quiet() >= Duration::from_secs(limit)
}

/// Whether a request continues although its thread was interrupted some time ago.
fn is_stuck(request: &mut Request) -> bool {
    let Some(limit) = watch::time_limit() else { return false };
    !request.reported && request.computing() >= limit + limit.min(GRACE)
}

/// Tells IIS that a request does not end. If the request is in a call to IIS, the next check tries again.
fn report(number: u64, exchange: Option<Arc<Exchange>>) {
    let reason = "a request of Kallithea computes without end";
    log::set_request(number);
    match exchange.map(|exchange| exchange.try_report_unhealthy(reason)) {
        Some(Some(Ok(()))) => log::error(
            "the request continues although it was interrupted; the bridge asks IIS to recycle the pool",
        ),
        Some(Some(Err(_))) => log::error(
            "the request continues although it was interrupted, and this server does not accept a report: \
             recycle the pool",
        ),
        _ => return log::set_request(0),
    }
    log::set_request(0);
    watch::each(|request| request.reported |= request.number == number);
}

fn give_up(request: &mut Request, why: String) -> Gone {
    request.let_go = true;
    Gone { number: request.number, post: Arc::clone(&request.post), why }
}

/// Closes the connections on a separate thread, so that nothing else waits if the server is slow to close them.
fn hang_up(gone: Vec<Gone>) {
    if gone.is_empty() {
        return;
    }
    let close = move || {
        for Gone { number, post, why } in gone {
            log::set_request(number);
            log::warning(&format!("the client is disconnected: the request was {why}"));
            post.line().hang_up();
        }
    };
    if let Err(error) = thread::Builder::new().name("hang-up".into()).spawn(close) {
        log::warning(&format!("cannot disconnect slow clients, because a thread could not start: {error}"));
    }
}

/// The slowest client. It is needed when requests wait and every worker waits for its client.
fn slowest(queue: &Arc<Queue<Waiting>>) -> Option<Gone> {
    static SAID: Seldom = Seldom::new();
    if SAID.is_due() {
        log::warning(
            "requests are waiting, and every worker waits for its client: see `bridge.slowClients` and \
             `bridge.clientTimeout`",
        );
    }
    let mut slowest: Option<(u64, u64)> = None;
    watch::each(|request| {
        let is_own = Arc::ptr_eq(request.post.queue(), queue) && !request.let_go;
        let pace = request.pace(PATIENCE).filter(|&pace| is_own && request.post.is_lent() && pace < PACE);
        if let Some(pace) = pace
            && slowest.is_none_or(|(_, least)| pace < least)
        {
            slowest = Some((request.number, pace));
        }
    });
    let (number, pace) = slowest?;
    let mut gone = None;
    watch::each(|request| {
        if request.number == number {
            let why = format!("the slowest, with {pace} bytes a second, while others wait");
            gone = Some(give_up(request, why));
        }
    });
    gone
}

/// Limits a message to once a minute.
pub(crate) struct Seldom {
    /// Seconds from the first call to the last time that the message was due, plus one.
    last: AtomicU64,
}

impl Seldom {
    pub(crate) const fn new() -> Self {
        Self { last: AtomicU64::new(0) }
    }

    /// Whether the message may be logged again.
    pub(crate) fn is_due(&self) -> bool {
        static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        let now = BEGIN.elapsed().as_secs() + 1;
        let last = self.last.load(Ordering::Relaxed);
        (last == 0 || now >= last + 60)
            && self.last.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}
