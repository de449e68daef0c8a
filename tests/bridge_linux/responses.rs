//! What reaches the client: framing, lengths, failures.

use serde_json::{Value, json};

use crate::support::{Deployment, get, post, with};

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
    for (number, page) in pages.iter().enumerate() {
        assert_eq!(run.status(number), "500 Internal Server Error", "{page}");
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
