//! Text and files of other users, on the pages that show them.
//!
//! In: a deployment with its own repositories, in which IIS authenticates users. Out: tables. Absent: browsers, which
//! `clients_linux/browser.rs` has; a page is searched for what would be a script in a browser.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::{Table, by, sent, with};
use crate::kallithea::parallel::{populated, query, script};
use crate::kallithea::{Deployment, Run, Scenario};

/// What `written.py` writes, taken as HTML: an escaped text has no such tag.
const TAG: &str = "<img src=x";

/// The scheme of a script, which `written.py` leaves wherever it can.
const SCHEME: &str = "javascript:stolen";

/// The policy for files from a repository: none of them may run anything.
const SANDBOX: &str = "sandbox";

/// A row: description, address, user, text that must be absent, and text that must be present.
type Row = (&'static str, String, &'static str, &'static [&'static str], &'static [&'static str]);

/// The tables: READMEs, then pages, then files that are served as they are.
pub fn written(extras: &Deployment) {
    let scenario = populated(extras);
    query(&scenario, "update users set admin = 1 where username = 'user8'");
    query(&scenario, "update repositories set downloads = 1");
    let (address, is_asked) = another_server();
    let tip = tip(&scenario, &address);

    readmes(&scenario, &is_asked);
    pages(&scenario, &tip);
    handed_out(&scenario);
}

/// Runs `written.py`; returns the hash of a repository's tip.
pub(super) fn tip(scenario: &Scenario<'_>, address: &str) -> String {
    let said = script(scenario, "written.py", &["my.ini", address]);
    let said: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    said["tip"].as_str().expect("the change's hash").to_owned()
}

/// A server in the same network, and whether it got any request.
fn another_server() -> (String, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/", listener.local_addr().expect("an address"));
    let is_asked = Arc::new(AtomicBool::new(false));
    let notes = Arc::clone(&is_asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            notes.store(true, Ordering::Relaxed);
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\n1, 2");
        }
    });
    (address, is_asked)
}

fn readmes(scenario: &Scenario<'_>, is_asked: &AtomicBool) {
    let mut table = Table::new(scenario.machine(), "READMEs");
    let scripts: &[&str] = &[TAG, SCHEME, "<svg", "<iframe", "<form action=\"https", "onerror=\"stolen"];
    let rows: [Row; 6] = [
        (
            "a file as a table",
            "/hg1".into(),
            "user1",
            &["sqlalchemy.url", "[app:main]", "session.secret"],
            &[],
        ),
        ("an address as a table", "/hg3".into(), "user1", &["<td>1</td>"], &["Somebody else"]),
        ("text that is HTML already", "/hg1".into(), "user1", &["<b>raw"], &[]),
        (
            "a table of its own",
            "/hg1".into(),
            "user1",
            &[],
            &["<td>alpha</td>", "<th class=\"head\">letter</th>"],
        ),
        ("links", "/hg1".into(), "user1", &[SCHEME], &["href=\"https://example.com/\""]),
        (
            "Markdown",
            "/hg2".into(),
            "user1",
            scripts,
            &["href=\"https://example.com/\"", "<h2>A project</h2>"],
        ),
    ];
    looked_at(&mut table, scenario, &rows);
    let asked = if is_asked.load(Ordering::Relaxed) { "asked" } else { "not asked" };
    table.row("the address that the README names", "", "not asked", asked);
    table.end();
}

fn pages(scenario: &Scenario<'_>, tip: &str) {
    let mut table = Table::new(scenario.machine(), "Pages with texts of others");
    let names: &[&str] = &["Deleted branch: R&amp;D", "Created tag: &lt;img"];
    let journals: [Row; 4] = [
        ("the journal of who follows it", "/_admin/journal".into(), "user2", &[TAG], names),
        ("a change in that journal", "/_admin/journal".into(), "user2", &[], &["href=\"/hg1/changeset/"]),
        ("an entry with a colon too many", "/_admin/journal".into(), "user3", &[TAG], &["&lt;img src=x"]),
        ("the administrator's journal", "/_admin".into(), "user8", &[TAG], names),
    ];
    let rows = [&journals[..], &of_repositories(), &of_changes(tip), &lists()].concat();
    looked_at(&mut table, scenario, &rows);
    table.end();
}

/// Pages of a repository and its files.
fn of_repositories() -> [Row; 5] {
    [
        (
            "links of submodules",
            "/hg2/files/tip/".into(),
            "user1",
            &["=\"javascript:", "=\"JavaScript:", "=\"data:"],
            &[],
        ),
        (
            "the same, to places",
            "/hg2/files/tip/".into(),
            "user1",
            &[],
            &["=\"https://example.com/library\"", "=\"../hg1\""],
        ),
        (
            "a description, for a form",
            "/hg1/pull-request-repo-info".into(),
            "user1",
            &[TAG],
            &["\"description\": \"&lt;img"],
        ),
        (
            "the same, harmless",
            "/hg2/pull-request-repo-info".into(),
            "user1",
            &[],
            &["\"description\": \"R&amp;D\""],
        ),
        (
            "names of files, for a search",
            "/hg1/nodelist/tip/".into(),
            "user1",
            &[TAG],
            &["&lt;img src=x onerror=&quot;stolen()&quot;&gt;.txt\"", "\"R&amp;D.txt\""],
        ),
    ]
}

/// Pages of commits.
fn of_changes(tip: &str) -> [Row; 3] {
    [
        (
            "what a comment is on",
            format!("/hg1/changeset/{tip}"),
            "user1",
            &["data-f_path=\"&lt;img src=x onerror=&#34;stolen()&#34;&gt;\"", "data-line_no=\"n1,"],
            &["data-f_path=\"notes.txt\" data-line_no=\"n1\""],
        ),
        (
            "messages of changes, for a script of the page before",
            "/hg1/changeset_children/0".into(),
            "user1",
            &["()\\\">$`", " $'"],
            &["()\\\">$$` onfocus=stolen() $$'"],
        ),
        (
            "the same, for the page behind",
            "/hg1/changeset_parents/tip".into(),
            "user1",
            &[],
            &["\"revision\": 0"],
        ),
    ]
}

/// Pages of users, and of many repositories or commits.
fn lists() -> [Row; 4] {
    [
        (
            "names of people, to mention them",
            "/_users_and_groups?query=user4".into(),
            "user1",
            &["${"],
            &["\"nname\": \"user4\"", "\"$\\u2060{lname}\""],
        ),
        (
            "labels of curves",
            "/hg1/statistics".into(),
            "user1",
            &[r#""label": "\x3cimg"#],
            &[r#""label": "\x26lt;img"#, r#""label": "R\x26amp;D""#],
        ),
        ("a list of changes", "/hg1/changelog".into(), "user1", &[TAG], &["&lt;img src=x"]),
        (
            "the list of repositories",
            "/".into(),
            "user1",
            &[TAG, r"\x3cimg"],
            &[r"\x26lt;img src=x", r"R\x26amp;D"],
        ),
    ]
}

fn handed_out(scenario: &Scenario<'_>) {
    let mut table = Table::new(scenario.machine(), "What is handed out as it is");
    let page = "base-uri 'self'; object-src 'none'";
    let rows = [
        ("a picture that is a document", "/hg1/raw/tip/picture.svg", "200 OK, image/svg+xml, sandbox"),
        ("a page", "/hg1/raw/tip/page.html", "200 OK, text/plain, sandbox"),
        ("a page, to keep", "/hg1/rawfile/tip/page.html", "200 OK, text/html, to keep, sandbox"),
        ("a text", "/hg1/raw/tip/notes.txt", "200 OK, text/plain, sandbox"),
        ("a change", "/hg1/changeset-diff/tip", "200 OK, text/plain, sandbox"),
        ("an archive", "/hg1/archive/tip.zip", "200 OK, application/zip, to keep, sandbox"),
        ("a feed", "/hg1/feed/atom", "200 OK, application/atom+xml, sandbox"),
        ("one of Kallithea's own pages", "/hg1", page),
        ("one of its style sheets", "/css/style.css", "200 OK, text/css, sandbox"),
    ];
    let requests: Vec<Value> = rows.iter().map(|(_, url, _)| by(r"CORP\user1", url)).collect();
    let run = scenario.serve(requests.clone().into());
    for (number, (name, _, expected)) in rows.iter().enumerate() {
        let expected =
            if *expected == page { format!("200 OK, text/html, {page}") } else { (*expected).to_owned() };
        table.row(name, &sent(&requests[number]), &expected, &handed(&run, number));
    }
    table.end();
}

/// A response's status and type, whether the browser saves it, and what its policy allows.
fn handed(run: &Run, number: usize) -> String {
    let kind = run.header(number, "Content-Type").split(';').next().unwrap_or_default();
    let kept = run.header(number, "Content-Disposition").starts_with("attachment");
    let policy = run.header(number, "Content-Security-Policy");
    let policy =
        if policy.ends_with("; sandbox") && policy.contains("default-src 'none'") { SANDBOX } else { policy };
    format!("{}, {kind}, {}{policy}", run.status(number), if kept { "to keep, " } else { "" })
}

/// A table of pages, and what was found in them.
fn looked_at(table: &mut Table, scenario: &Scenario<'_>, rows: &[Row]) {
    let ask = |url: &str, user: &str| {
        let asked = with(by(&format!(r"CORP\{user}"), url), "X-PARTIAL-XHR", "1");
        with(asked, "X-Requested-With", "XMLHttpRequest")
    };
    let requests: Vec<Value> = rows.iter().map(|(_, url, user, ..)| ask(url, user)).collect();
    let run = scenario.serve(json!(requests));
    for (number, (name, _, _, never, always)) in rows.iter().enumerate() {
        let body = run.body(number);
        let mut seen = vec![run.status(number).to_owned()];
        seen.extend(never.iter().filter(|part| body.contains(**part)).map(|part| format!("with {part}")));
        seen.extend(
            always.iter().filter(|part| !body.contains(**part)).map(|part| format!("without {part}")),
        );
        table.row(name, &sent(&requests[number]), "200 OK", &seen.join(", "));
    }
}
