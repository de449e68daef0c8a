//! Many users at once, with a client for each.

use crate::kallithea::run;
use crate::served::{PASSWORD, end, populated, serve_with_passwords};
use crate::{ROOT, support};

const USERS: usize = 8;
const REPOSITORIES: usize = 4;

/// Of each user, besides the first push to each repository: 112 in all.
const OPERATIONS: usize = 13;

#[test]
fn every_entry_of_the_journal_names_who_did_it() {
    let scenario = populated(&ROOT, USERS, REPOSITORIES);
    let names: Vec<_> = (1..=USERS).map(|number| format!("user{number}")).collect();
    let server = serve_with_passwords(&scenario, names.iter().map(String::as_str));
    let url = format!("http://{{user}}:{PASSWORD}@{}", server.address);
    let mut python = scenario.machine().python();
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kallithea/parallel/clients.py"));
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
    // It ends with 1, and this with what it said, where an entry is wrong, missing or one too many.
    let said = run(&mut python);
    eprintln!("{said}");
    let operations = USERS * operations + 2 * REPOSITORIES;
    assert!(said.contains(&format!("{operations} operations of {USERS} users")), "{said}");
    end(server, &scenario);
}
