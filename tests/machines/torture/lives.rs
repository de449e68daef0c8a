//! Threads, the queue, the start and the end.

use serde_json::{Value, json};

use super::{HOSTS, PLAIN, SLOW, Stage, WATCHED, get};

pub fn parallel_requests_keep_their_users_apart(stage: &Stage) {
    let request = |number: usize| {
        let user = format!("CORP\\user{number}");
        json!({"url": format!("/kallithea/who?{number}"), "user": user, "auth_type": "NTLM"})
    };
    let requests: Vec<Value> = (0..40).map(request).collect();
    let run = stage.run(json!({"parallel": 8, "repeat": 5, "requests": requests}));
    for number in 0..200 {
        let user = number % 40;
        assert_eq!(run.body(number), format!("CORP\\user{user} {user}"));
    }
}

pub fn a_full_queue_answers_at_once(stage: &Stage) {
    let requests: Vec<Value> = (0..30).map(|_| get("slow?seconds=1")).collect();
    let run = stage.deployment(WATCHED).run(json!({"parallel": 30, "requests": requests})).clean();
    let with_status =
        |status: &str| (0..30).filter(|&number| run.status(number) == status).collect::<Vec<_>>();
    let (served, turned_away) = (with_status("200 OK"), with_status("503 Service Unavailable"));
    assert!(served.len() >= 4 && !turned_away.is_empty(), "{served:?} served, {turned_away:?} turned away");
    assert_eq!(served.len() + turned_away.len(), 30);
    for number in turned_away {
        assert_eq!(run.header(number, "Retry-After"), Some("5"));
        // This needs no Python, and comes before the served ones, which take a second.
        let milliseconds = |number: usize| run.response(number)["milliseconds"].as_f64().unwrap_or(f64::MAX);
        assert!(served.iter().all(|&served| milliseconds(number) < milliseconds(served)), "{}", run.report);
    }
}

pub fn a_second_life_uses_the_running_interpreter(stage: &Stage) {
    let run = stage.run(json!({"lives": 3, "requests": [get("made"), get("stream")]}));
    assert_eq!(run.report["descriptions"].as_array().map(Vec::len), Some(3));
    for life in 0..3 {
        // Each life has its own application, in the one interpreter.
        assert_eq!(run.body(2 * life), (life + 1).to_string(), "{}", run.log);
        assert_eq!(run.body(2 * life + 1), "one two three");
        assert_eq!(
            run.log.matches(&format!("the application made {} ends", life + 1)).count(),
            1,
            "{}",
            run.log
        );
    }
    assert_eq!(run.log.matches(" runs from ").count(), 1, "{}", run.log);
    assert_eq!(run.log.matches("the bridge has stopped").count(), 3, "{}", run.log);
}

pub fn what_has_begun_is_finished_before_the_end(stage: &Stage) {
    let requests: Vec<Value> = (0..6).map(|_| get("slow?seconds=1")).collect();
    let script = json!({"parallel": 6, "lives": 2, "stop_after_milliseconds": 500, "requests": requests});
    let run = stage.run(script);
    for number in 0..12 {
        assert_eq!((run.status(number), run.body(number)), ("200 OK", "slept"), "{}", run.log);
    }
    assert_eq!(run.log.matches("the bridge has stopped").count(), 2, "{}", run.log);
}

pub fn the_end_comes_by_its_deadline(stage: &Stage) {
    // One thread works for four seconds when the end is requested, and the end waits for one second; others wait in the queue.
    let requests: Vec<Value> = (0..3).map(|_| get("slow?seconds=4")).collect();
    let script = json!({"parallel": 3, "stop_after_milliseconds": 1500, "requests": requests});
    let run = stage.deployment(WATCHED).run(script).clean();
    let with_status = |status: &str| (0..3).filter(|&number| run.status(number) == status).count();
    assert_eq!((with_status("200 OK"), with_status("503 Service Unavailable")), (1, 2), "{}", run.log);
    run.logged(&["the bridge stops while 1 threads are still at work"]);
}

pub fn a_late_start_waits_for_the_first_request(stage: &Stage) {
    let early = stage.deployment(PLAIN).serve(json!([{"url": "/elsewhere"}])).clean();
    early.logged(&["loading the application"]);
    let deployment = stage.deployment(WATCHED);
    let run = deployment.run(json!({"lives": 2, "requests": [get("made"), get("made")]})).clean();
    for (number, made) in ["1", "1", "2", "2"].into_iter().enumerate() {
        assert_eq!(run.body(number), made, "{}", run.log);
    }
    let place = |words: &str| run.log.find(words).unwrap_or_else(|| panic!("no {words:?} in {}", run.log));
    assert!(place("the bridge starts") < place("loading the application"));
    run.logged(&["the application made 1 ends", "the application made 2 ends"]);
}

/// The first life takes longer to end than the bridge can wait; the second begins in the meantime.
pub fn a_life_begins_while_the_one_before_still_ends(stage: &Stage) {
    for (spec, url) in [(WATCHED, "/kallithea/made"), (HOSTS, "/made")] {
        let deployment = stage.deployment(spec);
        deployment.ini("ends_after = 3");
        let requests = json!([{ "url": url }, { "url": url }]);
        let run = deployment.run(json!({"lives": 2, "timeout_seconds": 60, "requests": requests})).clean();
        assert_eq!([run.body(0), run.body(1)], ["1", "1"], "{}", run.log);
        assert_eq!([run.body(2), run.body(3)], ["2", "2"], "{}", run.log);
        run.logged(&["the application takes longer to shut down than the bridge can wait"]);
    }
}

pub fn a_life_that_begins_twice_has_its_threads_once(stage: &Stage) {
    let run = stage.run(json!({"starts": 3, "lives": 2, "requests": [get(""), get("")]}));
    for number in 0..4 {
        assert_eq!(run.body(number), "hello");
    }
    assert_eq!(run.log.matches("the bridge starts with 4 threads").count(), 2, "{}", run.log);
    assert_eq!(
        run.log.matches("starts the bridge again without having stopped it").count(),
        4,
        "{}",
        run.log
    );
    assert_eq!(run.log.matches("the bridge has stopped").count(), 2, "{}", run.log);
}

pub fn requests_that_outlast_their_life_keep_nobody_of_the_next_waiting(stage: &Stage) {
    // A life has one second to end, and its slow requests take longer; those of the next life are served in the meantime.
    let requests = json!([get("slow?seconds=1.7"), get(""), get(""), get("")]);
    let script = json!({
        "summary": true, "parallel": 8, "repeat": 12, "restart_every": 9, "timeout_seconds": 30,
        "expect_statuses": [200, 503], "requests": requests,
    });
    let run = stage.deployment(SLOW).run(script).clean();
    let summary = &run.report["summary"];
    assert_eq!((&summary["requests"], &summary["lost"]), (&json!(48), &json!(0)), "{}", run.log);
    assert_eq!(summary["restarts"], json!(5));
    run.logged(&["threads are still at work"]);
}
