//! That no header of a client signs anybody on.
//!
//! The names are those by which proxies and servers pass a user on: Apache's and nginx's habits, CGI's variables (RFC 3875) as headers.
//! If one of them signed somebody on, Kallithea may have made an account with the name below.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::client::{Answer, Ask, Failure};
use super::super::report::Line;
use super::super::visit::{Question, Visit};

/// Nobody's name.
pub(in super::super) const NAME: &str = "kallithea-iisc-verify";

const HEADERS: [&str; 9] = [
    "X-Forwarded-User",
    "X-Remote-User",
    "Remote-User",
    "REMOTE_USER",
    "X-Auth-User",
    "X-Forwarded-Preferred-Username",
    "LOGON_USER",
    "AUTH_USER",
    "X-Authorization",
];

pub(in super::super) async fn check(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let page = Ask::get("/");
    let spoofs: Vec<(&str, String)> = HEADERS
        .iter()
        .map(|header| (*header, NAME.to_owned()))
        .chain([
            ("Authorization", format!("Bearer {NAME}")),
            ("Authorization", format!("Basic {}", STANDARD.encode(format!("{NAME}:")))),
        ])
        .collect();
    let list = HEADERS.join(", ");
    let question = |promise: &str, who: &str| {
        Question::new("authentication.mode", promise)
            .asked(
                format!("{} {who}, with {list} and Authorization, one by one", visit.shown(&page)),
                "the same answer as without them; Authorization may be refused",
            )
            .explain("wrong-user")
    };
    let (mut found, mut plain) = (Vec::new(), visit.ask(&page).await);
    for (header, value) in &spoofs {
        let spoofed = visit.ask(&page.clone().header(header, value)).await;
        // A password that nobody has may be refused, where the application itself reads it.
        let is_refused = spoofed.as_ref().is_ok_and(|answer| matches!(answer.code, 401 | 403));
        if *header == "Authorization" && is_refused {
            continue;
        }
        found.extend(difference(&plain, &spoofed).map(|what| format!("{header}: {what}")));
    }
    lines.push(line(question("no header signs a stranger on", "as nobody"), plain, &found));
    if !visit.is_user() {
        return;
    }
    found.clear();
    plain = visit.ask_best(&page).await;
    for (header, value) in spoofs.iter().filter(|(header, _)| *header != "Authorization") {
        let spoofed = visit.ask_best(&page.clone().header(header, value)).await;
        found.extend(difference(&plain, &spoofed).map(|what| format!("{header}: {what}")));
    }
    lines.push(line(question("no header changes who is signed on", "as the user"), plain, &found));
}

fn line(question: Question, plain: Result<Answer, Failure>, found: &[String]) -> Line {
    match plain {
        Err(failure) => question.unseen(failure.to_string()),
        Ok(_) if found.is_empty() => question.is(true, "the same answer as without them"),
        Ok(_) => question.is(false, found.join("; ")),
    }
}

/// What a header changed.
fn difference(plain: &Result<Answer, Failure>, spoofed: &Result<Answer, Failure>) -> Option<String> {
    let (Ok(plain), Ok(spoofed)) = (plain, spoofed) else { return None };
    if plain.code != spoofed.code {
        return Some(format!("{} instead of {}", spoofed.status(), plain.status()));
    }
    let has_name = |answer: &Answer| answer.text().to_lowercase().contains(NAME);
    (has_name(spoofed) && !has_name(plain)).then(|| format!("the page names {NAME}"))
}
