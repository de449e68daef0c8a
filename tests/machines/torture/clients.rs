//! Slow clients, and requests that would block all others.

use serde_json::{Value, json};

use super::run::Run;
use super::{SLOW, Stage, get, with};

/// The allowed growth of the process while 64 clients are slow.
const GROWTH: u64 = 64 << 20;

/// A byte a second.
const CRAWL: (usize, u64) = (1, 1000);

/// A client that sends a large body slowly, and disconnects after this time.
fn sender(address: &str, stays: u64) -> Value {
    json!({
        "method": "POST", "url": "/kallithea/digest", "body_size": 10_000_000, "read_ahead": 0,
        "send_pace": CRAWL, "remote_addr": address, "leaves_after_milliseconds": stays,
    })
}

/// A client that reads a large response slowly, and disconnects after this time.
fn reader(address: &str, stays: u64) -> Value {
    let slow = json!({"take_pace": CRAWL, "remote_addr": address, "leaves_after_milliseconds": stays});
    with(with(get("generated?size=20000000"), json!({"discard_response": true})), slow)
}

fn from(address: &str, page: &str) -> Value {
    with(get(page), json!({ "remote_addr": address }))
}

fn milliseconds(run: &Run, number: usize) -> f64 {
    run.response(number)["milliseconds"].as_f64().expect("every response has its time")
}

/// The median and the longest time of the pages.
fn times(run: &Run, pages: std::ops::Range<usize>) -> (f64, f64) {
    let mut times: Vec<f64> = pages.map(|number| milliseconds(run, number)).collect();
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() - 1])
}

pub fn slow_clients_hold_nobody_else_up(stage: &Stage) {
    // Until the slow clients leave, a worker that one of them blocks stays blocked.
    let (stays, pages) = (15_000, stage.machine.count(400).max(100));
    let address = |number: usize| format!("192.0.2.{}", number + 10);
    let senders = (0..32).map(|number| sender(&address(number), stays));
    let readers = (32..64).map(|number| reader(&address(number), stays));
    let others = || (0..pages).map(|_| from("192.0.2.200", ""));
    let warm_up: Vec<Value> = others().take(20).collect();
    let alone: Vec<Value> = others().collect();
    let slow: Vec<Value> = senders.chain(readers).chain(others()).collect();

    let usual = stage.run(json!({"warm_up": warm_up, "requests": alone}));
    let run = stage.run(json!({"warm_up": warm_up, "parallel": 65, "requests": slow}));
    for number in 64..64 + pages {
        assert_eq!((run.status(number), run.body(number)), ("200 OK", "hello"), "{}", run.log);
    }
    let ((usual, _), (middle, longest)) = (times(&usual, 0..pages), times(&run, 64..64 + pages));
    let growth = run.report["memory_growth"].as_u64().expect("the system says");
    // The host has a thread for each of its clients, and the bridge one replacement for each worker.
    let threads = stage.machine.taken_by_threads(&run, 65 + 64);
    eprintln!(
        "usual {usual:.1} ms, beside 64 slow clients {middle:.1} ms, at most {longest:.1} ms, {growth} \
         bytes, \
         of which Wine takes {threads} for threads"
    );
    assert!(middle <= 2.0 * usual + 20.0, "{middle} ms beside slow clients, {usual} ms alone");
    assert!(longest < 8000.0, "{longest} ms");
    assert!(growth < GROWTH + threads, "{growth}");
}

pub fn a_client_that_does_not_move_is_let_go(stage: &Stage) {
    let stalled = json!({"send_pace": null, "stall_upload_after": 10, "leaves_after_milliseconds": null});
    let stuck = json!({"take_pace": null, "stall_download_after": 0, "leaves_after_milliseconds": null});
    // Sixteen bytes take twice as long as a client may take for one.
    let steady = json!({
        "method": "POST", "url": "/kallithea/echo", "body": "sixteen bytes...", "read_ahead": 0,
        "send_pace": [1, 400], "remote_addr": "192.0.2.3",
    });
    let requests =
        json!([with(sender("192.0.2.1", 0), stalled), with(reader("192.0.2.2", 0), stuck), steady]);
    let script = json!({"parallel": 3, "timeout_seconds": 60, "requests": requests});
    let run = stage.deployment(SLOW).run(script).clean();
    for number in [0, 1] {
        assert_eq!(run.response(number)["closed"], json!(true), "{}", run.report);
        assert!((3000.0..30_000.0).contains(&milliseconds(&run, number)), "{}", run.report);
    }
    assert_eq!(run.body(2), "sixteen bytes...", "{}", run.log);
    run.logged(&[
        "the client is disconnected: the request was waiting for the client to send for 3 s",
        "the client is disconnected: the request was waiting for the client to take the response for 3 s",
    ]);
    assert_eq!(run.log.matches("the client went away").count(), 2, "{}", run.log);
}

pub fn one_client_cannot_hold_every_worker(stage: &Stage) {
    // Behind a trusted proxy, the client is the address that the proxy gives.
    let through = |client: &str, request: Value| {
        with(request, json!({"remote_addr": "198.51.100.9", "headers": [["X-Forwarded-For", client]]}))
    };
    let direct = |client: &str, request: Value| with(request, json!({ "remote_addr": client }));
    let ways: [fn(&str, Value) -> Value; 2] = [through, direct];
    for way in ways {
        let mut requests: Vec<Value> = (0..6).map(|_| way("192.0.2.1", sender("", 6000))).collect();
        // By then the six are known to be slow.
        requests.push(way("192.0.2.2", get("slow?seconds=1.5")));
        requests.push(way("192.0.2.1", get("")));
        requests.push(way("192.0.2.2", get("")));
        let run = stage.deployment(SLOW).run(json!({"parallel": 7, "requests": requests})).clean();
        assert_eq!(
            (run.status(7), run.header(7, "Retry-After")),
            ("503 Service Unavailable", Some("5")),
            "{}",
            run.log
        );
        assert_eq!((run.status(6), run.status(8)), ("200 OK", "200 OK"), "{}", run.log);
        assert!(milliseconds(&run, 8) < 3000.0, "{}", run.report);
        run.logged(&["192.0.2.1 has too many slow requests"]);
    }
}

pub fn one_client_cannot_hold_every_worker_by_what_the_bridge_itself_answers(stage: &Stage) {
    // The client reads pages of the bridge's own as slowly as it can: no such page, the missing slash, too many headers, and
    // finally too many waiting requests of this client. There are 4 threads, and 64 clients may be slow.
    let slow = json!({"take_pace": CRAWL, "remote_addr": "192.0.2.1", "leaves_after_milliseconds": 16_000});
    let many: Vec<[&str; 2]> = vec![["a", "b"]; 300];
    let pages = [
        json!({"url": "/elsewhere"}),
        json!({"url": "/kallithea"}),
        with(get(""), json!({ "headers": many })),
        json!({"url": "/kallithea/C:/x"}),
        json!({"url": "/kallithea/%"}),
    ];
    let mut requests: Vec<Value> =
        (0..75).map(|number| with(pages[number % pages.len()].clone(), slow.clone())).collect();
    requests.push(from("192.0.2.99", "slow?seconds=0.5"));
    requests.push(from("192.0.2.99", ""));
    let run = stage.run(json!({"warm_up": [get("")], "parallel": 76, "requests": requests}));
    for number in [75, 76] {
        assert_eq!(run.status(number), "200 OK", "{}", run.log);
        // It takes ten seconds until a slow client makes room.
        assert!(milliseconds(&run, number) < 8000.0, "{} ms\n{}", milliseconds(&run, number), run.log);
    }
    run.logged(&["192.0.2.1 has too many slow requests", " 0 in=0 out=0 queue="]);
}

pub fn the_slowest_client_makes_room_when_every_worker_waits(stage: &Stage) {
    // As many as there are threads and slow clients, each from its own address, and none of them stalled.
    let slow = |number: usize| sender(&format!("192.0.2.{number}"), 40_000);
    // The same after a fast start, which gives them no advantage.
    let tired = |number: usize| with(slow(number), json!({"pace_after": 5_000_000}));
    let ways: [&dyn Fn(usize) -> Value; 2] = [&slow, &tired];
    for way in ways {
        // The first of these two may be served before all ten have come; then the other one meets them.
        let others = [from("192.0.2.99", "slow?seconds=1.5"), from("192.0.2.99", "")];
        let requests: Vec<Value> = (1..=10).map(way).chain(others).collect();
        let deployment = stage.deployment(SLOW);
        let run = deployment.run(json!({"parallel": 11, "requests": requests})).clean();
        for number in [10, 11] {
            assert_eq!(run.status(number), "200 OK", "{}", run.log);
            assert!(milliseconds(&run, number) < 35_000.0, "{}", run.report);
        }
        run.logged(&[
            "requests are waiting, and every worker waits for its client",
            "the request was the slowest",
        ]);
    }
}

pub fn a_slow_but_steady_push_comes_through(stage: &Stage) {
    // In all it takes many times as long as a client may stand still, and as an application may compute.
    let (size, pause) = if stage.machine.is_wine() { (20_000_000, 30) } else { (1 << 30, 1) };
    let push = json!({
        "url": "/kallithea/digest", "method": "POST", "body_size": size, "chunked": true,
        "send_pace": [65536, pause],
    });
    let warm_up = json!([with(push.clone(), json!({"body_size": 1 << 20}))]);
    let script = json!({"warm_up": warm_up, "timeout_seconds": 600, "requests": [push]});
    let run = stage.deployment(SLOW).run(script).clean();
    let (length, sha256) = super::load::sum(size);
    assert_eq!(run.body(0), format!("{length} {sha256}"), "{}", run.log);
    assert!(milliseconds(&run, 0) > 9000.0, "{}", run.report);
    let growth = run.report["memory_growth"].as_u64().expect("the system says");
    assert!(growth < 16 << 20, "{growth}");
}

pub fn a_request_that_computes_for_ever_is_stopped(stage: &Stage) {
    // Two threads, and two requests on them. Later requests are served by those threads, and are not interrupted.
    let deployment = stage.deployment(SLOW);
    let mut requests = vec![get("endless"), get("endless")];
    requests.extend((0..20).map(|_| get("number")));
    let run = deployment.run(json!({"parallel": 2, "timeout_seconds": 100, "requests": requests})).clean();
    for number in [0, 1] {
        assert_eq!(run.status(number), "500 Internal Server Error", "{}", run.log);
    }
    for number in 2..22 {
        assert_eq!(run.status(number), "200 OK", "{}", run.log);
    }
    run.logged(&["computed for more than 3 s", "in endless", "RequestTimeLimit"]);

    // Code that swallows every exception, and ends on its own after twelve seconds.
    let _ = std::fs::remove_dir_all(deployment.place("logs"));
    let run = deployment.run(json!({"requests": [get("stubborn?seconds=12"), get("")]})).clean();
    assert_eq!(
        run.response(0)["unhealthy"],
        json!(["a request of Kallithea computes without end"]),
        "{}",
        run.log
    );
    assert_eq!((run.status(0), run.status(1)), ("200 OK", "200 OK"), "{}", run.log);
    assert_eq!(run.response(1)["unhealthy"], Value::Null);
    run.logged(&["the request continues although it was interrupted"]);
}

pub fn a_request_that_keeps_pythons_lock_is_reported(stage: &Stage) {
    // Nothing can be raised while the lock is held, and the report to IIS does not need the lock.
    let requests = json!([get("backtracking?seconds=8"), get("")]);
    let run = stage.deployment(SLOW).run(json!({"timeout_seconds": 300, "requests": requests})).clean();
    let unhealthy = &run.response(0)["unhealthy"];
    assert_eq!(*unhealthy, json!(["a request of Kallithea computes without end"]), "{}", run.log);
    assert_eq!(run.status(1), "200 OK", "{}", run.log);
    run.logged(&["the request continues although it was interrupted"]);
}

pub fn a_request_that_waits_for_its_client_says_so(stage: &Stage) {
    let shown = |request: Value| {
        let deployment = stage.deployment(SLOW);
        let run = deployment.run(json!({"requests": [get(""), request]})).clean();
        run.logged(&["#2 the request is not done after 1 s: it is waiting for the client to "]);
        run.log
    };
    // If the application is done, there is no stack to show, least of all that of another thread.
    let stuck =
        json!({"stall_download_after": 0, "discard_response": true, "leaves_after_milliseconds": 2500});
    let log = shown(with(get("whole?size=1000000"), stuck));
    assert!(log.contains("to take the response") && !log.contains("thread:"), "{log}");
    // If the application asks for the body, the stack is that of the request and of no other.
    let log = shown(sender("192.0.2.2", 2500));
    assert!(log.contains("to send") && log.contains("the request's thread:"), "{log}");
    assert!(log.contains("in digest") && !log.contains("thread python:"), "{log}");
}

pub fn headers_cost_no_more_than_their_bytes(stage: &Stage) {
    let many: Vec<[&str; 2]> = vec![["a", "b"]; 30_000];
    let large = "x".repeat(4000);
    let long: Vec<[&str; 2]> = vec![["X-Large", &large]; 200];
    let with_headers = |headers: Value| with(get("number"), json!({ "headers": headers }));
    let requests = json!([with_headers(json!(many)), with_headers(json!(long)), get("number")]);
    let warm_up = json!([get("number"), get("number")]);
    let run = stage.run(json!({"warm_up": warm_up, "requests": requests}));
    assert_eq!(run.status(0), "431 Request Header Fields Too Large");
    assert_eq!((run.status(1), run.status(2)), ("200 OK", "200 OK"));
    let growth = run.report["memory_growth"].as_u64().expect("the system says");
    eprintln!("30,000 small headers and 200 large ones: memory grew by {growth}");
    assert!(growth < 32 << 20, "{growth}");
}
