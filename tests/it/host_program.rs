//! The program `isapi-host`, with the misbehaving extension.

use std::io::Write;
use std::process::{Command, Stdio};

use kallithea_host_extension::library;
use serde_json::{Value, json};

const MEBIBYTE: u64 = 1 << 20;

#[test]
fn loads_of_requests_are_counted_and_held_to_their_numbers() {
    let (code, report) = run(&json!({
        "parallel": 16, "repeat": 2000, "summary": true, "expect_echo": "X-Answer-Number",
        "restart_every": 500, "vanish_every": 7, "requests": [{"url": "/?queued"}, {"url": "/?plain"}],
    }));
    assert_eq!((code, &report["violations"]), (0, &json!([])), "{report}");
    let summary = &report["summary"];
    assert_eq!(summary["requests"], 4000);
    assert_eq!(
        (&summary["restarts"], &summary["lost"], &summary["doubled"]),
        (&json!(7), &json!(0), &json!(0))
    );
    // Of the 571 clients that disconnect, those that disconnect at once do not see the five bytes of their response.
    assert_eq!((&summary["vanished"], &summary["mismatched"]), (&json!(190), &json!(0)));
    assert_eq!((&summary["echoed"], &summary["statuses"]), (&json!(4000), &json!({"200": 4000})));
    let growth = report["memory_growth"].as_u64().expect("the system says");
    assert!(growth < 16 * MEBIBYTE, "{growth}");
}

#[test]
fn a_summary_finds_wrong_numbers_statuses_and_silence() {
    let script = |what: &str| {
        json!({"summary": true, "expect_echo": "X-Answer-Number", "timeout_seconds": 1,
            "requests": [{"url": format!("/?{what}"), "headers": [["X-Request-Number", "5"]]}]})
    };
    for (what, key, words) in [
        ("good-chunk", "mismatched", "a response without X-Answer-Number"),
        ("never", "lost", "no response"),
        ("no-content", "requests", "the status was \"204 No Content\""),
    ] {
        let (code, report) = run(&script(what));
        assert_eq!((code, &report["summary"][key]), (1, &json!(1)), "{report}");
        assert!(report["violations"].to_string().contains(&words.replace('"', "\\\"")), "{report}");
    }
}

#[test]
fn a_number_that_comes_back_twice_is_found() {
    let other = json!({"url": "/?plain", "headers": [["X-Request-Number", "0"]]});
    let script = json!({"summary": true, "expect_echo": "X-Answer-Number", "number_header": "X-Other-Number",
        "requests": [other, other]});
    let (code, report) = run(&script);
    let summary = &report["summary"];
    assert_eq!((code, &summary["mismatched"], &summary["doubled"]), (1, &json!(1), &json!(1)), "{report}");
}

#[test]
fn a_body_of_a_gibibyte_takes_no_memory() {
    let size = 1_u64 << 30;
    let requests = json!([
        {"url": format!("/?download={size}"), "discard_response": true},
        {"url": format!("/?download-chunked={size}"), "discard_response": true},
        {"url": "/?upload", "method": "POST", "body_size": size},
        {"url": "/?upload", "method": "POST", "body_size": size, "chunked": true},
    ]);
    let (code, report) = run(&json!({"requests": requests, "warm_up": [{"url": "/?download=100000"}]}));
    assert_eq!((code, &report["violations"]), (0, &json!([])), "{report}");
    let growth = report["memory_growth"].as_u64().expect("the system says");
    assert!(growth < 4 * MEBIBYTE, "{growth}");
    let responses = &report["responses"];
    let zeros = "49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14";
    for number in [0, 1] {
        assert_eq!(responses[number]["discarded"], json!({"bytes": size, "sha256": zeros}));
    }
    assert!(
        responses[2]["body"].as_str().is_some_and(|text| text.starts_with(&format!("{size} "))),
        "{report}"
    );
    assert!(responses[3]["body"].as_str().is_some_and(|text| text.ends_with("of 4294967295")), "{report}");
}

#[test]
fn a_worker_process_may_have_no_standard_handles() {
    let script = json!({"standard_handles": "invalid", "requests": [{"url": "/?handles"}]});
    let file = tempfile::NamedTempFile::new().expect("a file");
    let (code, output) = host(&["--report".as_ref(), file.path().as_os_str()], &script);
    let report: Value = serde_json::from_slice(&std::fs::read(file.path()).expect("a report")).expect("JSON");
    assert_eq!((code, output.as_str(), &report["responses"][0]["body"]), (0, "", &json!("closed")));
    assert_eq!(host(&[], &script).0, 2);
    let valid = json!({"requests": [{"url": "/?handles"}]});
    assert_eq!(run(&valid).1["responses"][0]["body"], "open");
}

#[test]
fn late_calls_are_in_the_report() {
    let (code, report) = run(&json!({"requests": [{"url": "/?late-write"}]}));
    assert_eq!(
        (code, &report["violations"]),
        (1, &json!(["WriteClient after completion, on connection #1 (GET /?late-write)"]))
    );
}

#[test]
fn lives_begin_and_end_as_a_script_says() {
    let counted = |script: &Value| {
        let (code, report) = run(script);
        assert_eq!((code, &report["violations"]), (0, &json!([])), "{report}");
        let bodies = report["responses"].as_array().expect("responses").clone();
        let bodies: Vec<_> =
            bodies.iter().map(|response| response["body"].as_str().unwrap_or("").to_owned()).collect();
        let numbers: Vec<_> = report["responses"]
            .as_array()
            .expect("responses")
            .iter()
            .map(|response| response["request"].clone())
            .collect();
        (bodies, numbers)
    };
    let calls = json!([{"url": "/?calls"}]);
    let (bodies, _) = counted(&json!({"lives": 2, "starts": 3, "requests": calls}));
    assert_eq!(bodies, ["3 started, 0 ended", "6 started, 1 ended"]);
    let (bodies, _) = counted(&json!({"lives": 2, "terminate": false, "requests": calls}));
    assert_eq!(bodies, ["1 started, 0 ended", "2 started, 0 ended"]);
    let (bodies, numbers) =
        counted(&json!({"requests": calls, "after_end": [{"url": "/?calls"}, {"url": "/?plain"}]}));
    assert_eq!(bodies, ["1 started, 0 ended", "1 started, 1 ended", "hello"]);
    assert_eq!(numbers, [json!(0), json!(1), json!(2)]);
}

#[test]
fn a_script_can_take_abilities_away() {
    let request = json!([{"url": "/?vector-or-not"}, {"url": "/?queued"}]);
    let (code, report) = run(&json!({"refuse": ["VECTOR_SEND"], "pending": false, "requests": request}));
    assert_eq!((code, &report["responses"][0]["body"]), (1, &json!("hello")));
    let violations = report["violations"].to_string();
    assert!(violations.contains("request 1: HSE_STATUS_PENDING was returned"), "{violations}");
    assert!(!violations.contains("request 0"), "{violations}");
    assert_eq!(host(&[], &json!({"refuse": ["SEND"], "requests": request})).0, 2);
}

/// Runs a script; returns the exit code and the report.
fn run(script: &Value) -> (i32, Value) {
    let (code, output) = host(&[], script);
    (code, serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}")))
}

fn host(arguments: &[&std::ffi::OsStr], script: &Value) -> (i32, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_isapi-host"))
        .arg(library())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the host runs");
    let mut input = child.stdin.take().expect("standard input is a pipe");
    input.write_all(script.to_string().as_bytes()).expect("the host reads its script");
    drop(input);
    let output = child.wait_with_output().expect("the host ends");
    let code = output.status.code().unwrap_or_else(|| panic!("{}", output.status));
    (code, String::from_utf8_lossy(&output.stdout).into_owned())
}
