//! Paths to files outside of the application: which files are opened while such requests are served, and what comes back.
//!
//! In: a deployment. Out: a table, each row some hundred paths of one kind, made from a seed. Absent: how a path is parsed,
//! which the bridge's own tests have.

mod spelled;

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Table, by, page, with};
use crate::kallithea::{Deployment, Run, Scenario};
use spelled::{KINDS, Random, Secrets};

/// The number of paths of each kind: on Linux at the root, and everywhere else.
const MANY: usize = 200;
const SOME: usize = 100;

/// Text that must not be in a response: from the ini file, the database, the bridge's folder, Windows and Linux.
const NEVER: [&str; 8] = [
    "[app:main]",
    "sqlalchemy.url",
    "SQLite format 3",
    "session.secret",
    "\"specSha256\"",
    "cannot be run in DOS mode",
    "[mci extensions]",
    "root:x:0",
];

/// The table of one deployment, whose first page is at `home`.
pub fn elsewhere(deployment: &Deployment, home: &str) {
    let scenario = deployment.scenario();
    let watch = Watch::lay(&scenario);
    let mut table = Table::new(scenario.machine(), &format!("Paths at {home}"));
    let count = if home == "/" && !scenario.machine().is_wine() { MANY } else { SOME };
    let secrets = Secrets::of(scenario.machine(), deployment.name());
    let mut requests = vec![page(&format!("{home}about?watch"))];
    for (seed, (_, spell)) in KINDS.iter().enumerate() {
        let mut random = Random::new(seed as u64);
        requests.extend((0..count).map(|_| request(&mut random, home, |random| spell(random, &secrets))));
    }
    let run = scenario.serve(requests.clone().into());
    run.expect(0, "200 OK", "Kallithea");
    let seen = watch.seen();
    assert!(seen.first().is_some_and(|line| line.contains("my.ini")), "nothing is watched: {seen:?}");
    table.row("looked for elsewhere", "all that follow", "nothing", &nothing_but(seen[1..].to_vec()));
    for (number, (name, _)) in KINDS.iter().enumerate() {
        let of_kind = 1 + number * count..1 + (number + 1) * count;
        let example = requests[of_kind.start]["url"].as_str().unwrap_or_default();
        let told = of_kind.filter_map(|number| told(&scenario, &run, number, &requests)).collect();
        table.row(name, &format!("{count} such as `{example}`"), "nothing", &nothing_but(told));
    }
    table.end();
}

/// A page, or a request of hg or git, by a user or by nobody.
fn request(random: &mut Random, home: &str, path: impl FnOnce(&mut Random) -> String) -> Value {
    let path = path(random);
    let url = |rest: &str| format!("{home}{path}{rest}");
    let (user, of) = (random.pick(&["", r"CORP\alice"]), random.below(4));
    let ask = |url: &str| if user.is_empty() { page(url) } else { by(user, url) };
    match of {
        0 => with(ask(&url("?cmd=capabilities")), "Accept", "application/mercurial-0.1"),
        1 => with(ask(&url("/info/refs?service=git-upload-pack")), "User-Agent", "git/2.39.2"),
        _ => ask(&url("")),
    }
}

/// What a response reveals; nothing if it is as it should be.
fn told(scenario: &Scenario<'_>, run: &Run, number: usize, requests: &[Value]) -> Option<String> {
    let response = &run.report["responses"][number];
    let body = response["body"].as_str().unwrap_or_default();
    // Binary data could only be a library or the database.
    let is_binary = response["body"].is_null();
    let is_told = NEVER.iter().any(|never| body.contains(never)) || is_binary;
    scenario.secrets().expect_kept("a response", body);
    let is_failure = run.status(number).starts_with('5');
    (is_told || is_failure).then(|| format!("{} {}", requests[number]["url"], run.status(number)))
}

fn nothing_but(found: Vec<String>) -> String {
    let mut some: Vec<_> = found.iter().take(5).map(String::as_str).collect();
    if found.len() > some.len() {
        some.push("...");
    }
    if found.is_empty() { "nothing".to_owned() } else { format!("{}: {}", found.len(), some.join("; ")) }
}

/// Installs an `extensions.py` in the deployment while the test runs.
struct Watch<'a>(&'a Scenario<'a>);

impl<'a> Watch<'a> {
    fn lay(scenario: &'a Scenario<'a>) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines/matrix/watch_files.py");
        fs::copy(source, scenario.place("extensions.py")).expect("a file can be copied");
        Self(scenario)
    }

    fn seen(&self) -> Vec<String> {
        let lines = fs::read_to_string(self.0.place("data/elsewhere.jsonl")).expect("something was noted");
        let shown = |line: &str| {
            let line: Value = serde_json::from_str(line).expect("lines of JSON");
            let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} for {}", text("event"), text("path"), text("url"))
        };
        lines.lines().map(shown).collect()
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0.place("extensions.py"));
    }
}
