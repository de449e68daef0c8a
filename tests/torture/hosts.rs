//! Hosts that are not IIS 10.

use serde_json::{Value, json};

use super::{HOSTS, PLAIN, Stage, get, post, with};

pub fn other_hosts_lack_variables(stage: &Stage) {
    let missing = [
        "UNENCODED_URL",
        "HTTP_URL",
        "HTTPS",
        "ALL_RAW",
        "UNICODE_REMOTE_USER",
        "LOGON_USER",
        "UNICODE_PATH_INFO",
        "SERVER_SOFTWARE",
        "CONTENT_TYPE",
        "CONTENT_LENGTH",
        "APPL_MD_PATH",
        "SERVER_PROTOCOL",
    ];
    let headers = json!([["X-Note", "1"], ["X-Forwarded-For", "203.0.113.1"]]);
    let request = |missing: Value| {
        let more = json!({"missing": missing, "user": "bob", "auth_type": "NTLM", "headers": headers});
        with(post("environment?a", "12345"), more)
    };
    let one_at_a_time = missing.map(|name| request(json!([name])));
    let requests: Vec<Value> = [request(json!(missing))].into_iter().chain(one_at_a_time).collect();
    let run = stage.run(json!({"requests": requests, "repeat": 2}));
    for number in 0..2 * requests.len() {
        let page = run.page(number)["text"].clone();
        for (name, value) in [
            ("PATH_INFO", "/environment"),
            ("QUERY_STRING", "a"),
            ("CONTENT_LENGTH", "5"),
            ("REMOTE_USER", "bob"),
            ("HTTP_X_NOTE", "1"),
            ("wsgi.url_scheme", "http"),
        ] {
            assert_eq!(page[name], value, "{name} of request {number}");
        }
        assert_eq!(page["HTTP_X_FORWARDED_FOR"], Value::Null);
    }
    // What is missing is said once, however many requests miss it.
    assert_eq!(run.log.matches("this server has no UNENCODED_URL").count(), 1, "{}", run.log);
    assert_eq!(run.log.matches("this server has no ALL_RAW").count(), 1, "{}", run.log);
}

pub fn other_hosts_have_no_path_info(stage: &Stage) {
    let nothing = json!({"path_info": false, "missing": ["UNICODE_PATH_INFO"]});
    let less = json!({"path_info": false, "missing": ["UNENCODED_URL"]});
    let run = stage.serve(json!([with(get("environment"), nothing), with(get("environment"), less)]));
    assert_eq!([&run.page(0)["text"]["PATH_INFO"], &run.page(1)["text"]["PATH_INFO"]], ["/environment"; 2]);
    // A host that knows no path in any form is told that there is no such page, and lives on.
    let missing = json!(["UNENCODED_URL", "HTTP_URL", "UNICODE_PATH_INFO", "URL"]);
    let run = stage.serve(json!([with(get(""), json!({"path_info": false, "missing": missing})), get("")]));
    assert_eq!((run.status(0), run.body(1)), ("404 Not Found", "hello"));
}

pub fn other_hosts_lack_vector_send(stage: &Stage) {
    let file = with(get("sent-file?offset=1000"), json!({"discard_response": true}));
    let requests = json!([
        get(""),
        get("stream"),
        get("together"),
        file,
        with(get("stream"), json!({"protocol": "HTTP/1.0"})),
        with(get("sent-file"), json!({"method": "HEAD"})),
        get("large"),
    ]);
    let all = stage.deployment(PLAIN).serve(requests.clone()).clean();
    let run = stage.run(json!({"requests": requests, "refuse": ["VECTOR_SEND"]}));
    for number in 0..7 {
        for key in ["status", "headers", "body", "discarded", "framing", "complete", "keep_alive"] {
            assert_eq!(run.response(number)[key], all.response(number)[key], "{key} of request {number}");
        }
    }
    assert_eq!(run.response(3)["file_bytes"], json!(0));
    assert_eq!(run.sends(0), 2, "the head and the body are two calls there");
    assert_eq!(run.log.matches("this server has no VECTOR_SEND").count(), 1, "{}", run.log);
}

pub fn other_hosts_cannot_wait(stage: &Stage) {
    let url = |path: &str| json!({ "url": path });
    let requests = json!([
        url("/"),
        url("/environment?x"),
        url("/boom"),
        url("/boom-late"),
        with(url("/echo"), json!({"method": "POST", "body": "sent"})),
        with(url("/flood"), json!({"abort_download_after": 5000})),
        url("/nowhere"),
    ]);
    let script = json!({"pending": false, "lives": 2, "parallel": 3, "requests": requests});
    let run = stage.deployment(HOSTS).run(script).clean();
    for life in [0, 7] {
        assert_eq!((run.body(life), run.body(life + 4)), ("hello", "sent"));
        let page = run.page(life + 1)["text"].clone();
        assert_eq!([&page["SCRIPT_NAME"], &page["PATH_INFO"]], ["", "/environment"]);
        assert_eq!(
            (run.status(life + 2), run.status(life + 6)),
            ("500 Internal Server Error", "404 Not Found")
        );
        assert_eq!((run.body(life + 3), &run.response(life + 3)["complete"]), ("begun", &json!(false)));
    }
    // Where the application knows its users itself, the server's word is not handed on.
    let user = with(url("/environment"), json!({"user": "bob", "auth_type": "Basic"}));
    let run = stage.deployment(HOSTS).run(json!({"pending": false, "requests": [user]})).clean();
    assert_eq!(run.page(0)["text"]["REMOTE_USER"], Value::Null);
}

pub fn other_hosts_take_no_reports(stage: &Stage) {
    let refused =
        ["REPORT_UNHEALTHY", "GET_TRACE_INFO", "RAISE_TRACE_EVENT", "CLOSE_CONNECTION", "SET_FLUSH_FLAG"];
    let requests = json!([get(""), get("boom-late"), get("stream")]);
    let run = stage.run(json!({"requests": requests, "refuse": refused}));
    assert_eq!((run.body(0), run.body(1), run.body(2)), ("hello", "begun", "one two three"));
    assert_eq!(run.response(1)["keep_alive"], json!(false));
}

pub fn standard_handles_may_be_invalid(stage: &Stage) {
    let deployment = stage.deployment(PLAIN);
    let script = json!({"standard_handles": "invalid", "requests": [get("talk"), get("environment")]});
    let report = deployment.seen("report.json");
    let run = deployment.play("bridge/_dispatch.dll", script, &["--report", &report]).clean();
    assert_eq!(run.body(0), "said", "{}", run.log);
    assert_eq!(run.page(1)["process"]["buffers"], json!([true, true]));
    run.logged(&["printed", "to wsgi.errors", "INFO bridge.test through logging"]);
}

/// What a worker process may find as its standard handles.
const HANDLES: [&str; 5] = ["valid", "invalid", "null", "stale", "event"];

pub fn programs_start_whatever_the_standard_handles_are(stage: &Stage) {
    let deployment = stage.deployment(PLAIN);
    for handles in HANDLES {
        let script = json!({"standard_handles": handles, "requests": [get("children"), get("talk")]});
        let report = deployment.seen("report.json");
        let run = deployment.play("bridge/_dispatch.dll", script, &["--report", &report]).clean();
        let found = run.page(0);
        for (way, expected) in [
            ("inherit", json!([0, "hello"])),
            ("shell", json!([0, "hello"])),
            ("pipe", json!([0, "hello"])),
            ("nothing", json!([0, ""])),
            ("by place", json!([0, "hello"])),
            ("system", json!(3)),
        ] {
            assert_eq!(found[way], expected, "{way}, {handles}: {found}\n{}", run.log);
        }
        assert_eq!(run.body(1), "said", "{handles}: {}", run.log);
        assert!(!run.errors.contains("unheard"), "{handles}: a program speaks for the worker process");
    }
}
