//! How the server answers: that it is the bridge, with its own page and reason phrase, on a connection that stays, with the headers that
//! the deployment adds, and that no WebDAV is in the way.

use super::super::client::{Answer, Ask, Connection, Failure};
use super::super::report::Line;
use super::super::visit::{Question, Visit};
use crate::model::RESPONSE_HEADERS;
use kallithea_bridge_isapi::headers;

const KEY: &str = "bridge";

pub(in super::super) async fn check(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    bridge(visit, lines).await;
    connection(visit, lines).await;
    added(visit, lines).await;
    webdav(visit, lines).await;
}

/// Only the bridge limits the number of headers, which HTTP.sys does not. Its page comes back with its own words only if IIS puts no
/// error page in its place (`httpErrors existingResponse`).
async fn bridge(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let open = visit.deployment.open_pages().first().map(|page| (*page).to_owned());
    let below = open.clone().unwrap_or_else(|| "/".to_owned());
    let ask = with_too_many_headers(&below);
    let question = Question::new(KEY, "the bridge answers, and IIS leaves its pages unchanged")
        .asked(
            format!("{} with {} headers", visit.shown(&ask), headers::MOST + 1),
            "431 Request Header Fields Too Large, with the bridge's own page",
        )
        .explain("404.3");
    let answer = match open {
        Some(_) => visit.ask(&ask).await,
        None => match visit.why_no_page() {
            Some(why) => return lines.push(question.unseen(why)),
            None => visit.ask_best(&ask).await,
        },
    };
    lines.push(question.judge(answer, |answer| {
        let is_ours = is_page_of_bridge(answer);
        let whose = if is_ours { "" } else { ", with another page" };
        let is_right = answer.code == 431 && answer.reason == "Request Header Fields Too Large";
        (is_right && is_ours, format!("{}{whose}", answer.status()))
    }));
}

/// A request that only the bridge refuses.
pub(super) fn with_too_many_headers(below: &str) -> Ask {
    (0..=headers::MOST).fold(Ask::get(below), |ask, number| ask.header(&format!("X-{number}"), "1"))
}

/// Whether an answer to it is the bridge's own page.
pub(super) fn is_page_of_bridge(answer: &Answer) -> bool {
    answer.text().trim_end() == "The request has too many headers."
}

/// Two requests on one connection, the answers of which end where they say.
async fn connection(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let ask = Ask::get(visit.deployment.open_pages().first().copied().unwrap_or("/"));
    let question = Question::new(KEY, "a connection stays open for the next request")
        .asked(
            format!("{} twice on one connection", visit.shown(&ask)),
            "two answers, each with a length or in chunks",
        )
        .explain("push-broken");
    lines.push(match twice(visit, &ask).await {
        Err(failure @ (Failure::Unreachable(_) | Failure::Withheld(_))) => {
            question.unseen(failure.to_string())
        }
        Err(failure) => question.is(false, failure.to_string()),
        Ok(answers) => {
            let framed = answers.iter().all(|answer| framing(answer).is_some());
            let seen: Vec<String> = answers
                .iter()
                .map(|answer| {
                    format!("{}, {}", answer.status(), framing(answer).unwrap_or("until the connection ends"))
                })
                .collect();
            question.is(framed && answers.len() == 2, seen.join("; "))
        }
    });
}

async fn twice(visit: &Visit<'_>, ask: &Ask) -> Result<Vec<Answer>, Failure> {
    let mut connection = Connection::open(&visit.place, &visit.tls).await?;
    let first = connection.ask(ask).await?;
    if !first.keeps {
        return Ok(vec![first]);
    }
    let second = connection.ask(ask).await?;
    Ok(vec![first, second])
}

fn framing(answer: &Answer) -> Option<&'static str> {
    match (answer.header("content-length"), answer.header("transfer-encoding")) {
        (_, Some(_)) => Some("in chunks"),
        (Some(_), None) => Some("with its length"),
        (None, None) => matches!(answer.code, 204 | 304).then_some("without a body"),
    }
}

async fn added(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let ask = Ask::get("/");
    let answer = visit.ask(&ask).await;
    for (name, value) in RESPONSE_HEADERS {
        let question = Question::new(KEY, format!("every answer has {name}"));
        let question = question.asked(visit.shown(&ask), format!("{name}: {value}"));
        lines.push(question.judge(answer.clone(), |answer| {
            let seen = answer.all(name);
            (seen == [*value], or_none(name, &seen))
        }));
    }
}

/// The values of a header, in words.
pub(super) fn or_none(name: &str, values: &[&str]) -> String {
    if values.is_empty() { format!("no {name}") } else { format!("{name}: {}", values.join(" and ")) }
}

/// WebDAV answers OPTIONS with headers of its own (RFC 4918, section 10.1).
async fn webdav(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let ask = Ask::get("/").method("OPTIONS");
    let question = Question::new(KEY, "no WebDAV module answers in place of the bridge")
        .asked(visit.shown(&ask), "no header DAV")
        .explain("405");
    lines.push(match visit.why_no_page() {
        Some(why) => question.unseen(why),
        None => question.judge(visit.ask_best(&ask).await, |answer| {
            let seen = answer.all("dav");
            (seen.is_empty(), format!("{}, {}", answer.status(), or_none("DAV", &seen)))
        }),
    });
}
