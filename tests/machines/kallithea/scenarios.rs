//! What a user of Kallithea sees, written once for every machine.
//!
//! In: a deployment of `tests/deployments/root.yaml` or `below.yaml`. Out: a passed or a failed test. Absent: machines.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

pub use super::parallel::*;
pub use super::views::*;
use super::{Deployment, Run, Scenario};
use crate::specs;

/// The tests that every machine has, and what they run on: `MACHINE`, `ROOT`, `BELOW` and `EXTRAS`.
macro_rules! on_machine {
    ($machine:path) => {
        static MACHINE: LazyLock<Machine> = LazyLock::new($machine);
        static ROOT: LazyLock<Deployment> = LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "root"));
        static BELOW: LazyLock<Deployment> = LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "below"));
        static EXTRAS: LazyLock<Deployment> =
            LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "extras"));

        $crate::kallithea::scenarios::tests! {
            pages_at_the_root(&ROOT);
            pages_below_the_root(&BELOW);
            the_application_without_its_slash(&BELOW);
            a_static_file(&BELOW);
            static_files_are_sent_as_by_kallithea(&BELOW);
            static_files_are_left_to_kallithea(&ROOT);
            stored_addresses_with_odd_separators(&BELOW);
            the_health_test_of_a_farm(&ROOT);
            single_sign_on(&ROOT);
            the_capabilities_of_mercurial(&ROOT, &BELOW);
            a_push_whose_length_nobody_knows(&ROOT);
            signing_on_by_a_form(&BELOW);
            several_requests_at_once(&BELOW);
            pushes_and_pulls_of_many_users(&EXTRAS);
            the_first_requests_at_once(&EXTRAS);
            a_large_body_without_credentials(&EXTRAS);
            the_environment_of_a_thread(&EXTRAS);
            a_kallithea_that_cannot_be_guarded(&EXTRAS);
            libraries_that_cannot_be_adjusted(&EXTRAS);
            tokens_that_cannot_be_worked_out(&EXTRAS);
            expressions_that_find_the_same(&EXTRAS);
            names_that_are_more_than_names(&EXTRAS);
            slow_clients_hold_no_connection_to_the_database(&EXTRAS);
            addresses_that_users_name(&EXTRAS);
            rights_that_are_given(&EXTRAS);
            what_one_user_may_stop(&EXTRAS);
            files_of_many_kinds(&EXTRAS);
            readmes_of_nothing_but_marks(&EXTRAS);
            what_is_data_stays_data(&EXTRAS);
            a_database_address_that_is_mistyped(&EXTRAS);
        }
    };
}

/// One test for each scenario, with the same name.
macro_rules! tests {
    ($($scenario:ident($($deployment:expr),+);)+) => {
        $(
            #[test]
            fn $scenario() {
                scenarios::$scenario($($deployment),+);
            }
        )+
    };
}

pub(crate) use {on_machine, tests};

/// A request of a user that IIS has authenticated.
fn signed_on(url: &str) -> Value {
    json!({"url": url, "user": r"CORP\alice", "auth_type": "Negotiate"})
}

pub fn pages_at_the_root(root: &Deployment) {
    let run = root.scenario().serve(json!([signed_on("/"), signed_on("/calculator")]));
    run.expect(0, "200 OK", r#"href=\"/calculator\""#);
    run.expect(1, "200 OK", "Add one and two");
    full_links(
        &run,
        1,
        "http://alice@kallithea.corp.example.com/calculator",
        "http://kallithea.corp.example.com/about",
    );
}

pub fn pages_below_the_root(below: &Deployment) {
    let pages = ["/kallithea/", "/kallithea/calculator", "/kallithea/calculator/files/tip/add.py"];
    let run = below.scenario().serve(pages.map(|url| json!({ "url": url })).into());
    run.expect(0, "200 OK", r#"href=\"/kallithea/calculator\""#);
    run.expect(1, "200 OK", "Add one and two");
    run.expect(2, "200 OK", "add.py");
    let site = "http://code.corp.example.com:8080/kallithea";
    full_links(&run, 1, &format!("{site}/calculator"), &format!("{site}/about"));
}

/// Fails the test unless a repository's page has `clone` as its address, and links to the site in its last line. The link must
/// have the public host name, whatever name the request had.
fn full_links(run: &Run, number: usize, clone: &str, about: &str) {
    run.expect(number, "200 OK", &format!("value=\"{clone}\""));
    run.expect(number, "200 OK", &format!("href=\"{about}#copyright\""));
}

pub fn the_application_without_its_slash(below: &Deployment) {
    let run = below.scenario().serve(json!([{"url": "/kallithea"}]));
    assert!(run.status(0).starts_with("30"), "{}", run.status(0));
    assert!(run.header(0, "Location").ends_with("/kallithea/"), "{}", run.header(0, "Location"));
}

/// The health test of a farm's front server: an anonymous request, for every kind of sign-on.
pub fn the_health_test_of_a_farm(root: &Deployment) {
    let path = kallithea_iisc::spec::HealthCheckSpec::default().path;
    let run = root.scenario().serve(json!([{ "url": path }]));
    run.expect(0, "200 OK", "<svg");
    assert_eq!(run.header(0, "Set-Cookie"), "", "a session for every test");
}

/// Files that Kallithea brings, and files that `front-end-build` made.
pub fn a_static_file(below: &Deployment) {
    let scenario = below.scenario();
    let names = ["js/base.js", "css/style.css", "js/jquery.min.js", "js/none.js"];
    let run = scenario.serve(names.map(|name| json!({"url": format!("/kallithea/{name}")})).into());
    let packages = packages(&scenario);
    for (number, kind) in [(0, "javascript"), (1, "text/css"), (2, "javascript")] {
        let file = packages.join("kallithea/public").join(names[number]);
        let file = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        run.expect(number, "200 OK", "");
        assert_eq!(run.body(number), file, "{}", names[number]);
        let said = run.header(number, "Content-Type");
        assert!(said.contains(kind), "{}: {said}", names[number]);
    }
    assert_eq!(run.status(3), "404 Not Found");
}

/// The bridge answers for every static file as Kallithea does, which answers where a request has a condition that only it may
/// judge. Only the bridge offers ranges.
pub fn static_files_are_sent_as_by_kallithea(below: &Deployment) {
    let scenario = below.scenario();
    let public = packages(&scenario).join("kallithea/public");
    let names: Vec<String> = files_below(&public);
    assert!(names.len() > 100, "the front end is there: {names:?}");
    let request = |name: &String, headers: Value| json!({"url": format!("/kallithea/{name}"), "headers": headers, "discard_response": true});
    let to_bridge = names.iter().map(|name| request(name, json!([])));
    let to_kallithea = names.iter().map(|name| request(name, json!([["If-Unmodified-Since", "today"]])));
    let run = scenario.serve(to_bridge.chain(to_kallithea).collect());
    for (number, name) in names.iter().enumerate() {
        let other = number + names.len();
        let body = |number: usize| &run.report["responses"][number]["discarded"];
        assert_eq!((run.status(number), run.status(other)), ("200 OK", "200 OK"), "{name}");
        assert_eq!(body(number), body(other), "{name}");
        assert_eq!(run.header(number, "Accept-Ranges"), "bytes", "{name} is sent by the bridge");
        assert_eq!(run.header(other, "Accept-Ranges"), "", "{name} is sent by Kallithea");
        let headers = |number, own: &str| {
            let all = run.report["responses"][number]["headers"].as_array().expect("headers").clone();
            let mut all: Vec<_> =
                all.into_iter().filter(|pair| pair[0] != own).map(|pair| pair.to_string()).collect();
            all.sort();
            all
        };
        assert_eq!(headers(number, "Accept-Ranges"), headers(other, "Expires"), "{name}");
    }
    let style = |headers: Value| json!({"url": format!("/kallithea/css/style.css?ver={VERSION}"), "headers": headers});
    let tag =
        run.header(names.iter().position(|name| name == "css/style.css").expect("it"), "Etag").to_owned();
    let run = scenario.serve(json!([
        style(json!([])),
        style(json!([["If-None-Match", tag]])),
        style(json!([["Range", "bytes=0-9"], ["If-Range", tag]])),
    ]));
    assert_eq!(
        [0, 1, 2].map(|number| run.status(number)),
        ["200 OK", "304 Not Modified", "206 Partial Content"]
    );
    assert_eq!(run.body(2), &run.body(0)[..10]);
    for number in [0, 1, 2] {
        assert_eq!(run.header(number, "Cache-Control"), "max-age=604800, public");
    }
}

/// With `bridge.staticFiles: application`.
pub fn static_files_are_left_to_kallithea(root: &Deployment) {
    let scenario = root.scenario();
    let run = scenario.serve(json!([signed_on("/css/style.css")]));
    assert_eq!((run.status(0), run.header(0, "Accept-Ranges")), ("200 OK", ""));
}

/// Kallithea's version, as its pages name it in addresses.
const VERSION: &str = "0.7.0";

/// The folder of the packages of the machine's virtual environment.
fn packages(scenario: &Scenario<'_>) -> PathBuf {
    [format!("lib/python{}/site-packages", *specs::ON_LINUX), "Lib/site-packages".to_owned()]
        .map(|packages| scenario.machine().place("inetpub/kallithea/venv").join(packages))
        .into_iter()
        .find(|packages| packages.exists())
        .expect("the machine has packages")
}

/// The files of a folder and of those below it, as their paths below it, in order.
fn files_below(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let name = |path: &Path| path.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
    let mut files: Vec<String> = entries
        .flat_map(|path| match path.is_dir() {
            true => files_below(&path).iter().map(|below| format!("{}/{below}", name(&path))).collect(),
            false => vec![name(&path)],
        })
        .collect();
    files.sort();
    files
}

/// Addresses that somebody has stored in a client, and that IIS passes to the application.
pub fn stored_addresses_with_odd_separators(below: &Deployment) {
    let scenario = below.scenario();
    let hg = json!([["Accept", "application/mercurial-0.1"]]);
    let mut requests = vec![
        json!({"url": "//kallithea/calculator"}),
        json!({"url": "/kallithea//calculator?branch=//x%5Cy"}),
        json!({"url": "/%5Ckallithea%5Ccalculator/"}),
        json!({"url": "/kallithea/%5Ccss%5C/style.css"}),
        json!({"url": "//kallithea//calculator?cmd=capabilities", "headers": hg}),
        json!({"url": "/kallithea%5Ccalculator?cmd=capabilities", "headers": hg}),
    ];
    if has_git(scenario.machine()) {
        let git = json!([["User-Agent", "git/2.39.2"]]);
        let refs = ["//kallithea/notes", "/kallithea//notes", "/kallithea%5cnotes"].map(
            |address| json!({"url": format!("{address}/info/refs?service=git-upload-pack"), "headers": git}),
        );
        requests.extend(refs);
    }
    let run = scenario.serve(requests.clone().into());
    let texts = ["calculator", "calculator", "calculator", ".navbar-inverse", "lookup", "lookup"];
    for (number, request) in requests.iter().enumerate() {
        let status = run.status(number);
        assert!(status.starts_with("200"), "{request}: {status}\n{}", run.log);
        let text = texts.get(number).copied().unwrap_or("refs/heads/");
        assert!(run.body(number).contains(text), "{request}: {}", run.body(number));
    }
    assert!(run.log.contains("GET //kallithea/calculator 200"), "as it was sent: {}", run.log);
}

pub fn single_sign_on(root: &Deployment) {
    let run = root.scenario().serve(json!([{"url": "/"}, signed_on("/")]));
    assert!(
        run.status(0).starts_with("302"),
        "a stranger is sent to the sign-on form, not {}",
        run.status(0)
    );
    run.expect(1, "200 OK", "");
    assert_eq!(run.user(1), Some("alice"));
    let git = if root.scenario().machine().is_wine() { "does not start (" } else { "git version " };
    let line = run.log.lines().find_map(|line| line.split_once(" - git: "));
    assert!(line.is_some_and(|(_, said)| said.contains(git)), "{}", run.log);
}

pub fn the_capabilities_of_mercurial(root: &Deployment, below: &Deployment) {
    let hg = |mut request: Value| {
        request["headers"] = json!([["Accept", "application/mercurial-0.1"]]);
        request
    };
    let run = root.scenario().serve(json!([hg(signed_on("/calculator?cmd=capabilities"))]));
    run.expect(0, "200 Script output follows", "unbundle");
    let run = below.scenario().serve(json!([
        hg(json!({"url": "/kallithea/calculator?cmd=capabilities"})),
        hg(json!({"url": "/kallithea/calculator?cmd=heads"})),
    ]));
    run.expect(0, "200 Script output follows", "unbundle");
    assert_eq!(run.header(0, "Content-Type"), "application/mercurial-0.1");
    run.expect(1, "200 Script output follows", "\n");
}

/// hgweb reads no body of unknown length, and asks to close the connection in a header of its own.
pub fn a_push_whose_length_nobody_knows(root: &Deployment) {
    let run = root.scenario().serve(json!([{
        "url": "/calculator?cmd=heads",
        "method": "POST",
        "headers": [["Accept", "application/mercurial-0.1"], ["Content-Type", "application/mercurial-0.1"]],
        "body": "cmds=heads+",
        "chunked": true,
        "user": r"CORP\alice",
        "auth_type": "Negotiate",
    }]));
    let status = run.status(0);
    assert_eq!(status, "200 Script output follows", "{}\n{}", run.body(0), run.log);
    assert_eq!(
        (run.header(0, "Connection"), run.report["responses"][0]["keep_alive"].as_bool()),
        ("close", Some(false))
    );
}

pub fn signing_on_by_a_form(below: &Deployment) {
    let scenario = below.scenario();
    let form = "/kallithea/_admin/login";
    let page = scenario.serve(json!([{ "url": form }]));
    page.expect(0, "200 OK", "_session_csrf_secret_token");
    let cookie = cookie(&page);
    let sent = |password: &str, token: &str| {
        let body = format!("username=admin&password={password}&_session_csrf_secret_token={token}");
        let headers = json!([["Cookie", cookie], ["Content-Type", "application/x-www-form-urlencoded"]]);
        json!({"url": form, "method": "POST", "headers": headers, "body": body})
    };
    let token = token(&page);
    let right = super::secrets::ADMINISTRATORS;
    let run = scenario.serve(json!([sent("wrong", token), sent(right, "0"), sent(right, token)]));
    run.expect(0, "200 OK", "Invalid username or password");
    assert!(run.status(1).starts_with("403"), "without its token, a form is refused: {}", run.status(1));
    assert!(run.status(2).starts_with("302"), "{}: {}", run.status(2), run.body(2));
    assert_eq!(greeted(&scenario, &self::cookie(&run)), Some("admin".to_owned()));
}

pub fn several_requests_at_once(below: &Deployment) {
    let urls = ["/kallithea/", "/kallithea/calculator", "/kallithea/images/kallithea-logo.svg"];
    let requests = urls.map(|url| json!({ "url": url }));
    let run = below.scenario().run(&json!({"requests": requests, "repeat": 4, "parallel": 4}));
    assert_eq!(run.code, Some(0), "{}\n{}", run.errors, run.log);
    let responses = run.report["responses"].as_array().expect("the report has responses");
    let statuses: Vec<_> = responses.iter().map(|response| &response["status"]).collect();
    assert_eq!(statuses, vec!["200 OK"; 12], "{}", run.log);
}

/// Neither SQLAlchemy's message about the database address nor any other shows the password in the log.
pub fn a_database_address_that_is_mistyped(extras: &Deployment) {
    let scenario = extras.scenario();
    let original = fs::read_to_string(scenario.place("my.ini")).expect("there is the ini file");
    let inis = [
        ("postgresql:/kallithea:planted-pw@db/kallithea", "Could not parse rfc1738 URL from string ***"),
        ("postgresql://kallithea:se%40cret-planted@db/kallithea", "followed by '%' or '(', found: ***"),
        ("postgresql//kallithea:planted-pw@db/kallithea", "URL from string ***"),
        ("kallithea:planted-pw@db/kallithea", "URL from string ***"),
        ("postgresql://kallithea:planted-pw/kallithea", "invalid literal for int() with base 10: ***"),
    ];
    let inis = if scenario.machine().is_wine() { &inis[..2] } else { &inis[..] };
    let address = |line: &&str| line.starts_with("sqlalchemy.url");
    let line = original.lines().find(address).expect("the ini file names the database");
    for (address, words) in inis {
        let mistyped = original.replace(line, &format!("sqlalchemy.url = {address}"));
        fs::write(scenario.place("my.ini"), mistyped).expect("the ini file can be written");
        let run = scenario.run(&json!({"requests": [{"url": "/"}]}));
        fs::write(scenario.place("my.ini"), &original).expect("the ini file can be written");
        run.expect(0, "500 Internal Server Error", "The application could not start.");
        assert!(run.log.contains(words), "{words}: {}", run.log);
        assert!(!format!("{}{}", run.log, run.errors).contains("planted"), "{address}: {}", run.log);
    }
}

pub fn the_references_of_git(below: &Deployment) {
    let url = "/kallithea/notes/info/refs?service=git-upload-pack";
    let headers = json!([["User-Agent", "git/2.39.2"]]);
    let run = below.scenario().serve(json!([{"url": url, "headers": headers}]));
    run.expect(0, "200 OK", "refs/heads/");
    assert_eq!(run.header(0, "Content-Type"), "application/x-git-upload-pack-advertisement");
}

/// What a browser needs to send a page's form: the cookie and the secret.
pub fn form(page: &Run) -> (String, &str) {
    let named = "var _session_csrf_secret_token = (\"";
    page.expect(0, "200 OK", named);
    let (_, rest) = page.body(0).split_once(named).expect("the page has a secret for its scripts");
    (cookie(page), rest.split_once('"').expect("a secret ends").0)
}

/// The first cookie that the last response sets, as a client sends it back.
fn cookie(run: &Run) -> String {
    let last = run.report["responses"].as_array().map_or(0, |responses| responses.len() - 1);
    run.header(last, "Set-Cookie").split(';').next().unwrap_or_default().to_owned()
}

/// The secret in a form.
fn token(page: &Run) -> &str {
    let (_, rest) = page.body(0).split_once("_session_csrf_secret_token").expect("the page has a form");
    let (_, rest) = rest.split_once("value=\"").expect("the token has a value");
    rest.split_once('"').expect("a value ends").0
}

fn greeted(scenario: &Scenario<'_>, cookie: &str) -> Option<String> {
    let run = scenario.serve(json!([{"url": "/kallithea/", "headers": [["Cookie", cookie]]}]));
    run.user(0).map(str::to_owned)
}
