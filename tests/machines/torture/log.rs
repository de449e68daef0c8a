//! What the administrator sees.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{Stage, WATCHED, get, post, with};

pub fn output_of_the_application_is_logged(stage: &Stage) {
    let run = stage.serve(json!([get("talk"), get("nowhere?key=secret"), post("echo", "12345")]));
    run.logged(&["#1 printed", "#1 bytes", "#1 to wsgi.errors", "#1 INFO bridge.test through logging"]);
    let access = run.log.lines().find(|line| line.contains("POST /kallithea/echo")).unwrap_or_default();
    for part in
        [" INFO torture ", " #3 POST /kallithea/echo 200 in=5 out=5 queue=", "ms python=", "ms user=-"]
    {
        assert!(access.contains(part), "no {part:?} in {access}");
    }
    assert!(!run.log.contains("key=secret"), "a query, which may hold keys, stands in the log:\n{}", run.log);
}

pub fn nothing_that_is_said_passes_for_something_else(stage: &Stage) {
    let by = |user: &str| with(get("who"), json!({"user": user, "auth_type": "Negotiate"}));
    let forged = "CORP\\eve\u{2028}2026-01-01T00:00:00.000Z INFO torture\u{2029}\u{202e}nimda\u{202c}";
    let run = stage.serve(json!([get("whisper"), by(forged), by("CORP\\x\u{85}y\u{1b}[2J\nz")]));
    let hidden = |letter: char| {
        matches!(letter, '\u{200b}' | '\u{2028}'..='\u{202e}')
            || (letter.is_control() && letter != '\n' && letter != '\t')
    };
    assert_eq!(run.log.replace("\r\n", "\n").find(hidden), None, "{:?}", run.log);
    run.logged(&[
        r"colour \u{1b}[31m, \u{9b}31m, \u{202e}reversed\u{202c}, next\u{2028}line, next\u{85}line, un\u{200b}seen, jörg",
        r"user=CORP\eve\u{2028}2026-01-01T00:00:00.000Z INFO torture\u{2029}\u{202e}nimda\u{202c}",
        r"CORP\x\u{85}y\u{1b}[2J",
    ]);
    assert_eq!(run.status(2), "403 Forbidden", "a name with control characters");
}

pub fn what_somebody_sends_makes_no_line_of_its_own(stage: &Stage) {
    let line =
        "2026-01-01T00:00:00.000Z INFO torture 1 worker-1 %231 GET /kallithea/forged 200".replace(' ', "%20");
    let run = stage.serve(json!([get(&format!("quote?text=x%0A{line}%0D%0A{line}%0B{line}"))]));
    assert!(run.log.matches("/kallithea/forged").count() > 15, "{}", run.log);
    let own = format!(" torture {} ", run.log.split(' ').nth(3).unwrap_or_default());
    for line in run.log.lines().filter(|line| !line.starts_with("    ")) {
        let is_forged = line.starts_with("2026-01-01") || line.contains(" #1 2026-01-01");
        assert!(line.contains(&own) && !is_forged, "{line}");
    }
    // A server that decodes the path reports a space as a space.
    let path = "number%20200%20in=0%20out=0%20queue=0.1ms%20python=0.1ms%20user=CORP%5Cadmin";
    let decoded = with(get(path), json!({"missing": ["UNENCODED_URL", "HTTP_URL"]}));
    let served = stage.serve(json!([decoded]));
    served
        .logged(&["#1 GET /kallithea/number%20200%20in=0%20out=0%20queue=0.1ms%20python=0.1ms%20user=CORP"]);
    let begins = |words: &str| run.log.lines().filter(|line| line.ends_with(words)).count();
    for words in
        ["#1 printed x", "#1 in two pieces x", "#1 to wsgi.errors x", "#1 bytes x", "#1 never ended x"]
    {
        assert_eq!(begins(words), 1, "{words}: {}", run.log);
    }
}

pub fn a_log_that_is_full_is_put_aside(stage: &Stage) {
    let deployment = stage.deployment(WATCHED);
    // A file's limit is one megabyte. The log takes more than that in one piece.
    let requests: Vec<Value> = (0..2).map(|_| get("shout?megabytes=3")).collect();
    deployment.serve(json!(requests)).clean();
    let sizes: Vec<usize> = ["bridge.log", "bridge.log.1", "bridge.log.2"]
        .iter()
        .map(|name| deployment.log(name).len())
        .collect();
    assert!(sizes.iter().all(|&size| size > 0 && size <= 1024 * 1024), "{sizes:?}");
    assert!(!deployment.place("logs/bridge.log.3").exists(), "only two former files are kept");
    let all =
        deployment.log("bridge.log") + &deployment.log("bridge.log.1") + &deployment.log("bridge.log.2");
    assert!(all.lines().all(|line| line.starts_with("20")), "a line was torn apart");
}

pub fn a_log_goes_through_no_link(stage: &Stage) {
    let deployment = stage.deployment(WATCHED);
    let (log, theirs) = (deployment.place("logs/bridge.log"), deployment.place("theirs"));
    fs::create_dir_all(log.parent().expect("a folder")).expect("a folder");
    fs::write(&theirs, "theirs").expect("a file");
    if stage.machine.is_wine() {
        println!("a folder alone was tried: Wine follows the links of this system by itself");
        fs::create_dir(&log).expect("a folder");
        assert!(deployment.run(json!({"requests": [get("")]})).status(0).starts_with("200"));
        return;
    }
    let serve = |target: &Path| {
        let _ = fs::remove_file(&log);
        std::os::unix::fs::symlink(target, &log).expect("a link");
        let run = deployment.run(json!({"requests": [get("")]}));
        assert!(run.status(0).starts_with("200"), "the application goes on");
    };
    serve(&theirs);
    assert_eq!(fs::read_to_string(&theirs).expect("their file"), "theirs");
    fs::remove_file(&theirs).expect("it goes");
    serve(&theirs);
    assert!(!theirs.exists(), "nothing was made behind the link");
    assert!(log.symlink_metadata().expect("the link").is_symlink());
}

pub fn a_slow_request_shows_its_stack(stage: &Stage) {
    let run = stage.deployment(WATCHED).serve(json!([get(""), get("slow?seconds=3")])).clean();
    assert_eq!(run.log.matches("#2 the request is not done after 1 s").count(), 1, "{}", run.log);
    let (_, stacks) = run.log.split_once("the request's thread:").unwrap_or_else(|| panic!("{}", run.log));
    let first = stacks.split("thread ").next().unwrap_or_default();
    assert!(first.contains("in slow") && first.contains("time.sleep"), "{stacks}");
    assert!(!run.log.contains("#1 the request is not done"), "{}", run.log);
}

pub fn traced_requests_show_the_bridges_events(stage: &Stage) {
    let script = json!({"tracing": true, "requests": [get(""), get("boom")]});
    let run = stage.deployment(WATCHED).run(script).clean();
    let names = |number: usize| -> Vec<&str> {
        let events = run.response(number)["trace_events"].as_array();
        events.into_iter().flatten().filter_map(|event| event["name"].as_str()).collect()
    };
    let prefix =
        |names: &[&str]| names.iter().map(|name| format!("KALLITHEA_BRIDGE_{name}")).collect::<Vec<_>>();
    assert_eq!(names(0), prefix(&["BEGIN", "END"]));
    assert_eq!(names(1), prefix(&["BEGIN", "ERROR", "END"]));
    let provider = &run.response(0)["trace_events"][0]["provider"];
    assert_eq!(
        provider.as_str().map(str::to_ascii_lowercase).as_deref(),
        Some("a1c2040e-8840-4c31-ba11-9871031a19ea")
    );
    let reason = run.response(1)["trace_events"][1]["items"].to_string();
    assert!(reason.contains("a secret of the application"), "{reason}");
    let quiet = stage.deployment(WATCHED).serve(json!([get("")])).clean();
    assert_eq!(quiet.response(0)["trace_events"], Value::Null, "nobody traces, nobody is told");
}

pub fn a_trusted_proxy_speaks_for_its_clients(stage: &Stage) {
    let headers = json!([
        ["X-Forwarded-For", "203.0.113.1"],
        ["X-Forwarded-Proto", "https"],
        ["X-Real-IP", "203.0.113.1"],
        ["X_Real_IP", "203.0.113.2"],
        ["Proxy", "http://x"],
        ["Auth-Type", "Basic"],
        ["X-Forwarded-User", "carol"],
        ["Remote-User", "carol"],
    ]);
    let from = |peer: &str| with(get("environment"), json!({"remote_addr": peer, "headers": headers}));
    let run = stage.deployment(WATCHED).serve(json!([from("198.51.100.9"), from("198.51.101.9")])).clean();
    let (trusted, stranger) = (run.page(0)["text"].clone(), run.page(1)["text"].clone());
    for name in ["HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP"] {
        assert_eq!((&trusted[name], &stranger[name]), (&json!("203.0.113.1"), &Value::Null), "{name}");
    }
    assert_eq!(trusted["REMOTE_ADDR"], "198.51.100.9");
    for name in ["HTTP_PROXY", "HTTP_AUTH_TYPE", "AUTH_TYPE", "HTTP_X_FORWARDED_USER", "HTTP_REMOTE_USER"] {
        assert_eq!(trusted[name], Value::Null, "{name}");
    }
}
