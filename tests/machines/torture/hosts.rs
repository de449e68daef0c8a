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
    // Each missing variable is reported once, however many requests miss it.
    assert_eq!(run.log.matches("this server has no UNENCODED_URL").count(), 1, "{}", run.log);
    assert_eq!(run.log.matches("this server has no ALL_RAW").count(), 1, "{}", run.log);
}

pub fn other_hosts_have_no_path_info(stage: &Stage) {
    let nothing = json!({"path_info": false, "missing": ["UNICODE_PATH_INFO"]});
    let less = json!({"path_info": false, "missing": ["UNENCODED_URL"]});
    let run = stage.serve(json!([with(get("environment"), nothing), with(get("environment"), less)]));
    assert_eq!([&run.page(0)["text"]["PATH_INFO"], &run.page(1)["text"]["PATH_INFO"]], ["/environment"; 2]);
    // A host that gives no path in any form gets "no such page", and stays alive.
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
    assert_eq!(run.log.matches("VECTOR_SEND does not work on this server").count(), 1, "{}", run.log);
}

pub fn other_hosts_refuse_vector_send_for_their_own_reasons(stage: &Stage) {
    let file = with(get("sent-file?offset=1000"), json!({"discard_response": true}));
    let gone = with(get("large"), json!({"abort_download_after": 0}));
    let requests = json!([gone, file, get("stream"), get("boom"), get("large"), get("")]);
    let all = stage.deployment(PLAIN).serve(requests.clone()).clean();
    // 5 is "access denied"; 0 is what remains if a host sets no error, or leaves that of another call.
    for error in [json!(0), json!(5), json!(31), Value::Null] {
        let run = stage.run(json!({"requests": requests, "refuse": ["VECTOR_SEND"], "refuse_error": error}));
        for number in 1..6 {
            for key in ["status", "headers", "body", "discarded", "framing", "complete", "keep_alive"] {
                let (found, expected) = (&run.response(number)[key], &all.response(number)[key]);
                assert_eq!(found, expected, "{key} of request {number}, error {error}: {}", run.log);
            }
        }
        assert_eq!(run.log.matches("WARNING").count(), 2, "{}", run.log);
        run.logged(&["this server cannot send files", "VECTOR_SEND does not work on this server"]);
    }
}

pub fn other_hosts_know_only_the_oldest_calls(stage: &Stage) {
    let requests =
        json!([get(""), get("stream"), get("sent-file"), with(get(""), json!({"method": "HEAD"}))]);
    let all = stage.deployment(PLAIN).serve(requests.clone()).clean();
    let refuse = ["VECTOR_SEND", "SEND_RESPONSE_HEADER_EX", "CLOSE_CONNECTION", "IS_IN_PROCESS"];
    let run = stage.run(json!({"requests": requests, "refuse": refuse, "refuse_error": 0}));
    for number in 0..4 {
        for key in ["status", "headers", "body_base64", "framing", "complete"] {
            assert_eq!(run.response(number)[key], all.response(number)[key], "{key} of request {number}");
        }
    }
}

/// Apache, according to its source: no setting says that it cannot wait.
pub fn other_hosts_that_cannot_wait_are_noticed(stage: &Stage) {
    let requests = json!([
        get(""),
        get("environment?a=b"),
        post("echo", "sent"),
        get("stream"),
        get("sent-file"),
        get("nothing"),
        get("boom"),
        get("boom-late"),
        with(get("flood"), json!({"abort_download_after": 5000})),
        with(get("who?1"), json!({"user": "bob", "auth_type": "Basic"})),
    ]);
    let script = json!({"server": "mod_isapi", "lives": 2, "parallel": 4, "requests": requests});
    let run = stage.run(script);
    for life in [0, 10] {
        assert_eq!(
            (run.body(life), run.body(life + 2), run.body(life + 3)),
            ("hello", "sent", "one two three")
        );
        let page = run.page(life + 1)["text"].clone();
        assert_eq!((&page["PATH_INFO"], &page["QUERY_STRING"]), (&json!("/environment"), &json!("a=b")));
        assert_eq!(page["SERVER_SOFTWARE"], "Apache/2.4.62 (Win64)");
        assert_eq!((run.status(life + 5), run.body(life + 9)), ("204 No Content", "bob 1"));
        assert_eq!(run.response(life + 4)["complete"], json!(true));
        // The page for a failure is the server's own.
        assert_eq!((run.status(life + 6), &run.response(life + 6)["log_status"]), ("", &json!(4)));
        assert_eq!((run.body(life + 7), &run.response(life + 7)["complete"]), ("begun", &json!(false)));
    }
    // Each life finds this out again, and reports it once.
    let said = "Apache/2.4.62 (Win64) may not allow a request to be completed later";
    assert_eq!(run.log.matches(said).count(), 2, "{}", run.log);
    run.logged(&["as with `bridge.synchronous: true`"]);
    // A server that answers as IIS does is trusted, whatever its name.
    let other = with(get(""), json!({"software": "Other/1.0", "missing": ["APPL_MD_PATH"]}));
    let run = stage.serve(json!([other]));
    assert!(!run.log.contains("completed later"), "{}", run.log);
    // A name alone is not enough: Apache's name is a setting.
    let disguised = with(get(""), json!({"software": "Microsoft-IIS/10.0"}));
    let run = stage.run(json!({"server": "mod_isapi", "requests": [disguised]}));
    run.logged(&["Microsoft-IIS/10.0 may not allow a request to be completed later"]);
}

pub fn other_hosts_count_their_variables_otherwise(stage: &Stage) {
    let long = "x".repeat(9000);
    let headers = json!([["X-Long", long], ["X-Note", "1"]]);
    let more = json!({"user": "CORP\\jörg", "auth_type": "Negotiate", "headers": headers});
    let request = with(get("environment?a=b"), more);
    let expected = stage.serve(json!([request])).page(0)["text"].clone();
    assert_eq!(expected["HTTP_X_LONG"], json!(long));
    for sizes in ["without_terminator", "letters", "unsaid"] {
        for (unknown, small) in [(1413, 122), (0, 122), (203, 122), (87, 122)] {
            let variables = json!({"sizes": sizes, "unknown_error": unknown, "small_error": small});
            let run = stage.run(json!({"variables": variables, "requests": [request]}));
            assert_eq!(run.page(0)["text"], expected, "{variables}");
        }
    }
    // Whatever error the server returns, a size larger than the buffer is the size that it needs.
    for small in [0, 5, 87, 234] {
        let variables = json!({"small_error": small});
        let run = stage.run(json!({"variables": variables, "requests": [request]}));
        assert_eq!(run.page(0)["text"], expected, "{variables}");
    }
}

pub fn other_hosts_fill_blocks_otherwise(stage: &Stage) {
    let request = with(get("environment"), json!({"user": "bob", "auth_type": "NTLM"}));
    let expected = stage.serve(json!([request])).page(0)["text"].clone();
    let fields =
        json!(["lpszQueryString", "lpszPathInfo", "lpszPathTranslated", "lpszContentType", "lpbData"]);
    for (size, version) in [(0, 0), (0, 0x1_0000), (4096, 0x9_0000)] {
        let block = json!({"size": size, "version": version, "null": fields});
        let run = stage.run(json!({"block": block, "requests": [request]}));
        assert_eq!(run.page(0)["text"], expected, "{block}");
    }
    // The bridge does not follow a bad pointer: it reports a failure to the server, and stays alive.
    let body = with(post("echo", "sent"), json!({"read_ahead": 100}));
    for (block, request, words) in [
        (json!({"size": 96}), &request, "cbSize is too small"),
        (json!({"null": ["ReadClient"]}), &request, "a function is missing"),
        (json!({"null": ["GetServerVariable", "ServerSupportFunction"]}), &request, "a function is missing"),
        (json!({"null": ["lpbData"]}), &body, "lpbData is missing"),
    ] {
        let run = stage.run(json!({"block": block, "requests": [request, request]}));
        for number in 0..2 {
            let response = run.response(number);
            assert_eq!((&response["status"], &response["log_status"]), (&json!(""), &json!(4)), "{block}");
        }
        assert_eq!(run.log.matches("this server's requests cannot be answered").count(), 1, "{}", run.log);
        run.logged(&[words]);
    }
}

pub fn other_hosts_begin_and_end_lives_otherwise(stage: &Stage) {
    let plain = json!([get(""), get("stream")]);
    let run = stage.run(json!({"lives": 3, "starts": 3, "requests": plain}));
    for life in 0..3 {
        assert_eq!((run.body(2 * life), run.body(2 * life + 1)), ("hello", "one two three"), "{}", run.log);
    }
    let run = stage.run(json!({"lives": 3, "terminate": false, "requests": plain}));
    for life in 0..3 {
        assert_eq!((run.body(2 * life), run.body(2 * life + 1)), ("hello", "one two three"), "{}", run.log);
    }
    // Requests after the end are told to come back, however the server waits; the next life serves as usual.
    for server in ["iis", "mod_isapi"] {
        let late = json!([get("stream"), post("echo", "late")]);
        let script = json!({"server": server, "lives": 2, "requests": plain, "after_end": late});
        let run = stage.run(script);
        for number in [0, 4] {
            assert_eq!((run.body(number), run.body(number + 1)), ("hello", "one two three"), "{}", run.log);
            for late in [number + 2, number + 3] {
                let found = (run.status(late), run.header(late, "Retry-After"));
                assert_eq!(found, ("503 Service Unavailable", Some("5")), "{server}: {}", run.log);
            }
        }
    }
    // The end comes while requests are being served, and others come after it.
    let slow: Vec<Value> = (0..6).map(|_| get("slow?seconds=1")).collect();
    for server in ["iis", "mod_isapi"] {
        let script = json!({
            "server": server, "parallel": 6, "stop_after_milliseconds": 400, "requests": slow, "after_end": [get("")],
        });
        let run = stage.run(script);
        for number in 0..6 {
            assert_eq!((run.status(number), run.body(number)), ("200 OK", "slept"), "{server}: {}", run.log);
        }
        assert_eq!(run.status(6), "503 Service Unavailable");
    }
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
    // If the application authenticates its users itself, the server's user is not passed on.
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

/// The possible states of a worker process's standard handles.
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
