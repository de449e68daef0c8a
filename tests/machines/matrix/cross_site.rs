//! Pages of other sites that send what hg and git send, in the browser of a user that the server authenticates.
//!
//! In: a deployment with its own repositories, in which IIS authenticates users. Out: a table. Absent: browsers; each
//! request has the headers that a browser sends.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Table, sent, with};
use crate::kallithea::parallel::{changes, fetch, has_git, populated, pull, push, query};
use crate::kallithea::{Deployment, Scenario, run};

const REFUSED: &str = "403 Forbidden";
const PUSHED: &str = "200 Script output follows";
const GIT_PUSHES: &str = "application/x-git-receive-pack-request";
const BRANCH: &str = "repositories/git1/refs/heads/planted";

/// The table: first the pages, none of which may push, then hg and git with the same request, who may.
pub fn pushes(extras: &Deployment) {
    let scenario = populated(extras);
    let mut table = Table::new(scenario.machine(), "Pages that push");
    let change = changes(&scenario).swap_remove(0).2;
    let is_with_git = has_git(scenario.machine());
    let mut pages = with_mercurial(&change);
    let mut clients = vec![("hg itself", push(&change, 0, 0), PUSHED)];
    if is_with_git {
        let commit = commit(&scenario);
        pages.extend(with_git(&commit));
        clients.push(("git itself", git_push(&commit, GIT_PUSHES), "200 OK"));
        let typed = with(fetch(0, 0), "Sec-Fetch-Site", "none");
        clients.push(("an address for git, typed into a browser", typed, "200 OK"));
    }
    let page = json!({"url": "/", "headers": [], "user": r"CORP\user1", "auth_type": "Negotiate"});
    let page = with(with(page, "Sec-Fetch-Site", "cross-site"), "Origin", "https://other.example");
    clients.push(("a page of Kallithea's, by a link on another site", page, "200 OK"));

    serve(&mut table, &scenario, &pages);
    state(&mut table, &scenario, "after the pages", ["nobody", "not there"]);
    serve(&mut table, &scenario, &clients);
    state(
        &mut table,
        &scenario,
        "after hg and git",
        ["user1", if is_with_git { "there" } else { "not there" }],
    );
    table.end();
}

/// A table of requests and their expected statuses.
fn serve(table: &mut Table, scenario: &Scenario<'_>, rows: &[(&str, Value, &str)]) {
    let run = scenario.serve(rows.iter().map(|(_, request, _)| request.clone()).collect());
    for (number, (name, request, expected)) in rows.iter().enumerate() {
        table.row(name, &sent(request), expected, run.status(number));
    }
}

/// Whether a push arrived: by whom, according to the journal, and what the Git repository has.
fn state(table: &mut Table, scenario: &Scenario<'_>, when: &str, [pusher, branch]: [&str; 2]) {
    let pushes = "select coalesce(group_concat(username), 'nobody') from user_logs \
                  where action like 'push%' and repository_name = 'hg1'";
    let found = super::sign_on::names_of(&query(scenario, pushes)).concat();
    table.row(&format!("who pushed with hg, in the journal, {when}"), "", pusher, &found);
    let found = if scenario.place(BRANCH).exists() { "there" } else { "not there" };
    table.row(&format!("the branch in the repository of git, {when}"), "", branch, found);
}

fn with_mercurial(change: &str) -> Vec<(&'static str, Value, &'static str)> {
    let page = |name: &str, value: &str| with(push(change, 0, 0), name, value);
    let mut form = push(change, 0, 0);
    form["headers"][1][1] = "text/plain".into();
    let mut rows = vec![
        ("hg, by a script of another site", page("Origin", "https://other.example"), REFUSED),
        ("hg, by a script that hides where it is from", page("Origin", "null"), REFUSED),
        ("hg, by a script, whose site is not said", page("Origin", ""), REFUSED),
        ("hg, by a script of another site, over TLS", page("Sec-Fetch-Site", "cross-site"), REFUSED),
        ("hg, by a script of a neighbour", page("Sec-Fetch-Site", "same-site"), REFUSED),
        ("hg, by a script of the site itself", page("Sec-Fetch-Site", "same-origin"), REFUSED),
        ("hg, by a form of a browser that says nothing of it", form, REFUSED),
    ];
    let pull = with(pull(0, 0), "Origin", "https://other.example");
    rows.push(("hg, a pull by a script of another site", pull, REFUSED));
    rows
}

fn with_git(commit: &Commit) -> Vec<(&'static str, Value, &'static str)> {
    let plain = || git_push(commit, "text/plain;charset=UTF-8");
    let own = with(git_push(commit, GIT_PUSHES), "Origin", "https://other.example");
    vec![
        ("git, by a script of another site", with(plain(), "Origin", "https://other.example"), REFUSED),
        (
            "git, by a script of another site, over TLS",
            with(plain(), "Sec-Fetch-Site", "cross-site"),
            REFUSED,
        ),
        ("git, by a form of a browser that says nothing of it", plain(), REFUSED),
        ("git, by a script with git's own type", own, REFUSED),
        ("git, by a link on another site", with(fetch(0, 0), "Sec-Fetch-Site", "cross-site"), REFUSED),
    ]
}

/// An empty commit: its hash, and the pack in which git sends it.
pub struct Commit {
    pub hash: String,
    pack: Vec<u8>,
}

impl Commit {
    /// What `git push` sends to create this branch.
    pub fn push_of(&self, branch: &str) -> Vec<u8> {
        let command = format!("{} {} refs/heads/{branch}\0report-status", "0".repeat(40), self.hash);
        let head = format!("{:04x}{command}0000", command.len() + 4);
        [head.as_bytes(), &self.pack].concat()
    }
}

pub fn commit(scenario: &Scenario<'_>) -> Commit {
    let folder = scenario.place("workshop");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder of the machine can be made");
    git(&folder, &["init", "--quiet"]);
    let identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"];
    git(&folder, &[&identity[..], &["commit", "--quiet", "--allow-empty", "-m", "Plant a branch"]].concat());
    let hash = git(&folder, &["rev-parse", "HEAD"]).trim().to_owned();
    git(&folder, &["repack", "-a", "-d", "--quiet"]);
    let packs = fs::read_dir(folder.join(".git/objects/pack")).expect("git has packed");
    let mut packs = packs.map(|entry| entry.expect("the folder can be read").path());
    let pack = packs.find(|path| path.extension().is_some_and(|end| end == "pack")).expect("there is a pack");
    Commit { hash, pack: fs::read(pack).expect("a pack can be read") }
}

pub fn git(folder: &Path, arguments: &[&str]) -> String {
    run(Command::new("git").arg("-C").arg(folder).args(arguments))
}

/// The push of a new branch, as git sends it except for the content type.
fn git_push(commit: &Commit, content_type: &str) -> Value {
    json!({
        "url": "/git1/git-receive-pack", "method": "POST", "user": r"CORP\user1", "auth_type": "Negotiate",
        "headers": [["Content-Type", content_type]],
        "body_base64": STANDARD.encode(commit.push_of("planted")),
    })
}
