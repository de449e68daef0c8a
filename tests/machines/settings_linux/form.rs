//! Kallithea's own login form, as a browser fills it in.

use crate::server::{Answer, Server};

/// Tries to sign on: the answer of the form.
pub fn sign_in(server: &Server, name: &str, password: &str) -> Answer {
    let form = "/_admin/login";
    let page = server.get(form);
    let (_, rest) = page.body.split_once("_session_csrf_secret_token").expect("a token");
    let (_, rest) = rest.split_once("value=\"").expect("its value");
    let token = rest.split('"').next().unwrap_or_default();
    let body = format!("username={name}&password={password}&_session_csrf_secret_token={token}");
    let headers = format!(
        "Cookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
        cookie(&page),
        body.len()
    );
    server.send(&format!("POST {form}"), &headers, &body)
}

/// The session's cookie, as the client sends it back.
pub fn cookie(answer: &Answer) -> String {
    let line =
        answer.head.lines().rev().find_map(|line| line.strip_prefix("Set-Cookie: ")).expect("a cookie");
    line.split(';').next().unwrap_or_default().to_owned()
}
