//! Threads, the queue, the start and the end.

use serde_json::{Value, json};

use crate::support::{Deployment, bridge, get};

#[test]
fn parallel_requests_keep_their_users_apart() {
    let request = |number: usize| json!({"url": format!("/kallithea/who?{number}"), "user": format!("CORP\\user{number}"), "auth_type": "NTLM"});
    let requests: Vec<Value> = (0..40).map(request).collect();
    let run =
        Deployment::new("parallel").run(json!({"parallel": 8, "repeat": 5, "requests": requests})).clean();
    for number in 0..200 {
        let user = number % 40;
        assert_eq!(run.body(number), format!("CORP\\user{user} {user}"));
    }
}

#[test]
fn a_full_queue_answers_at_once() {
    let requests: Vec<Value> = (0..30).map(|_| get("slow")).collect();
    let run = Deployment::new("full").run(json!({"parallel": 30, "requests": requests})).clean();
    let served = (0..30).filter(|&number| run.status(number) == "200 OK").count();
    let turned_away: Vec<usize> =
        (0..30).filter(|&number| run.status(number) == "503 Service Unavailable").collect();
    assert!(served >= 8 && !turned_away.is_empty(), "{served} served, {} turned away", turned_away.len());
    assert_eq!(served + turned_away.len(), 30);
    assert_eq!(run.header(turned_away[0], "Retry-After"), Some("5"));
}

#[test]
fn a_second_life_uses_the_running_interpreter() {
    let run = Deployment::new("lives").run(json!({"lives": 3, "requests": [get(""), get("stream")]})).clean();
    assert_eq!(run.report["descriptions"].as_array().map(Vec::len), Some(3));
    for number in [0, 2, 4] {
        assert_eq!((run.body(number), run.body(number + 1)), ("hello", "one two three"));
    }
    assert_eq!(run.log.matches(" runs from ").count(), 1, "{}", run.log);
    assert_eq!(run.log.matches("loading the application").count(), 3, "{}", run.log);
    assert_eq!(run.log.matches("the bridge has stopped").count(), 3, "{}", run.log);
}

#[test]
fn what_has_begun_is_finished_before_the_end() {
    let requests: Vec<Value> = (0..4).map(|_| get("slow")).collect();
    let script = json!({"parallel": 4, "lives": 2, "stop_after_milliseconds": 100, "requests": requests});
    let run = Deployment::new("drain").run(script).clean();
    for number in 0..8 {
        assert_eq!((run.status(number), run.body(number)), ("200 OK", "slept"), "{}", run.log);
    }
    assert_eq!(run.log.matches("the bridge has stopped").count(), 2, "{}", run.log);
}

#[test]
fn an_application_that_exits_at_its_start_leaves_a_reason() {
    for (name, line, words) in
        [("exit", "exit_code = 3", "SystemExit: 3"), ("raise", "fail = no database", "no database")]
    {
        let deployment = Deployment::new(name);
        deployment.ini(line);
        let run = deployment.serve(json!([get("")])).clean();
        assert_eq!(run.status(0), "500 Internal Server Error");
        assert!(run.body(0).starts_with("The application could not start."), "{}", run.body(0));
        assert!(!run.body(0).contains(words));
        assert!(run.log.contains(words) && run.log.contains("bridge_test_app.py"), "{}", run.log);
    }
}

#[test]
fn what_is_missing_is_named_in_the_log() {
    let home = Deployment::new("no-home");
    std::fs::remove_file(home.path("Python311")).expect("the link was made by the test");
    let ini = Deployment::new("no-ini");
    std::fs::remove_file(ini.path("kallithea/my.ini")).expect("the file was made by the test");
    let venv = Deployment::new("no-venv");
    std::fs::remove_file(venv.path("kallithea/venv")).expect("the link was made by the test");
    for (deployment, words) in
        [(home, "the Python home"), (ini, "the ini file"), (venv, "the virtual environment")]
    {
        let run = deployment.serve(json!([get(""), get("")])).clean();
        assert_eq!(
            (run.status(0), run.status(1)),
            ("500 Internal Server Error", "500 Internal Server Error")
        );
        assert!(run.body(0).starts_with("The application could not start."), "{}", run.body(0));
        assert!(run.log.contains(words), "{words}\n{}", run.log);
    }
}

#[test]
fn a_missing_or_foreign_engine_is_named_in_the_log() {
    let deployment = Deployment::new("no-engine");
    let loader = deployment.path("_dispatch.dll");
    std::fs::copy(bridge().join("_dispatch.dll"), &loader).expect("the bridge was built");
    let run = deployment.run_library(&loader, json!({"requests": [get("")]})).clean();
    assert_eq!(run.status(0), "500 Internal Server Error");
    assert!(run.log.contains("kallithea_engine.dll is missing"), "{}", run.log);
    let mut windows = b"MZ".to_vec();
    windows.resize(0x3c, 0);
    windows.extend([0x40, 0, 0, 0]);
    windows.extend(b"PE\0\0\x4c\x01");
    std::fs::write(deployment.path("kallithea_engine.dll"), windows)
        .expect("a file below target can be written");
    let run = deployment.run_library(&loader, json!({"requests": [get("")]})).clean();
    assert!(run.log.contains("is 32-bit (x86), but this worker process is 64-bit (x64)"), "{}", run.log);
}
