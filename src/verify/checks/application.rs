//! That the application runs. If it does not, its answers prove nothing about the other promises.

use super::super::client::Ask;
use super::super::report::Line;
use super::super::visit::{Question, Visit};

const KEY: &str = "bridge";

/// Whether the first page is no failure, as far as it can be seen from here.
pub(in super::super) async fn check(visit: &Visit<'_>, lines: &mut Vec<Line>) -> bool {
    let ask = Ask::get("/");
    let question = Question::new(KEY, "the application answers")
        .asked(visit.shown(&ask), "a page, and not a failure of the server")
        .explain("500");
    if let Some(why) = visit.why_no_page() {
        lines.push(question.unseen(why));
        return true;
    }
    let answer = visit.ask_best(&ask).await;
    let runs = answer.as_ref().is_ok_and(|answer| answer.code < 500);
    lines.push(question.judge(answer, |answer| (runs, answer.status())));
    if !runs {
        let rest = Question::new(KEY, "every other promise");
        lines.push(
            rest.unseen("an application that fails proves nothing: read the bridge's log, then verify again"),
        );
    }
    runs
}
