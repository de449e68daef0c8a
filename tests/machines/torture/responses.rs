//! What reaches the client: framing, lengths, and how many calls it takes.

use serde_json::{Value, json};

use super::{Stage, get, with};

pub fn responses_are_framed_by_their_protocol(stage: &Stage) {
    let http10 = json!({"protocol": "HTTP/1.0"});
    let http2 = json!({"protocol": "HTTP/2.0"});
    let run = stage.serve(json!([
        get("stream"),
        with(get("stream"), http10.clone()),
        with(get("stream"), http2.clone()),
        get("reason"),
        with(get("stream"), json!({"method": "HEAD"})),
        get("nothing"),
        get("empty"),
        get("large"),
        get("written"),
        with(get(""), http10),
        with(get(""), http2),
        get("unchanged"),
    ]));
    let framing = |number: usize| {
        (run.response(number)["framing"].as_str(), run.response(number)["keep_alive"].as_bool())
    };
    for number in 0..3 {
        assert_eq!(run.body(number), "one two three");
    }
    assert_eq!((framing(0), run.header(0, "Connection")), ((Some("chunked"), Some(true)), None));
    assert_eq!((framing(1), run.header(1, "Connection")), ((Some("close"), Some(false)), Some("close")));
    assert_eq!((framing(2).0, run.header(2, "Connection")), (Some("close"), None));
    assert_eq!((run.status(3), run.body(3)), ("200 Script output follows", "capabilities"));
    assert_eq!((framing(4).0, run.body(4)), (Some("none"), ""));
    assert_eq!((run.status(5), framing(5)), ("204 No Content", (Some("none"), Some(true))));
    assert_eq!((run.body(6), run.header(6, "Content-Length")), ("", Some("0")));
    assert_eq!(run.body(7).len(), 100_001);
    assert_eq!(run.body(8), "written returned");
    assert_eq!((run.body(9), framing(9)), ("hello", (Some("length"), Some(false))));
    assert_eq!((run.body(10), framing(10)), ("hello", (Some("length"), Some(true))));
    assert_eq!((run.status(11), framing(11)), ("304 Not Modified", (Some("none"), Some(true))));
    assert_eq!(run.header(11, "ETag"), Some("\"1\""));
    assert_eq!(run.log.matches("closed stream").count(), 4, "{}", run.log);
}

pub fn a_response_takes_as_few_calls_as_it_can(stage: &Stage) {
    let expected = [
        ("", 1),                                // head, body and end
        ("together", 1),                        // a hundred pieces that are at hand
        ("stream", 4),    // three pieces, the head with the first of them; the last chunk
        ("announced", 3), // the end needs no mark
        ("written", 2),   // what is written goes out before the call returns
        ("nothing", 1),   // a head alone
        ("sent-file", 1), // head and file
        ("generated?size=1000&announced=1", 1), // as announced
    ];
    let run = stage.serve(json!(expected.map(|(page, _)| get(page))));
    for (number, (page, sends)) in expected.iter().enumerate() {
        assert_eq!(run.sends(number), *sends, "{page}");
    }
}

pub fn content_length_is_kept_both_ways(stage: &Stage) {
    let pages = ["overrun", "underrun", "underrun-late", "never-begun", "never-begun?list=1"];
    let run = stage.serve(json!(pages.map(get)));
    assert_eq!((run.body(0), &run.response(0)["keep_alive"]), ("four", &json!(true)));
    run.logged(&["closed overrun", "more than its Content-Length"]);
    for number in [1, 2] {
        assert_eq!((run.body(number), &run.response(number)["keep_alive"]), ("four", &json!(false)));
        assert_eq!(run.response(number)["complete"], json!(false));
    }
    for number in [3, 4] {
        assert_eq!(run.status(number), "500 Internal Server Error", "{}\n{}", pages[number], run.log);
    }
    assert_eq!(run.log.matches("less than its Content-Length").count(), 2, "{}", run.log);
    assert_eq!(run.log.matches("with Content-Length, but sent none").count(), 2, "{}", run.log);
}

pub fn an_application_may_change_its_mind_before_the_headers(stage: &Stage) {
    let run = stage.serve(json!([get("second-thoughts"), get("too-late"), get("twice")]));
    assert_eq!((run.status(0), run.body(0)), ("418 Teapot", "tea"));
    assert_eq!(run.header(0, "Content-Type"), Some("text/plain"));
    assert_eq!(
        (run.status(1), run.body(1), &run.response(1)["complete"]),
        ("200 OK", "begun", &json!(false))
    );
    run.logged(&["ValueError: too late to change", "start_response was called a second time"]);
}

pub fn a_vanished_client_ends_the_iteration(stage: &Stage) {
    let vanishing = |page: &str| with(get(page), json!({"abort_download_after": 5000}));
    let run = stage.serve(json!([vanishing("flood"), vanishing("sent-file"), vanishing("large"), get("")]));
    run.logged(&["closed flood", "closed file file"]);
    assert_eq!(run.log.matches("the client went away").count(), 3, "{}", run.log);
    assert_eq!(run.body(3), "hello");
}

pub fn a_slow_client_holds_nobody_else_up(stage: &Stage) {
    // If Python's lock were held while a part is sent, no other request could be served in the meantime. This page has
    // no last chunk, during which they could.
    let slow = with(get("announced"), json!({"write_delay_milliseconds": 1500}));
    let others: Vec<Value> = (0..20).map(|_| get("")).collect();
    let requests: Vec<Value> = [slow].into_iter().chain(others).collect();
    let run = stage.run(json!({"parallel": 2, "requests": requests}));
    let served: Vec<&str> = run.log.lines().filter(|line| line.contains(" 200 in=0 ")).collect();
    assert_eq!(served.len(), 21, "{}", run.log);
    assert!(served[20].contains("GET /kallithea/announced "), "{}", run.log);
}
