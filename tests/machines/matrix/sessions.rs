//! Session cookies in other hands: what `docs/sessions.md` says.
//!
//! In: a deployment in which IIS authenticates users. Out: a table. Absent: browsers.

use serde_json::{Value, json};

use super::{NOBODY, REFUSED, Table, by, page, with};
use crate::kallithea::secrets::ADMINISTRATORS;
use crate::kallithea::{Deployment, Run, Scenario};

/// The length of Beaker's signature.
const SIGNATURE: usize = 40;

/// The table of one deployment, whose first page is at `home`.
pub fn changing_hands(deployment: &Deployment, home: &str) {
    let scenario = deployment.scenario();
    let mut table = Table::new(scenario.machine(), &format!("Sessions at {home}"));
    let form = format!("{home}_admin/login");
    let first = table.serve(
        &scenario,
        &[
            ("alice comes for the first time", by(r"CORP\alice", home), "alice"),
            ("bob comes for the first time", by(r"CORP\bob", home), "bob"),
            ("a stranger looks at the sign-on form", page(&form), NOBODY),
            (
                "CORP\\admin, whom Kallithea does not believe, looks at the form",
                by(r"CORP\admin", &form),
                NOBODY,
            ),
        ],
    );
    let [alice, bob, stranger, admin] = [0, 1, 2, 3].map(|number| cookie(&first, number));
    by_another(&mut table, &scenario, home, [&alice, &bob, &stranger]);
    odd_headers(&mut table, &scenario, home, &alice);

    let posted = scenario.serve(json!([sign_on(&form, &admin, &first)]));
    assert!(posted.status(0).starts_with("302"), "{}: {}", posted.status(0), posted.body(0));
    let admin = cookie(&posted, 0);
    let carrying = |user: &str| with(by(user, home), "Cookie", &admin);
    table.serve(
        &scenario,
        &[
            ("a session that the form has signed on, and its user", carrying(r"CORP\admin"), "admin"),
            ("the same session with another user", carrying(r"CORP\bob"), "bob"),
            ("the same session without a user", with(page(home), "Cookie", &admin), REFUSED),
        ],
    );
    table.end();
}

/// These requests go to another worker process than the one in which the sessions began.
fn by_another(table: &mut Table, scenario: &Scenario<'_>, home: &str, [alice, bob, stranger]: [&str; 3]) {
    let carrying = |user: &str, cookie: &str| with(by(user, home), "Cookie", cookie);
    // The number of alice's session, in the form of bob's cookie, or a stranger's, or without a valid signature.
    let number = number(alice);
    let [name, own] = named(bob);
    let signature = &own[..SIGNATURE];
    let rows = [
        ("alice's session with alice", carrying(r"CORP\alice", alice), "alice"),
        ("alice's session with alice in another case", carrying(r"CORP\ALICE", alice), "alice"),
        (
            "alice's session with bob: a browser in other hands, or a stolen cookie",
            carrying(r"CORP\bob", alice),
            "bob",
        ),
        (
            "alice's session with a capital of no other letter in the name",
            carrying("CORP\\al\u{130}ce", alice),
            "al\u{130}ce",
        ),
        ("bob's session with alice: a cookie that bob has planted", carrying(r"CORP\alice", bob), "alice"),
        ("alice's session without a user", with(page(home), "Cookie", alice), REFUSED),
        ("a stranger's session with bob: a planted cookie", carrying(r"CORP\bob", stranger), "bob"),
        (
            "alice's session, signed with bob's signature",
            carrying(r"CORP\bob", &format!("{name}={signature}{number}")),
            "bob",
        ),
        ("alice's session without a signature", carrying(r"CORP\bob", &format!("{name}={number}")), "bob"),
        ("both sessions in one header", carrying(r"CORP\bob", &format!("{bob}; {alice}")), "bob"),
        ("both sessions in two headers", with(carrying(r"CORP\bob", alice), "Cookie", bob), "bob"),
    ];
    let run = table.serve(scenario, &rows);
    for place in [0, 1] {
        goes_on(table, &run, place, rows[place].0);
    }
    for place in [2, 3, 4, 6, 7, 8, 9] {
        let fresh = cookie(&run, place);
        let is_fresh =
            !fresh.is_empty() && ![alice, bob, stranger].map(self::number).contains(&self::number(&fresh));
        table.row(&format!("whether a session begins: {}", rows[place].0), "", "true", &is_fresh.to_string());
    }
}

/// Other contents of a Cookie header do not end alice's session.
fn odd_headers(table: &mut Table, scenario: &Scenario<'_>, home: &str, alice: &str) {
    let [name, value] = named(alice);
    let quoted = format!("{name}=\"{value}\"");
    let rows = [
        ("cookies of others around it", format!("theme=dark; {alice}; {name}2=other; other-{name}=x")),
        ("a cookie in quotes before it", format!("note=\"a, b\"; {alice}")),
        ("its value in quotes", quoted),
        ("a cookie without a value before it", format!("empty=; {alice}")),
    ];
    let rows = rows
        .each_ref()
        .map(|(name, cookies)| (*name, with(by(r"CORP\alice", home), "Cookie", cookies), "alice"));
    let run = table.serve(scenario, &rows);
    for (place, row) in rows.iter().enumerate() {
        goes_on(table, &run, place, row.0);
    }
}

/// Records whether a request had its session, or got another one.
fn goes_on(table: &mut Table, run: &Run, place: usize, name: &str) {
    let set = cookie(run, place);
    let seen = if set.is_empty() { "goes on" } else { "another begins" };
    table.row(&format!("the session: {name}"), "", "goes on", seen);
}

/// Signs on as Kallithea's own administrator, with the form of the fourth response.
fn sign_on(form: &str, cookie: &str, pages: &Run) -> Value {
    let (_, rest) = pages.body(3).split_once("_session_csrf_secret_token").expect("the page has a form");
    let (_, rest) = rest.split_once("value=\"").expect("the token has a value");
    let token = rest.split_once('"').expect("a value ends").0;
    let request = with(by(r"CORP\admin", form), "Cookie", cookie);
    let mut request = with(request, "Content-Type", "application/x-www-form-urlencoded");
    request["method"] = "POST".into();
    request["body"] =
        format!("username=admin&password={ADMINISTRATORS}&_session_csrf_secret_token={token}").into();
    request
}

/// The session cookie that a response sets, as a client sends it back; empty if it sets none.
fn cookie(run: &Run, place: usize) -> String {
    let set = run.header(place, "Set-Cookie").split(';').next().unwrap_or_default();
    assert!(set.is_empty() || set.starts_with("kallithea"), "{set}");
    set.to_owned()
}

/// A cookie's name and value.
fn named(cookie: &str) -> [&str; 2] {
    let (name, value) = cookie.split_once('=').expect("a cookie has a value");
    [name, value]
}

/// The number of the session that a cookie names, without the signature before it.
fn number(cookie: &str) -> String {
    named(cookie)[1][SIGNATURE..].to_owned()
}
