//! Many requests, and large ones: none lost, none mixed up, and no memory that grows with them.

use serde_json::{Value, json};

use super::run::Run;
use super::{Deployment, PLAIN, Stage, WATCHED, get, post, with};

/// The allowed growth of the process while a body of any size passes through it.
const GROWTH: u64 = 16 << 20;

/// Many requests with numbers; each must get its own response.
fn load(deployment: &Deployment, count: usize, more: Value) -> Run {
    let requests = json!([
        get("number"),
        post("number", "a body"),
        with(post("number", "a body that comes in pieces"), json!({"chunked": true, "read_ahead": 1})),
        with(get("number"), json!({"protocol": "HTTP/1.0"})),
    ]);
    let script = json!({
        "summary": true, "expect_echo": "X-Number", "number_header": "X-Request-Number", "parallel": 32,
        "repeat": count / 4, "warm_up": [get("number"), get("number")], "requests": requests,
    });
    let run = deployment.run(with(script, more));
    // The log has a line for each request, so it is not shown.
    assert_eq!((&run.report["violations"], run.code), (&json!([]), Some(0)), "{}", run.errors);
    eprintln!("{}\nmemory: {}", run.report["summary"], run.report["memory_growth"]);
    let summary = &run.report["summary"];
    assert_eq!(
        [&summary["mismatched"], &summary["lost"], &summary["doubled"]],
        [&json!(0), &json!(0), &json!(0)]
    );
    assert_eq!(summary["requests"], json!(count));
    run
}

/// How many answers had this status.
fn answered(run: &Run, status: &str) -> u64 {
    run.report["summary"]["statuses"][status].as_u64().unwrap_or_default()
}

pub fn every_response_is_that_of_its_request(stage: &Stage) {
    let count = stage.machine.count(100_000);
    let run = load(&stage.deployment(PLAIN), count, json!({}));
    assert_eq!(answered(&run, "200"), count as u64);
    assert_eq!(run.report["summary"]["echoed"], json!(count));
}

/// Other hosts, each with its part of the load.
pub fn every_host_is_served_as_many_requests(stage: &Stage) {
    let other = |request: Value| with(request, json!({"software": "Other/1.0", "missing": ["APPL_MD_PATH"]}));
    let counted = [
        get("number"),
        post("number", "a body"),
        with(get("number"), json!({"protocol": "HTTP/1.0"})),
        get("number"),
    ];
    let hosts = [
        json!({"server": "mod_isapi", "requests": counted}),
        json!({"server": "mod_isapi", "requests": counted, "vanish_every": 7}),
        json!({
            "pending": false, "refuse": ["IS_IN_PROCESS"], "requests": counted.clone().map(other), "warm_up": [other(get("number"))],
        }),
        json!({"refuse": ["VECTOR_SEND"], "refuse_error": 0}),
        json!({"refuse": ["VECTOR_SEND", "SEND_RESPONSE_HEADER_EX"], "refuse_error": 5, "vanish_every": 7}),
        json!({"refuse": ["VECTOR_SEND", "CLOSE_CONNECTION"], "refuse_error": null}),
        json!({"variables": {"sizes": "letters", "unknown_error": 0, "small_error": 234}}),
        json!({"variables": {"sizes": "unsaid", "unknown_error": 87}}),
        json!({"block": {"size": 0, "version": 65536, "null": ["lpszQueryString", "lpszPathTranslated", "lpszContentType"]}}),
        json!({"starts": 3}),
    ];
    let each = (stage.machine.count(100_000) / hosts.len()).next_multiple_of(4);
    for host in hosts {
        let vanishes = host.get("vanish_every").is_some();
        // A new life begins now and then, and must find out again what the host can do.
        let run =
            load(&stage.deployment(PLAIN), each, with(json!({"restart_every": each / 3 + 1}), host.clone()));
        let summary = &run.report["summary"];
        assert_eq!(summary["restarts"], json!(2), "{host}: {summary}");
        assert!(vanishes || answered(&run, "200") == each as u64, "{host}: {summary}");
    }
}

pub fn a_full_queue_loses_nobody(stage: &Stage) {
    // 32 clients where five find room: the others are told at once to come back.
    let count = stage.machine.count(100_000);
    let run = load(&stage.deployment(WATCHED), count, json!({"expect_statuses": [200, 503]}));
    assert_eq!(answered(&run, "200") + answered(&run, "503"), count as u64);
    assert!(answered(&run, "200") > 0 && answered(&run, "503") > 0, "{}", run.report);
}

pub fn recycling_and_vanishing_clients_mix_nothing_up(stage: &Stage) {
    let count = stage.machine.count(20_000);
    let more = json!({"restart_every": count / 10 + 1, "vanish_every": 7});
    let deployment = stage.deployment(PLAIN);
    let run = load(&deployment, count, more);
    let summary = &run.report["summary"];
    assert_eq!(summary["restarts"], json!(9));
    assert!(summary["vanished"].as_u64() > Some(count as u64 / 50), "{summary}");
    // Many requests fill more than one log file.
    let former = (1..).map(|number| format!("bridge.log.{number}"));
    let former = former.take_while(|name| deployment.place(&format!("logs/{name}")).exists());
    let logs = [run.log].into_iter().chain(former.map(|name| deployment.log(&name)));
    let ends: usize = logs.map(|log| log.matches("the bridge has stopped").count()).sum();
    assert_eq!(ends, 10, "the ends were in time");
}

/// A large request; only length and checksum of its response are kept.
fn large(path: &str, more: Value) -> Value {
    with(with(get(path), json!({"discard_response": true})), more)
}

fn upload(size: u64, more: Value) -> Value {
    with(json!({"url": "/kallithea/digest", "method": "POST", "body_size": size}), more)
}

/// Length and SHA-256 of bytes whose number n is n modulo 251.
pub fn sum(size: u64) -> (u64, String) {
    use sha2::{Digest, Sha256};

    let block: Vec<u8> = (0..251 * 261_u64).map(|index| (index % 251) as u8).collect();
    let (mut sum, mut left) = (Sha256::new(), size);
    while left > 0 {
        let part = left.min(block.len() as u64);
        sum.update(&block[..part as usize]);
        left -= part;
    }
    (size, sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

pub fn a_gibibyte_goes_up_and_down(stage: &Stage) {
    let size = if stage.machine.is_wine() { 50_000_000 } else { 1 << 30 };
    let warm_up =
        json!([upload(1 << 20, json!({})), large(&format!("generated?size={}", 1 << 20), json!({}))]);
    let requests = json!([
        upload(size, json!({})),
        upload(size, json!({"chunked": true})),
        large(&format!("generated?size={size}"), json!({})),
        large(&format!("generated?size={size}&announced=1"), json!({})),
    ]);
    let run = stage.deployment(PLAIN).run(json!({"warm_up": warm_up, "requests": requests})).clean();
    let (length, sha256) = sum(size);
    for number in [0, 1] {
        assert_eq!(run.body(number), format!("{length} {sha256}"));
    }
    for number in [2, 3] {
        assert_eq!(run.response(number)["discarded"], json!({"bytes": length, "sha256": sha256}));
    }
    let growth = run.report["memory_growth"].as_u64().expect("the system says");
    eprintln!("{size} bytes, four times: memory grew by {growth}");
    assert!(growth < GROWTH, "{growth}");
}

pub fn five_gibibytes_are_announced_and_challenged(stage: &Stage) {
    // The application sees the user, and answers without reading the body.
    let huge = json!({"method": "POST", "declared_size": 5_u64 << 30, "body_size": 100_000});
    let announced = with(get("environment"), huge);
    let run = stage.serve(json!([announced, get("")]));
    assert_eq!(run.page(0)["text"]["CONTENT_LENGTH"], "5368709120");
    assert_eq!(run.body(1), "hello");
    run.logged(&["POST /kallithea/environment 200 in=0 "]);
}

pub fn memory_stays_flat(stage: &Stage) {
    // Ten times as many requests must not need more than the first tenth. The first tenth is large enough to start all the
    // threads that such a load needs.
    let tenth = stage.machine.count(10_000).max(2000);
    let grown = |count: usize| {
        let warm_up: Vec<Value> = (0..2000).map(|_| get("number")).collect();
        let run = load(&stage.deployment(PLAIN), count, json!({ "warm_up": warm_up }));
        let growth = run.report["memory_growth"].as_u64().expect("the system says");
        (growth, stage.machine.taken_by_threads(&run, 32))
    };
    let ((first, threads), (all, _)) = (grown(tenth), grown(10 * tenth));
    eprintln!("{tenth} requests: {first} bytes, {} requests: {all} bytes", 10 * tenth);
    // Requests in progress vary by a few megabytes, and so do the threads for 32 clients at once. A hundred bytes kept for each
    // request would be more.
    assert!(all < first + (8 << 20) + threads, "{first} bytes for a tenth, {all} for all");
}
