//! What users may learn about a repository that they may not read.
//!
//! In: a deployment with its own repositories, in which IIS authenticates users. Out: a table. Absent: hg and git, which
//! `readings` has. Everybody may read `hg1`, which was cloned from elsewhere with a password; only user2 may read `hg2`.

use serde_json::{Value, json};

use super::sign_on::names_of;
use super::{Table, sent};
use crate::kallithea::parallel::{populated, query};
use crate::kallithea::{Deployment, Run, Scenario, run};

const READER: &str = "user1";
const READER_OF_BOTH: &str = "user2";
const PASSWORD: &str = "word-of-elsewhere";
/// The name, in the journal, of a repository that no longer exists.
const GONE: &str = "hg-gone";

/// A request, and the expected result.
pub(super) struct Row {
    name: String,
    request: Value,
    expected: String,
    look: fn(&Run, usize) -> String,
}

/// The table.
pub fn to_read(extras: &Deployment) {
    let scenario = populated(extras);
    let mut table = Table::new(scenario.machine(), "What may be read");
    prepare(&scenario);
    let mut rows = comparisons();
    rows.extend(of_a_new_one());
    rows.extend(passwords(&scenario));
    rows.extend(followed(&scenario));
    rows.extend(journals());
    rows.extend(keys());
    serve(&mut table, &scenario, &rows);
    // A user who may no longer read a followed repository sees nothing more of it, and may stop following it.
    query(
        &scenario,
        "delete from repo_to_perm where user_id = (select user_id from users where username = 'user2')",
    );
    let mut rows = vec![row(
        "the journal, by whom the right was taken from",
        page(READER_OF_BOTH, "/_admin/journal"),
        "hg1",
        journal,
    )];
    rows.push(row(
        "leaves it, whom the right was taken from",
        follow(&scenario, READER_OF_BOTH, "follows_repository_id", &number(&scenario, "hg2")),
        "200 OK",
        status,
    ));
    serve(&mut table, &scenario, &rows);
    administered(&mut table, &scenario);
    table.end();
}

/// What an administrator of one repository, or the owner of one whose name is the number of another, can do to others.
fn administered(table: &mut Table, scenario: &Scenario<'_>) {
    commit_to(scenario, "hg2");
    for (repository, user) in [("hg3", "user6"), ("hg4", "user7")] {
        permit(scenario, user, "admin", repository);
    }
    permit(scenario, "user7", "read", "hg2");
    let (first, second) = (number(scenario, "hg1"), number(scenario, "hg2"));
    let own = |who: &str, url: &str, form: &str| form_by_key(scenario, who, url, form);
    let create = json!({"id": 1, "api_key": key(scenario, "user6"), "method": "create_repo", "args": {
        "repo_name": second, "repo_type": "hg",
    }});
    let create = json!({
        "url": "/_admin/api", "method": "POST", "headers": [["Content-Type", "application/json"]], "body": create.to_string(),
    });
    let number_of = format!("/{second}/settings/advanced/fork");
    let rows = [
        row("a repository named by another's number", create, "200 OK", status),
        row("is made a fork", own("user6", &number_of, &format!("id_fork_of={first}")), "302 Found", status),
        row(
            "a fork of what he may not read",
            own("user6", "/hg3/settings/advanced/fork", &format!("id_fork_of={second}")),
            "302 Found",
            status,
        ),
        row(
            "a fork of what he may read",
            own("user7", "/hg4/settings/advanced/fork", &format!("id_fork_of={second}")),
            "302 Found",
            status,
        ),
    ];
    serve(table, scenario, &rows);
    let forks = "select repo_name || ' of ' || (select repo_name from repositories as origins where origins.repo_id = repositories.fork_id) \
                 from repositories where fork_id is not null order by repo_name";
    let expected = format!("{second} of hg1, hg4 of hg2");
    table.row("forks afterwards", "", &expected, &names_of(&query(scenario, forks)).join(", "));
    fetched(table, scenario);
}

/// What two forks of `hg2` get from it, when only the administrator of one may read it, and what happens to one of its fields.
fn fetched(table: &mut Table, scenario: &Scenario<'_>) {
    let second = number(scenario, "hg2");
    let own = |who: &str, url: &str, form: &str| form_by_key(scenario, who, url, form);
    let fork = |repository: &str| {
        let change = format!("update repositories set fork_id = {second} where repo_name = '{repository}'");
        query(scenario, &change);
    };
    fork("hg3");
    fork("hg4");
    let field = format!(
        "insert into repositories_fields (repository_id, field_key, field_label, field_value, field_desc, field_type, created_on) \
         values ({second}, 'kept', 'kept', 'kept', '', 'str', '2026-01-01 00:00:00.000000')"
    );
    query(scenario, &field);
    let rows = [
        row(
            "fetches from what he may not read",
            own("user6", "/hg3/settings/remote", "pull=1"),
            "302 Found",
            status,
        ),
        row(
            "fetches from what he may read",
            own("user7", "/hg4/settings/remote", "pull=1"),
            "302 Found",
            status,
        ),
        row(
            "takes out another's field",
            own("user6", "/hg3/settings/fields/1/delete", "delete=1"),
            "404 Not Found",
            status,
        ),
    ];
    serve(table, scenario, &rows);
    for (repository, expected) in [("hg3", "0"), ("hg4", "1")] {
        table.row(
            &format!("changes of {repository} afterwards"),
            "",
            expected,
            &changes_of(scenario, repository),
        );
    }
    let fields = names_of(&query(scenario, "select field_key from repositories_fields")).concat();
    table.row("fields afterwards", "", "kept", &fields);
}

pub(super) fn permit(scenario: &Scenario<'_>, user: &str, right: &str, repository: &str) {
    let grant = format!(
        "insert into repo_to_perm (user_id, permission_id, repository_id) select user_id, \
         (select permission_id from permissions where permission_name = 'repository.{right}'), {} \
         from users where username = '{user}'",
        id(repository)
    );
    query(scenario, &grant);
}

/// A commit in a repository, as a user might have pushed it.
pub(super) fn commit_to(scenario: &Scenario<'_>, repository: &str) {
    let code = "import mercurial.hg, mercurial.ui, mercurial.commands as c, sys; u = mercurial.ui.ui(); \
                r = mercurial.hg.repository(u, sys.argv[1].encode()); open(sys.argv[1] + '/secret', 'w').close(); \
                c.commit(u, r, addremove=True, message=b'a change', user=b'somebody')";
    python(scenario, code, repository);
}

fn changes_of(scenario: &Scenario<'_>, repository: &str) -> String {
    let code = "import mercurial.hg, mercurial.ui, sys; print(len(mercurial.hg.repository(mercurial.ui.ui(), sys.argv[1].encode())))";
    python(scenario, code, repository).trim().to_owned()
}

pub(super) fn python(scenario: &Scenario<'_>, code: &str, repository: &str) -> String {
    let mut command = scenario.machine().python();
    command.args(["-c", code, &format!("repositories/{repository}")]).current_dir(scenario.place(""));
    run(&mut command)
}

/// A form with its sender's key, since it would otherwise need the token of its session.
pub(super) fn form_by_key(scenario: &Scenario<'_>, who: &str, url: &str, form: &str) -> Value {
    json!({
        "url": format!("{url}?api_key={}", key(scenario, who)), "method": "POST",
        "headers": [["Content-Type", "application/x-www-form-urlencoded"]], "body": form,
    })
}

pub(super) fn serve(table: &mut Table, scenario: &Scenario<'_>, rows: &[Row]) {
    let run = scenario.serve(rows.iter().map(|row| row.request.clone()).collect());
    for (number, row) in rows.iter().enumerate() {
        table.row(&row.name, &sent(&row.request), &row.expected, &(row.look)(&run, number));
    }
}

/// The rights, a password, and entries for user2.
pub(super) fn prepare(scenario: &Scenario<'_>) {
    let right = |name: &str| {
        format!("(select permission_id from permissions where permission_name = 'repository.{name}')")
    };
    for statement in [
        format!("update repo_to_perm set permission_id = {}", right("read")),
        format!(
            "update repo_to_perm set permission_id = {} where repository_id = {}",
            right("none"),
            id("hg2")
        ),
        format!(
            "insert into repo_to_perm (user_id, permission_id, repository_id) \
             select user_id, {}, {} from users where username = '{READER_OF_BOTH}'",
            right("read"),
            id("hg2")
        ),
        format!(
            "update repositories set clone_uri = 'https://somebody:{PASSWORD}@elsewhere.example/hg1' where repo_name = 'hg1'"
        ),
        "update users set active = 1 where username = 'default'".to_owned(),
    ] {
        query(scenario, &statement);
    }
    for (repository, name) in [(id("hg1"), "hg1"), (id("hg2"), "hg2"), ("null".to_owned(), GONE)] {
        query(
            scenario,
            &format!(
                "insert into user_logs (user_id, username, repository_id, repository_name, action, action_date) \
                 select user_id, username, {repository}, '{name}', 'user_commented_revision:{name}', \
                 '2026-01-01 00:00:00.000000' from users where username = '{READER_OF_BOTH}'"
            ),
        );
    }
}

fn id(repository: &str) -> String {
    format!("(select repo_id from repositories where repo_name = '{repository}')")
}

fn comparisons() -> Vec<Row> {
    let mut rows = Vec::new();
    for (query, reader, of_both) in [
        ("other_repo=hg1", "200 OK", "200 OK"),
        ("other_repo=hg2", "404 Not Found", "200 OK"),
        ("other_repo=not-there", "404 Not Found", "404 Not Found"),
        ("other_repo=hg1&other_repo=hg2", "404 Not Found", "200 OK"),
        ("other_repo=hg2&other_repo=hg1", "200 OK", "200 OK"),
        ("other%5Frepo=hg2", "404 Not Found", "200 OK"),
    ] {
        for (who, expected) in [("", reader), (READER, reader), (READER_OF_BOTH, of_both)] {
            let url = format!("/hg1/compare?{query}");
            rows.push(row("a comparison", page(who, &url), expected, status));
        }
    }
    let url = "/hg1/compare/branch@default...branch@default?other_repo=hg2";
    rows.push(row("a comparison of branches", page(READER, url), "404 Not Found", status));
    rows
}

/// Whether a repository was created.
fn of_a_new_one() -> Vec<Row> {
    let mut rows = Vec::new();
    for (repository, reader, of_both) in
        [("hg1", "true", "true"), ("hg2", "false", "true"), ("not-there", "false", "false")]
    {
        for (who, expected) in [(READER, reader), (READER_OF_BOTH, of_both)] {
            let url = format!("/{repository}/repo_check_creating");
            let expected = format!("{{\"result\": {expected}}}");
            rows.push(row("whether a repository is ready", page(who, &url), &expected, body));
        }
    }
    rows
}

/// The password with which `hg1` was cloned, and the address without it.
fn passwords(scenario: &Scenario<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for who in ["", READER, READER_OF_BOTH] {
        let mut list = page(who, "/_repos");
        list["headers"] = json!([["X-Requested-With", "XMLHttpRequest"]]);
        rows.push(row("the list to choose from", list, "no password", password));
        rows.push(row("the first page of a repository", page(who, "/hg1"), "no password", password));
    }
    for method in ["get_repo", "get_repos"] {
        let arguments = if method == "get_repo" { json!({"repoid": "hg1"}) } else { json!({}) };
        let call = json!({"id": 1, "api_key": key(scenario, READER), "method": method, "args": arguments});
        let request = json!({
            "url": "/_admin/api", "method": "POST", "headers": [["Content-Type", "application/json"]],
            "body": call.to_string(),
        });
        rows.push(row("the same for a program", request, "no password", password));
    }
    rows
}

fn followed(scenario: &Scenario<'_>) -> Vec<Row> {
    let repository = |who: &str, number: &str| follow(scenario, who, "follows_repository_id", number);
    let (first, second) = (number(scenario, "hg1"), number(scenario, "hg2"));
    let user = format!("select cast(user_id as text) from users where username = '{READER_OF_BOTH}'");
    let user = names_of(&query(scenario, &user)).concat();
    vec![
        row("follows what he may read", repository(READER, &first), "200 OK", status),
        row("follows what he may not read", repository(READER, &second), "400 Bad Request", status),
        row("follows what is not there", repository(READER, "9999"), "400 Bad Request", status),
        row("follows what is no number", repository(READER, "hg2"), "400 Bad Request", status),
        row("follows what he alone may read", repository(READER_OF_BOTH, &second), "200 OK", status),
        row("follows what everybody may read", repository(READER_OF_BOTH, &first), "200 OK", status),
        row("follows a user", follow(scenario, READER, "follows_user_id", &user), "200 OK", status),
    ]
}

fn journals() -> Vec<Row> {
    let mut rows = Vec::new();
    for place in ["/_admin/journal", "/_admin/journal/rss", "/_admin/journal/atom"] {
        rows.push(row("the journal of whom he follows", page(READER, place), "hg1", journal));
        rows.push(row("the journal of what he follows", page(READER_OF_BOTH, place), "hg1, hg2", journal));
    }
    let search = "/_admin/journal?filter=repository:hg*";
    rows.push(row("the journal, searched", page(READER, search), "hg1", journal));
    rows
}

/// Pages with links to feeds.
fn keys() -> Vec<Row> {
    let pages = ["/", "/hg1", "/hg1/statistics", "/_admin/journal"];
    let looked_at =
        pages.iter().map(|place| row("a page with feeds", page(READER, place), "a feed, no key", feed));
    let feed =
        json!({"url": "/hg1/feed/atom", "headers": [], "user": r"CORP\user1", "auth_type": "Negotiate"});
    looked_at.chain([row("the feed itself", feed, "200 OK", status)]).collect()
}

pub(super) fn row(name: &str, request: Value, expected: &str, look: fn(&Run, usize) -> String) -> Row {
    let who = request["user"].as_str().map_or("nobody", |user| user.trim_start_matches(r"CORP\"));
    let who = if request["url"].as_str().is_some_and(|url| url.contains("api")) { "by a key" } else { who };
    Row { name: format!("{name}: {who}"), request, expected: expected.to_owned(), look }
}

pub(super) fn page(who: &str, url: &str) -> Value {
    match who {
        "" => json!({"url": url, "headers": []}),
        who => super::by(&format!(r"CORP\{who}"), url),
    }
}

fn follow(scenario: &Scenario<'_>, who: &str, what: &str, number: &str) -> Value {
    form_by_key(scenario, who, "/_admin/toggle_following", &format!("{what}={number}"))
}

pub(super) fn key(scenario: &Scenario<'_>, who: &str) -> String {
    names_of(&query(scenario, &format!("select api_key from users where username = '{who}'"))).concat()
}

pub(super) fn number(scenario: &Scenario<'_>, repository: &str) -> String {
    let number = format!("select cast(repo_id as text) from repositories where repo_name = '{repository}'");
    names_of(&query(scenario, &number)).concat()
}

pub(super) fn status(run: &Run, number: usize) -> String {
    run.status(number).to_owned()
}

fn body(run: &Run, number: usize) -> String {
    run.body(number).to_owned()
}

fn password(run: &Run, number: usize) -> String {
    match (run.status(number), run.body(number).contains(PASSWORD)) {
        ("200 OK", false) if run.body(number).contains("hg1") => "no password".to_owned(),
        ("200 OK", true) => "the password".to_owned(),
        (status, _) => status.to_owned(),
    }
}

/// The repositories that a journal names.
fn journal(run: &Run, number: usize) -> String {
    let names = ["hg1", "hg2", GONE].into_iter().filter(|name| run.body(number).contains(name));
    let names = names.collect::<Vec<_>>().join(", ");
    if run.status(number) == "200 OK" { names } else { run.status(number).to_owned() }
}

fn feed(run: &Run, number: usize) -> String {
    let key = if run.body(number).contains("api_key=") { "a key" } else { "no key" };
    let feed = if run.body(number).contains("/feed/") || run.body(number).contains("/journal/rss") {
        "a feed"
    } else {
        "no feed"
    };
    if run.status(number) == "200 OK" { format!("{feed}, {key}") } else { run.status(number).to_owned() }
}
