//! What Kallithea itself protects behind the bridge: its cookie's flags, the tokens of its forms, and headers that name another
//! host or another page.
//!
//! In: a deployment with its own repositories, in which IIS authenticates users. Out: a table. Absent: guards; a row
//! that fails means that one is needed.

use serde_json::Value;

use super::{Table, by, sent, with};
use crate::kallithea::parallel::{populated, query};
use crate::kallithea::{Deployment, Run, Scenario};

/// Headers in which proxies name the original destination of a request.
const ELSEWHERE: [&str; 8] = [
    "X-Forwarded-Host",
    "X-Forwarded-Server",
    "X-Host",
    "X-Original-Host",
    "Forwarded",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Forwarded-Prefix",
];
const OTHER: &str = "other.example";

/// The table.
pub fn by_itself(extras: &Deployment) {
    let scenario = populated(extras);
    let mut table = Table::new(scenario.machine(), "Held by Kallithea itself");
    hosts(&mut table, &scenario);
    tokens(&mut table, &scenario);
    table.end();
}

fn hosts(table: &mut Table, scenario: &Scenario<'_>) {
    let value = |name: &str| match name {
        "Forwarded" => format!("host={OTHER};proto=https"),
        "X-Original-URL" | "X-Rewrite-URL" | "X-Forwarded-Prefix" => format!("/_admin/{OTHER}"),
        _ => OTHER.to_owned(),
    };
    let ask = |url: &str, name: &str| with(by(r"CORP\user1", url), name, &value(name));
    // The first page has addresses for clones; the second links to another page.
    let requests: Vec<Value> =
        ELSEWHERE.iter().flat_map(|name| [ask("/hg1", name), ask("/_admin/gists", name)]).collect();
    let run = scenario.serve(requests.clone().into());
    for (number, request) in requests.iter().enumerate() {
        let said = format!("{} {}", run.body(number), run.header(number, "Location"));
        let seen = if said.contains(OTHER) { "of the other host" } else { "not of the other host" };
        let status = run.status(number);
        table.row(
            "another host",
            &sent(request),
            "200 OK, not of the other host",
            &format!("{status}, {seen}"),
        );
    }
    let flags = cookie(&run, 0).split_once("; ").map(|(_, flags)| flags.to_owned()).unwrap_or_default();
    table.row("the flags of its cookie", "", "HttpOnly; Path=/; SameSite=Lax", &flags);
}

fn cookie(run: &Run, number: usize) -> &str {
    run.header(number, "Set-Cookie").trim()
}

/// A form that changes an account, with the token of its page, with another page's token, and without one.
fn tokens(table: &mut Table, scenario: &Scenario<'_>) {
    let page = |user: &str| by(&format!(r"CORP\{user}"), "/_admin/my_account");
    let run = scenario.serve(vec![page("user1"), page("user2")].into());
    let [own, others] = [0, 1].map(|number| (session(cookie(&run, number)), token(run.body(number))));
    let form = |session: &str, token: &str| {
        let mut form = with(page("user1"), "Cookie", session);
        form = with(form, "Content-Type", "application/x-www-form-urlencoded");
        form["method"] = "POST".into();
        form["body"] = format!(
            "_session_csrf_secret_token={token}&username=user1&firstname=Changed&lastname=b&email=c%40example.com"
        )
        .into();
        form
    };
    let mut address = form(&own.0, "");
    address["url"] = format!("/_admin/my_account?_session_csrf_secret_token={}", own.1).into();
    let rows = [
        ("a form without a token", form(&own.0, ""), "403 Forbidden"),
        ("with another's token", form(&own.0, &others.1), "403 Forbidden"),
        ("with another's token and session", form(&others.0, &others.1), "403 Forbidden"),
    ];
    let names = "select count(*) from users where firstname = 'Changed'";
    let answered = scenario.serve(rows.iter().map(|(_, request, _)| request.clone()).collect());
    for (number, (name, request, expected)) in rows.iter().enumerate() {
        table.row(name, &sent(request), expected, answered.status(number));
    }
    table.row("accounts that these changed", "", "[[0]]", query(scenario, names).trim());
    let right = form(&own.0, &own.1);
    let answered = scenario.serve(vec![right.clone()].into());
    table.row("with its own token", &sent(&right), "302 Found", answered.status(0));
    table.row("accounts that this changed", "", "[[1]]", query(scenario, names).trim());
    // Addresses are written to logs, so a token in an address becomes invalid.
    let answered = scenario.serve(vec![address.clone(), right.clone()].into());
    table.row("with its token in the address", &sent(&address), "403 Forbidden", answered.status(0));
    table.row("with that token afterwards", &sent(&right), "403 Forbidden", answered.status(1));
}

fn session(cookie: &str) -> String {
    cookie.split(';').next().unwrap_or_default().to_owned()
}

/// The token of a page's forms, as the page's scripts have it.
fn token(page: &str) -> String {
    let (_, behind) = page.split_once("_session_csrf_secret_token = (\"").expect("the page has a token");
    behind.split('"').next().unwrap_or_default().to_owned()
}
