//! What reaches the application: environ, the body, the user.

use serde_json::{Value, json};

use crate::support::{Deployment, get, post, with};

#[test]
fn a_page_is_served_with_its_length() {
    let run = Deployment::new("page").serve(json!([get("")])).clean();
    assert_eq!(run.report["descriptions"], json!(["Kallithea bridge 0.1.0"]));
    assert_eq!((run.status(0), run.body(0)), ("200 OK", "hello"));
    assert_eq!(run.header(0, "Content-Length"), Some("5"));
    assert_eq!(run.response(0)["keep_alive"], json!(true));
    assert_eq!(run.response(0)["http_status_code"], json!(200));
    assert!(run.log.contains("#1 GET /kallithea/ 200 in=0 out=5 queue="), "{}", run.log);
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
        with(post("echo", "longer than three"), lying),
        with(post("environment", "x"), json!({"chunked": true})),
    ]);
    let run = Deployment::new("chunked").serve(requests).clean();
    assert_eq!(run.body(0), long);
    assert_eq!(run.status(1), "400 Bad Request");
    assert!(run.log.contains("Content-Length and Transfer-Encoding contradict each other"), "{}", run.log);
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
