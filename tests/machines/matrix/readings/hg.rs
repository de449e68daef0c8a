//! Requests of hg, in every spelling that Kallithea and hgweb could read differently.
//!
//! In: a deployment with the repository `hg1`. Out: requests and their answers. Absent: who sends them.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{DONE, FORBIDDEN, HELD, Way, by_number, changes};
use crate::kallithea::Scenario;
use crate::kallithea::parallel::any_python;
use crate::matrix::with;

const HG: &str = "application/mercurial-0.1";
/// What `hg push --force` sends instead of the heads that it has seen: the word "force" in hexadecimal.
const FORCED: &str = "heads=666f726365";
const NO_COMMAND: &str = "400 Bad Request";
/// The answer of all of hgweb's own pages: they fail on the encoding, which Kallithea sets to text instead of bytes.
const NO_PAGE: &str = "500 INTERNAL SERVER ERROR";

pub fn ways(scenario: &Scenario<'_>) -> Vec<Way> {
    let mut changes = changes(scenario, 16).into_iter();
    let mut ways = honest(&mut changes);
    ways.extend(commands(&mut changes));
    ways.extend(letters(&mut changes));
    ways.extend(addresses(scenario, &mut changes));
    ways.extend(arguments());
    ways.extend(batches());
    ways
}

type Changes<'a> = &'a mut dyn Iterator<Item = (String, String)>;

/// Requests that hg itself sends, or may send.
fn honest(changes: Changes<'_>) -> Vec<Way> {
    let (hash, bundle) = changes.next().expect("a change");
    let bytes = STANDARD.decode(bundle).expect("it is in base64");
    let body = [FORCED.as_bytes(), &bytes].concat();
    let in_body = post("/hg1?cmd=unbundle", &body, &[("X-HgArgs-Post", &FORCED.len().to_string())]);
    let large = |query: &str, content: &str, hash: &str| {
        post(&format!("/hg1?{query}&sha={hash}"), content.as_bytes(), &[])
    };
    let key = |name: &str| post("/hg1?cmd=pushkey", b"", &[("X-HgArg-1", &pushkey(name))]);
    vec![
        push("as hg pushes", "cmd=unbundle", changes),
        change("arguments in the body", in_body, hash),
        bookmark("a bookmark, as hg pushes it", key("honest"), "honest"),
        Way {
            writes: Some(format!("large {BIG_HASH}")),
            ..way("a large file, as hg pushes it", large("cmd=putlfile", BIG, BIG_HASH), FORBIDDEN, DONE)
        },
        Way::no_push("a large file, second", large("cmd=heads&cmd=putlfile", "other", OTHER_HASH), HELD),
        Way::no_push("a large file, encoded", large("cmd=heads&%63md=putlfile", "other", OTHER_HASH), HELD),
    ]
}

/// Requests with several commands.
fn commands(changes: Changes<'_>) -> Vec<Way> {
    let (_, bundle) = changes.next().expect("a change");
    let all =
        |name, query: &str, answer| Way::no_push(name, unbundle(&format!("/hg1?{query}"), &bundle), answer);
    vec![
        all("a command that reads, then one that writes", "cmd=heads&cmd=unbundle", HELD),
        all("the same, and one that reads again", "cmd=heads&cmd=unbundle&cmd=heads", DONE),
        all("twice the one that reads", "cmd=heads&cmd=heads&cmd=unbundle", HELD),
        Way {
            writer: DONE,
            ..all("one that writes, then one that reads", "cmd=unbundle&cmd=heads", FORBIDDEN)
        },
        all("an empty pair in front", "&cmd=heads&cmd=unbundle", HELD),
        all("the second without a name", "cmd=heads&=unbundle", DONE),
        all("a command that reads, then a page of hgweb's", "cmd=heads&cmd=changelog", NO_PAGE),
        all("a command that reads, then none", "cmd=heads&cmd", NO_PAGE),
        all("a command that reads, then an empty one", "cmd=heads&cmd=", NO_PAGE),
        push("an empty command first", "cmd=&cmd=unbundle", changes),
        push("a command without a value first", "cmd&cmd=unbundle", changes),
        all("a method in the URL", "cmd=heads&cmd=unbundle&_method=GET", HELD),
        all("a method in the URL, one command", "cmd=heads&_method=POST", DONE),
    ]
}

/// Spellings of a command and its name.
fn letters(changes: Changes<'_>) -> Vec<Way> {
    let (_, bundle) = changes.next().expect("a change");
    let all =
        |name, query: &str, answer| Way::no_push(name, unbundle(&format!("/hg1?{query}"), &bundle), answer);
    vec![
        all("the second, its name encoded", "cmd=heads&%63md=unbundle", HELD),
        all("the second, its name encoded as a whole", "cmd=heads&%63%6D%64=unbundle", HELD),
        all("the second, encoded", "cmd=heads&cmd=%75nbundle", HELD),
        all("the second, both encoded", "cmd=heads&c%6dd=unb%75ndle", HELD),
        all("one alone, its name encoded", "%63md=unbundle", NO_COMMAND),
        push("one alone, encoded", "cmd=%75nbundle", changes),
        all("the second encoded twice", "cmd=heads&%2563md=unbundle", DONE),
        all("a plus in the second's name", "cmd=heads&cmd+=unbundle", DONE),
        all("a plus before the second's name", "cmd=heads&+cmd=unbundle", DONE),
        all("the second with a null", "cmd=heads&cmd%00=unbundle", DONE),
        all("capitals in the second's name", "cmd=heads&CMD=unbundle", DONE),
        all("capitals alone", "CMD=unbundle", NO_COMMAND),
        Way { writer: NO_PAGE, ..all("a command in capitals", "cmd=UNBUNDLE", FORBIDDEN) },
        all("the second in capitals", "cmd=heads&cmd=UNBUNDLE", NO_PAGE),
        Way { writer: NO_PAGE, ..all("a semicolon between", "cmd=heads;cmd=unbundle", FORBIDDEN) },
        all("a semicolon inside another", "cmd=heads&x=1;cmd=unbundle", DONE),
        Way { writer: NO_PAGE, ..all("an encoded separator", "cmd=heads%26cmd=unbundle", FORBIDDEN) },
        all("an encoded sign", "cmd=heads&cmd%3Dunbundle", DONE),
    ]
}

/// Destinations of a request, and its methods.
fn addresses(scenario: &Scenario<'_>, changes: Changes<'_>) -> Vec<Way> {
    let (_, bundle) = changes.next().expect("a change");
    let number = by_number(scenario, "hg1");
    let two = |place: &str| unbundle(&format!("/{place}?cmd=heads&cmd=unbundle"), &bundle);
    let one = |place: &str| unbundle(&format!("/{place}?cmd=unbundle"), &bundle);
    let mut get = two("hg1");
    get["method"] = "GET".into();
    let mut put = two("hg1");
    put["method"] = "PUT".into();
    // Windows finds the folder, but nobody has rights to a repository of that name.
    let elsewhere = if scenario.machine().is_wine() { FORBIDDEN } else { "404 Not Found" };
    vec![
        push_to("by the repository's number", &format!("/{number}"), "cmd=unbundle", changes),
        Way::no_push("by its number, two commands", two(&number), HELD),
        push_to("with a slash behind it", "/hg1/", "cmd=unbundle", changes),
        Way::no_push("with a slash, two commands", two("hg1/"), HELD),
        Way::no_push("by its name in capitals", one("HG1"), elsewhere),
        Way::no_push("by its name in capitals, two commands", two("HG1"), elsewhere),
        Way::no_push("a dot behind its name", one("hg1."), "404 Not Found"),
        Way::no_push("by GET", get, HELD),
        Way::no_push("by PUT", put, HELD),
        Way::no_push("to its folder", one("hg1/.hg"), "404 Not Found"),
    ]
}

/// The places of the arguments.
fn arguments() -> Vec<Way> {
    let in_body = |query: &str, text: &str| {
        post(&format!("/hg1?{query}"), text.as_bytes(), &[("X-HgArgs-Post", &text.len().to_string())])
    };
    let header = |query: &str, value: &str| post(&format!("/hg1?{query}"), b"", &[("X-HgArg-1", value)]);
    let split = [("X-HgArg-1", "namespace=bookmarks&key=split"), ("X-HgArg-2", NULL)];
    vec![
        bookmark("in the URL", post(&format!("/hg1?cmd=pushkey&{}", pushkey("url")), b"", &[]), "url"),
        bookmark("in the body", in_body("cmd=pushkey", &pushkey("body")), "body"),
        bookmark("in two headers", post("/hg1?cmd=pushkey", b"", &split), "split"),
        Way::no_push("a bookmark, second", header("cmd=heads&cmd=pushkey", &pushkey("second")), HELD),
        Way::no_push("a bookmark, encoded", header("cmd=heads&c%6Dd=pushkey", &pushkey("encoded")), HELD),
        Way::no_push("a bookmark, in the body", in_body("cmd=heads&cmd=pushkey", &pushkey("b2")), HELD),
        Way::no_push("the command in a header", header("cmd=heads", "cmd=unbundle&heads=666f726365"), DONE),
        Way::no_push("the command in the body", in_body("cmd=heads", "cmd=unbundle"), DONE),
        Way::no_push("no command but in a header", header("", "cmd=unbundle"), NO_COMMAND),
        Way::no_push("no command but in the body", in_body("", "cmd=unbundle"), NO_COMMAND),
    ]
}

/// The commands of a batch.
fn batches() -> Vec<Way> {
    let batch = |url: &str, header: &str| post(&format!("/hg1?{url}"), b"", &[("X-HgArg-1", header)]);
    let of = |separator: &str, name: &str| format!("cmds=heads+{separator}{}", batched(name));
    let in_body = |header: &str, text: &str| {
        post(
            "/hg1?cmd=batch",
            text.as_bytes(),
            &[("X-HgArg-1", header), ("X-HgArgs-Post", &text.len().to_string())],
        )
    };
    let alone = |name: &str| format!("cmds={}", batched(name));
    let halves = [("X-HgArg-1", "cmds=heads+%3"), ("X-HgArg-2", &format!("B{}", batched("b7"))[..])];
    vec![
        Way::no_push("a batch that reads", batch("cmd=batch", "cmds=heads+%3Bknown+nodes%3D"), DONE),
        bookmark("a batch that writes", batch("cmd=batch", &of(";", "b1")), "b1"),
        Way::no_push("its separator encoded", batch("cmd=batch", &of("%3B", "b3")), HELD),
        Way::no_push("its separator encoded in small letters", batch("cmd=batch", &of("%3b", "b4")), HELD),
        Way::no_push("its separator encoded twice", batch("cmd=batch", &of("%253B", "b5")), DONE),
        Way::no_push(
            "one that reads in a header, one that writes in the body",
            in_body("cmds=heads+", &alone("b6")),
            HELD,
        ),
        Way::no_push("half a separator in each header", post("/hg1?cmd=batch", b"", &halves), HELD),
        bookmark("in the URL", post(&format!("/hg1?cmd=batch&{}", alone("b8")), b"", &[]), "b8"),
        Way::no_push(
            "one that writes in the URL, one that reads in a header",
            batch(&format!("cmd=batch&{}", alone("b9")), "cmds=heads+"),
            DONE,
        ),
        Way::no_push("two in a header", batch("cmd=batch", &format!("cmds=heads+&{}", alone("b10"))), DONE),
        bookmark("one behind another argument", batch("cmd=batch", &format!("x=1&{}", alone("b11"))), "b11"),
        bookmark("its name encoded", batch("cmd=batch", &alone("b12").replace("cmds", "%63mds")), "b12"),
        Way::no_push("a command that reads, then a batch", batch("cmd=heads&cmd=batch", &alone("b13")), HELD),
        Way::no_push("the same, encoded", batch("cmd=heads&cmd=b%61tch", &alone("b14")), HELD),
        bookmark("a batch, encoded", batch("cmd=b%61tch", &alone("b15")), "b15"),
    ]
}

fn way(name: &'static str, request: Value, reader: &'static str, writer: &'static str) -> Way {
    Way { name, request, reader, writer, writes: None, journal: None }
}

/// A push of a commit, which only a writer may do.
fn push(name: &'static str, query: &str, changes: Changes<'_>) -> Way {
    push_to(name, "/hg1", query, changes)
}

fn push_to(name: &'static str, place: &str, query: &str, changes: Changes<'_>) -> Way {
    let (hash, bundle) = changes.next().expect("a change");
    change(name, unbundle(&format!("{place}?{query}"), &bundle), hash)
}

fn change(name: &'static str, request: Value, hash: String) -> Way {
    Way { writes: Some(format!("change {hash}")), journal: Some(hash), ..way(name, request, FORBIDDEN, DONE) }
}

fn bookmark(name: &'static str, request: Value, key: &str) -> Way {
    Way { writes: Some(format!("bookmark {key}")), ..way(name, request, FORBIDDEN, DONE) }
}

/// The rest of a `pushkey` after its key: from nothing to the commit that every repository has.
const NULL: &str = "&old=&new=0000000000000000000000000000000000000000";

fn pushkey(name: &str) -> String {
    format!("namespace=bookmarks&key={name}{NULL}")
}

/// The same as a command of a batch.
fn batched(name: &str) -> String {
    format!("pushkey+namespace%3Dbookmarks%2Ckey%3D{name}%2Cold%3D%2Cnew%3D{}", "0".repeat(40))
}

fn unbundle(url: &str, bundle: &str) -> Value {
    let mut request = with(post(url, b"", &[]), "X-HgArg-1", FORCED);
    request["body_base64"] = bundle.into();
    request
}

fn post(url: &str, body: &[u8], headers: &[(&str, &str)]) -> Value {
    let request = json!({
        "url": url, "method": "POST", "headers": [["Accept", HG], ["Content-Type", HG]],
        "body_base64": STANDARD.encode(body),
    });
    headers.iter().fold(request, |request, (name, value)| with(request, name, value))
}

const BIG: &str = "a large file\n";
const BIG_HASH: &str = "737a59a2ee7d9d18608219d27e8f46d9e9d19879";
const OTHER_HASH: &str = "d0941e68da8f38151ff86a61fc59f7c5cf9fcaa2";

/// The content of `hg1`: commits, bookmarks, large files.
pub fn written(scenario: &Scenario<'_>) -> Vec<String> {
    let place = scenario.place("repositories/hg1/.hg");
    let bookmarks = fs::read_to_string(place.join("bookmarks")).unwrap_or_default();
    let bookmarks = bookmarks.lines().filter_map(|line| line.split_once(' '));
    let mut written: Vec<_> = bookmarks.map(|(_, name)| format!("bookmark {name}")).collect();
    if let Ok(files) = fs::read_dir(place.join("largefiles")) {
        let names = files.map(|file| file.expect("a folder can be read").file_name());
        written.extend(names.map(|name| format!("large {}", name.to_string_lossy())));
    }
    let python = "import sys, mercurial.hg, mercurial.ui; \
                  r = mercurial.hg.repository(mercurial.ui.ui(), sys.argv[1].encode()); \
                  [print('change', r[n].hex().decode()) for n in r]";
    let mut command = any_python();
    command.args(["-c", python, "repositories/hg1"]).current_dir(scenario.place(""));
    written.extend(crate::kallithea::run(&mut command).lines().map(|line| line.trim().to_owned()));
    written
}
