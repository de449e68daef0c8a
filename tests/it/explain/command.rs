//! What the command `explain` answers.
//!
//! In: what a user types. Out: a passed or a failed test. Absent: whether the examples hold, which the parent module tests.

use kallithea_iisc::diagnostic::Code;
use kallithea_iisc::kallithea::SYMPTOMS;

use crate::support::program::{answer, error, out, run};

fn text(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = run(arguments);
    (output.status.code(), out(&output), error(&output))
}

#[test]
fn a_code_is_explained_with_its_examples_and_what_it_prevents() {
    let (code, out, error) = text(&["explain", "ki302"]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    for part in
        ["KI302, error: ", "login-page", "Wrong\n", "anonymousAuthentication:\n", "Right\n", "https://learn"]
    {
        assert!(out.contains(part), "{part:?} is not in\n{out}");
    }
}

#[test]
fn a_status_an_error_number_and_a_word_name_causes() {
    let (code, out, _) = text(&["explain", "404.8"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("web.config") && out.contains("kallithea-iisc route"), "{out}");
    let (_, out, _) = text(&["explain", "500.19"]);
    assert!(
        out.contains("0x80070021") && out.contains("KI506") && out.contains("target.unlockedSections"),
        "{out}"
    );
    let (_, one, _) = text(&["explain", "0x80070021"]);
    assert!(one.contains("500.19") && one.len() < out.len() && !one.contains("0x8007000d"), "{one}");
    assert_eq!(text(&["explain", "80070021"]).1, one);
    let (_, all, _) = text(&["explain", "404"]);
    assert!(all.contains("404.2:") && all.contains("404.15:"), "{all}");
    assert!(text(&["explain", "login-page"]).1.contains("anonymous authentication"));
}

#[test]
fn an_event_and_what_a_client_says_name_causes() {
    let (code, out, _) = text(&["explain", "5059"]);
    assert_eq!((code, out.as_str()), (Some(0), text(&["explain", "event-5059"]).1.as_str()));
    assert!(out.contains("applicationPool.identity"), "{out}");
    for (message, key) in [
        ("abort: authorization failed", "authentication.basicAuthentication.enabled"),
        ("fatal: could not read Username for 'https://host': terminal prompts disabled", "emptyAuth"),
        ("error: RPC failed; HTTP 413 curl 22", "requestLimits.maxAllowedContentLength"),
        ("sqlite3.OperationalError: database is locked", "kallithea.database.kind"),
    ] {
        let (code, out, _) = text(&["explain", message]);
        assert!(code == Some(0) && out.contains(key), "{message}: {out}");
    }
}

/// The names of the symptoms in an answer, and how many causes it has.
fn known(arguments: &[&str]) -> (Vec<String>, usize) {
    let output = run(&[&["explain", "--format", "json"], arguments].concat());
    let value = answer(&output);
    let found = value["results"].as_array().expect("a list").iter().map(|one| &one["explain"]);
    let names = found.clone().filter_map(|one| one["symptom"].as_str()).map(str::to_owned);
    (names.collect(), found.filter_map(|one| one["causes"].as_array()).map(Vec::len).sum())
}

#[test]
fn what_stands_in_a_log_is_taken_as_it_stands_there() {
    for (copied, symptom) in [
        (["500", "19", "33"].as_slice(), "500.19"),
        (&["500", "0", "193", "15"], "500"),
        (&["500 0 126 3"], "500"),
        (&["2026-01-02 03:04:05 10.0.0.1 GET / - 443 - 10.0.0.2 Mozilla/5.0+(X) - 500 19 183 15"], "500.19"),
    ] {
        assert_eq!(known(copied), (vec![symptom.to_owned()], 1), "{copied:?}");
    }
    // No cause has this number, so all of them are shown.
    assert_eq!(known(&["401", "2", "5"]), known(&["401.2"]));
    // The middle of a sign-on by NTLM is normal; its failure is another number.
    assert_eq!(known(&["401", "1", "2148074254"]), (vec!["401.1".to_owned()], 1));
    assert!(text(&["explain", "401", "1", "2148074254"]).1.contains("and normal if a 200"));
    let (names, causes) = known(&["401", "1", "2148074252"]);
    assert_eq!((names, causes), (vec!["401.1".to_owned()], 2));
    let failed = text(&["explain", "401 1 2148074252 15"]).1;
    assert!(failed.contains("password is wrong") && failed.contains("BackConnectionHostNames"), "{failed}");
    assert!(!failed.contains("normal"), "{failed}");
    // WinHTTP's errors above 12000 are in the log of a farm's front.
    for front in [&["12175"][..], &["502", "3", "12175"], &["0x80072f8f"]] {
        assert_eq!(known(front), (vec!["502.3".to_owned()], 1), "{front:?}");
    }
    assert_eq!(known(&["500", "19", "267"]), (vec!["500.19".to_owned()], 1));
    assert_eq!(known(&["503", "2", "0"]).0, ["503.2"]);
    assert!(text(&["explain", "503"]).1.contains("or IIS does not start it (autoStart)"));
    for (status, other) in [("404.13", "413.1"), ("413.1", "404.13"), ("404.10", "431"), ("431", "404.10")] {
        assert!(text(&["explain", status]).1.contains(other), "{status}");
    }
    assert_eq!(known(&["401", "3", "5"]), known(&["401.3"]));
    assert_eq!(known(&["404", "0", "2"]).0, ["404"]);
    // Three statuses are not a log line.
    assert_eq!(known(&["405", "411", "503"]).0, ["405", "411", "503", "503.2"]);
    for (number, hexadecimal) in [("33", "0x80070021"), ("193", "0x800700c1"), ("126", "0x8007007e")] {
        let (names, causes) = known(&[number]);
        assert!(!names.is_empty() && causes >= names.len());
        assert_eq!((names, causes), known(&[hexadecimal]), "{number}");
    }
    assert_eq!(text(&["explain", "200", "0", "64"]).0, Some(1));
}

#[test]
fn what_a_page_or_a_program_says_is_found_in_its_words() {
    for (copied, same) in [
        ("no Strict-Transport-Security", "no-hsts"),
        ("WARNING: CORP\\svc lacks the right M on \\\\files\\repos, neither as itself", "missing-rights"),
        (
            "the list of rights of C:\\data denies CORP\\svc what the application pool needs there",
            "missing-rights",
        ),
        ("HTTP Error 500.19 - Internal Server Error", "500.19"),
        ("HTTP Error 404.8", "404.8"),
        ("404.8 - Not Found", "404.8"),
        ("HTTP Error 404.0 - Not Found", "404.0"),
        ("abort: HTTP Error 403: Forbidden", "403"),
        ("The requested URL returned error: 413", "413"),
        ("Service Unavailable", "503.0"),
        ("HTTP Error 503. The service is unavailable.", "503"),
        ("event5059", "5059"),
        ("Event ID: 5011, source WAS", "5011"),
    ] {
        let found = known(&[copied]);
        assert!(!found.0.is_empty(), "{copied}");
        assert_eq!(found, known(&[same]), "{copied}");
    }
    // A word of every day does not lead to rights.
    let denied = known(&["404.5: the server denies two dots"]).0;
    assert_eq!(denied, ["404.5"]);
    // If the text says more than a status, so does the answer.
    for copied in
        ["Bad Request - Invalid Hostname", "HTTP Error 400. The request hostname is invalid.", "Invalid URL"]
    {
        assert_eq!(known(&[copied]), (vec!["400".to_owned()], 1), "{copied}");
    }
    assert_eq!(
        known(&["HTTP Error 500.19, Error Code 0x80070021"]),
        (vec!["500.19".to_owned()], 1),
        "the number tells which"
    );
    for nothing in ["KI429", "all 5 took 12 seconds", "10.200.30.40", "port 5002"] {
        assert_eq!(known(&[nothing]), (Vec::new(), 0), "{nothing}");
    }
}

#[test]
fn a_worker_process_that_ends_and_people_who_are_refused_are_explained() {
    for (message, symptom, part) in [
        (
            "A process serving application pool 'x' terminated unexpectedly.",
            "event-5009",
            "Application Error",
        ),
        ("Invalid username or password", "ldap-login", "--user NAME"),
        ("{'desc': \"Can't contact LDAP server\"}", "ldap-login", "authentication.ldap.host"),
        ("ssl: certificate verify failed (self signed)", "ldap-login", "authentication.ldap.caCertificates"),
        ("Error authenticating alice with LDAP: LDAP not available", "ldap-login", "docs/python.md"),
        ("PermissionError: [Errno 13] Permission denied: 'C:\\data'", "500", "end of step 5"),
        ("PermissionError: [WinError 5] Access is denied: 'C:\\data'", "500", "cache_dir"),
        ("attempt to write a readonly database", "500", "applicationPool.identity"),
        (
            "ValueError: invalid interpolation syntax in 'postgresql://k:a%40b@db'",
            "500",
            "without a percent sign",
        ),
    ] {
        let (code, out, _) = text(&["explain", message]);
        assert!(
            code == Some(0) && out.contains(&format!("{symptom}: ")) && out.contains(part),
            "{message}: {out}"
        );
    }
    for number in ["5009", "5010", "5011", "5012", "5013"] {
        assert_eq!(known(&[number]).0, [format!("event-{number}")]);
    }
    for symptom in SYMPTOMS.all() {
        let said = symptom.causes.iter().map(|cause| cause.why).chain([symptom.what]);
        for words in said.flat_map(|words| words.split('"').skip(1).step_by(2)) {
            let found = SYMPTOMS.find(&format!("It said: {words}!"));
            assert!(found.iter().any(|(found, _)| found.name == symptom.name), "{words:?}");
        }
    }
    assert!(text(&["explain", "blank-page"]).1.contains("sc-substatus"));
    assert!(text(&["explain", "404"]).1.contains("run route with the URL"));
}

#[test]
fn what_is_not_known_is_said_with_a_guess() {
    let (code, out, error) = text(&["explain", "KI999", "404.8"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("404.8: "), "what is known is explained all the same: {out}");
    assert!(error.contains("unknown code or symptom: KI999"), "{error}");
    assert!(text(&["explain", "KI3O1"]).2.contains("did you mean KI301?"));
    assert!(text(&["explain", "500.91"]).2.contains("did you mean 500."));
    assert!(text(&["explain", "anything"]).2.contains("run `kallithea-iisc explain` for a list"));
}

#[test]
fn alone_it_lists_everything_and_programs_get_json() {
    let (code, out, _) = text(&["explain"]);
    assert_eq!(code, Some(0));
    assert_eq!(out.lines().count(), Code::ALL.len() + SYMPTOMS.all().count());
    let value = answer(&run(&["explain", "--format", "json"]));
    assert_eq!(value["results"].as_array().map(Vec::len), Some(Code::ALL.len() + SYMPTOMS.all().count()));
    let value = answer(&run(&["explain", "--format", "json", "KI301", "413.1", "anything"]));
    let [code, symptom] = [0, 1].map(|number| &value["results"][number]["explain"]);
    assert_eq!(code["code"], "KI301");
    assert_eq!(
        code["prevents"],
        serde_json::json!(["401.2", "403.4", "hg-authorization", "git-authorization"])
    );
    assert_eq!(code["wrong"][0]["language"], "yaml");
    assert!(value["results"][2]["trouble"].as_str().is_some_and(|told| told.contains("anything")), "{value}");
    assert_eq!(symptom["causes"][0]["keys"][0], "requestLimits.maxAllowedContentLength");
}
