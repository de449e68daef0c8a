//! What an extension tells the server, and asks it.

use kallithea_iisc::host::{Abilities, Host, Request, Tracing};

use crate::support::{ask, body, extension, host, start};

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
        start(Host::load(extension()).expect("the extension").abilities(abilities)).serve(ask("trace"));
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
    let yes = "(true, 1), (true, 1), (true, 3), (true, 0), (true, 0)";
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
fn a_server_has_a_port() {
    let host = host();
    assert_eq!(body(&host.serve(ask("SERVER_PORT"))), "80");
    assert_eq!(body(&host.serve(Request { https: true, ..ask("SERVER_PORT") })), "443");
    assert_eq!(body(&host.serve(Request { port: Some(8080), ..ask("SERVER_PORT") })), "8080");
}
