//! Large files of Mercurial, requested and sent with names that are not hashes.
//!
//! In: a deployment with its own repositories. Out: a table, for a reader, a writer and nobody. Absent: what a hash is,
//! for which `parallel/plain.py` has a list, and the rights to push, which have their own table.

use std::fs;

use serde_json::{Value, json};

use super::repositories::{Key, encoded};
use super::{Table, sent, with};
use crate::kallithea::parallel::{populated, query};
use crate::kallithea::{Deployment, Run, Scenario};

/// A user who may read hg1 and write to hg2, like every user that the server authenticates.
const USER: &str = r"CORP\user1";
const CONTENT: &str = "a large file\n";
/// The SHA-1 of the content.
const HASH: &str = "737a59a2ee7d9d18608219d27e8f46d9e9d19879";

/// Text that must not come from any of the server's files.
const INSIDE: [&str; 4] = ["[app:main]", "SQLite format 3", "revlogv1", "specSha256"];

type Row = (String, Value, String);

pub fn named(extras: &Deployment) {
    let scenario = populated(extras);
    for (repository, permission) in [("hg1", "repository.read"), ("hg2", "repository.write")] {
        permit(&scenario, repository, permission);
    }
    // On Linux, a path out of a folder works only if the folder exists.
    for repository in ["hg1", "hg2"] {
        let store = scenario.place(&format!("repositories/{repository}/.hg/largefiles"));
        fs::create_dir_all(store).expect("a folder can be made");
    }
    // The machine's own cache has files that earlier runs sent.
    let cache = scenario.machine().path_on(&scenario.place("data/largefiles"));
    query(&scenario, &format!("update ui set ui_value = '{cache}' where ui_key = 'usercache'"));
    let mut table = Table::new(scenario.machine(), "Large files");
    let before = folders(&scenario);
    let mut rows = Vec::new();
    for name in names(&scenario) {
        rows.extend(attempts(&name));
    }
    serve(&mut table, &scenario, rows);
    table.row("the files of the server meanwhile", "", &before, &folders(&scenario));
    serve(&mut table, &scenario, wanted(&scenario));
    table.end();
}

/// Existing files, by every path from the folder of large files to them, and other names that are not hashes.
fn names(scenario: &Scenario<'_>) -> Vec<String> {
    let on = |place: &str| scenario.machine().path_on(&scenario.place(place));
    let hash = "0".repeat(40);
    vec![
        on("my.ini"),
        on("my.ini").replace('\\', "/"),
        on("kallithea.db"),
        "../../../../my.ini".to_owned(),
        r"..\..\..\..\my.ini".to_owned(),
        "../requires".to_owned(),
        "../../../hg3/.hg/requires".to_owned(),
        "../../../../bridge/manifest.json".to_owned(),
        format!("{hash}/../../requires"),
        format!("../largefiles/../requires#{hash}"),
        format!("{hash}\n"),
        format!("{hash}0"),
        format!("{hash}:x"),
        format!("//127.0.0.1/share/{hash}"),
        format!(r"\\127.0.0.1\share\{hash}"),
        ".".to_owned(),
        "nul".to_owned(),
    ]
}

/// Requests, checks and uploads with this name, by users who may, and by nobody.
fn attempts(name: &str) -> Vec<Row> {
    let shown = name.escape_default();
    let mut rows = Vec::new();
    for command in ["getlfile", "statlfile"] {
        let inline = by(USER, &format!("/hg1?cmd={command}&sha={}", encoded(name)));
        rows.push((format!("{command} `{shown}`"), inline, "refused".to_owned()));
        let header =
            with(by(USER, &format!("/hg1?cmd={command}")), "X-HgArg-1", &format!("sha={}", encoded(name)));
        rows.push((format!("{command} `{shown}`, in a header"), header, "refused".to_owned()));
    }
    rows.push((
        format!("getlfile `{shown}` by nobody"),
        by("", &format!("/hg1?cmd=getlfile&sha={}", encoded(name))),
        "asked who he is".to_owned(),
    ));
    rows.push((format!("putlfile `{shown}`"), put("hg2", name), "refused".to_owned()));
    rows
}

fn by(user: &str, url: &str) -> Value {
    let mut request = json!({"url": url, "headers": [["Accept", "application/mercurial-0.1"]]});
    if !user.is_empty() {
        request["user"] = user.into();
        request["auth_type"] = "Negotiate".into();
    }
    request
}

fn put(repository: &str, name: &str) -> Value {
    let request = by(USER, &format!("/{repository}?cmd=putlfile"));
    let mut request = with(request, "X-HgArg-1", &format!("sha={}", encoded(name)));
    request = with(request, "Content-Type", "application/mercurial-0.1");
    request["method"] = "POST".into();
    request["body"] = CONTENT.into();
    request
}

/// The intended use of large files.
fn wanted(scenario: &Scenario<'_>) -> Vec<Row> {
    let row = |name: &str, request: Value, expected: &str| (name.to_owned(), request, expected.to_owned());
    let get = |repository: &str| by(USER, &format!("/{repository}?cmd=getlfile&sha={HASH}"));
    let stat = |repository: &str| by(USER, &format!("/{repository}?cmd=statlfile&sha={HASH}"));
    let fork = json!({"repoid": "hg2", "fork_name": "fork-of-hg2"});
    vec![
        row("a large file that is not there", stat("hg2"), "missing"),
        row("a large file", put("hg2", HASH), "taken"),
        row("a large file to where one may only read", put("hg1", HASH), "403 Forbidden"),
        row("whether it is there", stat("hg2"), "there"),
        row("the file", get("hg2"), CONTENT.trim()),
        row("the file, by nobody", by("", &format!("/hg2?cmd=getlfile&sha={HASH}")), "asked who he is"),
        row("a fork", Key::of(scenario, "user1").ask("fork_repo", &fork), "made"),
        row("the file in the fork", get("fork-of-hg2"), CONTENT.trim()),
        row("a file whose hash is another's", put("hg2", &"0".repeat(40)), "refused"),
    ]
}

fn serve(table: &mut Table, scenario: &Scenario<'_>, rows: Vec<Row>) {
    let run = scenario.serve(rows.iter().map(|(_, request, _)| request.clone()).collect());
    for (number, (name, request, expected)) in rows.iter().enumerate() {
        table.row(name, &sent(request), expected, &shown(&run, number, request));
    }
}

/// The result of a request. An answer of 0 means that the file exists or was accepted; 2 means missing, and 1 refused.
fn shown(run: &Run, number: usize, request: &Value) -> String {
    let (status, body, url) =
        (run.status(number), run.body(number), request["url"].as_str().unwrap_or_default());
    if let Some(inside) = INSIDE.iter().find(|inside| body.contains(**inside)) {
        return format!("{status}, with {inside}");
    }
    if body.contains("\"success\": true") {
        return "made".to_owned();
    }
    if body.contains("this is not a large file's hash")
        || (url.contains("putlfile") && body.starts_with("1\n"))
    {
        return "refused".to_owned();
    }
    let said = body.split_once('\n').map_or("", |(_, rest)| rest.trim());
    match (status, url) {
        ("401 Unauthorized", _) => "asked who he is".to_owned(),
        ("200 Script output follows", url) if url.contains("statlfile") => {
            if body == "0\n" { "there" } else { "missing" }.to_owned()
        }
        ("200 Script output follows", url) if url.contains("putlfile") && body.starts_with("0\n") => {
            "taken".to_owned()
        }
        ("200 Script output follows", _) if !said.is_empty() => said.to_owned(),
        _ => status.to_owned(),
    }
}

/// Gives every signed-on user a permission on a repository.
fn permit(scenario: &Scenario<'_>, repository: &str, permission: &str) {
    query(
        scenario,
        &format!(
            "update repo_to_perm set permission_id = (select permission_id from permissions where \
             permission_name = \
             '{permission}') where repository_id = (select repo_id from repositories where repo_name = \
             '{repository}')"
        ),
    );
}

/// The names in the folders to which the attempts would write.
fn folders(scenario: &Scenario<'_>) -> String {
    let mut found = Vec::new();
    for folder in ["", "bridge", "repositories/hg2/.hg", "repositories/hg3/.hg"] {
        let entries = fs::read_dir(scenario.place(folder)).expect("a folder can be read");
        found
            .extend(entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()));
    }
    found.sort();
    found.retain(|name| {
        !["cache", "data", "logs", "kallithea.db-journal", "__pycache__"].contains(&name.as_str())
    });
    found.join(", ")
}
