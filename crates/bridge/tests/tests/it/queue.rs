//! The engine's queue, which needs no Python, and its workers: no request waits while a worker is free, and no more workers
//! run than allowed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use kallithea_bridge_isapi::queue::{Limits, Queue};

/// Long enough for everything that must happen, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Long enough to notice what must not happen.
const MOMENT: Duration = Duration::from_millis(200);

type Numbers = Arc<Queue<usize>>;

fn queue(running: usize, workers: usize) -> Numbers {
    Arc::new(Queue::new(Limits { waiting: 1000, running, workers }))
}

/// A worker that runs `work` on each item that it takes, and reports the item.
fn worker(queue: &Numbers, work: impl Fn(usize) + Send + 'static) -> Receiver<usize> {
    assert!(queue.hire());
    let (queue, (said, heard)) = (Arc::clone(queue), channel());
    thread::spawn(move || {
        while let Some(item) = queue.pop() {
            work(item);
            let _ = said.send(item);
        }
        queue.leave();
    });
    heard
}

/// Waits until a condition holds.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A worker that has finished and announced its return, but does not return until `gate` is opened.
fn returning(queue: &Numbers) -> (Receiver<usize>, Sender<()>) {
    let (open, gate) = channel::<()>();
    let (gate, own) = (Mutex::new(gate), Arc::clone(queue));
    let heard = worker(queue, move |_| {
        own.announce_return();
        let _ = gate.lock().expect("nobody panics").recv();
    });
    (heard, open)
}

#[test]
fn a_worker_of_another_life_that_returns_keeps_nobody_of_this_one_asleep() {
    let (old, new) = (queue(1, 1), queue(2, 2));
    let (_old_heard, open) = returning(&old);
    old.push(1).expect("there is room");
    until("the old worker has the item", || old.waiting() == 0);
    old.close();
    let heard = worker(&new, |_| ());
    // Long enough for the new worker to sleep, and not only to look.
    thread::sleep(MOMENT);
    new.push(7).expect("there is room");
    assert_eq!(heard.recv_timeout(PATIENCE), Ok(7), "the new life's worker was woken");
    drop(open);
    until("the old life is over", || old.is_over());
}

#[test]
fn no_more_run_than_are_to_and_one_that_is_lent_does_not_count() {
    let queue = queue(1, 3);
    let (open, gate) = channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let begun = Arc::new(AtomicUsize::new(0));
    let heard: Vec<_> = (0..2)
        .map(|_| {
            let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
            worker(&queue, move |_| {
                begun.fetch_add(1, Ordering::SeqCst);
                let _ = gate.lock().expect("nobody panics").recv();
            })
        })
        .collect();
    queue.push(1).expect("there is room");
    until("the first runs", || begun.load(Ordering::SeqCst) == 1);
    queue.push(2).expect("there is room");
    thread::sleep(MOMENT);
    assert_eq!(begun.load(Ordering::SeqCst), 1, "only one may run");
    // The first worker holds the gate's lock, like a call that does not return.
    queue.lend(|| true);
    until("the second runs while the first is lent", || begun.load(Ordering::SeqCst) == 2);
    queue.take_back();
    drop(open);
    for heard in heard {
        assert!(heard.recv_timeout(PATIENCE).is_ok());
    }
    queue.close();
    until("all have ended", || queue.is_over());
}

#[test]
fn another_worker_is_lacking_when_every_one_is_lent_and_not_before() {
    let queue = queue(1, 2);
    assert!(queue.lacks_worker(), "there is none");
    let (open, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    let heard = worker(&queue, move |_| gate.lock().expect("nobody panics").recv().unwrap_or_default());
    assert!(!queue.lacks_worker(), "one has been hired");
    queue.push(1).expect("there is room");
    until("it has the item", || queue.waiting() == 0);
    queue.push(2).expect("there is room");
    assert!(!queue.lacks_worker(), "one is all that may run");
    queue.lend(|| false);
    assert!(!queue.lacks_worker(), "it has come back before it could be lent");
    queue.lend(|| true);
    assert!(queue.lacks_worker(), "the only one is lent");
    assert!(queue.hire() && !queue.hire(), "two may be hired");
    assert!(!queue.lacks_worker() && !queue.is_exhausted(), "the other is on its way");
    queue.unhire();
    queue.take_back();
    drop(open);
    assert_eq!([heard.recv_timeout(PATIENCE), heard.recv_timeout(PATIENCE)], [Ok(1), Ok(2)]);
}

#[test]
fn a_queue_is_exhausted_when_items_wait_and_every_worker_is_lent() {
    let queue = queue(1, 1);
    let (open, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    let heard = worker(&queue, move |_| gate.lock().expect("nobody panics").recv().unwrap_or_default());
    queue.push(1).expect("there is room");
    until("it has the item", || queue.waiting() == 0);
    queue.lend(|| true);
    assert!(!queue.is_exhausted(), "nobody waits");
    queue.push(2).expect("there is room");
    assert!(queue.is_exhausted());
    queue.take_back();
    assert!(!queue.is_exhausted(), "it runs again");
    drop(open);
    assert_eq!([heard.recv_timeout(PATIENCE), heard.recv_timeout(PATIENCE)], [Ok(1), Ok(2)]);
}

#[test]
fn what_waits_in_a_closed_queue_is_still_served_and_then_all_end() {
    let queue = queue(2, 4);
    let heard: Vec<_> = (0..4).map(|_| worker(&queue, |_| thread::sleep(Duration::from_millis(2)))).collect();
    for item in 0..200 {
        queue.push(item).expect("there is room");
    }
    queue.close();
    assert_eq!(queue.push(1), Err(1));
    until("all have ended", || queue.is_over());
    let mut served: Vec<usize> = heard.iter().flat_map(Receiver::try_iter).collect();
    served.sort_unstable();
    assert_eq!(served, (0..200).collect::<Vec<_>>());
}

#[test]
fn every_item_is_served_once_while_workers_are_lent_and_taken_back() {
    let queue = queue(3, 12);
    let most = Arc::new(AtomicUsize::new(0));
    let now = Arc::new(AtomicUsize::new(0));
    let heard: Vec<_> = (0..12)
        .map(|_| {
            let (own, now, most) = (Arc::clone(&queue), Arc::clone(&now), Arc::clone(&most));
            worker(&queue, move |item| {
                if item % 3 == 0 {
                    own.lend(|| true);
                    thread::sleep(Duration::from_millis(3));
                    own.take_back();
                } else {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    now.fetch_sub(1, Ordering::SeqCst);
                }
                own.announce_return();
            })
        })
        .collect();
    for item in 0..3000 {
        while queue.push(item).is_err() {
            thread::sleep(Duration::from_millis(1));
        }
    }
    let served = Mutex::new(Vec::new());
    until("all are served", || {
        let mut served = served.lock().expect("nobody panics");
        served.extend(heard.iter().flat_map(Receiver::try_iter));
        served.len() == 3000
    });
    let mut served = served.into_inner().expect("nobody panics");
    served.sort_unstable();
    assert_eq!(served, (0..3000).collect::<Vec<_>>());
    assert!(most.load(Ordering::SeqCst) <= 3, "{most:?} ran that were never lent");
    queue.close();
    until("all have ended", || queue.is_over());
}
