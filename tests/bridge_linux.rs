//! The shipped bridge, built as shared objects, serves a small application in the project's own ISAPI host.
#![cfg(target_os = "linux")]

#[path = "bridge_linux/support.rs"]
mod support;

use serde_json::{Value, json};
use support::{Deployment, bridge};

fn get(path: &str) -> Value {
    json!({"url": format!("/kallithea/{path}")})
}

fn post(path: &str, body: &str) -> Value {
    json!({"url": format!("/kallithea/{path}"), "method": "POST", "body": body})
}

fn with(mut request: Value, more: Value) -> Value {
    let more = more.as_object().cloned().unwrap_or_default();
    request.as_object_mut().expect("a request is an object").extend(more);
    request
}

#[test]
fn a_page_is_served_with_its_length() {
    let run = Deployment::new("page").serve(json!([get("")])).clean();
    assert_eq!(run.report["descriptions"], json!(["Kallithea bridge 0.1.0"]));
    assert_eq!((run.status(0), run.body(0)), ("200 OK", "hello"));
    assert_eq!(run.header(0, "Content-Length"), Some("5"));
    assert_eq!(run.response(0)["keep_alive"], json!(true));
    assert_eq!(run.response(0)["http_status_code"], json!(200));
    assert!(run.log.contains("#1 GET /kallithea/ 200 5 bytes"), "{}", run.log);
}

#[test]
fn environ_is_what_pep_3333_says() {
    let headers = json!([
        ["Host", "code.example:8080"],
        ["X-Note", "a"],
        ["x-note", "b"],
        ["Cookie", "c=1"],
        ["Cookie", "d=2"]
    ]);
    let request = json!({"url": "/Kallithea/environment?q=%41&r", "https": true, "headers": headers});
    let run = Deployment::new("environ").serve(json!([request])).clean();
    let page: Value = serde_json::from_str(run.body(0)).expect("the page is JSON");
    let expected = json!({
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "/Kallithea", "PATH_INFO": "/environment", "QUERY_STRING": "q=%41&r",
        "SERVER_NAME": "code.example", "SERVER_PORT": "443", "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "Microsoft-IIS/10.0", "REMOTE_ADDR": "192.0.2.7", "REMOTE_HOST": "192.0.2.7",
        "HTTP_HOST": "code.example:8080", "HTTP_X_NOTE": "a,b", "HTTP_COOKIE": "c=1; d=2", "wsgi.url_scheme": "https",
    });
    assert_eq!(page["text"], expected);
    assert_eq!(page["types"], json!(["str"]));
    assert_eq!(page["wsgi"]["wsgi.multithread"], "True");
    assert_eq!(page["wsgi"]["wsgi.multiprocess"], "True");
    assert_eq!(page["wsgi"]["wsgi.input_terminated"], "True");
    assert_eq!(page["wsgi"]["wsgi.version"], "(1, 0)");
}

#[test]
fn the_interpreter_is_that_of_the_virtual_environment() {
    let deployment = Deployment::new("interpreter");
    let run = deployment.serve(json!([get("environment")])).clean();
    let page: Value = serde_json::from_str(run.body(0)).expect("the page is JSON");
    let process = &page["process"];
    let venv = deployment.path("kallithea/venv");
    assert_eq!(process["executable"], json!(venv.join("bin/python3.11")));
    assert_eq!(process["prefix"], json!(venv));
    assert_eq!(process["stdin"], "None");
    assert_eq!(process["buffers"], json!([true, true]));
    assert_eq!(process["isolated"], 1);
    assert_eq!(process["test"], "set by the bridge");
}

#[test]
fn paths_are_decoded_once_and_stay_bytes() {
    let urls = ["/kallithea/j%C3%B6rg%2541/a+b", "/kallithea/x/../environment", "/kallithea/%2e%2e/other"];
    let requests: Vec<Value> = urls.iter().map(|url| json!({"url": url})).collect();
    let run = Deployment::new("paths").serve(json!(requests)).clean();
    assert_eq!(run.status(0), "404 Not Found");
    assert_eq!(run.status(1), "200 OK");
    assert_eq!((run.status(2), run.body(2)), ("404 Not Found", "There is no such page.\n"));
}

#[test]
fn bodies_come_from_read_ahead_and_read_client() {
    let long = "0123456789".repeat(20_000);
    let lines = "abcd\nef\ngh\n\nlast";
    let requests = json!([
        post("echo", "short"),
        with(post("echo", &long), json!({"read_ahead": 1000, "read_size": 777})),
        with(post("count", &long), json!({"read_ahead": 0})),
        with(post("pieces", lines), json!({"read_ahead": 2, "read_size": 1})),
        with(post("lines", lines), json!({"read_ahead": 3})),
        post("index", "not read at all"),
        post("echo", ""),
    ]);
    let run = Deployment::new("bodies").serve(requests).clean();
    assert_eq!(run.body(0), "short");
    assert_eq!(run.body(1), long);
    assert_eq!(run.body(2), "200000");
    assert_eq!(run.body(3), r"[b'abc', b'd\n', b'ef', b'', [b'\n', b'gh\n', b'\n', b'last'], b'', b'']");
    assert_eq!(run.body(4), r"[b'abcd\n', b'ef\n', b'gh\n', b'\n', b'last']");
    assert_eq!((run.body(5), run.body(6)), ("hello", ""));
}

#[test]
fn a_chunked_body_has_no_length_and_an_end() {
    let long = "0123456789".repeat(20_000);
    let lying =
        json!({"chunked": true, "headers": [["Content-Length", "3"], ["Transfer-Encoding", "chunked"]]});
    let requests = json!([
        with(post("echo", &long), json!({"chunked": true})),
        with(post("echo", "longer than three"), lying.clone()),
        with(post("environment", "x"), lying),
    ]);
    let run = Deployment::new("chunked").serve(requests).clean();
    assert_eq!(run.body(0), long);
    assert_eq!(run.body(1), "longer than three");
    let page: Value = serde_json::from_str(run.body(2)).expect("the page is JSON");
    assert_eq!(page["text"]["CONTENT_LENGTH"], Value::Null);
}

#[test]
fn the_application_path_redirects_to_its_slash() {
    let requests = json!([
        {"url": "/kallithea"},
        {"url": "/kallithea?a=b&c", "method": "HEAD"},
        {"url": "/Kallithea?a=b", "method": "POST", "body": "x"},
        {"url": "/kallithea2/"},
    ]);
    let run = Deployment::new("redirect").serve(requests).clean();
    assert_eq!((run.status(0), run.header(0, "Location")), ("301 Moved Permanently", Some("/kallithea/")));
    assert_eq!(run.header(1, "Location"), Some("/kallithea/?a=b&c"));
    assert_eq!(
        (run.status(2), run.header(2, "Location")),
        ("308 Permanent Redirect", Some("/Kallithea/?a=b"))
    );
    assert_eq!(run.status(3), "404 Not Found");
}

#[test]
fn only_the_server_names_the_user() {
    let spoofed = json!([
        ["X-Forwarded-User", "carol"],
        ["X_Forwarded_User", "carol"],
        ["Remote-User", "carol"],
        ["REMOTE_USER", "carol"],
        ["X-Remote-User", "carol"],
        ["X-Real-IP", "203.0.113.1"],
        ["X-Forwarded-For", "203.0.113.1"],
        ["Proxy", "http://x"],
        ["Forwarded", "for=203.0.113.1"],
        ["Auth-Type", "Basic"],
        ["Authorization", "Basic c2VjcmV0"],
        ["X-Good", "1"],
    ]);
    let requests = json!([
        with(get("environment"), json!({"headers": spoofed})),
        with(
            get("environment"),
            json!({"headers": spoofed, "user": "CORP\\alice", "auth_type": "Negotiate"})
        ),
        with(get("environment"), json!({"user": "CORP\\jörg łukasz", "auth_type": "Basic"})),
        with(get("environment"), json!({"user": "mallory", "auth_type": ""})),
    ]);
    let run = Deployment::new("identity").serve(requests).clean();
    let page = |number: usize| {
        serde_json::from_str::<Value>(run.body(number)).expect("the page is JSON")["text"].clone()
    };
    for (number, user) in [(0, Value::Null), (1, json!("CORP\\alice"))] {
        let page = page(number);
        let text = page.to_string();
        assert_eq!(page["REMOTE_USER"], user);
        assert!(
            !text.contains("carol") && !text.contains("203.0.113.1") && !text.contains("http://x"),
            "{text}"
        );
        assert_eq!(page["HTTP_X_GOOD"], "1");
    }
    assert_eq!(
        (&page(0)["AUTH_TYPE"], &page(0)["HTTP_AUTHORIZATION"]),
        (&Value::Null, &json!("Basic c2VjcmV0"))
    );
    assert_eq!((&page(1)["AUTH_TYPE"], &page(1)["HTTP_AUTHORIZATION"]), (&json!("Negotiate"), &Value::Null));
    assert_eq!(page(2)["REMOTE_USER"], "CORP\\jörg łukasz");
    assert_eq!(page(3)["REMOTE_USER"], Value::Null);
    assert!(run.log.contains("CORP\\alice") && !run.log.contains("c2VjcmV0"), "{}", run.log);
}

#[test]
fn responses_are_framed_by_their_protocol() {
    let http10 = json!({"protocol": "HTTP/1.0"});
    let http2 = json!({"protocol": "HTTP/2.0"});
    let requests = json!([
        get("stream"),
        with(get("stream"), http10.clone()),
        with(get("stream"), http2),
        get("reason"),
        with(get("stream"), json!({"method": "HEAD"})),
        get("nothing"),
        get("empty"),
        get("large"),
        get("written"),
        with(get(""), http10),
    ]);
    let run = Deployment::new("framing").serve(requests).clean();
    let framing = |number: usize| {
        (run.response(number)["framing"].as_str(), run.response(number)["keep_alive"].as_bool())
    };
    for number in 0..3 {
        assert_eq!(run.body(number), "one two three");
    }
    assert_eq!(framing(0), (Some("chunked"), Some(true)));
    assert_eq!((framing(1), run.header(1, "Connection")), ((Some("close"), Some(false)), Some("close")));
    assert_eq!((framing(2).0, run.header(2, "Connection")), (Some("close"), None));
    assert_eq!((run.status(3), run.body(3)), ("200 Script output follows", "capabilities"));
    assert_eq!((framing(4).0, run.body(4)), (Some("none"), ""));
    assert_eq!((run.status(5), framing(5)), ("204 No Content", (Some("none"), Some(true))));
    assert_eq!((run.body(6), run.header(6, "Content-Length")), ("", Some("0")));
    assert_eq!(run.body(7).len(), 100_001);
    assert_eq!(run.body(8), "written returned");
    assert_eq!((run.body(9), framing(9)), ("hello", (Some("length"), Some(false))));
    assert_eq!(run.log.matches("closed stream").count(), 4, "{}", run.log);
}

#[test]
fn content_length_is_kept_both_ways() {
    let run = Deployment::new("lengths").serve(json!([get("overrun"), get("underrun")])).clean();
    assert_eq!((run.body(0), &run.response(0)["keep_alive"]), ("four", &json!(true)));
    assert_eq!((run.body(1), &run.response(1)["keep_alive"]), ("four", &json!(false)));
    assert!(
        run.log.contains("closed overrun") && run.log.contains("more than its Content-Length"),
        "{}",
        run.log
    );
}

#[test]
fn failures_are_plain_pages_and_traceback_in_the_log() {
    let pages = ["boom", "exits", "twice", "split-header", "text"];
    let requests: Vec<Value> =
        pages.iter().map(|page| get(page)).chain([get("boom-late"), get("too-late"), get("")]).collect();
    let run = Deployment::new("failures").serve(json!(requests)).clean();
    for number in 0..pages.len() {
        assert_eq!(run.status(number), "500 Internal Server Error", "{}", pages[number]);
        assert_eq!(run.body(number), "The application failed. The reason stands in the log on the server.\n");
    }
    for number in [5, 6] {
        assert_eq!((run.body(number), &run.response(number)["complete"]), ("begun", &json!(false)));
        assert_eq!(run.response(number)["keep_alive"], json!(false));
    }
    assert_eq!(run.body(7), "hello");
    for words in [
        "RuntimeError: a secret of the application",
        "SystemExit: leaving",
        "ValueError: too late",
        "not bytes",
    ] {
        assert!(run.log.contains(words), "{words}\n{}", run.log);
    }
}

#[test]
fn an_application_may_change_its_mind_before_the_headers() {
    let run = Deployment::new("mind").serve(json!([get("second-thoughts")])).clean();
    assert_eq!((run.status(0), run.body(0)), ("418 Teapot", "tea"));
    assert_eq!(run.header(0, "Content-Type"), Some("text/plain"));
}

#[test]
fn a_vanished_client_ends_the_iteration() {
    let upload = with(post("echo", "0123456789"), json!({"read_ahead": 2, "abort_upload_after": 5}));
    let download = with(get("flood"), json!({"abort_download_after": 5000}));
    let run = Deployment::new("vanished").serve(json!([download, upload, get("")])).clean();
    assert!(run.log.contains("closed flood"), "{}", run.log);
    assert_eq!(run.log.matches("the client went away").count(), 2, "{}", run.log);
    assert_eq!(run.body(2), "hello");
}

#[test]
fn output_of_the_application_is_logged() {
    let run = Deployment::new("talk").serve(json!([get("talk"), post("validated", "0123456789")])).clean();
    for line in ["#1 printed", "#1 bytes", "#1 to wsgi.errors", "#1 INFO bridge.test through logging"] {
        assert!(run.log.contains(line), "{line}\n{}", run.log);
    }
    assert_eq!(run.body(1), "valid 0123456789");
}

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
    assert_eq!(run.log.matches("loading the application").count(), 1, "{}", run.log);
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

#[test]
fn other_hosts_lack_variables() {
    let missing =
        json!(["UNENCODED_URL", "HTTP_URL", "HTTPS", "ALL_RAW", "UNICODE_REMOTE_USER", "UNICODE_PATH_INFO"]);
    let more = json!({"missing": missing, "user": "bob", "auth_type": "NTLM", "headers": [["X-Note", "1"]]});
    let run = Deployment::new("hosts").serve(json!([with(get("environment?a"), more)])).clean();
    let page: Value = serde_json::from_str(run.body(0)).expect("the page is JSON");
    assert_eq!(page["text"]["PATH_INFO"], "/environment");
    assert_eq!(page["text"]["HTTP_X_NOTE"], "1");
    assert_eq!(page["text"]["REMOTE_USER"], "bob");
    assert_eq!(page["text"]["wsgi.url_scheme"], "http");
}
