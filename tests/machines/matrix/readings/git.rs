//! Requests of git, in every spelling that Kallithea's two parsers could read differently.
//!
//! In: a deployment with the repository `git1`. Out: requests and their answers. Absent: who sends them.

use std::cell::Cell;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{FORBIDDEN, Way, by_number};
use crate::kallithea::Scenario;
use crate::matrix::cross_site::{Commit, commit, git};
use crate::matrix::with;

const OK: &str = "200 OK";
const NO_SERVICE: &str = "400 Bad Request";
/// A push is not a fetch. Git reports this sooner or later: before the answer has begun, or within it.
const FETCH_FAILS: &str = "200 OK or 417 Expectation Failed";
const NOT_FOUND: &str = "404 Not Found";

pub fn ways(scenario: &Scenario<'_>) -> Vec<Way> {
    let commit = commit(scenario);
    keep_journal(scenario);
    let mut ways = services();
    ways.extend(places(scenario, &commit));
    ways.extend(dumb(&commit));
    ways
}

/// Lets Kallithea's journal hook run on this machine, where git cannot use the path on drive C.
fn keep_journal(scenario: &Scenario<'_>) {
    let hook = scenario.place("repositories/git1/hooks/post-receive");
    let code = fs::read_to_string(&hook).expect("Kallithea has put its hook there");
    let (_, code) = code.split_once('\n').expect("it has lines");
    let python = scenario.machine().python();
    let code = format!("#!{}\n{code}", python.get_program().to_string_lossy());
    fs::write(hook, code).expect("a hook can be written");
}

/// What a push or a fetch begins with: the name of the service.
fn services() -> Vec<Way> {
    let ask = |query: &str| json!({"url": format!("/git1/info/refs{query}"), "headers": [["User-Agent", "git/2.39.2"]]});
    let all = |name, query: &str, answer| Way::no_push(name, ask(query), answer);
    let mut in_body = ask("?service=git-upload-pack");
    in_body["method"] = "POST".into();
    in_body["body"] = "service=git-receive-pack".into();
    in_body["headers"] = json!([["Content-Type", "application/x-git-receive-pack-request"]]);
    let mut in_body_alone = in_body.clone();
    in_body_alone["url"] = "/git1/info/refs".into();
    vec![
        all("as git fetches", "?service=git-upload-pack", OK),
        Way { writer: OK, ..all("as git pushes", "?service=git-receive-pack", FORBIDDEN) },
        all("no service", "", NO_SERVICE),
        all(
            "one that reads, then one that writes",
            "?service=git-upload-pack&service=git-receive-pack",
            NO_SERVICE,
        ),
        all(
            "one that writes, then one that reads",
            "?service=git-receive-pack&service=git-upload-pack",
            NO_SERVICE,
        ),
        all("a semicolon between", "?service=git-upload-pack;service=git-receive-pack", NO_SERVICE),
        all("an encoded separator", "?service=git-upload-pack%26service=git-receive-pack", NO_SERVICE),
        all("behind another argument", "?x=1&service=git-receive-pack", NO_SERVICE),
        all("behind an empty pair", "?&service=git-receive-pack", NO_SERVICE),
        all("encoded", "?service=git%2Dreceive-pack", NO_SERVICE),
        all("its name encoded", "?%73ervice=git-receive-pack", NO_SERVICE),
        all(
            "the second, its name encoded",
            "?service=git-upload-pack&%73ervice=git-receive-pack",
            NO_SERVICE,
        ),
        all("in capitals", "?service=GIT-RECEIVE-PACK", NO_SERVICE),
        all("its name in capitals", "?SERVICE=git-receive-pack", NO_SERVICE),
        all("a space behind it", "?service=git-receive-pack+", NO_SERVICE),
        Way::no_push("one that reads in the URL, one that writes in the body", in_body, OK),
        Way::no_push("in the body alone", in_body_alone, NO_SERVICE),
    ]
}

/// The destinations of a push.
fn places(scenario: &Scenario<'_>, commit: &Commit) -> Vec<Way> {
    let number = by_number(scenario, "git1");
    let (branch, pushed) = (Cell::new(0), Cell::new(false));
    let push = |place: &str| {
        branch.set(branch.get() + 1);
        let request = post(&format!("/{place}"), &commit.push_of(&format!("planted{}", branch.get())));
        (request, format!("branch planted{}", branch.get()))
    };
    let held = |name, place: &str, answer| Way::no_push(name, push(place).0, answer);
    let done = |name, place: &str| {
        let (request, written) = push(place);
        // The journal has a commit once, whatever branches it is on.
        let journal = if pushed.replace(true) { String::new() } else { commit.hash.clone() };
        Way { name, request, reader: FORBIDDEN, writer: OK, writes: Some(written), journal: Some(journal) }
    };
    let mut mercurial = held("with what hg accepts, and a command that reads", "git1?cmd=heads", NOT_FOUND);
    mercurial.request["headers"][0] = json!(["Accept", "application/mercurial-0.1"]);
    let mut both = done("git's address with what hg accepts", "git1/git-receive-pack?cmd=heads");
    both.request =
        with(both.request, "Accept", "application/mercurial-0.1, application/x-git-receive-pack-result");
    let mut get = done("by GET", "git1/git-receive-pack");
    get.request["method"] = "GET".into();
    vec![
        done("as git pushes", "git1/git-receive-pack"),
        done("encoded", "git1/git%2Dreceive-pack"),
        done("encoded as a whole", "git1/%67%69%74%2d%72eceive%2Dpack"),
        done("its separator encoded", "git1%2Fgit-receive-pack"),
        done("two slashes", "git1//git-receive-pack"),
        done("by the repository's number", &format!("{number}/git-receive-pack")),
        done("a service in the URL that reads", "git1/git-receive-pack?service=git-upload-pack"),
        both,
        get,
        mercurial,
        held("to the service that reads", "git1/git-upload-pack", FETCH_FAILS),
        held(
            "the same, and the one that writes in the URL",
            "git1/git-upload-pack?service=git-receive-pack",
            FETCH_FAILS,
        ),
        held("in capitals", "git1/GIT-RECEIVE-PACK", NOT_FOUND),
        held("a slash behind it", "git1/git-receive-pack/", NOT_FOUND),
        held("a line behind it", "git1/git-receive-pack%0A", NO_SERVICE),
        held("a semicolon", "git1/git-upload-pack;git-receive-pack", NOT_FOUND),
        held("one below the other", "git1/git-upload-pack/git-receive-pack", NOT_FOUND),
        held("below the references", "git1/info/refs/git-receive-pack", NOT_FOUND),
        held("up from the one that reads", "git1/git-upload-pack/%2E%2E/x/git-receive-pack", NOT_FOUND),
        held("by its name in capitals", "GIT1/git-receive-pack", NOT_FOUND),
        held("its folder", "git1/.git/git-receive-pack", NOT_FOUND),
        held("with git's ending", "git1.git/git-receive-pack", NOT_FOUND),
        held("to a repository of hg", "hg1/git-receive-pack", NOT_FOUND),
    ]
}

/// The requests of git's oldest protocol, file by file, and those with which WebDAV writes them.
fn dumb(commit: &Commit) -> Vec<Way> {
    let get = |name, url: &str| Way::no_push(name, json!({"url": url, "headers": []}), NOT_FOUND);
    let object = format!("/git1/objects/{}/{}", &commit.hash[..2], &commit.hash[2..]);
    let mut put = post(&object, b"content");
    put["method"] = "PUT".into();
    vec![
        get("the head, as a file", "/git1/HEAD"),
        get("the packs, as a file", "/git1/objects/info/packs"),
        get("an object, as a file", &object),
        get("the settings, as a file", "/git1/config"),
        Way::no_push("an object, written as a file", put, "405 Method Not Allowed"),
    ]
}

fn post(url: &str, body: &[u8]) -> Value {
    json!({
        "url": url, "method": "POST", "body_base64": STANDARD.encode(body), "headers": [
            ["Accept", "application/x-git-receive-pack-result, application/x-git-upload-pack-result"],
            ["Content-Type", "application/x-git-receive-pack-request"],
        ],
    })
}

/// The branches that `git1` has.
pub fn written(scenario: &Scenario<'_>) -> Vec<String> {
    let branches =
        git(&scenario.place("repositories/git1"), &["for-each-ref", "--format=branch %(refname:lstrip=2)"]);
    branches.lines().map(str::to_owned).collect()
}
