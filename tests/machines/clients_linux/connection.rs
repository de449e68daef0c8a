//! One connection that several users share, as behind a proxy.
//!
//! In: a deployment behind `serve`. Out: a table. Absent: clients that decide anything themselves.

use std::io::{BufReader, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::clients_linux::ROOT;
use crate::clients_linux::served::{PASSWORD, end, serve_with_passwords};
use crate::kallithea::greeted;
use crate::matrix::Table;
use crate::server::Answer;

#[test]
fn several_users_on_one_connection() {
    let scenario = ROOT.scenario();
    let server = serve_with_passwords(&scenario, [r"CORP\alice", r"CORP\bob"]);
    let mut table = Table::new(scenario.machine(), "Users of one connection");
    let mut stream = server.connect();
    let mut reader = BufReader::new(stream.try_clone().expect("a socket can be shared"));
    let mut ask = |user: &str, password: &str, more: &str| {
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        let authorization = format!("Authorization: Basic {credentials}\r\n");
        let authorization = if user.is_empty() { "" } else { &authorization };
        write!(stream, "GET / HTTP/1.1\r\nHost: localhost\r\n{authorization}{more}\r\n")
            .expect("the server reads");
        Answer::next(&mut reader)
    };
    let first = ask(r"CORP\alice", PASSWORD, "");
    let cookie = first.header("Set-Cookie").and_then(|set| set.split(';').next()).expect("a session begins");
    let alices = format!("Cookie: {cookie}\r\n");
    table.row("alice", "Basic", "alice", &seen(&first));
    for (name, user, password, more, expected) in [
        ("then bob", r"CORP\bob", PASSWORD, "", "bob"),
        ("then bob, with the cookie of alice", r"CORP\bob", PASSWORD, alices.as_str(), "bob"),
        ("then nobody", "", "", "", "401 Unauthorized"),
        ("then nobody, with the cookie of alice", "", "", alices.as_str(), "401 Unauthorized"),
        (
            "then bob, with a wrong password and the cookie of alice",
            r"CORP\bob",
            "a guess",
            alices.as_str(),
            "401 Unauthorized",
        ),
        ("then bob, whom a header calls alice", r"CORP\bob", PASSWORD, "X-Forwarded-User: alice\r\n", "bob"),
        ("then alice, with her cookie", r"CORP\alice", PASSWORD, alices.as_str(), "alice"),
    ] {
        let answer = ask(user, password, more);
        table.row(name, if user.is_empty() { "no credentials" } else { "Basic" }, expected, &seen(&answer));
    }
    end(server, &scenario);
    table.end();
}

fn seen(answer: &Answer) -> String {
    greeted(&answer.body).unwrap_or(&answer.status).to_owned()
}
