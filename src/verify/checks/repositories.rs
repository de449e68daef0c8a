//! That hg and git get what they ask first, with the reason phrase and type that they expect.

use super::super::Repositories;
use super::super::client::{Answer, Ask, Failure};
use super::super::report::Line;
use super::super::visit::{Question, Visit};
use crate::kallithea::{Wire, git_references, hg_capabilities};

const KEY: &str = "kallithea.repositories";

pub(in super::super) async fn check(visit: &Visit<'_>, repositories: &Repositories, lines: &mut Vec<Line>) {
    for (names, flag, nothing) in
        [(&repositories.hg, "--hg", hg_capabilities("")), (&repositories.git, "--git", git_references(""))]
    {
        if names.is_empty() {
            let why = format!("no repository was named; use {flag} NAME");
            lines.push(Question::new(KEY, nothing.what).unseen(why));
        }
    }
    let wires = repositories.hg.iter().map(|name| hg_capabilities(name));
    for wire in wires.chain(repositories.git.iter().map(|name| git_references(name))) {
        lines.push(one(visit, &wire).await);
    }
}

async fn one(visit: &Visit<'_>, wire: &Wire) -> Line {
    let Wire { what, below, accept, reason, content_type, contains, explain } = wire;
    let ask = Ask::get(below).header("Accept", accept);
    let question = Question::new(KEY, *what)
        .asked(visit.shown(&ask), format!("200 {reason}, {content_type}"))
        .explain(explain);
    if let Some(why) = visit.why_no_page() {
        return question.unseen(why);
    }
    let answer = match visit.ask_best(&ask).await {
        Ok(answer) if answer.code == 401 && !visit.signs_on() => as_client(visit, &ask).await,
        answer => answer,
    };
    question.judge(answer, |answer| {
        let kind = answer.header("content-type").unwrap_or("no type");
        let is_right = answer.code == 200
            && answer.reason == *reason
            && kind.split(';').next() == Some(content_type)
            && answer.text().contains(contains);
        let empty = if answer.body.is_empty() { ", and an empty body" } else { "" };
        (is_right, format!("{}, {kind}{empty}", answer.status()))
    })
}

/// Kallithea itself asks hg and git for a password if IIS does not.
async fn as_client(visit: &Visit<'_>, ask: &Ask) -> Result<Answer, Failure> {
    visit.ask_as_user(&visit.place, ask).await.map(|(answer, _)| answer)
}
