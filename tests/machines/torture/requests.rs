//! What reaches the application: environ, the body, the user.

use serde_json::{Value, json};

use super::{PLAIN, Stage, get, post, with};
use crate::specs;

pub fn a_page_is_served_with_its_length(stage: &Stage) {
    let run = stage.serve(json!([get("")]));
    assert_eq!(run.report["descriptions"], json!(["Kallithea bridge 0.1.0"]));
    assert_eq!((run.status(0), run.body(0)), ("200 OK", "hello"));
    assert_eq!(run.header(0, "Content-Length"), Some("5"));
    assert_eq!(run.response(0)["keep_alive"], json!(true));
    assert_eq!(run.response(0)["http_status_code"], json!(200));
    run.logged(&["#1 GET /kallithea/ 200 in=0 out=5 queue="]);
}

pub fn environ_is_what_pep_3333_says(stage: &Stage) {
    let headers = json!([
        ["Host", "code.example:8080"],
        ["X-Note", "a"],
        ["x-note", "b"],
        ["Cookie", "c=1"],
        ["Cookie", "d=2"],
        ["Content-Type", "text/x-note"]
    ]);
    let request = json!({
        "url": "/Kallithea/environment?q=%41&r=%2541+", "method": "PUT", "body": "12345", "https": true,
        "headers": headers,
    });
    let page = stage.serve(json!([request])).page(0);
    let expected = json!({
        "REQUEST_METHOD": "PUT", "SCRIPT_NAME": "/Kallithea", "PATH_INFO": "/environment",
        "QUERY_STRING": "q=%41&r=%2541+", "CONTENT_LENGTH": "5", "CONTENT_TYPE": "text/x-note",
        "SERVER_NAME": "code.example", "SERVER_PORT": "443", "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "Microsoft-IIS/10.0", "REMOTE_ADDR": "192.0.2.7", "REMOTE_HOST": "192.0.2.7",
        "HTTP_HOST": "code.example:8080", "HTTP_X_NOTE": "a,b", "HTTP_COOKIE": "c=1; d=2", "wsgi.url_scheme": "https",
    });
    assert_eq!(page["text"], expected);
    assert_eq!(page["types"], json!(["dict", "str"]));
    assert_eq!(page["leaked"], json!([]), "nothing of os.environ belongs into environ");
    let flag = |name: &str| page["wsgi"][format!("wsgi.{name}")].clone();
    assert_eq!([flag("multithread"), flag("multiprocess"), flag("run_once")], ["True", "True", "False"]);
    assert_eq!([flag("input_terminated"), flag("version")], ["True", "(1, 0)"]);
}

pub fn the_interpreter_is_that_of_the_virtual_environment(stage: &Stage) {
    let deployment = stage.deployment(PLAIN);
    let process = deployment.serve(json!([get("environment")])).clean().page(0)["process"].clone();
    let is_wine = stage.machine.is_wine();
    let on_linux = || format!("venv/bin/python{}", *specs::ON_LINUX);
    let python = if is_wine { "venv/Scripts/python.exe".to_owned() } else { on_linux() };
    assert_eq!(process["executable"], json!(deployment.seen(&python)));
    assert_eq!(process["prefix"], json!(deployment.seen("venv")));
    assert_eq!(process["stdin"], "None");
    assert_eq!(process["buffers"], json!([true, true]));
    assert_eq!(process["isolated"], 1);
    assert_eq!(process["test"], "set by the bridge");
}

pub fn paths_are_decoded_once_and_stay_bytes(stage: &Stage) {
    let seen = [
        ("/kallithea/environment", "/environment"),
        ("/kallithea/x/../environment", "/environment"),
        ("/kallithea//environment/", "/environment/"),
        ("//kallithea/environment", "/environment"),
        ("/%5Ckallithea%5Cenvironment", "/environment"),
        (r"/kallithea/x\..//environment/", "/environment/"),
        ("/kallithea/environment/%2e%2e/environment", "/environment"),
        ("http://code.example/kallithea/environment?/", "/environment"),
    ];
    let requests: Vec<Value> = seen.iter().map(|(url, _)| json!({ "url": url })).collect();
    let run = stage.serve(json!(requests));
    for (number, (url, path)) in seen.iter().enumerate() {
        assert_eq!(run.page(number)["text"]["PATH_INFO"], *path, "{url}");
    }
    // The path selects the page here, so a missing page shows how the path was decoded.
    let urls = ["/kallithea/%65nvironment", "/kallithea/%2565nvironment", "/kallithea/%2e%2e/other"];
    let run = stage.serve(json!(urls.map(|url| json!({ "url": url }))));
    assert_eq!(run.status(0), "200 OK");
    assert_eq!((run.status(1), run.body(1)), ("404 Not Found", "no such page"));
    assert_eq!((run.status(2), run.body(2)), ("404 Not Found", "There is no such page.\n"));
    let queries = ["environment/%C3%B6/..?n", "environment?%C3%B6=%252F", r"environment?a=//b\c/../%5C"];
    let run = stage.serve(json!(queries.map(get)));
    assert_eq!(run.page(0)["text"]["QUERY_STRING"], "n");
    assert_eq!(run.page(1)["text"]["QUERY_STRING"], "%C3%B6=%252F");
    assert_eq!(run.page(2)["text"]["QUERY_STRING"], r"a=//b\c/../%5C");
}

/// The bridge itself answers addresses that IIS would refuse, or that would be a drive on Windows, whatever the host accepts.
/// The log has the line as it was sent.
pub fn odd_addresses_reach_no_application(stage: &Stage) {
    let urls =
        ["environment/%", "environment%zz", "environment/%00", "C:/environment", "%5CZ:%5Cenvironment"];
    let run = stage.serve(json!(urls.map(get)));
    let (refused, missing) = ("400 Bad Request", "404 Not Found");
    for (number, expected) in [refused, refused, refused, missing, missing].iter().enumerate() {
        assert_eq!(run.status(number), *expected, "{}", urls[number]);
        run.logged(&[&format!("GET /kallithea/{} {}", urls[number], &expected[..3])]);
    }
}

pub fn bodies_come_from_read_ahead_and_read_client(stage: &Stage) {
    let long = "0123456789".repeat(20_000);
    let lines = "abcd\nef\ngh\n\nlast";
    let requests = json!([
        post("echo", "short"),
        with(post("echo", &long), json!({"read_ahead": 1000, "read_size": 777})),
        with(post("number", &long), json!({"read_ahead": 0})),
        with(post("pieces", lines), json!({"read_ahead": 2, "read_size": 1})),
        with(post("lines", lines), json!({"read_ahead": 3})),
        post("index", "not read at all"),
        post("echo", ""),
        post("some-lines", lines),
    ]);
    let run = stage.serve(requests);
    assert_eq!(run.body(0), "short");
    assert_eq!(run.body(1), long);
    assert_eq!(run.body(2), " 200000");
    assert_eq!(run.body(3), r"[b'abc', b'd\n', b'ef', b'', [b'\n', b'gh\n', b'\n', b'last'], b'', b'']");
    assert_eq!(run.body(4), r"[b'abcd\n', b'ef\n', b'gh\n', b'\n', b'last']");
    assert_eq!((run.body(5), run.body(6)), ("hello", ""));
    assert_eq!(run.body(7), r"[[b'abcd\n'], b'ef\ngh\n\nlast', b'']");
}

pub fn a_chunked_body_has_no_length_and_an_end(stage: &Stage) {
    let long = "0123456789".repeat(20_000);
    let requests = json!([
        with(post("echo", &long), json!({"chunked": true})),
        with(post("environment", "x"), json!({"chunked": true})),
        with(post("lines", "a\nb"), json!({"chunked": true, "read_ahead": 1, "read_size": 1})),
        with(post("echo", ""), json!({"chunked": true})),
    ]);
    let run = stage.serve(requests);
    assert_eq!(run.body(0), long);
    let page = run.page(1);
    assert_eq!(
        (&page["text"]["CONTENT_LENGTH"], &page["wsgi"]["wsgi.input_terminated"]),
        (&Value::Null, &json!("True"))
    );
    assert_eq!((run.body(2), run.body(3)), (r"[b'a\n', b'b']", ""));
}

pub fn requests_that_contradict_themselves_are_refused(stage: &Stage) {
    let lying = [
        json!([["Content-Length", "3"], ["Transfer-Encoding", "chunked"]]),
        json!([["Transfer-Encoding", "gzip, chunked"]]),
        json!([["Transfer-Encoding", "chunked"], ["Transfer-Encoding", "chunked"]]),
        json!([["Content-Length", "17"], ["Content-Length", "18"]]),
        json!([["Content-Length", "-1"]]),
    ];
    let requests = lying.map(|headers| {
        let chunked = headers.to_string().contains("Transfer");
        with(post("echo", "longer than three"), json!({"chunked": chunked, "headers": headers}))
    });
    let run = stage.serve(json!(requests.iter().cloned().chain([get("")]).collect::<Vec<_>>()));
    for number in 0..requests.len() {
        assert_eq!(run.status(number), "400 Bad Request", "request {number}");
        // Nobody can know where this request ends and the next begins.
        assert_eq!(
            (&run.response(number)["keep_alive"], run.header(number, "Connection")),
            (&json!(false), Some("close"))
        );
    }
    assert_eq!(run.body(requests.len()), "hello");
    run.logged(&["Content-Length and Transfer-Encoding contradict each other", "400 in="]);
}

pub fn the_application_path_redirects_to_its_slash(stage: &Stage) {
    let run = stage.serve(json!([
        {"url": "/kallithea"},
        {"url": "/kallithea?a=b&c", "method": "HEAD"},
        {"url": "/Kallithea?a=b", "method": "POST", "body": "x"},
        {"url": "/kallithea2/"},
    ]));
    assert_eq!((run.status(0), run.header(0, "Location")), ("301 Moved Permanently", Some("/kallithea/")));
    assert_eq!(run.header(1, "Location"), Some("/kallithea/?a=b&c"));
    let permanent = ("308 Permanent Redirect", Some("/Kallithea/?a=b"));
    assert_eq!((run.status(2), run.header(2, "Location")), permanent);
    assert_eq!(run.status(3), "404 Not Found");
}

/// Headers of a client that tries to be another user.
fn spoofed() -> Value {
    json!([
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
    ])
}

pub fn only_the_server_names_the_user(stage: &Stage) {
    let as_user = |user: &str, kind: &str| {
        with(get("environment"), json!({"headers": spoofed(), "user": user, "auth_type": kind}))
    };
    let run = stage.serve(json!([
        as_user("", ""),
        as_user("CORP\\alice", "Negotiate"),
        as_user("CORP\\jörg łukasz", "Basic"),
        as_user("mallory", ""),
        with(as_user("CORP\\mallory", "Basic"), json!({"logon_user": ""})),
    ]));
    let users = [Value::Null, json!("CORP\\alice"), json!("CORP\\jörg łukasz"), Value::Null, Value::Null];
    for (number, user) in users.into_iter().enumerate() {
        let page = run.page(number)["text"].clone();
        let text = page.to_string();
        assert_eq!(page["REMOTE_USER"], user);
        for claim in ["carol", "203.0.113.1", "http://x"] {
            assert!(!text.contains(claim), "{claim} of request {number}: {text}");
        }
        // The application does not see credentials that the server has used, or whose scheme it has at least named.
        let is_unused = number == 0 || number == 3;
        let authorization = if is_unused { json!("Basic c2VjcmV0") } else { Value::Null };
        assert_eq!((&page["HTTP_X_GOOD"], &page["HTTP_AUTHORIZATION"]), (&json!("1"), &authorization));
        assert_eq!(page["AUTH_TYPE"].is_null(), user.is_null());
    }
    run.logged(&["user=CORP\\alice", "user=CORP\\jörg łukasz"]);
    assert!(!run.log.contains("c2VjcmV0"), "a password stands in the log:\n{}", run.log);
}

pub fn validation_finds_nothing_to_object_to(stage: &Stage) {
    let pages =
        ["index", "environment", "together", "stream", "announced", "reason", "written", "large", "talk"];
    let bodies = ["echo", "lines", "digest"];
    let valid = |page: &str| get(&format!("valid/{page}?a=b"));
    let posted = |page: &str| post(&format!("valid/{page}?a=b"), "one\ntwo");
    let chunked = |page: &str| with(posted(page), json!({"chunked": true, "protocol": "HTTP/1.0"}));
    let head = with(valid("index"), json!({"method": "HEAD"}));
    let mut requests: Vec<Value> = pages.iter().map(|page| valid(page)).collect();
    requests.extend(bodies.iter().flat_map(|page| [posted(page), chunked(page)]));
    requests.extend([head, get("valid/sent_file?kind=file")]);
    let run = stage.serve(json!(requests));
    for (number, request) in requests.iter().enumerate() {
        assert!(run.status(number).starts_with("200"), "{request}: {}\n{}", run.status(number), run.log);
    }
    // An iterator that is not closed reports this on standard error.
    for words in ["AssertionError", "WSGIWarning", "without being closed"] {
        assert!(!run.log.contains(words), "{}", run.log);
    }
}

pub fn a_client_that_stops_mid_body_raises_in_the_application(stage: &Stage) {
    let stopping = json!({"read_ahead": 2, "abort_upload_after": 5});
    let run = stage.serve(json!([
        with(post("upload", "0123456789"), stopping.clone()),
        with(post("upload", "0123456789"), with(stopping, json!({"chunked": true}))),
        post("upload", "0123456789"),
    ]));
    assert_eq!(
        run.log.matches("the upload raised the client stopped sending after 5").count(),
        2,
        "{}",
        run.log
    );
    assert_eq!(run.log.matches("the client went away").count(), 2, "{}", run.log);
    assert_eq!(run.body(2), "whole");
}
