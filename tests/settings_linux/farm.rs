//! Two nodes of a farm: two bridges, each with an ini file of its own, one PostgreSQL, one folder of repositories.
//!
//! The front server is left out: clients ask the nodes themselves, this one and that one.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::LazyLock;
use std::thread;

use crate::client::{Client, Kind};
use crate::form;
use crate::installation::{PASSWORD, script};
use crate::kallithea::{Deployment, Scenario, greeted, parallel, run, spec};
use crate::served::{folder, serve};
use crate::server::Server;
use crate::{MACHINE, postgresql, python};

static NODES: [LazyLock<Deployment>; 2] = [
    LazyLock::new(|| Deployment::of_bridge(&MACHINE, NAMES[0])),
    LazyLock::new(|| Deployment::of_bridge(&MACHINE, NAMES[1])),
];

const NAMES: [&str; 2] = ["node1", "node2"];

const USERS: usize = 4;
const PUSHES: usize = 4;

/// Both nodes on one new database, with users and repositories, and with ini files made as docs/farm.md says.
fn farm(name: &str) -> ([Scenario<'static>; 2], String) {
    let scenarios = [NODES[0].scenario(), NODES[1].scenario()];
    let [database, another] = postgresql::database_by_password(name);
    assert!(lets_in(&database) && !lets_in(&another), "the password is asked for");
    let [first, second] = [0, 1].map(|node| scenarios[node].place("my.ini"));
    fs::copy(MACHINE.place("inetpub/kallithea/my.ini"), &first).expect("there is an ini file");
    assert_eq!(ini(0, &first).code(), Some(2), "the addresses are not the deployment's yet");
    set(&first, &["sqlalchemy.url", "session.url"].map(|key| (key.to_owned(), database.clone())));
    assert_eq!(ini(0, &first).code(), Some(0));
    // Git starts Kallithea's hooks by a path of this system, where nothing translates the spec's.
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

/// Gives keys of `[app:main]` these values.
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

/// Brings a node's ini file to what the deployment and the node need.
fn ini(node: usize, file: &Path) -> ExitStatus {
    let mut ini = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
    ini.arg("ini").arg(spec(NAMES[node])).arg("--config").arg(file).args(["--node", NAMES[node]]);
    ini.output().expect("the program starts").status
}

fn execute(database: &str, statement: &str) -> String {
    run(python().arg(script("database.py")).args([database, "execute", statement]))
}

/// Whether the database lets somebody in by this address.
fn lets_in(database: &str) -> bool {
    let mut asking = python();
    asking.arg(script("database.py")).args([database, "execute", "select 1"]);
    asking.output().expect("Python starts").status.success()
}

/// Signs the administrator on by the form of one node; returns the session's cookie.
fn signed_on(node: &Server) -> String {
    let answer = form::sign_in(node, "admin", PASSWORD);
    assert!(answer.status.starts_with("302"), "{answer:?}");
    form::cookie(&answer)
}

#[test]
fn a_session_holds_on_every_node() {
    let (scenarios, _) = farm("farm_sessions");
    let [first, second] = [0, 1].map(|node| serve(&scenarios[node], &[]));
    let cookie = signed_on(&first);
    for node in [&first, &second, &first, &second] {
        let page = node.send("GET /", &format!("Cookie: {cookie}\r\n"), "");
        assert_eq!(greeted(&page.body), Some("admin"), "{}", page.status);
    }
    assert_eq!(greeted(&second.get("/").body), None);
    // A node that has another secret knows nobody.
    drop(second);
    set(&scenarios[1].place("my.ini"), &[("session.secret".to_owned(), "another".to_owned())]);
    let stranger = serve(&scenarios[1], &[]);
    let page = stranger.send("GET /", &format!("Cookie: {cookie}\r\n"), "");
    assert_eq!(greeted(&page.body), None, "{}", page.status);
}

#[test]
fn pushes_of_many_users_by_two_nodes_are_each_logged_right() {
    let (scenarios, database) = farm("farm_pushes");
    let hash = bcrypt::hash(PASSWORD, 4).expect("bcrypt works");
    let accounts: String = (1..=USERS).map(|number| format!("user{number}:{hash}\n")).collect();
    let nodes = [0, 1].map(|node| {
        let file = scenarios[node].place("accounts");
        fs::write(&file, &accounts).expect("a file of the machine can be written");
        serve(&scenarios[node], &["--basic", &file.to_string_lossy()])
    });
    thread::scope(|scope| {
        for number in 1..=USERS {
            let nodes = &nodes;
            scope.spawn(move || push(number, nodes));
        }
    });
    let wrong = "select count(*) from user_logs where action like 'push%' and repository_name <> \
                 case username when 'user1' then 'hg1' when 'user2' then 'git1' when 'user3' then 'hg2' else 'git2' end";
    assert_eq!(execute(&database, wrong).trim(), "0");
    let each = "select username, count(*) from user_logs where action like 'push%' group by username order by username";
    let expected: String = (1..=USERS).map(|number| format!("user{number}|{PUSHES}\n")).collect();
    assert_eq!(execute(&database, each), expected);
}

/// One user's pushes, each by the other node than the one before.
fn push(number: usize, nodes: &[Server; 2]) {
    let kind = if number % 2 == 1 { Kind::Mercurial } else { Kind::Git };
    let home = folder(&format!("farm-user{number}"));
    let (client, work) = (Client::new(kind, &MACHINE, home.clone()), home.join("work"));
    client.init(&work);
    for change in 0..PUSHES {
        let node = &nodes[(number + change) % 2];
        client.has_password(&node.address, &format!("user{number}"), PASSWORD);
        fs::write(work.join("file"), format!("change {change}\n"))
            .expect("a file below target can be written");
        client.commit(&work);
        client.push(&work, &format!("{}{}{}", node.url, kind.name(), number.div_ceil(2)));
    }
}
