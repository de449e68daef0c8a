//! That a page of another site cannot push in the name of its visitor.
//!
//! `docs/sessions.md`, "A page that pushes", has the reasons. The repository does not exist, so nothing can change.

use super::super::client::Ask;
use super::super::report::Line;
use super::super::visit::{Question, Visit};
use crate::kallithea::{ONLY_CLIENTS, PUSH};

pub(in super::super) async fn check(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let ask = Ask::get(PUSH)
        .method("POST")
        .header("Origin", "https://another-site.example")
        .header("Sec-Fetch-Site", "cross-site")
        .header("Content-Type", "application/x-git-receive-pack-request");
    let question = Question::new("bridge", "a page of another site cannot push").asked(
        format!("{} with Origin: https://another-site.example", visit.shown(&ask)),
        "403 of the bridge",
    );
    lines.push(match visit.why_no_page() {
        Some(why) => question.unseen(why),
        None => question.judge(visit.ask_best(&ask).await, |answer| {
            let is_ours = answer.text().contains(ONLY_CLIENTS);
            let whose = if is_ours { "" } else { ", not the bridge's" };
            (answer.code == 403 && is_ours, format!("{}{whose}", answer.status()))
        }),
    });
}
