//! Names of repositories and groups, created, changed and requested: none leads to a repository of others, or removes it.
//!
//! In: a deployment with its own repositories, and one folder that Kallithea does not know. Out: a table, and the state of the
//! folders. Absent: which names Windows reads as the same, for which `parallel/plain.py` has a list.

use std::fs;

use serde_json::{Value, json};

use super::repositories::{Key, encoded, plant, traces};
use super::{Table, by, sent, with};
use crate::kallithea::parallel::populated;
use crate::kallithea::{Deployment, Run, Scenario, copy};

const USER: &str = r"CORP\user1";
const MADE: &str = "made";
const REFUSED: &str = "refused";
/// A folder that an administrator has moved in without telling Kallithea.
const MOVED_IN: &str = "moved-in";

type Row = (String, Value, &'static str);

/// The table: first, users who may create repositories can take no existing name; then, what they may create.
pub fn taken(extras: &Deployment) {
    let scenario = populated(extras);
    let is_with_git = plant(&scenario);
    copy(&scenario.place("elsewhere"), &scenario.place("repositories").join(MOVED_IN));
    let mut table = Table::new(scenario.machine(), "Names that are taken");
    serve(&mut table, &scenario, groups(&scenario));
    let before = folders(&scenario);
    serve(&mut table, &scenario, others(&scenario));
    serve(&mut table, &scenario, clones(&scenario));
    form(&mut table, &scenario);
    table.row("the folders meanwhile", "", &before, &folders(&scenario));
    table.row("what was run or written meanwhile", "", "nothing", &traces(&scenario));
    serve(&mut table, &scenario, aliases(is_with_git));
    serve(&mut table, &scenario, wanted(&scenario));
    table.end();
}

/// The administrator's groups, each with a repository.
fn groups(scenario: &Scenario<'_>) -> Vec<Row> {
    let admin = asked(scenario, "admin");
    vec![
        row("a group", admin("create_repo_group", json!({"group_name": "team"})), MADE),
        row(
            "a group in it",
            admin("create_repo_group", json!({"group_name": "inner", "parent": "team"})),
            MADE,
        ),
        row(
            "a repository in it",
            admin("create_repo", json!({"repo_name": "team/notes", "repo_type": "hg"})),
            MADE,
        ),
    ]
}

/// A user's requests to the API.
fn asked(scenario: &Scenario<'_>, user: &str) -> impl Fn(&str, Value) -> Value {
    let key = Key::of(scenario, user);
    move |method, arguments| key.ask(method, &arguments)
}

fn row(name: &str, request: Value, expected: &'static str) -> Row {
    (name.to_owned(), request, expected)
}

/// Existing names, in every spelling that Windows, the database or a reader takes for the same, and names of nothing.
const TAKEN: [&str; 25] = [
    "hg1",
    "HG1",
    "hg1.",
    "hg1 ",
    "hg1. .",
    "hg1...",
    " hg1",
    "hg1\u{200b}",
    "hg1\u{a0}",
    "hg1\u{0}",
    "hg1::$DATA",
    "hg1::$INDEX_ALLOCATION",
    "HG~1",
    "team",
    "TEAM",
    "team.",
    MOVED_IN,
    ".hg",
    "..",
    ".",
    "",
    "nul",
    "aux.txt",
    "CON",
    "rm__20200101_000000_000000_x",
];

fn others(scenario: &Scenario<'_>) -> Vec<Row> {
    let user = asked(scenario, "user1");
    let admin = asked(scenario, "admin");
    let mut rows = Vec::new();
    for (number, name) in TAKEN.iter().enumerate() {
        let new = user("create_repo", json!({"repo_name": name, "repo_type": "hg"}));
        rows.push((format!("a repository named `{}`", name.escape_default()), new, REFUSED));
        if number % 3 != 0 {
            continue;
        }
        let fork = user("fork_repo", json!({"repoid": "hg2", "fork_name": name}));
        rows.push((format!("a fork named `{}`", name.escape_default()), fork, REFUSED));
        let group = admin("create_repo_group", json!({"group_name": name}));
        rows.push((format!("a group named `{}`", name.escape_default()), group, REFUSED));
        let renamed = admin("update_repo", json!({"repoid": "hg3", "name": name}));
        rows.push((format!("a repository renamed `{}`", name.escape_default()), renamed, REFUSED));
    }
    for name in ["team/notes", "team/NOTES", "team/notes.", "team/inner", "team/INNER", "team/"] {
        let new = admin("create_repo", json!({"repo_name": name, "repo_type": "hg"}));
        rows.push((format!("a repository named `{name}`, by an administrator"), new, REFUSED));
    }
    rows.push(row(
        "a repository by nobody",
        asked(scenario, "nobody")("create_repo", json!({"repo_name": "x"})),
        REFUSED,
    ));
    rows
}

/// Repositories cloned from addresses to which no request may lead the server.
fn clones(scenario: &Scenario<'_>) -> Vec<Row> {
    let elsewhere = scenario.machine().path_on(&scenario.place("elsewhere"));
    let trace = scenario.machine().path_on(&scenario.place("traces/cloned"));
    let kinds = [
        elsewhere.clone(),
        format!("file://{elsewhere}"),
        format!("file:{elsewhere}"),
        format!("ext::touch {trace}"),
        format!("git::ext::touch {trace}"),
        format!("httpext::touch {trace}"),
        format!("ssh://-oProxyCommand=touch%20{trace}/x"),
        format!("bundle:{elsewhere}"),
        format!("union:{elsewhere}+{elsewhere}"),
        "static-http://127.0.0.1:9/x".to_owned(),
        format!("--config=alias.clone=!touch {trace}"),
        format!("--upload-pack=touch {trace}"),
        "http://127.0.0.1:9/nothing".to_owned(),
    ];
    let user = Key::of(scenario, "user1");
    let create = |kind: &str, url: &str| {
        let new = json!({"repo_name": "cloned", "repo_type": kind, "clone_uri": url});
        user.ask("create_repo", &new)
    };
    kinds
        .iter()
        .flat_map(|url| {
            ["hg", "git"].map(|kind| (format!("a clone by {kind} from `{url}`"), create(kind, url), REFUSED))
        })
        .collect()
}

/// Existing repositories, requested under other names.
fn aliases(is_with_git: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for name in
        ["HG1", "hg1.", "hg1 ", "hg1::$INDEX_ALLOCATION", "hg1:$I30:$INDEX_ALLOCATION", "HG~1", "./hg1/.hg"]
    {
        let path = encoded(name).replace("%2E", ".").replace("%2F", "/");
        rows.push((format!("the page of `{name}`"), by(USER, &format!("/{path}")), REFUSED));
        let pull =
            with(by(USER, &format!("/{path}?cmd=capabilities")), "Accept", "application/mercurial-0.1");
        rows.push((format!("a pull from `{name}`"), pull, REFUSED));
    }
    if is_with_git {
        for name in ["GIT1", "git1.", "git1/objects/.."] {
            let fetch = by(USER, &format!("/{name}/info/refs?service=git-upload-pack"));
            rows.push((
                format!("a fetch from `{name}`"),
                with(fetch, "User-Agent", "git/2.39.2"),
                if name.ends_with("..") { "shown" } else { REFUSED },
            ));
        }
    }
    rows.push(row("the page of `hg1`", by(USER, "/hg1"), "shown"));
    rows
}

/// Names that are not yet taken.
fn wanted(scenario: &Scenario<'_>) -> Vec<Row> {
    let user = asked(scenario, "user1");
    let admin = asked(scenario, "admin");
    let new = |name: &str| json!({"repo_name": name, "repo_type": "hg"});
    // On Windows Mercurial creates a folder with another name, and then Kallithea does not find it. This is so without the
    // bridge as well.
    let beyond_ascii = if scenario.machine().is_wine() { REFUSED } else { MADE };
    vec![
        row("a repository", user("create_repo", new("new")), MADE),
        row("one with a dot", user("create_repo", new("new.js")), MADE),
        row("one beyond ASCII", user("create_repo", new("größer")), beyond_ascii),
        row("one named almost like a device", user("create_repo", new("console")), MADE),
        row("a fork", user("fork_repo", json!({"repoid": "new", "fork_name": "forked"})), MADE),
        row("one in a group", admin("create_repo", new("team/new")), MADE),
        row("a name that is free again", user("create_repo", new("cloned")), MADE),
        row("a new name", admin("update_repo", json!({"repoid": "new", "name": "newer"})), MADE),
        row("the name that it had", user("create_repo", new("new")), MADE),
        row("what an administrator has moved in", admin("rescan_repos", json!({})), MADE),
        row("its page", by(USER, &format!("/{MOVED_IN}")), "shown"),
        row(
            "a removed repository",
            admin("delete_repo", json!({"repoid": "newer", "forks": "detach"})),
            MADE,
        ),
        row("its page, asked for again", by(USER, "/newer"), REFUSED),
    ]
}

/// Kallithea's own form, which changes the name that is typed, and then reports what already exists.
fn form(table: &mut Table, scenario: &Scenario<'_>) {
    let url = "/_admin/create_repository";
    let page = scenario.serve(json!([by(USER, url)]));
    let (cookie, token) = crate::kallithea::scenarios::form(&page);
    let rows = [("hg1.", "exists"), ("..", "is there to be filled in")].map(|(name, expected)| {
        let mut request = with(
            with(by(USER, "/_admin/repos"), "Cookie", &cookie),
            "Content-Type",
            "application/x-www-form-urlencoded",
        );
        request["method"] = "POST".into();
        request["body"] = format!(
            "repo_name={}&repo_group=-1&repo_type=hg&repo_landing_rev=rev:tip&repo_description=x&clone_uri=\
             &_session_csrf_secret_token={token}",
            encoded(name)
        )
        .into();
        (name, request, expected)
    });
    let run = scenario.serve(rows.iter().map(|(_, request, _)| request.clone()).collect());
    for (number, (name, _, expected)) in rows.iter().enumerate() {
        let body = run.body(number);
        let seen = match (body.contains("already exists"), run.status(number).starts_with("200")) {
            (true, _) => "exists",
            (false, true) => "is there to be filled in",
            (false, false) => run.status(number),
        };
        table.row(&format!("a repository named `{name}`, by the form"), url, expected, seen);
    }
}

fn serve(table: &mut Table, scenario: &Scenario<'_>, rows: Vec<Row>) {
    let run = scenario.serve(rows.iter().map(|(_, request, _)| request.clone()).collect());
    for (number, (name, request, expected)) in rows.iter().enumerate() {
        table.row(name, &sent(request), expected, &shown(&run, number, request));
    }
}

/// The result of a request: all answers of the API have status 200.
fn shown(run: &Run, number: usize, request: &Value) -> String {
    if request["url"] == "/_admin/api" {
        let answer: Value = serde_json::from_str(run.body(number)).unwrap_or_default();
        return (if answer["error"].is_null() && !answer["result"].is_null() { MADE } else { REFUSED })
            .to_owned();
    }
    match run.status(number) {
        status if status.starts_with("200") => "shown".to_owned(),
        status if status.starts_with('4') => REFUSED.to_owned(),
        status => status.to_owned(),
    }
}

/// Every folder of a repository or a group, and which of them are Mercurial repositories.
fn folders(scenario: &Scenario<'_>) -> String {
    let mut found = Vec::new();
    for folder in ["repositories", "repositories/team"] {
        for entry in fs::read_dir(scenario.place(folder)).expect("a folder can be read") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                found.push(if path.join(".hg").is_dir() { format!("{name} (hg)") } else { name });
            }
        }
    }
    found.sort();
    found.join(", ")
}
