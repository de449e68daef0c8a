//! Two nodes of a farm: two bridges, each with its own ini file, one PostgreSQL, one folder of repositories.
//!
//! In: `node1.yaml` and `node2.yaml`. Out: tables. Absent: the front server. Clients ask the nodes directly; if a request
//! is to come from the front, the host says so.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::LazyLock;
use std::thread;

use serde_json::Value;

use super::{MACHINE, postgresql, python};
use crate::clients_linux::client::{Client, Kind};
use crate::clients_linux::served::{self, end, folder, serve, serve_to_user, serve_with_passwords};
use crate::kallithea::{Deployment, Scenario, greeted, parallel, run};
use crate::matrix::{self, Table};
use crate::server::{Answer, Server};
use crate::settings_linux::form;
use crate::settings_linux::installation::{PASSWORD, script};
use crate::specs::spec;

static NODES: [LazyLock<Deployment>; 2] = [
    LazyLock::new(|| Deployment::of_bridge(&MACHINE, NAMES[0])),
    LazyLock::new(|| Deployment::of_bridge(&MACHINE, NAMES[1])),
];

const NAMES: [&str; 2] = ["node1", "node2"];

const USERS: usize = 4;
const PUSHES: usize = 4;

/// The front server's address in the specs.
const FRONT: &str = "192.0.2.10";
/// The address in the journal if no trusted proxy has given one.
const NO_ADDRESS: &str = "0.0.0.0";

/// Both nodes on one new database, with users and repositories, and with ini files made according to docs/farm.md.
fn farm(name: &str) -> ([Scenario<'static>; 2], String) {
    let scenarios = [NODES[0].scenario(), NODES[1].scenario()];
    let [database, another] = postgresql::database_by_password(name);
    assert!(lets_in(&database) && !lets_in(&another), "the password is asked for");
    let [first, second] = [0, 1].map(|node| scenarios[node].place("my.ini"));
    fs::copy(MACHINE.place("inetpub/kallithea/my.ini"), &first).expect("there is an ini file");
    assert_eq!(ini(0, &first).code(), Some(2), "the addresses are not the deployment's yet");
    set(&first, &["sqlalchemy.url", "session.url"].map(|key| (key.to_owned(), database.clone())));
    assert_eq!(ini(0, &first).code(), Some(0));
    // Git starts Kallithea's hooks by a path of this system, and nothing translates the path of the spec.
    let interpreter = MACHINE.place("inetpub/kallithea/venv/bin/python").display().to_string();
    let interpreter = [("git_hook_interpreter".to_owned(), interpreter)];
    fs::copy(&first, &second).expect("a copy can be made");
    assert_eq!(ini(1, &second).code(), Some(0));
    [first, second].iter().for_each(|file| set(file, &interpreter));
    let mut settings = python();
    settings.args(["settings/apply_settings.py", "-c", "my.ini"]).current_dir(scenarios[0].place(""));
    run(&mut settings);
    let (users, repositories) = (USERS.to_string(), (USERS / 2).to_string());
    parallel::script(&scenarios[0], "populate.py", &["my.ini", "repositories", &users, &repositories]);
    execute(&database, "delete from user_logs");
    (scenarios, database)
}

/// Sets these keys of `[app:main]`.
fn set(file: &Path, keys: &[(String, String)]) {
    let ini = fs::read_to_string(file).expect("there is an ini file");
    let is_set = |line: &str| {
        let name = line.split_once('=').map_or("", |(name, _)| name).trim();
        keys.iter().any(|(key, _)| key == name)
    };
    let mut changed = String::new();
    for line in ini.lines().filter(|line| !is_set(line)) {
        changed += &format!("{line}\n");
        if line.trim() == "[app:main]" {
            keys.iter()
                .for_each(|(key, value)| changed += &format!("{key} = {}\n", value.replace('%', "%%")));
        }
    }
    fs::write(file, changed).expect("the ini file can be written");
}

/// Changes a node's ini file to what the deployment and the node need.
fn ini(node: usize, file: &Path) -> ExitStatus {
    let mut ini = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
    ini.arg("ini").arg(spec(NAMES[node], false)).arg("--config").arg(file).args(["--node", NAMES[node]]);
    ini.output().expect("the program starts").status
}

fn execute(database: &str, statement: &str) -> String {
    run(python().arg(script("database.py")).args([database, "execute", statement]))
}

/// Whether the database accepts this address.
fn lets_in(database: &str) -> bool {
    let mut asking = python();
    asking.arg(script("database.py")).args([database, "execute", "select 1"]);
    asking.output().expect("Python starts").status.success()
}

/// Signs the administrator on with the form of one node; returns the session's cookie.
fn signed_on(node: &Server) -> String {
    let answer = form::sign_in(node, "admin", PASSWORD);
    assert!(answer.status.starts_with("302"), "{answer:?}");
    form::cookie(&answer)
}

/// A node's first page, requested with a cookie.
fn first_page(node: &Server, cookie: &str) -> Answer {
    node.send("GET /", &format!("Cookie: {cookie}\r\n"), "")
}

/// The user that a page greets.
fn greets(page: &Answer) -> String {
    greeted(&page.body).unwrap_or(&page.status).to_owned()
}

/// The user that a page greets, and whether the session of the request goes on.
fn greets_in(page: &Answer) -> String {
    let session = if page.header("Set-Cookie").is_some() { "another session" } else { "the same session" };
    format!("{}, {session}", greets(page))
}

#[test]
fn a_session_holds_on_every_node() {
    let (scenarios, _) = farm("farm_sessions");
    let mut table = Table::new(&MACHINE, "A farm's sessions, begun by the form");
    let [first, second] = [0, 1].map(|node| serve(&scenarios[node], &[]));
    let cookie = signed_on(&first);
    for (name, node) in [("node1", &first), ("node2", &second), ("node1", &first), ("node2", &second)] {
        let page = first_page(node, &cookie);
        table.row("the session of node1", name, "admin, the same session", &greets_in(&page));
    }
    table.row("no session", "node2", "302 Found", &greets(&second.get("/")));
    end(second, &scenarios[1]);
    set(&scenarios[1].place("my.ini"), &[("session.secret".to_owned(), "another farm's".to_owned())]);
    let stranger = serve(&scenarios[1], &[]);
    let what = "the session of node1, where the secret is another";
    table.row(what, "node2", "302 Found", &greets(&first_page(&stranger, &cookie)));
    end(stranger, &scenarios[1]);
    end(first, &scenarios[0]);
    table.end();
}

#[test]
fn a_session_is_its_users_alone_on_every_node() {
    let (scenarios, database) = farm("farm_sign_on");
    let mut table = Table::new(&MACHINE, "A farm's sessions, begun by Windows");
    let serve_to = |node: usize, user: &str| serve_to_user(&scenarios[node], user);
    let mut row = |what: &str, sent: &str, expected: &str, page: &Answer| {
        table.row(what, sent, expected, &greets_in(page));
    };
    let first = serve_to(0, r"CORP\alice");
    let begun = first.get("/");
    row("alice comes for the first time", r"node1, CORP\alice", "alice, another session", &begun);
    let alices = form::cookie(&begun);
    let again = first_page(&first, &alices);
    row("alice's session", r"node1, CORP\alice", "alice, the same session", &again);

    let second = serve_to(1, r"CORP\ALICE");
    let there = first_page(&second, &alices);
    row("alice's session", r"node2, CORP\ALICE", "alice, the same session", &there);
    end(second, &scenarios[1]);

    let second = serve_to(1, r"CORP\bob");
    let there = first_page(&second, &alices);
    row("alice's session", r"node2, CORP\bob", "bob, another session", &there);
    let bobs = form::cookie(&there);
    let again = first_page(&second, &bobs);
    row("bob's session", r"node2, CORP\bob", "bob, the same session", &again);
    end(second, &scenarios[1]);

    row("alice's session", r"node1, CORP\alice", "alice, the same session", &first_page(&first, &alices));
    row("bob's session", r"node1, CORP\alice", "alice, another session", &first_page(&first, &bobs));
    end(first, &scenarios[0]);
    table.row("sessions in the database: alice's two, bob's", "", "3", &sessions(&database));
    table.end();
}

/// The number of sessions of the nodes.
fn sessions(database: &str) -> String {
    execute(database, "select count(*) from db_session").trim().to_owned()
}

#[test]
fn pushes_of_many_users_by_two_nodes_are_each_logged_right() {
    let (scenarios, database) = farm("farm_pushes");
    let mut table = Table::new(&MACHINE, "A farm's journal");
    let users: Vec<_> = (1..=USERS).map(|number| format!("user{number}")).collect();
    let nodes = scenarios.each_ref().map(|node| serve_with_passwords(node, users.iter().map(String::as_str)));
    thread::scope(|scope| {
        for number in 1..=USERS {
            let nodes = &nodes;
            scope.spawn(move || push(number, nodes));
        }
    });
    nodes.into_iter().zip(&scenarios).for_each(|(node, scenario)| end(node, scenario));
    for number in 1..=USERS {
        let (user, repository) = (format!("user{number}"), repository(number));
        let where_to = format!("{repository}, as {user}, by node1 and node2 in turn, while the others push");
        let expected = format!("{repository} {PUSHES} times, from {NO_ADDRESS}");
        table.row(
            &format!("{PUSHES} pushes, not by the front"),
            &where_to,
            &expected,
            &pushed_by(&database, &user),
        );
    }
    let all = execute(&database, "select count(*) from user_logs where action like 'push%'");
    table.row("pushes in the journal", "", &(USERS * PUSHES).to_string(), all.trim());
    for (node, scenario) in scenarios.iter().enumerate() {
        addresses(&mut table, &format!("node{}", node + 1), scenario, &database);
    }
    table.end();
}

/// The repositories that a user pushed to, how often, and from which address, according to the journal.
fn pushed_by(database: &str, user: &str) -> String {
    let entries = format!(
        "select repository_name || ' ' || count(*) || ' times, from ' || user_ip from user_logs \
         where action like 'push%' and username = '{user}' group by repository_name, user_ip order by 1"
    );
    execute(database, &entries).trim().replace('\n', "; ")
}

/// The repository that a user pushes to.
fn repository(number: usize) -> String {
    format!("{}{}", kind(number).name(), number.div_ceil(2))
}

fn kind(number: usize) -> Kind {
    if number % 2 == 1 { Kind::Mercurial } else { Kind::Git }
}

/// One user's pushes, alternating between the nodes.
fn push(number: usize, nodes: &[Server; 2]) {
    let home = folder(&format!("farm-user{number}"));
    let (client, work) = (Client::new(kind(number), &MACHINE, home.clone()), home.join("work"));
    client.init(&work);
    for change in 0..PUSHES {
        let node = &nodes[(number + change) % 2];
        client.has_password(&node.address, &format!("user{number}"), served::PASSWORD);
        fs::write(work.join("file"), format!("change {change}\n"))
            .expect("a file below target can be written");
        client.commit(&work);
        client.push(&work, &format!("{}{}", node.url, repository(number)));
    }
}

/// Pulls by the front, and by a client that only claims to be the front: the address of each in the journal.
fn addresses(table: &mut Table, node: &str, scenario: &Scenario<'_>, database: &str) {
    let (client, forged) = ("198.51.100.7", "203.0.113.9");
    let both = format!("{forged}, {client}");
    let rows = [
        ("a pull by the front", FRONT, vec![client], client),
        ("a pull by the front, of a client that names an address of its own", FRONT, vec![&*both], client),
        ("the same in a header of its own", FRONT, vec![forged, client], client),
        ("a pull by somebody else, who says that it is by the front", "192.0.2.11", vec![client], NO_ADDRESS),
    ];
    execute(database, "delete from user_logs");
    let requests: Vec<_> = rows.iter().map(|(_, from, said, _)| pull(from, said)).collect();
    let run = scenario.serve(requests.into());
    let seen =
        execute(database, "select username || ' from ' || user_ip from user_logs order by user_log_id");
    let mut seen = seen.lines();
    for (number, (name, from, said, expected)) in rows.iter().enumerate() {
        let sent = format!("{node}, from {from}, X-Forwarded-For: {}", said.join(" and "));
        assert!(run.status(number).starts_with("200"), "{}: {}", run.status(number), run.log);
        table.row(name, &sent, &format!("user1 from {expected}"), seen.next().unwrap_or_default());
    }
}

/// A pull by Mercurial from this address, with these forwarded addresses.
fn pull(from: &str, forwarded: &[&str]) -> Value {
    let mut request = matrix::sign_on::pull_of("hg1", r"CORP\user1", "/");
    request["remote_addr"] = from.into();
    forwarded.iter().fold(request, |request, address| matrix::with(request, "X-Forwarded-For", address))
}
