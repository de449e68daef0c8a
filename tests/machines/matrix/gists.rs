//! Which users can change whose gists.
//!
//! In: a deployment with its own repositories, in which IIS authenticates users. Out: a table. Absent: gists of other kinds,
//! which Kallithea itself separates.

use serde_json::Value;

use super::rights::{form_by_key, page};
use super::{Table, sent};
use crate::kallithea::parallel::{populated, query};
use crate::kallithea::{Deployment, Run};

/// A number of minutes beyond the last year with four digits.
const ENDLESS: &str = "1000000000000000";

/// The table.
pub fn of_others(extras: &Deployment) {
    let scenario = populated(extras);
    let mut table = Table::new(scenario.machine(), "Gists");
    query(&scenario, "update users set admin = 1 where username = 'user8'");
    let make = "filename=a.txt&description=d&lifetime=-1&content=first&mimetype=&public=public";
    let make = form_by_key(&scenario, "user1", "/_admin/gists", make);
    // The first gist of a database has the number 1.
    let change = |who: &str, content: &str, life: &str| {
        let form = format!(
            "description=d&lifetime={life}&org_files=a.txt&files=a.txt&mimetypes=&contents={content}"
        );
        form_by_key(&scenario, who, "/_admin/gists/1/edit", &form)
    };
    let raw = || page("user1", "/_admin/gists/1/tip/raw");
    let rows: [(&str, Value, &str); 11] = [
        ("a gist of user1", make, "302 Found"),
        ("the page to change it, by its owner", page("user1", "/_admin/gists/1/edit"), "200 OK"),
        ("the page to change it, by another", page("user2", "/_admin/gists/1/edit"), "403 Forbidden"),
        ("is changed by another", change("user2", "second", "0"), "403 Forbidden"),
        ("is looked at by another", page("user2", "/_admin/gists/1"), "200 OK"),
        ("what is in it", raw(), "200 OK, first"),
        ("is changed by its owner", change("user1", "third", "0"), "302 Found"),
        ("what is in it", raw(), "200 OK, third"),
        (
            "is changed by an administrator, to live for longer than there are dates",
            change("user8", "fourth", ENDLESS),
            "302 Found",
        ),
        ("what is in it", raw(), "200 OK, fourth"),
        ("the list of gists", page("user2", "/_admin/gists"), "200 OK"),
    ];
    // One after the other: each sees the result of the previous one.
    let run = scenario.serve(rows.iter().map(|(_, request, _)| request.clone()).collect());
    for (number, (name, request, expected)) in rows.iter().enumerate() {
        table.row(name, &sent(request), expected, &seen(&run, number));
    }
    table.end();
}

fn seen(run: &Run, number: usize) -> String {
    let is_text =
        run.header(number, "Content-Type").starts_with("text/plain") && run.status(number) == "200 OK";
    if is_text { format!("200 OK, {}", run.body(number)) } else { run.status(number).to_owned() }
}
