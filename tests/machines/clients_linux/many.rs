//! Many users at once, with a client for each.
//!
//! In: a deployment behind `serve`. Out: a table. Absent: what each user does; `clients.py` decides that and compares it
//! with the journal.

use crate::clients_linux::ROOT;
use crate::clients_linux::served::{PASSWORD, end, populated, serve_with_passwords};
use crate::kallithea::parallel::query;
use crate::kallithea::{Scenario, run};
use crate::matrix::Table;
use crate::matrix::sign_on::names_of;
use crate::support;

const USERS: usize = 8;
const REPOSITORIES: usize = 4;

/// For each user, not counting the first push to each repository: 112 in all.
const OPERATIONS: usize = 13;

#[test]
fn every_entry_of_the_journal_names_who_did_it() {
    let scenario = populated(&ROOT, USERS, REPOSITORIES);
    let names: Vec<_> = (1..=USERS).map(|number| format!("user{number}")).collect();
    let server = serve_with_passwords(&scenario, names.iter().map(String::as_str));
    let url = format!("http://{{user}}:{PASSWORD}@{}", server.address);
    let mut python = scenario.machine().python();
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/machines/kallithea/parallel/clients.py"));
    python
        .arg(scenario.place("kallithea.db"))
        .arg(url)
        .arg("--hg")
        .arg(scenario.machine().place("inetpub/kallithea/venv/bin/hg"));
    let operations = OPERATIONS * support::soak();
    for (name, number) in [("--users", USERS), ("--operations", operations), ("--repositories", REPOSITORIES)]
    {
        python.args([name, &number.to_string()]);
    }
    // If an entry is wrong, missing or surplus, the program exits with 1, and this call fails with its output.
    let said = run(&mut python);
    eprintln!("{said}");
    let all = USERS * operations + 2 * REPOSITORIES;
    assert!(said.contains(&format!("{all} operations of {USERS} users")), "{said}");
    end(server, &scenario);
    let mut table = Table::new(scenario.machine(), "Many users at once");
    for (number, name) in names.iter().enumerate() {
        let first = if number == 0 { 2 * REPOSITORIES } else { 0 };
        let expected = format!("{} from 127.0.0.1", operations + first);
        let sent = format!("as {name}, to and from hg1 to git{REPOSITORIES}, while the others work");
        table.row("pushes and pulls", &sent, &expected, &logged(&scenario, name));
    }
    for (what, right) in [
        ("pushes", "0 under a wrong name, 0 missing"),
        ("pulls", "0 under a wrong name or one too many, 0 missing"),
    ] {
        let seen = said.lines().find_map(|line| line.strip_prefix(&format!("{what}: "))).unwrap_or_default();
        table.row(&format!("{what}, each held against the journal"), "", right, seen);
    }
    table.end();
}

/// How many entries of the journal name a user, and the address that they give.
fn logged(scenario: &Scenario<'_>, user: &str) -> String {
    let entries = format!(
        "select count(*) || ' from ' || user_ip from user_logs where username = '{user}' group by user_ip"
    );
    names_of(&query(scenario, &entries)).join("; ")
}
