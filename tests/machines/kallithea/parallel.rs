//! Many users of hg and git at once: Kallithea's journal of them, and what a stranger may make Kallithea read.
//!
//! In: a deployment of `tests/deployments/extras.yaml`. Out: a passed or a failed test. Absent: real clients, which
//! `parallel/clients.py` runs against a server.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::machine::Machine;
use super::{Deployment, Run, Scenario, copy, run};

const USERS: usize = 8;
const REPOSITORIES: usize = 4;

/// A journal entry without its time: user, address, repository, action.
type Entry = (String, String, String, String);

pub fn pushes_and_pulls_of_many_users(extras: &Deployment) {
    let scenario = populated(extras);
    let changes = changes(&scenario);
    let pushes: Vec<_> = pairs().map(|(user, repository)| push(&changes[user].2, user, repository)).collect();
    served(&scenario, pushes);
    let expected =
        pairs().map(|(user, place)| entry(user, "hg", place, &format!("push:{}", changes[user].1)));
    expect_journal(&scenario, expected);

    let mut pulls: Vec<_> = pairs().map(|(user, repository)| pull(user, repository)).collect();
    let mut expected: Vec<_> = pairs().map(|(user, place)| entry(user, "hg", place, "pull")).collect();
    if has_git(scenario.machine()) {
        pulls.extend(pairs().map(|(user, repository)| fetch(user, repository)));
        expected.extend(pairs().map(|(user, place)| entry(user, "git", place, "pull")));
    }
    forget_journal(&scenario);
    served(&scenario, pulls);
    expect_journal(&scenario, expected);
}

/// The first requests of a worker process, at once. Mercurial loads its extensions for them, and one extension is slow.
/// No request is served before it is loaded.
pub fn the_first_requests_at_once(extras: &Deployment) {
    let scenario = extras.scenario();
    lay(&scenario, "slow_extension.py");
    populate(&scenario, &["--extension", "slow_extension.py"]);
    let requests = (0..USERS).map(|user| by(user, json!({"url": "/hg1?cmd=capabilities"}))).collect();
    let run = served(&scenario, requests);
    for number in 0..USERS {
        assert!(run.body(number).contains("slow-extension"), "{number}: {}", run.body(number));
    }
}

/// A client announces a large body and never sends it. It is asked for credentials, without waiting for that body.
pub fn a_large_body_without_credentials(extras: &Deployment) {
    let scenario = populated(extras);
    let request = json!({
        "url": "/hg1?cmd=unbundle", "method": "POST", "body": "x".repeat(1_000_000),
        "headers": [["Accept", "application/mercurial-0.1"], ["Content-Type", "application/mercurial-0.1"]],
        "read_ahead": 1000, "abort_upload_after": 1000,
    });
    let run = scenario.run(&json!({"requests": [request]}));
    run.expect(0, "401 Unauthorized", "");
    assert!(run.header(0, "WWW-Authenticate").starts_with("Basic"), "{}", run.report);
}

/// The bridge's replacement of `os.environ` still does what Python's documentation says, on this system as well.
pub fn the_environment_of_a_thread(extras: &Deployment) {
    let scenario = extras.scenario();
    lay_modules(&scenario);
    script(&scenario, "environment.py", &[]);
}

/// A Kallithea without one of the functions that the bridge guards to separate users and folders is not served at all.
pub fn a_kallithea_that_cannot_be_guarded(extras: &Deployment) {
    let scenario = extras.scenario();
    lay_modules(&scenario);
    script(&scenario, "guards.py", &[]);
}

/// What the package of `kallithea/compat` was not written for is refused, and never half adjusted.
pub fn libraries_that_cannot_be_adjusted(extras: &Deployment) {
    script(&extras.scenario(), "package.py", &[]);
}

/// Nobody can predict the tokens of forms.
pub fn tokens_that_cannot_be_worked_out(extras: &Deployment) {
    let scenario = extras.scenario();
    lay_modules(&scenario);
    script(&scenario, "tokens.py", &[]);
}

/// The bridge's expressions find the same as Kallithea's own, which take more time.
pub fn expressions_that_find_the_same(extras: &Deployment) {
    let scenario = extras.scenario();
    lay_modules(&scenario);
    script(&scenario, "linear.py", &[]);
}

/// A name with a special meaning on Windows is recognized, and leads to nothing.
pub fn names_that_are_more_than_names(extras: &Deployment) {
    let scenario = extras.scenario();
    lay_modules(&scenario);
    script(&scenario, "plain.py", &[]);
}

/// Slow senders and receivers hold no database connection; there may be more slow clients than connections.
pub fn slow_clients_hold_no_connection_to_the_database(extras: &Deployment) {
    let scenario = populated(extras);
    lay_modules(&scenario);
    let git: &[&str] = if has_git(scenario.machine()) { &["git1"] } else { &[] };
    script(&scenario, "connections.py", &[&["my.ini", "hg1"], git].concat());
}

/// Addresses that users give for clones, for mails, or for pushes with git lead only where they may.
pub fn addresses_that_users_name(extras: &Deployment) {
    let scenario = populated(extras);
    lay_modules(&scenario);
    script(&scenario, "addresses.py", &["my.ini"]);
}

/// Owners can give only rights that exist, and nobody learns the name of a repository from its number.
pub fn rights_that_are_given(extras: &Deployment) {
    let scenario = populated(extras);
    lay_modules(&scenario);
    script(&scenario, "grants.py", &["my.ini"]);
}

/// No user's action keeps others from what is for everybody.
pub fn what_one_user_may_stop(extras: &Deployment) {
    beside_grants(extras, "everybody.py");
}

/// A change on the web goes to the branch of the page, if several branches of Git have the same last commit.
pub fn changes_on_branches_of_git(extras: &Deployment) {
    beside_grants(extras, "branches.py");
}

/// Archives of Git need nothing but git, and one that git cannot make is neither sent nor kept. The bridge says which git there is.
pub fn archives_of_git(extras: &Deployment) {
    beside_grants(extras, "archives.py");
}

/// Runs a script that imports `grants.py`, with users and repositories.
fn beside_grants(extras: &Deployment, name: &str) {
    let scenario = populated(extras);
    lay_modules(&scenario);
    lay(&scenario, "grants.py");
    script(&scenario, name, &["my.ini"]);
}

/// Names of folders, paths of repositories and options of git follow their rules.
pub fn what_is_data_stays_data(extras: &Deployment) {
    let scenario = extras.scenario();
    lay_modules(&scenario);
    script(&scenario, "data.py", &[]);
}

/// What the database answers, as JSON.
pub fn query(scenario: &Scenario<'_>, query: &str) -> String {
    let code = "import json, sqlite3, sys; connection = sqlite3.connect('kallithea.db'); \
                print(json.dumps(connection.execute(sys.argv[1]).fetchall())); connection.commit()";
    run(any_python().args(["-c", code, query]).current_dir(scenario.place("")))
}

/// The Python that starts fastest, for what is the same on every machine: files, and databases that no process has open.
pub fn any_python() -> Command {
    Machine::linux().python()
}

/// Runs a script of the folder `parallel` in the deployment's folder.
pub fn script(scenario: &Scenario<'_>, name: &str, arguments: &[&str]) -> String {
    lay(scenario, name);
    let mut python = scenario.machine().python();
    run(python.arg(name).args(arguments).current_dir(scenario.place("")))
}

/// The deployment with its own users and repositories. They are made once and then copied.
pub fn populated(extras: &Deployment) -> Scenario<'_> {
    let scenario = extras.scenario();
    let [folder, database] = ["repositories", "kallithea.db"].map(|name| scenario.place(name));
    let [kept, kept_database] = [scenario.place("populated"), scenario.place("populated.db")];
    if kept_database.exists() {
        let _ = fs::remove_dir_all(&folder);
        copy(&kept, &folder);
        fs::copy(kept_database, database).expect("the database can be copied");
        return scenario;
    }
    lay(&scenario, "without_links.py");
    let is_wine = scenario.machine().is_wine();
    populate(&scenario, if is_wine { &["--extension", "without_links.py"] } else { &[] });
    copy(&folder, &kept);
    fs::copy(database, kept_database).expect("the database can be copied");
    scenario
}

fn populate(scenario: &Scenario<'_>, more: &[&str]) {
    let (users, repositories) = (USERS.to_string(), REPOSITORIES.to_string());
    let mut arguments = vec!["my.ini", "repositories", &users, &repositories];
    if !has_git(scenario.machine()) {
        arguments.push("--without-git");
    }
    arguments.extend(more);
    script(scenario, "populate.py", &arguments);
    forget_journal(scenario);
}

pub fn has_git(machine: &Machine) -> bool {
    !machine.is_wine()
}

/// What each user pushes: name, hash and bundle.
pub fn changes(scenario: &Scenario<'_>) -> Vec<(String, String, String)> {
    let said = bundles(scenario, USERS);
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// The same, as `bundles.py` prints it: name, hash and bundle for this many users. They are the same on every machine.
pub fn bundles(scenario: &Scenario<'_>, users: usize) -> String {
    lay(scenario, "bundles.py");
    let mut python = any_python();
    run(python.args(["bundles.py", "bundles", &users.to_string()]).current_dir(scenario.place("")))
}

/// Every user with every repository, in an order in which neighbours are different users.
fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..REPOSITORIES).flat_map(|step| (0..USERS).map(move |user| (user, (user + step) % REPOSITORIES)))
}

pub fn by(user: usize, mut request: Value) -> Value {
    request["user"] = format!(r"CORP\user{}", user + 1).into();
    request["auth_type"] = "Negotiate".into();
    request["remote_addr"] = format!("192.0.2.{}", user + 1).into();
    if request["headers"].is_null() {
        request["headers"] = json!([["Accept", "application/mercurial-0.1"]]);
    }
    request
}

pub fn push(bundle: &str, user: usize, repository: usize) -> Value {
    let hg = "application/mercurial-0.1";
    // This is what `hg push --force` sends: the word "force" in hexadecimal.
    let headers = json!([["Accept", hg], ["Content-Type", hg], ["X-HgArg-1", "heads=666f726365"]]);
    let url = format!("/hg{}?cmd=unbundle", repository + 1);
    by(user, json!({"url": url, "method": "POST", "headers": headers, "body_base64": bundle}))
}

pub fn pull(user: usize, repository: usize) -> Value {
    let nothing = format!("common={}", "0".repeat(40));
    let headers = json!([["Accept", "application/mercurial-0.1"], ["X-HgArg-1", nothing]]);
    by(user, json!({"url": format!("/hg{}?cmd=getbundle", repository + 1), "headers": headers}))
}

pub fn fetch(user: usize, repository: usize) -> Value {
    let url = format!("/git{}/info/refs?service=git-upload-pack", repository + 1);
    by(user, json!({"url": url, "headers": [["User-Agent", "git/2.39.2"]]}))
}

/// Serves requests at once. None may fail.
fn served(scenario: &Scenario<'_>, requests: Vec<Value>) -> Run {
    let count = requests.len();
    let run = scenario.run(&json!({"requests": requests, "parallel": USERS})).clean();
    for number in 0..count {
        assert!(run.status(number).starts_with("200"), "{number}: {}\n{}", run.status(number), run.log);
    }
    run
}

fn entry(user: usize, kind: &str, repository: usize, action: &str) -> Entry {
    let repository = format!("{kind}{}", repository + 1);
    (format!("user{}", user + 1), format!("192.0.2.{}", user + 1), repository, action.to_owned())
}

/// Fails the test unless the journal has these entries, each once, in any order.
fn expect_journal(scenario: &Scenario<'_>, expected: impl IntoIterator<Item = Entry>) {
    let said = query(scenario, "select username, user_ip, repository_name, action from user_logs");
    let found: Vec<Entry> = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    let expected: Vec<_> = expected.into_iter().collect();
    let (strange, missing) = (without(&found, &expected), without(&expected, &found));
    assert!(strange.is_empty() && missing.is_empty(), "wrong: {strange:#?}\nmissing: {missing:#?}");
}

/// What remains of the entries when each of the others has removed one equal entry.
fn without(entries: &[Entry], others: &[Entry]) -> Vec<Entry> {
    let mut rest = entries.to_vec();
    for other in others {
        if let Some(place) = rest.iter().position(|entry| entry == other) {
            rest.swap_remove(place);
        }
    }
    rest
}

fn forget_journal(scenario: &Scenario<'_>) {
    query(scenario, "delete from user_logs");
}

/// Copies the bridge's modules to the deployment's folder, under the names by which they import each other.
fn lay_modules(scenario: &Scenario<'_>) {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/bridge/engine/src");
    for folder in ["", "kallithea", "kallithea/hardening"].map(|below| engine.join(below)) {
        let files = fs::read_dir(folder).expect("the engine's modules are there");
        let files = files.map(|file| file.expect("a folder can be read").path());
        for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "py")) {
            let name = file.file_name().expect("a file has a name").to_string_lossy();
            let place = scenario.place(&format!("kallithea_bridge_{name}"));
            fs::copy(&file, place).expect("a module can be copied");
        }
    }
}

/// Copies a file of the folder `parallel` to the deployment's folder.
fn lay(scenario: &Scenario<'_>, name: &str) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines/kallithea/parallel").join(name);
    fs::copy(source, scenario.place(name)).expect("a file can be copied");
}
