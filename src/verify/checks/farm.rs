//! A farm's nodes: each of them serves, and a session of one counts on the other.

use super::super::client::{Answer, Ask, Failure};
use super::super::place::Place;
use super::super::report::Line;
use super::super::visit::{Question, Visit};
use crate::kallithea::{ACCOUNT_PAGE, DATABASE_PAGE, form_token};
use crate::model::{Farm, Protocol};

const NODES: &str = "farm.nodes";

/// Asks each node. `places` holds the addresses that the caller gave, by the names of nodes.
pub(in super::super) async fn check(
    visit: &Visit<'_>,
    farm: &Farm,
    places: &[(String, Place)],
    lines: &mut Vec<Line>,
) {
    let ask = Ask::get(&farm.health_check.path);
    let mut reached = Vec::new();
    for node in &farm.nodes {
        let given = places.iter().find(|(name, _)| *name == node.name).map(|(_, place)| place.clone());
        let place = given.unwrap_or_else(|| of_node(visit, farm, &node.address));
        let question = Question::new(NODES, format!("{} serves the page that the front requests", node.name))
            .asked(format!("{} at {}:{}", ask.shown(&place), place.address, place.address_port), "200")
            .explain("502.4");
        let answer = visit.ask_at(&place, &ask).await;
        if answer.is_ok() {
            reached.push((node.name.as_str(), place));
        }
        lines.push(match answer {
            Err(Failure::Unreachable(why)) => question.unseen(format!(
                "the node is not reachable from here ({why}); only the front must reach it, so verify there"
            )),
            answer => question.judge(answer, |answer| (answer.code == 200, answer.status())),
        });
    }
    sessions(visit, &reached, lines).await;
}

/// A node as the front reaches it: with the public name in Host.
fn of_node(visit: &Visit<'_>, farm: &Farm, address: &str) -> Place {
    Place {
        secure: farm.protocol == Protocol::Https,
        host: visit.place.host.clone(),
        port: if farm.protocol == Protocol::Https { visit.place.port } else { farm.protocol.usual_port() },
        address: address.to_owned(),
        address_port: farm.port,
        path: farm.path.clone(),
    }
}

async fn sessions(visit: &Visit<'_>, reached: &[(&str, Place)], lines: &mut Vec<Line>) {
    let question = |other: &str, asked: String| {
        Question::new(NODES, format!("a session of {} counts on {other}", reached[0].0))
            .asked(asked, "the same session, so the same token in the form")
            .explain("signed-out")
    };
    if reached.len() < 2 {
        let question = Question::new(NODES, "a session of one node counts on the others");
        return lines.push(question.unseen("fewer than two nodes are reachable from here"));
    }
    // Whoever is signed on is sent away from the form for signing on.
    let page = Ask::get(if visit.signs_on() { ACCOUNT_PAGE } else { DATABASE_PAGE });
    let first = ask(visit, &reached[0].1, &page).await;
    for (other, place) in &reached[1..] {
        let question =
            question(other, format!("{} at each, with the cookie of the first", page.shown(place)));
        let (cookie, token) = match &first {
            Ok(answer) => match (cookies(answer), form_token(&answer.text()).map(str::to_owned)) {
                (Some(cookie), Some(token)) => (cookie, token),
                _ => {
                    let why = format!("the first node answers {} without a form", answer.status());
                    lines.push(question.unseen(why));
                    continue;
                }
            },
            Err(failure) => {
                lines.push(question.unseen(failure.to_string()));
                continue;
            }
        };
        let again = ask(visit, place, &page.clone().header("Cookie", &cookie)).await;
        lines.push(question.judge(again, |answer| match form_token(&answer.text()) {
            Some(found) if found == token => (true, "the same session".to_owned()),
            Some(_) => (false, "a new session".to_owned()),
            None => (false, format!("{} without a form", answer.status())),
        }));
    }
}

async fn ask(visit: &Visit<'_>, place: &Place, ask: &Ask) -> Result<Answer, Failure> {
    match (visit.why_no_page(), visit.signs_on()) {
        (Some(why), _) => Err(Failure::Withheld(why.to_owned())),
        (None, true) => visit.ask_as_user(place, ask).await.map(|(answer, _)| answer),
        (None, false) => visit.ask_at(place, ask).await,
    }
}

/// The cookies that an answer sets, as a client sends them back.
fn cookies(answer: &Answer) -> Option<String> {
    let set = answer.all("set-cookie");
    let pairs: Vec<&str> = set.iter().filter_map(|cookie| cookie.split(';').next()).collect();
    (!pairs.is_empty()).then(|| pairs.join("; "))
}
