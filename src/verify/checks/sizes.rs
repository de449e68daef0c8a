//! Sizes that are allowed up to a limit, and refused above it: bodies, queries, URLs, forms in chunks, headers.
//!
//! What is expected is what [`route`](crate::route) says of the compiled configuration. The bridge alone counts a form that comes in
//! chunks (`hardening/limits.py`). HTTP.sys alone limits headers as a whole (MaxRequestBytes and MaxFieldLength, KB 820129).

use iis_config::limits::HTTP_SYS_REQUEST_BYTES;

use super::super::LongHeaders;
use super::super::client::{Answer, Ask, Failure};
use super::super::report::Line;
use super::super::visit::{Question, Visit};
use super::urls::{NOWHERE, as_for, one};
use crate::kallithea::DATABASE_PAGE;

const BODY: &str = "requestLimits.maxAllowedContentLength";
const URL: &str = "requestLimits.maxUrl";
const QUERY: &str = "requestLimits.maxQueryString";
const FORM: &str = "bridge.limits.formSize";
const HEADERS: &str = "bridge";

/// The most that is sent to try a limit, in bytes.
const MOST_SENT: u64 = 64 << 20;

/// Headers below the limit of HTTP.sys, with room for those that every request has, and for a ticket of usual size.
const SHORT: usize = HTTP_SYS_REQUEST_BYTES as usize - 4096;

/// Headers below what `install.ps1 -LongHeaders` allows, which is 65,534 bytes, with the same room.
const LONG: usize = 60_000;

pub(in super::super) async fn check(visit: &Visit<'_>, headers: LongHeaders, lines: &mut Vec<Line>) {
    let limits = &visit.deployment.limits;
    let own = visit.place.path.len() as u64;
    let most = u64::from(limits.max_allowed_content_length);
    let body = |bytes| Ask::get("/").method("POST").announcing(bytes);
    let query = |bytes: u32| Ask::get(&format!("/?{}", "q".repeat(bytes as usize)));
    let path = |bytes: u64| Ask::get(&long(bytes.saturating_sub(own)));
    let (longest, url) = (limits.max_query_string, u64::from(limits.max_url));
    let sizes = [
        (BODY, format!("a body of {most} bytes is allowed"), body(most), "413.1"),
        (BODY, format!("a body of {} bytes is refused", most + 1), body(most + 1), "413.1"),
        (QUERY, format!("a query of {longest} bytes is allowed"), query(longest), "404.15"),
        (QUERY, format!("a query of {} bytes is refused", longest + 1), query(longest + 1), "404.15"),
        (URL, format!("a URL of {url} bytes is allowed"), path(url), "404.14"),
        (URL, format!("a URL of {} bytes is refused", url + 1), path(url + 1), "404.14"),
    ];
    for (key, promise, ask, explain) in &sizes {
        lines.push(one(visit, key, promise, ask, explain).await);
    }
    check_chunks(visit, lines).await;
    check_headers(visit, headers, lines).await;
}

/// A path of this many bytes, in segments that HTTP.sys allows.
fn long(bytes: u64) -> String {
    const SEGMENT: usize = 200;
    let path = (0..bytes as usize).map(|at| if at % SEGMENT == 0 { '/' } else { 'u' });
    path.collect()
}

/// A form without a length, sent to a page that reads its forms and needs no account.
async fn check_chunks(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let most = u64::from(visit.deployment.bridge.form_size) << 20;
    let (above, allowed) = (most + 1, most.min(MOST_SENT));
    let sizes = [
        (allowed, format!("a form of {allowed} bytes in chunks is allowed"), "no refusal for its size"),
        (above, format!("a form of {above} bytes in chunks is refused"), "413"),
    ];
    for (bytes, promise, expected) in sizes {
        let ask = Ask::get(DATABASE_PAGE).method("POST").in_chunks(bytes);
        let question = Question::new(FORM, promise)
            .asked(format!("{} with a form of {bytes} bytes, in chunks", visit.shown(&ask)), expected)
            .explain(if bytes > most { "413.1" } else { "411" });
        lines.push(match visit.why_no_page() {
            Some(why) => question.unseen(why),
            None if bytes > MOST_SENT => question.unseen(format!("{bytes} bytes would have to be sent")),
            None => match visit.ask_best(&ask).await {
                Err(Failure::Broken(why)) if bytes > most => {
                    question.unseen(format!("the server ended the connection instead of an answer ({why})"))
                }
                answer => question.judge(answer, |answer| {
                    let is_right = if bytes > most { answer.code == 413 } else { !is_refused(answer) };
                    (is_right, answer.status())
                }),
            },
        });
    }
}

/// Whether a body was refused: for its size, for want of a length, or because chunks are not understood.
fn is_refused(answer: &Answer) -> bool {
    matches!(answer.code, 400 | 401 | 411 | 413 | 500..)
}

/// Tickets of users with many groups and the arguments of hg come in headers.
async fn check_headers(visit: &Visit<'_>, allowed: LongHeaders, lines: &mut Vec<Line>) {
    let plain = Ask::get(NOWHERE);
    let with = |bytes: usize| plain.clone().header("X-Kallithea-Iisc-Verify", &"v".repeat(bytes));
    let short = format!("{SHORT} bytes of headers are accepted");
    lines.push(one(visit, HEADERS, &short, &with(SHORT), "400").await);
    let question = Question::new(HEADERS, format!("{LONG} bytes of headers are accepted")).explain("400");
    let long = with(LONG);
    lines.push(match allowed {
        LongHeaders::Allowed => as_for(visit, question, &long, &plain).await,
        LongHeaders::Unknown => {
            let seen = match visit.ask(&long).await {
                Ok(answer) => format!("this server answers {}", answer.status()),
                Err(failure) => failure.to_string(),
            };
            question.unseen(format!(
                "the registry decides it, and not the spec: use --long-headers if install.ps1 -LongHeaders was run ({seen})"
            ))
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_has_its_length_and_short_segments() {
        for bytes in [1, 200, 201, 8192] {
            let path = long(bytes);
            assert_eq!(path.len() as u64, bytes);
            assert!(path.split('/').all(|segment| segment.len() < 260) && path.starts_with('/'));
        }
    }
}
