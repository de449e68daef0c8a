//! Failures: in the application, at its start, around it.

use std::fs;

use serde_json::{Value, json};

use super::{PLAIN, Stage, get, post, with};
use crate::wine;

const PAGE: &str = "The application failed. The log on the server gives the reason.\n";

pub fn failures_are_plain_pages_and_traceback_in_the_log(stage: &Stage) {
    let pages = ["boom", "twice", "never", "split-header", "text", "nonsense"];
    let late = ["boom-late", "too-late"];
    let requests: Vec<Value> = pages.iter().chain(&late).map(|page| get(page)).chain([get("")]).collect();
    let run = stage.serve(json!(requests));
    for (number, page) in pages.iter().enumerate() {
        assert_eq!((run.status(number), run.body(number)), ("500 Internal Server Error", PAGE), "{page}");
    }
    for number in [6, 7] {
        assert_eq!((run.body(number), &run.response(number)["complete"]), ("begun", &json!(false)));
        assert_eq!(run.response(number)["keep_alive"], json!(false));
    }
    assert_eq!(run.body(8), "hello");
    run.logged(&[
        "RuntimeError: a secret of the application",
        "ValueError: too late",
        "RuntimeError: a late secret",
        "did not call start_response",
        "not bytes",
        "torture_app.py",
    ]);
}

pub fn nothing_that_is_raised_ends_the_worker(stage: &Stage) {
    let pages = ["exits", "interrupted", "unusual"];
    let requests: Vec<Value> = pages.iter().map(|page| get(page)).collect();
    let run = stage.run(json!({"requests": requests, "repeat": 3}));
    for number in 0..9 {
        assert_eq!((run.status(number), run.body(number)), ("500 Internal Server Error", PAGE));
    }
    run.logged(&["SystemExit: leaving", "KeyboardInterrupt: by nobody", "Unusual: in a request"]);
}

pub fn what_was_begun_is_closed_whatever_happens(stage: &Stage) {
    let gone = with(get("stream"), json!({"abort_download_after": 2}));
    let run = stage.serve(json!([
        get("stream"),
        get("boom-late"),
        gone,
        get("overrun"),
        get("close-fails"),
        get("")
    ]));
    assert_eq!(run.log.matches("closed stream").count(), 2, "{}", run.log);
    run.logged(&["closed boom late", "closed overrun", "closed failing", "OSError: the close failed"]);
    assert_eq!(run.body(5), "hello");
}

pub fn an_application_that_fails_at_its_start_leaves_a_reason(stage: &Stage) {
    let ways = [
        ("exit", "SystemExit: 3"),
        ("keyboard", "KeyboardInterrupt"),
        ("unusual", "Unusual: at the start"),
        ("no database", "LookupError: no database"),
    ];
    for (way, words) in ways {
        let deployment = stage.deployment(PLAIN);
        deployment.ini(&format!("fail = {way}"));
        let run = deployment.serve(json!([get(""), post("echo", "a body that nobody reads")])).clean();
        for number in 0..2 {
            assert_eq!(run.status(number), "500 Internal Server Error");
            assert!(run.body(number).starts_with("The application could not start."), "{}", run.body(number));
            assert!(!run.body(number).contains(words) && !run.body(number).contains("Traceback"));
            assert_eq!(run.header(number, "Retry-After"), Some("10"));
        }
        run.logged(&[words, "torture_app.py"]);
    }
}

/// This holds for the application's message about an address, and for the ini reader's message about a bad percent sign.
pub fn passwords_stay_out_of_the_log(stage: &Stage) {
    let address = "kallithea:planted-pw@db/kallithea";
    let said = |begin: &str| format!("fail = no database at '{begin}{address}', nor elsewhere");
    let ways = [
        (said("postgresql:/"), "no database at 'postgresql:***@db/kallithea'"),
        (said("postgresql//"), "no database at 'postgresql//kallithea:***@db/kallithea'"),
        (said("the password=planted of "), "at 'the password=*** of kallithea:***@db/kallithea'"),
        ("note = postgresql://kallithea:se%40cret-planted@db/k".into(), "found: ***"),
        ("note = postgresql://kallithea:se%(cret-planted@db/k".into(), "variable reference ***"),
        ("note = postgresql://kallithea:se%(planted)s@db/k".into(), "an interpolation key ***"),
        ("note = %(note)s:planted@db".into(), "Raw value: ***"),
        ("a planted line".into(), "]: ***"),
    ];
    let ways = if stage.machine.is_wine() { &ways[2..4] } else { &ways[..] };
    for (lines, words) in ways {
        let deployment = stage.deployment(PLAIN);
        deployment.ini(lines);
        let run = deployment.serve(json!([get("")])).clean();
        assert!(run.body(0).starts_with("The application could not start."), "{}", run.body(0));
        run.logged(&[words]);
        assert!(!run.log.contains("planted"), "{lines}: {}", run.log);
    }
}

pub fn a_start_that_failed_is_tried_again_in_the_next_life(stage: &Stage) {
    let deployment = stage.deployment(PLAIN);
    deployment.ini("fail = no database\ntimes = 1");
    let run = deployment.run(json!({"lives": 2, "requests": [get("")]})).clean();
    assert_eq!((run.status(0), run.status(1)), ("500 Internal Server Error", "200 OK"), "{}", run.log);
    assert_eq!(run.log.matches(" runs from ").count(), 1, "{}", run.log);
}

/// A client that reads the answer slowly, so that the next request comes when it is time to try again.
pub fn a_start_that_failed_is_tried_again_and_reported(stage: &Stage) {
    let deployment = stage.deployment(PLAIN);
    deployment.ini("fail = no database\ntimes = 3");
    let requests: Vec<Value> =
        (0..80).map(|_| with(get(""), json!({"write_delay_milliseconds": 400}))).collect();
    let run = deployment.serve(json!(requests)).clean();
    assert_eq!((run.status(0), run.status(79)), ("500 Internal Server Error", "200 OK"), "{}", run.log);
    assert_eq!(run.log.matches("LookupError: no database").count(), 3, "{}", run.log);
    let reports: Vec<&Value> = (0..80).map(|number| &run.response(number)["unhealthy"]).collect();
    let reasons: Vec<&Value> = reports.into_iter().filter(|report| !report.is_null()).collect();
    assert_eq!(reasons, [&json!(["Kallithea could not be started 3 times in a row"])], "{}", run.log);
}

pub fn what_is_missing_is_named_in_the_log(stage: &Stage) {
    let missing =
        [("Python", "the Python home"), ("my.ini", "the ini file"), ("venv", "the virtual environment")];
    for (name, words) in missing {
        let deployment = stage.deployment(PLAIN);
        let place = deployment.place(name);
        fs::remove_file(&place).or_else(|_| fs::remove_dir_all(&place)).expect("the test has made it");
        // A library that cannot be loaded is tried again in each life; the third failure is reported.
        let run = deployment.run(json!({"lives": 3, "requests": [get(""), get("")]})).clean();
        for number in 0..6 {
            assert_eq!(run.status(number), "500 Internal Server Error");
            assert!(run.body(number).starts_with("The application could not start."), "{}", run.body(number));
        }
        run.logged(&[words]);
        assert_eq!(run.response(0)["unhealthy"], Value::Null);
        assert_eq!(run.response(4)["unhealthy"].is_array(), name == "Python", "{}", run.report);
    }
}

pub fn a_missing_or_foreign_engine_is_named_in_the_log(stage: &Stage) {
    let deployment = stage.deployment(PLAIN);
    let copy = deployment.place("copy");
    fs::create_dir_all(&copy).expect("a folder of the machine can be made");
    fs::copy(deployment.place("bridge/_dispatch.dll"), copy.join("_dispatch.dll"))
        .expect("the bridge was built");
    let play = || deployment.play("copy/_dispatch.dll", json!({"requests": [get("")]}), &[]).clean();
    let run = play();
    assert_eq!(run.status(0), "500 Internal Server Error");
    run.logged(&["is missing. Copy it and _dispatch.dll"]);
    let mut windows = b"MZ".to_vec();
    windows.resize(0x3c, 0);
    windows.extend([0x40, 0, 0, 0]);
    windows.extend(b"PE\0\0\x4c\x01");
    let names = fs::read_dir(deployment.place("bridge")).expect("the bridge was built");
    let mut names = names.map(|entry| entry.expect("the folder can be read").file_name());
    let engine =
        names.find(|name| name.to_string_lossy().starts_with("kallithea_engine")).expect("an engine");
    fs::write(copy.join(engine), windows).expect("a file of the machine can be written");
    play().logged(&["is 32-bit (x86), but this worker process is 64-bit (x64)"]);
}

/// Runs a life of the bridge in a process that is already Python.
const ALREADY: &str = r#"
import ctypes, sys, time
bridge = ctypes.CDLL(sys.argv[1])
assert bridge.GetExtensionVersion(ctypes.create_string_buffer(260)) == 1
begun = time.monotonic()
while time.monotonic() - begun < 60:
    try:
        if "could not start" in open(sys.argv[2]).read():
            break
    except FileNotFoundError:
        pass
    time.sleep(0.05)
bridge.TerminateExtension(0)
print("still here")
"#;

pub fn a_python_that_runs_already_is_left_alone(stage: &Stage) {
    let deployment = stage.deployment(PLAIN);
    let mut python = deployment.python();
    python.args([
        "-c",
        ALREADY,
        &deployment.seen("bridge/_dispatch.dll"),
        &deployment.seen("logs/bridge.log"),
    ]);
    let output = wine::output(&mut python).expect("Python runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let log = deployment.log("bridge.log");
    assert!(said.contains("still here"), "{said}\n{log}");
    assert!(log.contains("Another module has already started Python in this worker process"), "{log}");
}

/// A program that frees the bridge many times, and then calls it again.
const GIVEN_BACK: &str = r#"
import ctypes, os, sys
bridge = ctypes.CDLL(sys.argv[1])
assert bridge.GetExtensionVersion(ctypes.create_string_buffer(260)) == 1
end = bridge.TerminateExtension
end(0)
if os.name == "nt":
    give_back = ctypes.WinDLL("kernel32").FreeLibrary
    find = ctypes.WinDLL("kernel32").GetModuleHandleW
    find.restype = ctypes.c_void_p
    is_there = lambda: bool(find("_dispatch.dll"))
else:
    give_back = ctypes.CDLL(None).dlclose
    is_there = lambda: "_dispatch.dll" in open("/proc/self/maps").read()
assert is_there()
for _ in range(20):
    give_back(ctypes.c_void_p(bridge._handle))
print("it is still there" if is_there() and end(0) == 1 else "it is gone")
"#;

pub fn the_bridge_stays_however_often_it_is_given_back(stage: &Stage) {
    let deployment = stage.deployment(PLAIN);
    let mut python = deployment.python();
    python.args(["-c", GIVEN_BACK, &deployment.seen("bridge/_dispatch.dll")]);
    let output = wine::output(&mut python).expect("Python runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(said.contains("it is still there"), "{said}\n{}", deployment.log("bridge.log"));
}

pub fn use_after_the_end_raises(stage: &Stage) {
    // The pause lets the thread continue while the life still lasts.
    let run = stage.serve(json!([post("outliving", "body"), get("slow?seconds=1"), get("")]));
    assert_eq!((run.body(0), run.body(2)), ("done", "hello"));
    assert_eq!(run.log.matches("late use raised OSError").count(), 2, "{}", run.log);
    assert_eq!(run.log.matches("late use raised AssertionError").count(), 1, "{}", run.log);
}
