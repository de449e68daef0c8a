//! What answers behind the stand-in of IIS: it speaks as the bridge and Kallithea do, as far as `verify` looks.

use std::sync::Arc;

use crate::support::iis::{Application, Fault, Passed, Sent};

/// The page that a farm's front requests.
const PICTURE: &str = "/images/kallithea-logo.svg";

/// `bridge.limits.formSize` of every example, in bytes.
const MOST_OF_FORM: usize = 8 << 20;

pub fn application() -> Application {
    Arc::new(answer)
}

fn answer(passed: &Passed, fault: Fault) -> Sent {
    let fails = |what: &str| fault == Fault::Application(Box::leak(what.to_owned().into_boxed_str()));
    if fails("does not start") {
        let text = "The application could not start. The log on the server gives the reason.\n";
        return Sent::new(500, "Internal Server Error", "text/plain; charset=utf-8", text);
    }
    let page = |code, reason, text: String| Sent::new(code, reason, "text/html; charset=utf-8", text);
    if passed.headers.len() > 256 {
        let text = "The request has too many headers.\n";
        return Sent::new(431, "Request Header Fields Too Large", "text/plain; charset=utf-8", text);
    }
    let is_push = passed.path_info.ends_with("/git-receive-pack");
    if is_push && passed.header("Origin").is_some() && !fails("pages push") {
        let text = "403 Forbidden\n\nOnly hg and git may request this, not a web page in a browser.\n";
        return Sent::new(403, "Forbidden", "text/plain", text);
    }
    let (path, query) = passed.target.split_once('?').unwrap_or((&passed.target, ""));
    if passed.path_info == "/" && !path.ends_with('/') {
        let scheme = if fails("redirects elsewhere") { "http://localhost:8080" } else { "" };
        let sent = page(301, "Moved Permanently", String::new());
        return sent.header("Location", &format!("{scheme}{path}/?{query}"));
    }
    // Kallithea reads a password itself if IIS does not, and refuses one that it does not know.
    if passed.user.is_none() && passed.header("Authorization").is_some() {
        return page(403, "Forbidden", "<p>Who are you?".to_owned());
    }
    let user = passed.user.as_deref().filter(|_| !fails("nobody is known")).unwrap_or("nobody");
    match passed.path_info.as_str() {
        "/" => page(200, "OK", format!("<p>You are {user}.")),
        PICTURE if fails("no picture") => page(404, "Not Found", "<p>No such picture.".to_owned()),
        PICTURE => Sent::new(200, "OK", "image/svg+xml", "<svg/>"),
        "/_admin/login" if !passed.body.is_empty() => {
            let is_large = passed.body.len() > MOST_OF_FORM && !fails("forms of any size");
            if is_large { too_large() } else { page(200, "OK", "<p>Who are you?".to_owned()) }
        }
        "/_admin/login" if passed.user.is_some() => page(302, "Found", String::new()).header("Location", "/"),
        "/_admin/login" | "/_admin/my_account" => form(passed, fails("sessions of their own")),
        "/project" if passed.query() == "cmd=capabilities" => {
            let reason = if fails("another reason phrase") { "OK" } else { "Script output follows" };
            Sent::new(200, reason, "application/mercurial-0.1", "batch branchmap getbundle")
        }
        "/tools/info/refs" => {
            let text = if fails("git does not start") { "" } else { "001e# service=git-upload-pack\n0000" };
            Sent::new(200, "OK", "application/x-git-upload-pack-advertisement", text)
        }
        _ => page(404, "Not Found", "<p>Kallithea has no such page.".to_owned()),
    }
}

fn too_large() -> Sent {
    let text = "The limit for a form is 8388608 bytes (bridge.limits).\n";
    Sent::new(413, "Request Entity Too Large", "text/plain; charset=utf-8", text)
}

/// A form with the token of its session, which every node knows, or only its own.
fn form(passed: &Passed, are_apart: bool) -> Sent {
    let known =
        passed.header("Cookie").and_then(|cookie| cookie.strip_prefix("kallithea=")?.parse::<usize>().ok());
    let is_known = known.is_some_and(|node| !are_apart || node == passed.node);
    let session = if is_known { known.unwrap_or_default() } else { passed.node };
    let text = format!(r#"<input name="_session_csrf_secret_token" type="hidden" value="token{session}">"#);
    let sent = Sent::new(200, "OK", "text/html", text);
    if is_known { sent } else { sent.header("Set-Cookie", &format!("kallithea={session}; HttpOnly; Path=/")) }
}
