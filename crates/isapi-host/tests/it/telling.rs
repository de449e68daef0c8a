//! What an extension tells the server and asks it.

use isapi_host::protocol::Script;
use isapi_host::{Abilities, BlockHabits, Field, Host, Refusal, Request, Sizes, Tracing, VariableHabits};
use kallithea_host_extension::library;
use serde_json::json;

use crate::support::{ask, body, host, start};

#[test]
fn what_goes_to_the_log_is_noted() {
    let response = host().serve(ask("log"));
    assert_eq!((response.notes.log_parameters.as_str(), response.notes.log_data.as_str()), ("more", "data"));
    assert_eq!((response.http_status_code, response.violations.as_slice()), (299, &[][..]));
}

#[test]
fn ill_health_is_noted() {
    assert_eq!(host().serve(ask("unhealthy")).notes.unhealthy, ["no database"]);
}

#[test]
fn trace_events_are_noted() {
    let response = host().serve(ask("trace"));
    assert_eq!(body(&response), "not traced");
    let abilities = Abilities::default().tracing(Tracing::On);
    let response =
        start(Host::load(&library()).expect("the extension").abilities(abilities)).serve(ask("trace"));
    assert_eq!(body(&response), "traced");
    let [event] = response.notes.trace_events.as_slice() else { panic!("{:?}", response.notes) };
    assert_eq!(event.provider, "01020304-0506-0708-090a-0b0c0d0e0f10");
    assert_eq!((event.name.as_str(), event.area, event.event, event.verbosity), ("Ended", 1, 2, 4));
    let items =
        [("status", "404"), ("user", "jörg")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(event.items, items);
}

#[test]
fn questions_are_answered() {
    let response = host().serve(ask("support"));
    let yes = "(true, 1), (true, 1), (true, 0), (true, 0), (true, 0)";
    assert_eq!(body(&response), format!("[{yes}, (false, 0), (false, 0)]"));
    assert_eq!((response.notes.flush, response.notes.closed), (true, true));
    assert_eq!(response.violations, [""; 0]);
}

#[test]
fn requests_lack_what_other_hosts_lack() {
    let host = host();
    let lacking = Request { missing: vec!["HTTP_URL".into()], path_info: false, ..ask("HTTP_URL") };
    assert_eq!(body(&host.serve(lacking.clone())), "missing");
    assert_eq!(body(&host.serve(ask("HTTP_URL"))), "/?HTTP_URL");
    assert_eq!(body(&host.serve(Request { url: "/?path-info".into(), ..lacking })), "NULL");
    assert_eq!(body(&host.serve(ask("path-info"))), "there");
}

#[test]
fn variables_come_as_a_host_is_used_to_give_them() {
    let names = ["URL", "UNICODE_URL", "NO_SUCH"];
    // The result of a call with a buffer of that size: the answer, the size, and the error if it failed.
    let told = |sizes, room: usize| {
        let variables = VariableHabits { sizes, unknown_error: 203, small_error: 234 };
        let abilities = Abilities::default().variables(variables);
        let host = start(Host::load(&library()).expect("the extension").abilities(abilities));
        let raw = |name: &str| body(&host.serve(ask(&format!("raw-{name}={room}")))).to_owned();
        names.map(raw)
    };
    // "/" in the code page and in UTF-16, each with its terminator: two bytes and four.
    assert_eq!(told(Sizes::Bytes, 10), ["1 2 0", "1 4 0", "0 10 203"]);
    assert_eq!(told(Sizes::WithoutTerminator, 10), ["1 1 0", "1 2 0", "0 10 203"]);
    assert_eq!(told(Sizes::Letters, 10), ["1 2 0", "1 2 0", "0 10 203"]);
    assert_eq!(told(Sizes::Unsaid, 10), ["1 10 0", "1 10 0", "0 10 203"]);
    assert_eq!(told(Sizes::Bytes, 1), ["0 2 234", "0 4 234", "0 1 203"]);
    assert_eq!(told(Sizes::Unsaid, 1), ["0 1 234", "0 1 234", "0 1 203"]);
}

#[test]
fn a_block_stands_as_a_host_fills_it() {
    let null = vec![Field::QueryString, Field::PathTranslated, Field::ContentType, Field::ReadClient];
    let block = BlockHabits { size: Some(96), version: Some(0x0005_0001), null };
    let host = Host::load(&library()).expect("the extension").abilities(Abilities::default().block(block));
    let response = start(host).serve(ask("whatever"));
    assert_eq!(
        body(&response),
        "size 96, version 50001, without lpszQueryString lpszPathTranslated lpszContentType ReadClient"
    );
    assert_eq!(response.violations, [""; 0]);
}

#[test]
fn mod_isapi_is_what_its_source_says() {
    let adopted = |request: Request| {
        let mut script = json!({"server": "mod_isapi", "requests": [{"url": request.url, "script_name": request.script_name}]});
        script["requests"][0]["user"] = json!("alice");
        Script::read(&script.to_string()).expect("a script")
    };
    let host = |script: &Script| {
        let abilities = script.abilities().expect("abilities");
        start(Host::load(&library()).expect("the extension").abilities(abilities))
    };
    for (variable, value) in [
        ("URL", "/k/a b"),
        ("SCRIPT_NAME", "/k"),
        ("PATH_INFO", "/a b"),
        ("REMOTE_USER", "alice"),
        ("SERVER_SOFTWARE", "Apache/2.4.62 (Win64)"),
        ("UNENCODED_URL", "missing"),
        ("HTTP_URL", "missing"),
        ("UNICODE_URL", "missing"),
        ("LOGON_USER", "missing"),
        ("HTTPS", "missing"),
        ("AUTH_TYPE", "missing"),
    ] {
        let request = Request {
            script_name: Some("/k".into()),
            ..Request { url: format!("/k/a%20b?{variable}"), ..Request::default() }
        };
        let script = adopted(request);
        assert_eq!(body(&host(&script).serve(script.requests[0].clone())), value, "{variable}");
    }
    let whole =
        adopted(Request { url: "/k?path-info".into(), script_name: Some("/k".into()), ..Request::default() });
    assert_eq!(body(&host(&whole).serve(whole.requests[0].clone())), "NULL");
    let support = adopted(ask("support"));
    let no = "(false, 0)";
    let asked = format!("[(true, 1), (true, 1), {no}, {no}, {no}, {no}, {no}]");
    assert_eq!(body(&host(&support).serve(support.requests[0].clone())), asked);
    // The page for a failure comes from Apache itself.
    let failure = adopted(ask("head-500"));
    let response = host(&failure).serve(failure.requests[0].clone());
    assert_eq!((response.status.as_str(), response.log_status), ("", Some(4)));
    assert_eq!(response.violations, [""; 0]);
}

#[test]
fn what_is_refused_has_its_reason_or_none() {
    for (refusal, told) in [(Refusal::Error(5), "0 5"), (Refusal::Error(0), "0 0"), (Refusal::Silent, "0 99")]
    {
        let abilities = Abilities::default().refuse("IS_IN_PROCESS").expect("a name").refusal(refusal);
        let host = start(Host::load(&library()).expect("the extension").abilities(abilities));
        assert_eq!(body(&host.serve(ask("refused"))), told, "{refusal:?}");
    }
}

#[test]
fn the_oldest_call_for_headers_is_known() {
    let response = host().serve(ask("old-head"));
    assert_eq!((response.status.as_str(), body(&response)), ("202 Accepted", "hello"));
    assert_eq!((response.header("Content-Length"), response.keep_alive), (Some("5"), false));
    assert_eq!(response.violations, [""; 0]);
}

#[test]
fn a_server_has_a_port() {
    let host = host();
    assert_eq!(body(&host.serve(ask("SERVER_PORT"))), "80");
    assert_eq!(body(&host.serve(Request { https: true, ..ask("SERVER_PORT") })), "443");
    assert_eq!(body(&host.serve(Request { port: Some(8080), ..ask("SERVER_PORT") })), "8080");
}
