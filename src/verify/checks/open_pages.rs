//! That the pages which IIS or a farm's front requests without a user are open, and their neighbours are not.
//!
//! They have a `<location>` of their own on a path without a file.

use super::super::client::Ask;
use super::super::report::Line;
use super::super::visit::{Question, Visit};

pub(in super::super) async fn check(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let farm = visit.deployment.farm.as_ref();
    for page in visit.deployment.open_pages() {
        let is_health = farm.is_some_and(|farm| farm.health_check.path == page);
        let key = if is_health { "farm.healthCheck.path" } else { "applicationPool.startMode" };
        let ask = Ask::get(page);
        let question = Question::new(key, "the page that IIS requests needs no sign-on");
        let question =
            question.asked(visit.shown(&ask), "200").explain(if is_health { "502.4" } else { "slow-start" });
        lines.push(question.judge(visit.ask(&ask).await, |answer| (answer.code == 200, answer.status())));
        if !visit.signs_on() {
            continue;
        }
        let folder = page.rsplit_once('/').map_or("/", |(folder, _)| folder);
        for neighbour in [format!("{page}.map"), format!("{folder}/")] {
            let ask = Ask::get(&neighbour);
            let question = Question::new(key, "a neighbour of that page needs a sign-on");
            let question = question.asked(visit.shown(&ask), "401");
            lines.push(question.judge(visit.ask(&ask).await, |answer| (answer.code == 401, answer.status())));
        }
    }
}
