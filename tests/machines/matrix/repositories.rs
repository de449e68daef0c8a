//! Pushed content and files in a repository's folder are only data: names of branches, files with settings,
//! subrepositories, attributes of files.
//!
//! In: a deployment with its own repositories, changed by `parallel/planted.py`. Out: a table. Absent: how such content gets
//! into a repository; content that cannot be pushed represents what an administrator moves in.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Table, by, sent, with};
use crate::kallithea::parallel::{changes, fetch, has_git, populated, pull, push, query, script};
use crate::kallithea::{Deployment, Run, Scenario};

const USER: &str = r"CORP\user1";
/// The beginning of the message of every change that `planted.py` makes with Mercurial.
const CHANGE: &str = "a change on";
/// What `planted.py` puts beside the repositories and in one of them; no other repository has it.
const SECRET: &str = "secret.txt";

/// A row: description, request, expected response.
type Row = (&'static str, Value, &'static str);

pub fn data(extras: &Deployment) {
    let scenario = populated(extras);
    let is_with_git = plant(&scenario);
    query(&scenario, "update repositories set downloads = 1");
    let mut table = Table::new(scenario.machine(), "What is in repositories");
    let mut rows = with_mercurial(&scenario);
    if is_with_git {
        rows.extend(with_git(&scenario));
    }
    let run = scenario.serve(rows.iter().map(|(_, request, _)| request.clone()).collect());
    for (number, (name, request, expected)) in rows.iter().enumerate() {
        table.row(name, &sent(request), expected, &shown(&run, number, request));
    }
    table.row("what was run or written meanwhile", "all of the above", "nothing", &traces(&scenario));
    edit(&scenario, &mut table);
    table.end();
}

/// Writes what users might have pushed or moved in, with the parts for Git if there is Git. Returns whether there is.
pub(super) fn plant(scenario: &Scenario<'_>) -> bool {
    let is_with_git = has_git(scenario.machine());
    let arguments: &[&str] = if is_with_git { &["repositories"] } else { &["repositories", "--without-git"] };
    script(scenario, "planted.py", arguments);
    is_with_git
}

fn with_mercurial(scenario: &Scenario<'_>) -> Vec<Row> {
    let evil = format!(
        "default\") or remote(\"tip\", r\"{}",
        scenario.machine().path_on(&scenario.place("elsewhere"))
    );
    let change = changes(scenario).swap_remove(0).2;
    let branch = |name: &str| by(USER, &format!("/hg1/changelog?branch={}", encoded(name)));
    vec![
        ("a branch whose name would ask another repository", branch(&evil), "200 OK, 1 change"),
        ("a branch with quotes in its name", branch("a \"quoted\" name"), "200 OK, 1 change"),
        ("a branch whose name is an expression", branch("re:^(.|a|aa)+$"), "200 OK, 1 change"),
        ("a branch like others", branch("default"), "200 OK, 1 change"),
        ("a branch that is not there", branch("nowhere"), "302 Found"),
        ("the first of them, by the API", changesets(scenario, "hg1", &evil), "200 OK, 1 change"),
        ("a page of a repository with settings of its own", by(USER, "/hg1"), "200 OK"),
        ("a pull from it", pull(0, 0), "200 Script output follows"),
        ("a push to it", push(&change, 0, 0), "200 Script output follows"),
        ("a folder with subrepositories", by(USER, "/hg2/files/tip/"), "200 OK"),
        (
            "an archive with subrepositories",
            by(USER, "/hg2/archive/tip.zip?subrepos=true"),
            "200 OK, the files of the repository",
        ),
        ("an archive", by(USER, "/hg2/archive/tip.zip"), "200 OK, the files of the repository"),
        (
            "the stand-in of a large file that is none",
            by(USER, "/hg2/raw/tip/.hglf/large.bin"),
            "200 OK, its text",
        ),
        ("a pull of what has subrepositories", pull(0, 1), "200 Script output follows"),
        ("a fork", fork(scenario, "hg1"), "200 OK, made"),
        ("the page of the fork", by(USER, "/fork-of-hg1"), "200 OK"),
    ]
}

fn with_git(scenario: &Scenario<'_>) -> Vec<Row> {
    let option = format!("--output={}", scenario.place("traces/git-output").display());
    let log = |name: &str| by(USER, &format!("/git1/changelog?branch={}", encoded(name)));
    let file = |page: &str| by(USER, &format!("/git1/{page}/master/file.bin"));
    vec![
        ("a branch whose name is an option of git", log(&option), "302 Found"),
        ("the same by the API", changesets(scenario, "git1", &option), "200 OK, refused"),
        ("a branch of git like others", log("master"), "200 OK, 2 changes"),
        ("a change whose files a program would show", by(USER, "/git1/changeset/master"), "200 OK"),
        ("a file that a program would show, line by line", file("annotate"), "200 OK"),
        ("a file that a program would show", file("files"), "200 OK"),
        ("two changes of it, compared", by(USER, "/git1/compare/branch@master...branch@master"), "200 OK"),
        ("an archive of git's", by(USER, "/git1/archive/master.zip"), "200 OK, the files of the repository"),
        ("an archive of git's, packed by tar", by(USER, "/git1/archive/master.tar.gz"), "200 OK"),
        ("a fetch", fetch(0, 0), "200 OK"),
        ("a fork of git's", fork(scenario, "git1"), "200 OK, made"),
        ("the page of that fork", by(USER, "/fork-of-git1"), "200 OK"),
    ]
}

/// The part of a response that its row tests: commits of the branch, files of an archive, the API's answer.
fn shown(run: &Run, number: usize, request: &Value) -> String {
    let (status, url) = (run.status(number), request["url"].as_str().unwrap_or_default());
    let body = run.body(number);
    let seen = if url.contains(".zip") {
        let packed = run.report["responses"][number]["body_base64"].as_str().unwrap_or_default();
        let bytes = STANDARD.decode(packed).unwrap_or_default();
        match [has(&bytes, ".gitattributes") || has(&bytes, "readme.txt"), has(&bytes, SECRET)] {
            [true, false] => "the files of the repository".to_owned(),
            [_, other] => format!("other files: {other}, {} bytes", bytes.len()),
        }
    } else if url.contains("/.hglf/") {
        (if body.trim() == "../../../../my.ini" { "its text" } else { "another text" }).to_owned()
    } else if url.contains("/api") && !body.contains(CHANGE) {
        (if body.contains("\"success\": true") { "made" } else { "refused" }).to_owned()
    } else if url.contains("changelog") || url.contains("/api") {
        match body.matches(CHANGE).count() {
            0 => return status.to_owned(),
            1 => "1 change".to_owned(),
            count => format!("{count} changes"),
        }
    } else {
        return status.to_owned();
    };
    format!("{status}, {seen}")
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// What is in the folder of traces.
pub fn traces(scenario: &Scenario<'_>) -> String {
    let entries = fs::read_dir(scenario.place("traces")).expect("there are traces, or none");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// An edit on a page of a repository with subrepositories.
fn edit(scenario: &Scenario<'_>, table: &mut Table) {
    let url = "/hg2/edit/default/readme.txt";
    let form = scenario.serve(json!([by(USER, url)]));
    let (cookie, token) = crate::kallithea::scenarios::form(&form);
    let mut request = with(by(USER, url), "Cookie", &cookie);
    request = with(request, "Content-Type", "application/x-www-form-urlencoded");
    request["method"] = "POST".into();
    request["body"] = format!("content=after&message=by+a+page&_session_csrf_secret_token={token}").into();
    let run = scenario.serve(json!([request, by(USER, "/hg2/raw/tip/readme.txt")]));
    table.row("an edit where there are subrepositories", url, "302 Found", run.status(0));
    table.row("the file afterwards", "", "after", run.body(1).trim());
    table.row("what was run or written meanwhile", url, "nothing", &traces(scenario));
}

fn changesets(scenario: &Scenario<'_>, repository: &str, branch: &str) -> Value {
    Key::of(scenario, "user1").ask("get_changesets", &json!({"repoid": repository, "branch_name": branch}))
}

fn fork(scenario: &Scenario<'_>, repository: &str) -> Value {
    Key::of(scenario, "user1")
        .ask("fork_repo", &json!({"repoid": repository, "fork_name": format!("fork-of-{repository}")}))
}

/// A key for Kallithea's API.
pub struct Key(String);

impl Key {
    /// A user's key, or an invalid one.
    pub fn of(scenario: &Scenario<'_>, user: &str) -> Self {
        let found = query(scenario, &format!("select api_key from users where username = '{user}'"));
        let found: Value = serde_json::from_str(&found).expect("keys, or none");
        Self(found[0][0].as_str().unwrap_or("0").to_owned())
    }

    /// A request to the API.
    pub fn ask(&self, method: &str, arguments: &Value) -> Value {
        let body = json!({"id": 1, "api_key": self.0, "method": method, "args": arguments});
        json!({
            "url": "/_admin/api", "method": "POST", "headers": [["Content-Type", "application/json"]],
            "body": body.to_string(),
        })
    }
}

/// A value, escaped for a query.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}
