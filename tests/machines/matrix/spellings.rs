//! One account under every name that a client may type for Basic.
//!
//! In: a deployment in which IIS authenticates users. Out: a table. Absent: passwords, which the server has checked;
//! accounts that Windows knows, except the one that Wine itself runs as.

use serde_json::{Value, json};

use super::sign_on::pull;
use super::{REFUSED, Table, by};
use crate::kallithea::parallel::query;
use crate::kallithea::{Deployment, Scenario, run};
use crate::matrix::sign_on::names_of;

const REFUSAL: &str = "403 Forbidden";

/// The table of a deployment that admits every user.
pub fn typed(deployment: &Deployment, home: &str) {
    let scenario = deployment.scenario();
    let mut table = Table::new(scenario.machine(), "Spellings");
    let mut rows = vec![
        ("domain and name", basic(r"CORP\alice", home), "alice"),
        ("in another case", basic(r"corp\ALICE", home), "alice"),
        ("the domain's long name", basic(r"corp.example.com\alice", home), "alice"),
        ("a bare name", basic("alice", home), "alice"),
    ];
    rows.extend(unclear(home));
    table.serve(&scenario, &rows);
    accounts(&mut table, &scenario, "admin, alice, default");
    if scenario.machine().is_wine() {
        windows_own(&mut table, &scenario, home);
    }
    table.end();
}

/// The table of a deployment that admits the users of one domain.
pub fn typed_in_a_domain(deployment: &Deployment, home: &str) {
    let scenario = deployment.scenario();
    let mut table = Table::new(scenario.machine(), "Spellings, one domain");
    let mut rows = vec![
        ("domain and name", basic(r"CORP\alice", home), "alice"),
        ("in another case", basic(r"corp\ALICE", home), "alice"),
        ("another domain", basic(r"SALES\alice", home), REFUSAL),
        ("a bare name, without a default domain", basic("alice", home), REFUSAL),
        ("a dot behind the domain", basic(r"CORP.\alice", home), REFUSAL),
        ("a space behind the domain", basic(r"CORP \alice", home), REFUSAL),
        ("a space before it", basic(r" CORP\alice", home), REFUSAL),
        ("this server's own", basic(r".\alice", home), REFUSAL),
    ];
    rows.extend(unclear(home));
    table.serve(&scenario, &rows);
    accounts(&mut table, &scenario, "admin, alice, default");
    table.end();
}

/// Names that only the client has spelled, and names that can be read in more than one way.
fn unclear(home: &str) -> Vec<(&'static str, Value, &'static str)> {
    let mut hg = pull("bob@corp.example.com", home);
    hg["auth_type"] = "Basic".into();
    vec![
        ("a principal name", basic("bob@corp.example.com", home), REFUSAL),
        ("a principal name in the right domain", basic("bob@CORP", home), REFUSAL),
        ("a slash", basic("SALES/bob", home), REFUSAL),
        ("a slash, the right domain", basic("CORP/bob", home), REFUSAL),
        ("both marks", basic(r"CORP\bob@sales.example.com", home), REFUSAL),
        ("two backslashes", basic(r"CORP\SALES\bob", home), REFUSAL),
        ("no domain before the backslash", basic(r"\bob", home), REFUSAL),
        ("no name behind it", basic(r"CORP\", home), REFUSAL),
        ("hg, a principal name", hg, REFUSAL),
        ("Digest, a principal name", kind(by("bob@corp.example.com", home), "Digest"), REFUSAL),
        ("no kind of authentication", kind(by(r"CORP\bob", home), ""), REFUSED),
    ]
}

/// The one account that Wine knows: whatever spelling is typed, Windows' own name is used.
fn windows_own(table: &mut Table, scenario: &Scenario<'_>, home: &str) {
    let mut python = scenario.machine().python();
    let program = "import os; print(os.environ['COMPUTERNAME'], os.environ['USERNAME'], sep='\\n')";
    let said = run(python.args(["-c", program]));
    let [computer, user] = said.lines().collect::<Vec<_>>()[..] else { panic!("two lines: {said}") };
    let (upper, lower) = (user.to_uppercase(), computer.to_lowercase());
    let mut requests = Vec::new();
    for (what, name, expected) in [
        ("the token's account", format!(r"{computer}\{user}"), user),
        ("the token's account in another case", format!(r"{lower}\{upper}"), user),
        ("the token's account, with a slash", format!("{lower}/{upper}"), user),
        ("this server's own account of that name", format!(r".\{upper}"), user),
        ("a slash and another name than the token's", format!("{lower}/alice"), REFUSAL),
        ("a slash and another domain than the token's", format!("CORP/{upper}"), REFUSAL),
        ("somebody else, in spite of the token", r"CORP\alice".to_owned(), "alice"),
    ] {
        requests.push((what, basic(&name, home), expected));
    }
    table.serve(scenario, &requests);
    accounts(table, scenario, &format!("admin, alice, default, {user}"));
    let script = json!({"refuse": ["GET_IMPERSONATION_TOKEN"], "requests": [basic(&format!("{lower}/{upper}"), home)]});
    let run = scenario.run(&script);
    table.row("a slash, where the server has no token", "", REFUSAL, run.status(0));
}

fn accounts(table: &mut Table, scenario: &Scenario<'_>, expected: &str) {
    let accounts = query(scenario, "select username from users order by username");
    table.row("accounts afterwards", "", expected, &names_of(&accounts).join(", "));
}

/// A request of a user who has typed a name and a password.
fn basic(user: &str, url: &str) -> Value {
    kind(by(user, url), "Basic")
}

fn kind(mut request: Value, kind: &str) -> Value {
    request["auth_type"] = kind.into();
    request
}
