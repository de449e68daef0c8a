//! Requests and changes that would block a worker process for others: what is accepted, and what is answered in time.
//!
//! In: a deployment with its own repositories, in which IIS authenticates users. Out: a table; a request that takes two
//! minutes fails its test in the host. Absent: the memory of a process.

use serde_json::{Value, json};

use super::pages::tip;
use super::{Table, by, page, sent, with};
use crate::kallithea::parallel::{any_python, has_git, populated, pull};
use crate::kallithea::{Deployment, Scenario, run};

const TOO_LARGE: &str = "413 Request Entity Too Large";
const MALFORMED: &str = "400 Bad Request";
/// The answer to a form that was read and has no token.
const READ: &str = "403 Forbidden";
const OK: &str = "200 OK";

/// The default limit of a form, in bytes.
const FORM: usize = 8 << 20;

/// The table.
pub fn taken_in(extras: &Deployment) {
    let scenario = populated(extras);
    let mut table = Table::new(scenario.machine(), "What is taken in");
    let rows = [forms(), forms_of_parts(), others(&scenario)].concat();
    answered(&mut table, &scenario, &rows);
    tip(&scenario, "http://127.0.0.1:9/");
    let shown = |name, url| (name, by(r"CORP\user1", url), OK);
    let rows = [
        shown("an author with a hundred thousand letters", "/hg4/changelog"),
        shown("a message with a hundred thousand letters", "/hg3/changelog"),
        shown("a README of five thousand signs", "/hg4"),
        shown("a page of no changes", "/hg1?size=0"),
        shown("another page afterwards", "/"),
    ];
    answered(&mut table, &scenario, &rows);
    table.end();
}

type Row = (&'static str, Value, &'static str);

fn answered(table: &mut Table, scenario: &Scenario<'_>, rows: &[Row]) {
    let run = scenario.serve(rows.iter().map(|(_, request, _)| request.clone()).collect());
    for (number, (name, request, expected)) in rows.iter().enumerate() {
        table.row(name, &sent(request), expected, run.status(number));
    }
}

/// A form of a user who has not signed on.
fn form(kind: &str, body: &str) -> Value {
    let mut form = with(page("/_admin/login"), "Content-Type", kind);
    form["method"] = "POST".into();
    form["body"] = body.into();
    form
}

fn forms() -> Vec<Row> {
    let plain = |body: &str| form("application/x-www-form-urlencoded", body);
    let unannounced = |body: &str| {
        let mut form = plain(body);
        form["chunked"] = true.into();
        form
    };
    let got = |mut form: Value| {
        form["method"] = "GET".into();
        form
    };
    let large = format!("text={}", "x".repeat(FORM));
    vec![
        ("a form", plain("username=a&password=b"), READ),
        ("a form, its length not announced", unannounced("username=a&password=b"), READ),
        ("a form with a file's text", plain(&format!("text={}", "x".repeat(FORM - 5))), READ),
        ("as many fields as there may be", plain(&"a=&".repeat(9_999)), READ),
        ("many fields", plain(&"a=&".repeat(20_000)), TOO_LARGE),
        ("many fields, their length not announced", unannounced(&"a=&".repeat(20_000)), TOO_LARGE),
        ("a large form", plain(&large), TOO_LARGE),
        ("a large form, its length not announced", unannounced(&large), TOO_LARGE),
        ("a large form with a GET", got(plain(&large)), TOO_LARGE),
        ("a large form of no kind", form("", &large), TOO_LARGE),
        (
            "a large form, spelled otherwise",
            form("Application/X-WWW-Form-URLencoded; a=b", &large),
            TOO_LARGE,
        ),
    ]
}

fn forms_of_parts() -> Vec<Row> {
    let parts = |body: &str| form("multipart/form-data; boundary=--x", &format!("{body}----x--\r\n"));
    let part = "----x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n";
    let nested = "----x\r\nContent-Disposition: form-data; name=a\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n";
    let inner = "--y\r\nContent-Disposition: file; filename=a\r\n\r\n\r\n".repeat(20_000);
    let long = |disposition: &str| {
        let text = "x".repeat(FORM + 1);
        parts(&format!("----x\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{text}\r\n"))
    };
    vec![
        ("a form of parts", parts(&part.repeat(20)), READ),
        ("a form with a large file", long("name=upload; filename=a.bin"), READ),
        ("a form with a large text in a part", long("name=text"), TOO_LARGE),
        ("many parts", parts(&part.repeat(20_000)), TOO_LARGE),
        ("many parts within a part", parts(&format!("{nested}{inner}--y--\r\n")), TOO_LARGE),
        ("parts that nothing divides", form("multipart/form-data; boundary=\u{1}", "x"), MALFORMED),
    ]
}

fn others(scenario: &Scenario<'_>) -> Vec<Row> {
    let call = |body: &str| {
        let mut call = form("application/json", body);
        call["url"] = "/_admin/api".into();
        call
    };
    let known = r#"{"id": 1, "api_key": "nobody's", "method": "get_repos", "args": {}}"#;
    let arguments = |size: &str, body: &str| {
        let mut request = with(pull(0, 0), "X-HgArgs-Post", size);
        request["method"] = "POST".into();
        request["url"] = "/hg1?cmd=known".into();
        request["headers"][1] = json!(["Content-Type", "application/mercurial-0.1"]);
        request["body"] = body.into();
        request
    };
    let mut rows = vec![
        ("a call of the API", call(known), OK),
        ("a large call of the API", call(&"[".repeat(FORM + 1)), TOO_LARGE),
        ("a command of Mercurial", pull(0, 0), "200 Script output follows"),
        ("its arguments in the body", arguments("6", "nodes="), "200 Script output follows"),
        ("large arguments in the body", arguments("2000000", &"a=&".repeat(700_000)), TOO_LARGE),
        ("arguments of no length", arguments("-1", "nodes="), MALFORMED),
        ("arguments of a length that is long itself", arguments(&"9".repeat(5_000), "nodes="), TOO_LARGE),
    ];
    if has_git(scenario.machine()) {
        rows.push(("git's request, packed a thousand times over", packed(), OK));
    }
    rows
}

/// A hundred megabytes that are not a request of git, compressed to a hundred kilobytes.
fn packed() -> Value {
    let code = "import base64, gzip; print(base64.b64encode(gzip.compress(b'0' * (100 << 20))).decode())";
    let body = run(any_python().args(["-c", code]));
    json!({
        "url": "/git1/git-upload-pack", "method": "POST", "user": r"CORP\user1", "auth_type": "Negotiate",
        "headers": [["Content-Type", "application/x-git-upload-pack-request"], ["Content-Encoding", "gzip"]],
        "body_base64": body.trim(),
    })
}
