//! How `serve` handles HTTP, with raw sockets.

use std::fs;
use std::io::{BufReader, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::server::{Answer, Server};
use crate::tools_linux::deployed::Deployed;

fn serve(deployed: &Deployed, arguments: &[&str]) -> Server {
    let mut command = deployed.compiler(&["serve", &deployed.out.to_string_lossy(), "--port", "0"]);
    command.args(arguments);
    Server::start(command)
}

#[test]
fn pages_and_their_reason_phrases() {
    let deployed = Deployed::new("pages");
    let server = serve(&deployed, &[]);
    assert!(
        server.url.starts_with("http://127.0.0.1:") && server.url.ends_with("/kallithea/"),
        "{}",
        server.url
    );
    let page = server.get("/kallithea/");
    assert_eq!((page.status.as_str(), page.body.as_str()), ("200 OK", "hello"));
    assert_eq!(server.get("/kallithea/reason").status, "200 Script output follows");
    assert_eq!(server.get("/kallithea/no-such").status, "404 Not Found");
    let page = server.get("/kallithea/environment?a=%2F&b=%C3%A4");
    assert!(page.body.contains(r#""QUERY_STRING": "a=%2F&b=%C3%A4""#), "{}", page.body);
    assert!(page.body.contains(r#""REMOTE_ADDR": "127.0.0.1""#), "{}", page.body);
}

#[test]
fn only_who_asks_by_the_machine_s_own_names_is_answered() {
    let deployed = Deployed::new("names");
    let server = serve(&deployed, &["--user", r"CORP\alice"]);
    let ask = |head: &str| Answer::read(&server.raw(format!("{head}Connection: close\r\n\r\n").as_bytes()));
    let port =
        server.url.rsplit(':').next().and_then(|rest| rest.split('/').next()).expect("a port").to_owned();
    for host in ["127.0.0.1", "localhost", "LOCALHOST.", "[::1]"] {
        for host in [host.to_owned(), format!("{host}:{port}"), format!("{host}:1")] {
            let page = ask(&format!("GET /kallithea/ HTTP/1.1\r\nHost: {host}\r\n"));
            assert_eq!((page.status.as_str(), page.body.as_str()), ("200 OK", "hello"), "{host}");
        }
    }
    for host in ["evil.example.com", "localhost.evil.example.com", "evil@localhost", "0.0.0.0", "127.1", ""] {
        for head in [
            format!("GET /kallithea/ HTTP/1.1\r\nHost: {host}\r\n"),
            format!("POST /kallithea/echo HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 100000000\r\n"),
        ] {
            let page = ask(&head);
            assert_eq!(page.status, "421 Misdirected Request", "{head}");
            assert!(page.body.contains(&format!("Open http://127.0.0.1:{port}/")), "{}", page.body);
            assert!(!page.body.contains("alice") && !page.body.contains("hello"), "{}", page.body);
        }
    }
    let absolute = "GET http://evil.example.com/kallithea/ HTTP/1.1\r\nHost: localhost\r\n";
    assert_eq!(ask(absolute).status, "421 Misdirected Request");
    assert_eq!(ask("GET /kallithea/ HTTP/1.1\r\n").status, "400 Bad Request");
    let both = "GET /kallithea/ HTTP/1.1\r\nHost: localhost\r\nHost: evil.example.com\r\n";
    assert_eq!(ask(both).status, "400 Bad Request");
    assert_eq!(ask("GET /kallithea/ HTTP/1.0\r\n").body, "hello", "before there was such a header");
}

#[test]
fn one_connection_serves_many_requests() {
    let deployed = Deployed::new("keeps");
    let server = serve(&deployed, &[]);
    let mut stream = server.connect();
    let mut reader = BufReader::new(stream.try_clone().expect("a socket can be shared"));
    for path in ["", "stream", "reason", "written"] {
        write!(stream, "GET /kallithea/{path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .expect("the server reads");
        let answer = Answer::next(&mut reader);
        assert!(answer.status.starts_with("200") && answer.complete, "{path}: {answer:?}");
    }
}

#[test]
fn bodies_come_whole_however_they_are_sent() {
    let deployed = Deployed::new("bodies");
    let server = serve(&deployed, &[]);
    let echo = "POST /kallithea/echo";
    assert_eq!(server.send(echo, "Content-Length: 5\r\n", "hello").body, "hello");
    let chunked = "Transfer-Encoding: chunked\r\n";
    assert_eq!(server.send(echo, chunked, "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n").body, "abcde");
    let long = "z".repeat(3_000_000);
    let length = format!("Content-Length: {}\r\n", long.len());
    let whole = server.send("POST /kallithea/digest", &length, &long).body;
    assert!(whole.starts_with("3000000 "), "{whole}");
    let chunks = format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    assert_eq!(server.send("POST /kallithea/digest", chunked, &chunks).body, whole);
}

/// What a client does after it has sent an invalid body.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    /// It sends no more, and reads.
    HalfClose,
    /// It sends another request, and sends no more.
    Request,
    /// It waits.
    Wait,
}

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

/// Bodies that are incomplete or invalid: a client's header lines, what it sends, and what it does then.
fn cut_and_malformed() -> Vec<(&'static str, Vec<u8>, Then)> {
    let chunk_of_80_000 = [b"13880\r\n".as_slice(), &[b'z'; 80_000]].concat();
    let cut = [
        "5\r\nabc",
        "3\r\nabc",
        "3\r\nabc\r\n",
        "3\r\nabc\r\n4",
        "3\r\nabc\r\n0\r\n",
        "3\r\nabc\r\n0\r\nTrailer: x\r\n",
        "3",
        "",
    ];
    let malformed = [
        "3\r\nabc\r\nxyz\r\n",
        "3\r\nabc\r\n-1\r\n\r\n",
        "3\r\nabcdef\r\n0\r\n\r\n",
        "3\r\nabc\r\n11112222333344445\r\n",
        "3\r\nabc\r\n\r\n0\r\n\r\n",
        "3\r\nabc\r\n0\r\n: no name\r\n\r\n",
        "hello\r\n",
    ];
    let mut all = Vec::new();
    for then in [Then::HalfClose, Then::Request] {
        all.extend(cut.map(|body| (CHUNKED, body.as_bytes().to_vec(), then)));
    }
    for then in [Then::HalfClose, Then::Request, Then::Wait] {
        all.extend(malformed.map(|body| (CHUNKED, body.as_bytes().to_vec(), then)));
        let end = |end: &str| [&chunk_of_80_000, end.as_bytes()].concat();
        all.extend(["\r\nxyz\r\n", "z\r\n"].map(|text| (CHUNKED, end(text), then)));
    }
    let expecting = "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n";
    all.extend([
        (CHUNKED, chunk_of_80_000.clone(), Then::HalfClose),
        (expecting, b"5\r\nabc".to_vec(), Then::HalfClose),
        (expecting, b"xyz\r\n".to_vec(), Then::Wait),
        ("Content-Length: 10\r\n", b"abc".to_vec(), Then::HalfClose),
        ("Content-Length: 90000\r\n", vec![b'z'; 80_000], Then::HalfClose),
    ]);
    all
}

#[test]
fn a_body_that_comes_to_no_end_is_no_body() {
    let deployed = Deployed::new("cut");
    let server = serve(&deployed, &[]);
    for (headers, body, then) in cut_and_malformed() {
        let what = format!("{headers}{:?} {then:?}", String::from_utf8_lossy(&body[..body.len().min(40)]));
        let mut stream = server.connect();
        let line = "POST /kallithea/upload HTTP/1.1\r\nHost: 127.0.0.1";
        write!(stream, "{line}\r\n{headers}\r\n").expect("the server reads");
        stream.write_all(&body).expect("the server reads");
        if then == Then::Request {
            // What follows belongs to the body, if there is one, so it is not a request. If the server has already closed
            // the connection, nobody reads it.
            let _ = stream.write_all(b"GET /kallithea/made HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        }
        if then != Then::Wait {
            let _ = stream.shutdown(Shutdown::Write);
        }
        let mut all = Vec::new();
        let ended = stream.read_to_end(&mut all).map_err(|error| error.kind());
        assert!(ended.is_ok() || ended == Err(ErrorKind::ConnectionReset), "{what}: {ended:?}");
        let all = String::from_utf8_lossy(&all).replace("HTTP/1.1 100 Continue\r\n\r\n", "");
        assert!(!all.contains(" 200 ") && all.matches("HTTP/1.1").count() <= 1, "{what}: {all}");
    }
    let whole = server.send("POST /kallithea/upload", CHUNKED, "3\r\nabc\r\n0\r\nA: b\r\n\r\n");
    assert_eq!((whole.status.as_str(), whole.body.as_str()), ("200 OK", "whole"));
    // The log follows after a moment.
    let (begun, expected) = (Instant::now(), cut_and_malformed().len());
    while deployed.log().matches("the upload raised").count() < expected {
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", deployed.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_response_that_has_begun_ends_visibly_where_the_body_breaks_off() {
    let deployed = Deployed::new("cut-late");
    let server = serve(&deployed, &[]);
    for body in ["5\r\nabc", "3\r\nabc\r\nxyz\r\n"] {
        let mut stream = server.connect();
        let head =
            "POST /kallithea/echo-late HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        write!(stream, "{head}{body}").expect("the server reads");
        stream.shutdown(Shutdown::Write).expect("a connection can be closed in one direction");
        let mut all = Vec::new();
        // The connection may end with a reset, which means the same.
        let _ = stream.read_to_end(&mut all);
        if !all.is_empty() {
            let answer = Answer::read(&all);
            assert!(!answer.complete, "{body:?}: {answer:?}");
        }
    }
}

#[test]
fn a_long_body_takes_no_more_memory_than_a_short_one() {
    let deployed = Deployed::new("long");
    let server = serve(&deployed, &[]);
    let short = server.send("POST /kallithea/digest", "Content-Length: 5\r\n", "hello").body;
    assert!(short.starts_with("5 "), "{short}");
    let before = peak_memory(&server);
    let mut stream = server.connect();
    let head = "POST /kallithea/digest HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("the server reads");
    let piece = [b"100000\r\n".as_slice(), &vec![b'z'; 0x10_0000], b"\r\n"].concat();
    for _ in 0..256 {
        stream.write_all(&piece).expect("the server reads");
    }
    stream.write_all(b"0\r\n\r\n").expect("the server reads");
    let mut all = Vec::new();
    stream.read_to_end(&mut all).expect("the server answers");
    let long = Answer::read(&all).body;
    assert!(long.starts_with("268435456 "), "{long}");
    let growth = peak_memory(&server) - before;
    assert!(growth < 16 * 1024, "{growth} KiB for 256 MiB");
}

/// The most memory that the server ever had, in KiB.
fn peak_memory(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).expect("the server runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok()).expect("Linux tells the peak")
}

#[test]
fn a_port_that_is_taken_is_named() {
    let deployed = Deployed::new("taken");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let mut command = deployed.compiler(&["serve", &deployed.out.to_string_lossy(), "--port", &port]);
    let output = command.output().expect("the compiler runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{errors}");
}

/// The same words as `probe` has. The bridge answers all the same, with 500; here it cannot, since its port is taken.
#[test]
fn what_stands_in_the_way_is_said_at_the_start() {
    let deployed = Deployed::new("in-the-way");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let folder = deployed.out.to_string_lossy().into_owned();
    let said = |arguments: &[&str]| {
        let output = deployed.compiler(arguments).output().expect("the compiler runs");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    let served = said(&["serve", &folder, "--port", &port]);
    assert!(!served.contains("will not run"), "nothing stands in its way: {served}");
    fs::remove_file(deployed.drive.place("my.ini")).expect("there is an ini file");
    fs::remove_file(deployed.engine()).expect("there is an engine");
    let (served, probed) = (said(&["serve", &folder, "--port", &port]), said(&["probe", &folder]));
    for (step, words) in
        [("libraries", "Copy all files of the deployment's folder bin."), ("ini file", "Create it with")]
    {
        let line = served.lines().find_map(|line| line.strip_prefix(&format!("{step}: "))).expect(step);
        assert!(line.contains(words) && probed.contains(line), "{step}: {line:?} is not in {probed}");
    }
    assert!(served.contains("`kallithea-iisc probe "), "{served}");
}

#[test]
fn a_client_that_waits_for_leave_to_send_is_given_it() {
    let deployed = Deployed::new("expects");
    let server = serve(&deployed, &[]);
    let mut stream = server.connect();
    let head = "POST /kallithea/echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\n\
                Content-Length: 4\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("the server reads");
    let mut leave = [0; 25];
    stream.read_exact(&mut leave).expect("the server gives leave");
    assert_eq!(&leave, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"body").expect("the server reads");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("the server answers");
    assert_eq!(Answer::read(&rest).body, "body");
}

#[test]
fn responses_end_where_the_client_can_see_it() {
    let deployed = Deployed::new("ends");
    let server = serve(&deployed, &[]);
    let page = server.get("/kallithea/large");
    assert!(page.complete && page.body.len() == 100_001, "{} {}", page.complete, page.body.len());
    let head = server.send("HEAD /kallithea/", "", "");
    assert_eq!((head.status.as_str(), head.body.as_str()), ("200 OK", ""));
    assert_eq!(server.get("/kallithea/nothing").status, "204 No Content");
    let old = Answer::read(&server.raw(b"GET /kallithea/large HTTP/1.0\r\n\r\n"));
    assert_eq!((old.header("Transfer-Encoding"), old.body.len()), (None, 100_001));
    let broken = server.get("/kallithea/boom-late");
    assert!(!broken.complete && broken.body == "begun", "{broken:?}");
}

#[test]
fn the_user_of_the_command_line_is_signed_on() {
    let deployed = Deployed::new("user");
    let server = serve(&deployed, &["--user", r"CORP\alice"]);
    assert_eq!(server.get("/kallithea/who?1").body, r"CORP\alice 1");
    assert_eq!(server.send("GET /kallithea/who?2", "Remote-User: admin\r\n", "").body, r"CORP\alice 2");
    let environment = server.get("/kallithea/environment").body;
    assert!(environment.contains(r#""AUTH_TYPE": "Negotiate""#), "{environment}");
}

#[test]
fn nobody_is_who_a_header_says() {
    let deployed = Deployed::new("forged");
    let server = serve(&deployed, &[]);
    for header in ["Remote-User", "Remote_User", "X-Forwarded-User", "Auth-Type"] {
        let headers = format!("{header}: admin\r\n");
        assert_eq!(server.send("GET /kallithea/who?", &headers, "").body, "nobody ", "{header}");
        let environment = server.send("GET /kallithea/environment", &headers, "").body;
        assert!(!environment.contains("admin"), "{header}: {environment}");
    }
}

#[test]
fn basic_authentication_comes_before_the_body() {
    let deployed = Deployed::new("basic");
    let accounts = deployed.out.join("accounts");
    let hash = bcrypt::hash("open sesame", 4).expect("bcrypt works").replace("$2b$", "$2y$");
    fs::write(&accounts, format!("alice:{hash}\n")).expect("a file below target can be written");
    let server = serve(&deployed, &["--basic", &accounts.to_string_lossy()]);
    let refused = server.get("/kallithea/who?");
    assert_eq!(refused.status, "401 Unauthorized");
    assert!(
        refused.header("WWW-Authenticate").is_some_and(|value| value.starts_with("Basic ")),
        "{refused:?}"
    );
    // alice:open sesame, alice:wrong
    let right = "Authorization: Basic YWxpY2U6b3BlbiBzZXNhbWU=\r\n";
    assert_eq!(server.send("GET /kallithea/who?3", right, "").body, "alice 3");
    let wrong = "Authorization: Basic YWxpY2U6d3Jvbmc=\r\n";
    assert_eq!(server.send("GET /kallithea/who?", wrong, "").status, "401 Unauthorized");
    // The answer comes although nothing of the announced gigabyte is ever sent.
    let announced = "Content-Length: 1073741824\r\n";
    assert_eq!(server.send("POST /kallithea/echo", announced, "").status, "401 Unauthorized");
    let environment = server.send("GET /kallithea/environment", right, "").body;
    assert!(environment.contains(r#""AUTH_TYPE": "Basic""#), "{environment}");
    assert!(!environment.contains("YWxpY2U6b3BlbiBzZXNhbWU"), "the password stays outside: {environment}");
}

#[test]
fn a_file_with_a_plain_password_is_refused() {
    let deployed = Deployed::new("plain");
    let accounts = deployed.out.join("accounts");
    fs::write(&accounts, "alice:hunter2\n").expect("a file below target can be written");
    let folder = deployed.out.to_string_lossy().into_owned();
    let mut command = deployed.compiler(&["serve", &folder, "--port", "0", "--basic"]);
    let output = command.arg(&accounts).output().expect("the compiler runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("line 1") && errors.contains("htpasswd -B") && !errors.contains("hunter2"),
        "{errors}"
    );
}

#[test]
fn a_client_that_leaves_ends_the_response() {
    let deployed = Deployed::new("leaves");
    let server = serve(&deployed, &[]);
    let mut stream = server.connect();
    stream.write_all(b"GET /kallithea/flood HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("the server reads");
    let mut some = [0; 1000];
    stream.read_exact(&mut some).expect("the response begins");
    drop(stream);
    let begun = Instant::now();
    while !deployed.log().contains("closed flood") {
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", deployed.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.get("/kallithea/").body, "hello");
}

#[test]
fn the_end_waits_for_what_has_begun() {
    let deployed = Deployed::new("ending");
    let server = serve(&deployed, &[]);
    assert_eq!(server.get("/kallithea/").body, "hello");
    let mut stream = server.connect();
    stream.write_all(b"GET /kallithea/slow HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("the server reads");
    // The first request must have begun: this one began after it, and has been answered.
    assert_eq!(server.get("/kallithea/").body, "hello");
    let kill = Command::new("kill").args(["-TERM", &server.id().to_string()]).status();
    assert!(kill.expect("there is kill").success());
    let mut all = Vec::new();
    stream.read_to_end(&mut all).expect("the server answers");
    assert_eq!(Answer::read(&all).body, "slept");
    let (code, errors) = server.wait();
    assert_eq!(code, Some(0), "{errors}");
    assert!(errors.contains("this is not IIS"), "{errors}");
    assert!(!errors.contains("not have forgiven"), "{errors}");
    assert!(deployed.log().contains("the bridge has stopped"), "{}", deployed.log());
}
