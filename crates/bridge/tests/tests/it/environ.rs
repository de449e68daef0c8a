//! What the application receives, from servers that know more or less.

use kallithea_bridge_isapi::environ::{Arrival, Environ};
use kallithea_bridge_isapi::reply::Protocol;
use kallithea_bridge_isapi::settings::{Application, Identity, Network, Settings};
use kallithea_bridge_isapi::url::Unreadable;

use crate::fake::{Fake, settings};

fn read(fake: &Fake, settings: &Settings) -> (Arrival, Environ) {
    let mut environ = Environ::default();
    environ.read_line(fake, settings);
    (environ.arrive(fake, settings), environ)
}

fn arrival(fake: &Fake, settings: &Settings) -> Arrival {
    read(fake, settings).0
}

fn environ(fake: &Fake, path: &'static str, identity: Identity) -> Environ {
    let (arrival, environ) = read(fake, &settings(path, identity));
    assert_eq!(arrival, Arrival::Application);
    environ
}

fn value(environ: &Environ, name: &str) -> Option<String> {
    if name == "REMOTE_USER" {
        return environ.user().map(ToOwned::to_owned);
    }
    let mut found = environ.variables().filter(|(found, _)| *found == name.as_bytes());
    let value = found.next().map(|(_, value)| String::from_utf8(value.to_vec()).expect("it was text"));
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
    assert_eq!((found.scheme(), value(&found, "SERVER_PORT")), ("http", some("80")));
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

/// Apache's mod_isapi has neither form of the raw URL, and its PATH_INFO begins below SCRIPT_NAME.
#[test]
fn a_path_info_may_begin_below_the_script() {
    let fake = || {
        let mut fake = Fake { path_info: Some(b"/notes/j\xC3\xB6rg".to_vec()), ..Fake::get("") };
        fake.variables.remove("UNENCODED_URL");
        fake
    };
    let parts = |fake: &Fake| {
        let found = environ(fake, "/k", Identity::Application);
        (value(&found, "SCRIPT_NAME"), value(&found, "PATH_INFO"))
    };
    let expected = (some("/k"), some("/notes/jörg"));
    assert_eq!(parts(&fake().with("URL", "/k/notes/jörg").with("SCRIPT_NAME", "/k")), expected);
    assert_eq!(parts(&fake().with("SCRIPT_NAME", "/k")), expected);
    let root = environ(&fake(), "/", Identity::Application);
    assert_eq!(value(&root, "PATH_INFO"), some("/notes/jörg"));
}

#[test]
fn a_path_in_the_servers_own_code_page_is_the_servers_to_read() {
    let fake = Fake::get("/k/j%F6rg").with_wide("UNICODE_PATH_INFO", "/k/jörg");
    assert_eq!(value(&environ(&fake, "/k", Identity::Application), "PATH_INFO"), some("/jörg"));
    let unread = arrival(&Fake::get("/k/j%F6rg"), &settings("/k", Identity::Application));
    assert_eq!(unread, Arrival::Unreadable(Unreadable::Coding));
}

#[test]
fn nothing_of_a_drive_a_share_or_an_odd_address_reaches_the_application() {
    let at = |url: &str, path: &'static str| arrival(&Fake::get(url), &settings(path, Identity::Application));
    for path in ["/", "/k"] {
        let url = |rest: &str| format!("{}{rest}", path.trim_end_matches('/'));
        for rest in ["/C:/windows", "/c:%5cwindows", "/%43%3A/", "//D:/", "/Z:a"] {
            assert_eq!(at(&url(rest), path), Arrival::Elsewhere, "{rest}");
        }
        for rest in ["/a%", "/%zz", "/a%u12"] {
            assert_eq!(at(&url(rest), path), Arrival::Unreadable(Unreadable::Escape), "{rest}");
        }
        assert_eq!(at(&url("/a%00"), path), Arrival::Unreadable(Unreadable::Control));
        assert_eq!(at(&url("/ab:c/C:/c?//x\\y"), path), Arrival::Application);
    }
    assert_eq!(at("/%5ck", "/k"), at("/k", "/k"));
    assert_eq!(at("/k/..%5cother", "/k"), Arrival::NotFound);
}

#[test]
fn the_query_and_the_line_of_the_log_stay_as_they_were_sent() {
    let found = environ(&Fake::get("//k%5Cnotes//a?b=//c\\d%5C"), "/k", Identity::Application);
    assert_eq!(value(&found, "PATH_INFO"), some("/notes/a"));
    assert_eq!(value(&found, "QUERY_STRING"), some("b=//c\\d%5C"));
    assert_eq!(found.path(), b"//k%5Cnotes//a");
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
fn whom_the_server_has_not_logged_on_has_no_name() {
    let fake = || Fake::get("/").with("AUTH_TYPE", "NTLM").with_wide("UNICODE_REMOTE_USER", r"CORP\mallory");
    let found = |fake: &Fake| {
        let found = environ(fake, "/", Identity::Server);
        (value(&found, "REMOTE_USER"), value(&found, "AUTH_TYPE"))
    };
    let named = (some(r"CORP\mallory"), some("NTLM"));
    assert_eq!(found(&fake().with("LOGON_USER", "")), (None, None));
    assert_eq!(found(&fake().with("LOGON_USER", r"CORP\mallory")), named);
    assert_eq!(found(&fake()), named, "a server that does not know the variable");
}

#[test]
fn no_proxy_names_the_user() {
    let trusting = Settings {
        trusted_proxies: &[Network { address: "192.0.2.8", prefix: 32 }],
        ..settings("/", Identity::Server)
    };
    let lines = "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-User: admin\r\nRemote-User: admin\r\n";
    let fake = Fake::get("/").with("REMOTE_ADDR", "192.0.2.8").with("ALL_RAW", lines);
    let found = read(&fake, &trusting).1;
    assert_eq!(value(&found, "HTTP_X_FORWARDED_FOR"), some("10.0.0.1"));
    for name in ["REMOTE_USER", "HTTP_X_FORWARDED_USER", "HTTP_REMOTE_USER"] {
        assert_eq!(value(&found, name), None, "{name}");
    }
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
        (found.body_length(), value(&found, "CONTENT_LENGTH"))
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
    let mut environ = Environ::default();
    environ.read_line(&Fake::get("/k/a%20b?api_key=secret"), &settings("/k", Identity::Application));
    assert_eq!(environ.path(), b"/k/a%20b");
    assert_eq!((environ.protocol(), environ.user()), (Protocol::Http11, None));
}

#[test]
fn a_body_that_ends_in_two_places_is_refused() {
    let post = |total, raw: &str| {
        let fake = Fake { total, ..Fake::get("/") }.with("ALL_RAW", raw);
        arrival(&fake, &settings("/", Identity::Application))
    };
    let both = "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n";
    assert_eq!(post(Some(9), both), Arrival::Application);
    assert!(matches!(post(Some(8), both), Arrival::Bad(_)));
    assert!(matches!(post(None, both), Arrival::Bad(_)));
    let twice = "Content-Length: 9\r\nContent-Length: 8\r\n";
    assert!(matches!(post(Some(9), twice), Arrival::Bad(_)));
}

#[test]
fn only_a_trusted_peer_speaks_for_others() {
    let trusting = Settings {
        trusted_proxies: &[
            Network { address: "192.0.2.8", prefix: 30 },
            Network { address: "2001:db8::", prefix: 32 },
        ],
        ..settings("/", Identity::Application)
    };
    let claim = |peer: &str| {
        let fake = Fake::get("/").with("REMOTE_ADDR", peer).with("ALL_RAW", "X-Forwarded-For: 10.0.0.1\r\n");
        value(&read(&fake, &trusting).1, "HTTP_X_FORWARDED_FOR")
    };
    for peer in ["192.0.2.8", "192.0.2.11", "2001:db8:1::7", "::ffff:192.0.2.9", "2001:db8::1%4"] {
        assert_eq!(claim(peer), some("10.0.0.1"), "{peer}");
    }
    for peer in ["192.0.2.12", "192.0.2.7", "2001:db9::1", "not an address", "::1"] {
        assert_eq!(claim(peer), None, "{peer}");
    }
}

#[test]
fn it_is_known_who_the_client_is_whatever_becomes_of_the_request() {
    let trusting = Settings {
        trusted_proxies: &[Network { address: "192.0.2.8", prefix: 32 }],
        ..settings("/kallithea", Identity::Application)
    };
    let client = |peer: &str, url: &str, lines: &str| {
        let fake = Fake::get(url).with("REMOTE_ADDR", peer).with("ALL_RAW", lines);
        let (arrival, environ) = read(&fake, &trusting);
        assert_ne!(arrival, Arrival::Application, "{url} {lines}");
        environ.client(&trusting).map(|address| address.to_string())
    };
    // The first of the two comes from the client itself, which names another address.
    let named = "X-Forwarded-For: 203.0.113.1\r\nX-Forwarded-For: 203.0.113.2\r\n";
    let contradicting = format!("{named}Transfer-Encoding: gzip\r\n");
    let many = format!("{named}{}", "a: b\r\n".repeat(300));
    let urls = ["/elsewhere", "/kallithea", "/kallithea/C:/x", "/kallithea/%", "*"];
    for url in urls {
        assert_eq!(client("192.0.2.8", url, named), some("203.0.113.2"), "{url}");
        assert_eq!(client("192.0.2.9", url, named), some("192.0.2.9"), "{url}");
    }
    assert_eq!(client("192.0.2.8", "/kallithea/", &contradicting), some("203.0.113.2"));
    // The proxy's own header may be among those that were not read.
    let late = format!("X-Forwarded-For: 203.0.113.1\r\n{}{named}", "a: b\r\n".repeat(300));
    for lines in [&many, &late] {
        assert_eq!(client("192.0.2.8", "/kallithea/", lines), some("192.0.2.8"));
    }
}

#[test]
fn one_environ_serves_one_request_after_the_other() {
    let first =
        Fake::get("/one?a").with("ALL_RAW", "X-One: 1\r\nContent-Length: 0\r\n").with("AUTH_TYPE", "NTLM");
    let first = first.with_wide("UNICODE_REMOTE_USER", "CORP\\alice");
    let second = Fake::get("/two").with("ALL_RAW", "X-Two: 2\r\n");
    let settings = settings("/", Identity::Server);
    let mut environ = Environ::default();
    for fake in [&first, &second] {
        environ.read_line(fake, &settings);
        assert_eq!(environ.arrive(fake, &settings), Arrival::Application);
    }
    let (_, fresh) = read(&second, &settings);
    let all = |environ: &Environ| -> Vec<_> {
        environ.variables().map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
    };
    assert_eq!((all(&environ), environ.user()), (all(&fresh), None));
}

#[test]
fn the_method_has_several_sources() {
    let nameless = || Fake { method: Vec::new(), ..Fake::get("/k") };
    let settings = settings("/", Identity::Application);
    let found = environ(&nameless().with("REQUEST_METHOD", "PROPFIND"), "/", Identity::Application);
    assert_eq!((found.method(), value(&found, "REQUEST_METHOD")), (&b"PROPFIND"[..], some("PROPFIND")));
    assert_eq!(value(&found, "PATH_INFO"), some("/k"));
    for fake in [nameless(), nameless().with("REQUEST_METHOD", "")] {
        assert!(matches!(arrival(&fake, &settings), Arrival::Bad(_)), "no method is no request");
    }
    let redirected = nameless().with("REQUEST_METHOD", "POST");
    assert!(matches!(
        arrival(
            &redirected,
            &Settings { application: Application { path: "/k", ..settings.application }, ..settings }
        ),
        Arrival::Redirect { method_may_change: false, .. }
    ));
}

#[test]
fn users_of_other_domains_are_turned_away() {
    let by = |kind: &str, domains: &'static [&'static str], user: &str| {
        let fake = Fake::get("/").with("AUTH_TYPE", kind).with_wide("UNICODE_REMOTE_USER", user);
        arrival(&fake, &Settings { domains, ..settings("/", Identity::Server) })
    };
    let listed: &'static [&'static str] = &["CORP", "corp.example.com"];
    for user in [r"CORP\alice", r"corp\Alice", r"CORP.example.com\alice"] {
        assert_eq!(by("Basic", listed, user), Arrival::Application, "{user}");
    }
    let others = [
        r"SALES\alice",
        r".\alice",
        "alice",
        r"sales.corp.example.com\alice",
        r"corp.example.com.\alice",
        r"CORP.\alice",
        r"CORP \alice",
        r" CORP\alice",
        r"corp.example\alice",
    ];
    for user in others {
        for kind in ["Basic", "Negotiate", "NTLM"] {
            assert_eq!(by(kind, listed, user), Arrival::Forbidden, "{user} by {kind}");
            assert_eq!(by(kind, &[], user), Arrival::Application, "{user} by {kind}: no domains are named");
        }
    }
    let unclear = [
        r"\alice",
        r"CORP\",
        "alice@corp.example.com",
        "alice@sales.corp.example.com",
        "@corp.example.com",
        "alice@",
        "SALES/alice",
        "CORP/alice",
        r"CORP\alice@corp.example.com",
        r"SALES\alice@corp.example.com",
        r"CORP\SALES\alice",
        "alice@sales@corp.example.com",
    ];
    for user in unclear {
        for kind in ["Basic", "Negotiate", "NTLM"] {
            assert_eq!(by(kind, listed, user), Arrival::Unclear, "{user} by {kind}");
            assert_eq!(by(kind, &[], user), Arrival::Unclear, "{user} by {kind}: no domains are named");
        }
    }
    let settings = Settings { domains: listed, ..settings("/", Identity::Server) };
    assert_eq!(arrival(&Fake::get("/"), &settings), Arrival::Application);
}
