//! Completion, and what comes after it.

use isapi_host::{Abilities, Host, Pending, Request};
use kallithea_host_extension::library;

use crate::support::{ask, body, host, start};

#[test]
fn a_request_that_is_completed_once_is_fine() {
    let host = host();
    for what in ["plain", "queued"] {
        let response = host.serve(ask(what));
        assert_eq!((body(&response), response.violations.as_slice()), ("hello", &[][..]), "{what}");
        assert_eq!((response.log_status, response.http_status_code), (Some(2), 200));
        assert!(response.complete && response.keep_alive);
    }
    assert_eq!(late(&host, "queued"), Vec::<String>::new());
}

#[test]
fn completion_is_held_to_its_rules() {
    let host = host();
    for (what, violation) in [
        ("done-and-return", "completed twice: by DONE_WITH_SESSION and by the return value"),
        ("never", "never completed"),
        ("return-7", "completed with 7, which is not a valid status"),
        ("done-pending", "DONE_WITH_SESSION with HSE_STATUS_PENDING"),
        ("write-method", "lpszMethod of the control block was written"),
    ] {
        assert_eq!(host.serve(ask(what)).violations, [violation], "{what}");
    }
}

#[test]
fn calls_after_completion_are_found() {
    for (what, violation) in [
        ("done-twice", "DONE_WITH_SESSION after completion"),
        ("late-write", "WriteClient after completion"),
        ("late-status", "dwHttpStatusCode of the control block written after completion"),
    ] {
        let host = host();
        assert_eq!(host.serve(ask(what)).violations, [""; 0], "{what}");
        let late = late(&host, what);
        assert!(late.len() == 1 && late[0].starts_with(violation), "{what}: {late:?}");
    }
}

#[test]
fn a_block_is_looked_at_before_another_request_gets_it() {
    let host = host();
    host.serve(ask("late-status"));
    for _ in 0..100 {
        assert_eq!(host.serve(ask("queued")).violations, [""; 0]);
    }
    assert_eq!(late(&host, "late-status").len(), 1);
}

#[test]
fn calls_are_found_however_late_they_come() {
    let host = host();
    assert_eq!(host.serve(ask("remember")).violations, [""; 0]);
    for _ in 0..200 {
        assert_eq!(host.serve(ask("queued")).violations, [""; 0]);
    }
    let response = host.serve(ask("stale"));
    assert_eq!((body(&response), response.violations.as_slice()), ("hello", &[][..]));
    let late = host.late_violations();
    assert!(
        late.iter().any(|what| what.starts_with("WriteClient after completion, on connection #")),
        "{late:?}"
    );
}

#[test]
fn two_calls_at_a_time_are_found() {
    let slow = Request { write_delay_milliseconds: 2000, ..ask("two-threads") };
    let violations = host().serve(slow).violations;
    let which = "GetServerVariable while another call of the same request was running";
    assert!(violations.iter().any(|violation| violation == which), "{violations:?}");
}

#[test]
fn a_host_may_lack_pending() {
    let abilities = Abilities::default().pending(Pending::Unsupported);
    let host = start(Host::load(&library()).expect("the extension").abilities(abilities));
    assert_eq!(host.serve(ask("plain")).violations, [""; 0]);
    let violations = host.serve(ask("never")).violations;
    assert_eq!(violations[0], "HSE_STATUS_PENDING was returned to a host that does not support it");
}

/// The late violations of the requests that asked for `what`.
fn late(host: &Host, what: &str) -> Vec<String> {
    let place = format!("(GET /?{what})");
    host.late_violations().into_iter().filter(|violation| violation.ends_with(&place)).collect()
}
