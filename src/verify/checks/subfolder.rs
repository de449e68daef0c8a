//! An application below the root of its site: its address without a slash at the end leads to the one with it.
//!
//! The bridge redirects (`admission.rs`); IIS itself would do it only for a folder that exists.

use super::super::client::{Answer, Ask};
use super::super::report::Line;
use super::super::visit::{Question, Visit};

const KEY: &str = "virtualDirectory.path";

/// A query that must come along unchanged.
const QUERY: &str = "?branch=c%2B%2B";

pub(in super::super) async fn check(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let path = &visit.place.path;
    if path.is_empty() {
        return;
    }
    let ask = Ask::get(QUERY);
    let whole = visit.place.url(&format!("/{QUERY}"));
    let question = Question::new(KEY, format!("{path} leads to {path}/"))
        .asked(visit.shown(&ask), format!("301 to {whole}"))
        .explain("http-links");
    lines.push(match visit.why_no_page() {
        Some(why) => question.unseen(why),
        None => question.judge(visit.ask_best(&ask).await, |answer| leads_to(answer, path, &whole)),
    });
}

/// Whether an answer redirects to a URL, which it may name without scheme and host (RFC 9110, section 10.2.2).
fn leads_to(answer: &Answer, path: &str, whole: &str) -> (bool, String) {
    let Some(location) = answer.header("location") else { return (false, answer.status()) };
    let is_there = location == whole || location == format!("{path}/{QUERY}");
    (answer.code == 301 && is_there, format!("{}, to {location}", answer.status()))
}
