//! What the application is told, for servers that know more and less.

mod support;

use kallithea_bridge_isapi::environ::{Arrival, Environ, Value, arrival, line};
use kallithea_bridge_isapi::reply::Protocol;
use kallithea_bridge_isapi::settings::Identity;
use support::{Fake, settings};

fn environ(fake: &Fake, path: &'static str, identity: Identity) -> Environ {
    match arrival(fake, &settings(path, identity)) {
        Arrival::Application(environ) => *environ,
        other => panic!("{other:?}"),
    }
}

fn value(environ: &Environ, name: &str) -> Option<String> {
    let mut found = environ.variables.iter().filter(|(found, _)| found == name);
    let value = found.next().map(|(_, value)| match value {
        Value::Bytes(bytes) => String::from_utf8(bytes.clone()).expect("it was text"),
        Value::Text(text) => text.clone(),
    });
    assert!(found.next().is_none(), "{name} stands there twice");
    value
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_root_application_has_an_empty_script_name() {
    let found = environ(&Fake::get("/a%20b?c=%20"), "/", Identity::Application);
    assert_eq!(value(&found, "SCRIPT_NAME"), some(""));
    assert_eq!(value(&found, "PATH_INFO"), some("/a b"));
    assert_eq!(value(&found, "QUERY_STRING"), some("c=%20"));
    assert_eq!((found.scheme, value(&found, "SERVER_PORT")), ("http", some("80")));
}

#[test]
fn the_application_path_redirects() {
    let redirect = |url: &str, method: &str| {
        let fake = Fake { method: method.into(), ..Fake::get(url) };
        arrival(&fake, &settings("/my app", Identity::Application))
    };
    let to = |location: &str, method_may_change| Arrival::Redirect {
        location: location.into(),
        method_may_change,
    };
    assert_eq!(redirect("/My%20app?a", "GET"), to("/My%20app/?a", true));
    assert_eq!(redirect("/my%20app", "HEAD"), to("/my%20app/", true));
    assert_eq!(redirect("/my%20app", "PUT"), to("/my%20app/", false));
    assert_eq!(redirect("/my%20app?a\r\nSet-Cookie: b", "GET"), to("/my%20app/?aSet-Cookie:b", true));
    assert_eq!(redirect("/other", "GET"), Arrival::NotFound);
}

#[test]
fn the_url_has_several_sources() {
    let mut fake = Fake::get("").with("HTTP_URL", "/k/raw%20one");
    fake.variables.remove("UNENCODED_URL");
    assert_eq!(value(&environ(&fake, "/k", Identity::Application), "PATH_INFO"), some("/raw one"));
    fake.variables.remove("HTTP_URL");
    let fake = fake.with_wide("UNICODE_PATH_INFO", "/k/jörg%20");
    assert_eq!(value(&environ(&fake, "/k", Identity::Application), "PATH_INFO"), some("/jörg%20"));
    let fake = Fake { path_info: Some(b"/k/plain".to_vec()), ..Fake::get("") };
    assert_eq!(value(&environ(&fake, "/k", Identity::Application), "PATH_INFO"), some("/plain"));
}

#[test]
fn only_an_authenticated_user_has_a_name() {
    let fake = |kind: &str| {
        Fake::get("/")
            .with("AUTH_TYPE", kind)
            .with("REMOTE_USER", "?")
            .with_wide("UNICODE_REMOTE_USER", "CORP\\jörg")
    };
    let user = |fake: &Fake, identity| value(&environ(fake, "/", identity), "REMOTE_USER");
    assert_eq!(user(&fake("NTLM"), Identity::Server), some("CORP\\jörg"));
    assert_eq!(user(&fake(""), Identity::Server), None);
    assert_eq!(user(&fake("NTLM"), Identity::Application), None);
    assert_eq!(
        user(&Fake::get("/").with("AUTH_TYPE", "Basic").with("REMOTE_USER", "bob"), Identity::Server),
        some("bob")
    );
    assert_eq!(value(&environ(&fake("NTLM"), "/", Identity::Application), "AUTH_TYPE"), None);
}

#[test]
fn the_authorization_header_goes_to_who_authenticates() {
    let fake = || Fake::get("/").with("ALL_RAW", "Authorization: Basic eA==\r\n").with("AUTH_TYPE", "Basic");
    let header = |fake: &Fake, identity| value(&environ(fake, "/", identity), "HTTP_AUTHORIZATION");
    assert_eq!(header(&fake(), Identity::Server), None);
    assert_eq!(header(&fake(), Identity::Application), some("Basic eA=="));
    assert_eq!(header(&fake().with("LOGON_USER", "CORP\\bob"), Identity::Application), None);
}

#[test]
fn the_body_length_comes_from_who_knows_it() {
    let length = |fake: Fake| {
        let found = environ(&fake, "/", Identity::Application);
        (found.body_length, value(&found, "CONTENT_LENGTH"))
    };
    let post = |total, raw: &str| Fake { total, ..Fake::get("/") }.with("ALL_RAW", raw);
    assert_eq!(length(post(Some(0), "Host: a\r\n")), (Some(0), None));
    assert_eq!(length(post(Some(5), "Host: a\r\n")), (Some(5), some("5")));
    assert_eq!(length(post(Some(0), "Content-Length: 0\r\n")), (Some(0), some("0")));
    assert_eq!(
        length(post(None, "Content-Length: 5368709120\r\n")),
        (Some(5_368_709_120), some("5368709120"))
    );
    assert_eq!(length(post(None, "Host: a\r\n")), (None, None));
    assert_eq!(length(post(Some(9), "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n")), (None, None));
}

#[test]
fn folded_headers_do_where_there_are_no_others() {
    let fake = Fake::get("/").with("ALL_HTTP", "HTTP_X_NOTE:one\nHTTP_REMOTE_USER:carol\nHTTP_HOST:a\n");
    let found = environ(&fake, "/", Identity::Application);
    assert_eq!((value(&found, "HTTP_X_NOTE"), value(&found, "HTTP_HOST")), (some("one"), some("a")));
    assert_eq!(value(&found, "HTTP_REMOTE_USER"), None);
}

#[test]
fn the_line_keeps_the_query_out_of_the_log() {
    let line = line(&Fake::get("/k/a%20b?api_key=secret"), &settings("/k", Identity::Application));
    assert_eq!((line.path.as_str(), line.protocol, line.user), ("/k/a%20b", Protocol::Http11, None));
}
