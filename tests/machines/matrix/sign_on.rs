//! Every user that the server may authenticate, with each setting of the spec that decides how Kallithea treats them.
//!
//! In: a deployment in which IIS authenticates users. Out: a table. Absent: sessions; every request comes without cookies.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::{NOBODY, REFUSED, Table, by, page, with};
use crate::kallithea::parallel::query;
use crate::kallithea::{Deployment, Scenario, run};
use crate::specs;

/// The spec's settings for users whom Kallithea does not know yet, and for strangers.
#[derive(Clone, Copy)]
struct Variant {
    activation: &'static str,
    anonymous: bool,
}

/// The first one is in the deployments' own specs.
const VARIANTS: [Variant; 4] = [
    Variant { activation: "automatic", anonymous: false },
    Variant { activation: "manual", anonymous: false },
    Variant { activation: "automatic", anonymous: true },
    Variant { activation: "manual", anonymous: true },
];

/// The table of one deployment, whose first page is at `home`.
pub fn everybody(deployment: &Deployment, home: &str) {
    let scenario = deployment.scenario();
    let database = scenario.place("kallithea.db");
    let begun = scenario.place("begun.db");
    // alice and carol sign on for the first time; then an administrator deactivates carol's account.
    scenario.serve(json!([by(r"CORP\alice", home), by(r"CORP\carol", home)]));
    query(&scenario, "update users set active = 0 where username = 'carol'");
    fs::copy(&database, &begun).expect("the database can be copied");

    let mut table = Table::new(scenario.machine(), &format!("Sign-on at {home}"));
    // Under Wine the Windows Python and the real DLLs matter, and one change of the settings is enough for them.
    let variants = match (scenario.machine().is_wine(), home) {
        (false, _) => &VARIANTS[..],
        (true, "/") => &VARIANTS[..2],
        (true, _) => &VARIANTS[..1],
    };
    for (number, variant) in variants.iter().enumerate() {
        fs::copy(&begun, &database).expect("the database can be copied");
        if number > 0 {
            settle(&scenario, deployment.name(), *variant);
        }
        one_variant(&mut table, &scenario, home, *variant);
    }
    table.end();
}

fn one_variant(table: &mut Table, scenario: &Scenario<'_>, home: &str, variant: Variant) {
    let Variant { activation, anonymous } = variant;
    let about = |what: &str| {
        let access = if anonymous { "anonymous access" } else { "no anonymous access" };
        format!("{what}; {activation} activation, {access}")
    };
    let stranger = if anonymous { NOBODY } else { REFUSED };
    let is_automatic = activation == "automatic";
    let newcomer = if is_automatic { ["jörg", "jörg"] } else { ["403 Forbidden", stranger] };
    let register = format!("{home}_admin/register");
    let rows = [
        ("a Windows name", by(r"CORP\alice", home), "alice"),
        ("a principal name", by("alice@corp.example.com", home), "403 Forbidden"),
        ("the same user in another case", by(r"CORP\Alice", home), "alice"),
        ("somebody new, whose name is not ASCII", by(r"CORP\jörg", home), newcomer[0]),
        ("the same for the second time", by(r"CORP\jörg", home), newcomer[1]),
        ("the name of an internal account", by(r"CORP\admin", home), stranger),
        ("the name of the strangers' account", by(r"CORP\default", home), stranger),
        ("the same in capitals", by(r"CORP\DEFAULT", home), stranger),
        ("an inactive account", by(r"CORP\carol", home), stranger),
        ("an empty REMOTE_USER", by("", home), stranger),
        ("nobody", page(home), stranger),
        ("the page on which people register", by(r"CORP\alice", &register), "403 Forbidden"),
        ("the same, of nobody", page(&register), "403 Forbidden"),
        ("a pull by hg", pull(r"CORP\alice", home), "200 Script output follows"),
        (
            "a pull by hg, with the name of the strangers' account",
            pull(r"CORP\default", home),
            if anonymous { "200 Script output follows" } else { "401 Unauthorized" },
        ),
    ];
    let names = rows.each_ref().map(|(what, ..)| about(what));
    let rows: Vec<_> = rows
        .into_iter()
        .zip(&names)
        .map(|((_, request, expected), name)| (name.as_str(), request, expected))
        .collect();
    table.serve(scenario, &rows);
    // With anonymous access, Kallithea does not ask hg and git for credentials when they only read.
    let puller = if anonymous { "default, default" } else { "alice" };
    table.row(&about("who pulled, in the journal"), "", puller, &journal(scenario));
    let accounts =
        query(scenario, "select username from users where username != 'default' order by username");
    let accounts = names_of(&accounts).join(", ");
    table.row(&about("accounts afterwards"), "", "admin, alice, carol, jörg", &accounts);
    let kind = "select coalesce(nullif(extern_type, ''), 'nobody') from users where username = 'default'";
    let owner = names_of(&query(scenario, kind)).concat();
    table.row(&about("to whom the strangers' account belongs"), "", "nobody", &owner);
}

/// What `hg pull` sends to the server for an empty clone.
pub fn pull(user: &str, home: &str) -> Value {
    pull_of("calculator", user, home)
}

/// The same for another repository.
pub fn pull_of(repository: &str, user: &str, home: &str) -> Value {
    let request = by(user, &format!("{home}{repository}?cmd=getbundle"));
    let request = with(request, "Accept", "application/mercurial-0.1");
    with(request, "X-HgArg-1", &format!("common={}", "0".repeat(40)))
}

/// Who pulled.
pub fn journal(scenario: &Scenario<'_>) -> String {
    let said = query(scenario, "select username from user_logs where action = 'pull' order by user_log_id");
    names_of(&said).join(", ")
}

/// The first column of a table.
pub fn names_of(said: &str) -> Vec<String> {
    let rows: Vec<[String; 1]> = serde_json::from_str(said).unwrap_or_else(|error| panic!("{error}: {said}"));
    rows.concat()
}

/// Compiles the deployment's spec with other settings, and applies them to the database as the runbook says.
fn settle(scenario: &Scenario<'_>, name: &str, variant: Variant) {
    let mut spec =
        fs::read_to_string(specs::spec(name, scenario.machine().is_wine())).expect("there is the spec");
    for (from, to) in [
        ("activation: automatic", format!("activation: {}", variant.activation)),
        ("anonymousAccess: false", format!("anonymousAccess: {}", variant.anonymous)),
    ] {
        assert!(spec.contains(from), "{spec}");
        spec = spec.replace(from, &to);
    }
    let folder = scenario.place("variant");
    fs::create_dir_all(&folder).expect("a folder of the machine can be made");
    fs::write(folder.join("deploy.yaml"), spec).expect("a spec can be written");
    let mut compiler = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
    run(compiler.arg("build").arg(folder.join("deploy.yaml")).arg("--no-dll"));
    let mut python = scenario.machine().python();
    python.args(["variant/out/kallithea/apply_settings.py", "-c", "my.ini"]).current_dir(scenario.place(""));
    run(&mut python);
}
