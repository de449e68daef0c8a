//! Users of a directory through the bridge: Kallithea asks a real OpenLDAP server, for its form and for hg and git.
//!
//! In: `clients-ldap.yaml`, behind a `serve` that authenticates nobody. Out: tables. Absent: the settings, which `ldap` has.

use std::fs;
use std::path::{Path, PathBuf};

use super::{MACHINE, PLANTED, form, installation, python};
use crate::clients_linux::client::{Client, Kind};
use crate::clients_linux::served::{end, folder, journal, populated, pushed, serve};
use crate::kallithea::parallel::query;
use crate::kallithea::{Deployment, Scenario, greeted, run};
use crate::matrix::Table;
use crate::server::Server;
use crate::settings_linux::directory::{Directory, PASSWORD};
use crate::specs::spec;

/// The form's answer to a user who is refused.
const AGAIN: &str = "200 OK, asked again";
const WRONG: &str = "a-guess";

#[test]
fn users_of_a_directory_come_through_the_bridge() {
    let directory = Directory::start();
    one_account_searches(&directory);
    everybody_searches_by_himself(directory);
}

fn one_account_searches(directory: &Directory) {
    let deployment = Deployment::of_spec(&MACHINE, "clients-ldap", spec_with(directory, "cn=reader"));
    let scenario = populated(&deployment, 0, 2);
    set_password(&scenario, PLANTED);
    let server = serve(&scenario, &[]);
    let mut table = Table::new(&MACHINE, "Users of a directory, for whom one account searches");
    let own = installation::PASSWORD;
    forms(
        &mut table,
        &server,
        &[
            ("a user of the directory", "alice", PASSWORD, "alice"),
            ("a wrong password", "alice", WRONG, AGAIN),
            ("nobody's name", "nobody", PASSWORD, AGAIN),
            ("somebody whom the filter leaves out", "bob", PASSWORD, AGAIN),
            ("an account of Kallithea's own", "admin", own, "admin"),
            ("the same, with its namesake's password in the directory", "admin", PASSWORD, AGAIN),
        ],
    );
    for (kind, repository, name, password) in [
        (Kind::Mercurial, "hg1", "alice", PASSWORD),
        (Kind::Git, "git1", "alice", PASSWORD),
        (Kind::Mercurial, "hg2", "admin", own),
    ] {
        query(&scenario, "delete from user_logs");
        let (change, refused) = by_basic(&server, kind, repository, name, password);
        let sent = format!("{repository}, Basic of {name}");
        table.row("a wrong password", &sent, "push refused, clone refused", &refused);
        let expected = format!("{name} {}, {name} pull", pushed(&change));
        table.row("a push and a clone", &sent, &expected, &journal(&scenario));
    }
    end(server, &scenario);
    table.end();
}

fn everybody_searches_by_himself(directory: Directory) {
    let deployment = Deployment::of_spec(&MACHINE, "clients-ldap", spec_with(&directory, "cn=$login"));
    let scenario = populated(&deployment, 0, 1);
    let server = serve(&scenario, &[]);
    let mut table = Table::new(&MACHINE, "Users of a directory, who search by themselves");
    // Without the bridge, Kallithea answers a wrong password with 500 here.
    forms(
        &mut table,
        &server,
        &[
            ("a user of the directory", "alice", PASSWORD, "alice"),
            ("a wrong password", "alice", WRONG, AGAIN),
            ("nobody's name", "nobody", PASSWORD, AGAIN),
        ],
    );
    let (_, refused) = by_basic(&server, Kind::Git, "git1", "alice", PASSWORD);
    table.row("a wrong password", "git1, Basic of alice", "push refused, clone refused", &refused);
    let failure = "500 Internal Server Error, not asked again";
    // With a password in the database, the directory refuses that one: the user has not mistyped anything.
    set_password(&scenario, "stale");
    forms(
        &mut table,
        &server,
        &[("one account searches, with a stale password", "alice", PASSWORD, failure)],
    );
    take_password_out(&scenario);
    drop(directory);
    forms(
        &mut table,
        &server,
        &[
            (
                "an account of Kallithea's own, while there is no directory",
                "admin",
                installation::PASSWORD,
                "admin",
            ),
            ("the same with a wrong password", "admin", WRONG, AGAIN),
            ("a user of the directory, while there is none", "alice", PASSWORD, failure),
        ],
    );
    end(server, &scenario);
    table.end();
}

/// The spec with the directory's port, and with this account for searches.
fn spec_with(directory: &Directory, account: &str) -> PathBuf {
    let text = fs::read_to_string(spec("clients-ldap", false)).expect("there is a spec");
    let text = text.replace("port: 389", &format!("port: {}", directory.plain)).replace("cn=reader", account);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients-ldap.yaml");
    fs::write(&file, text).expect("a file below target can be written");
    file
}

/// Sets the password of the account that searches.
fn set_password(scenario: &Scenario<'_>, password: &str) {
    let mut command = python();
    command.args(["settings/apply_settings.py", "-c", "my.ini", "--ldap-password-from", "env:BIND_PASSWORD"]);
    run(command.env("BIND_PASSWORD", password).current_dir(scenario.place("")));
}

fn take_password_out(scenario: &Scenario<'_>) {
    let mut command = python();
    command.args(["settings/apply_settings.py", "-c", "my.ini", "--ldap-password-from", "none"]);
    run(command.current_dir(scenario.place("")));
}

/// The attempts at the form, each with a name, a password and the expected result.
fn forms(table: &mut Table, server: &Server, rows: &[(&str, &str, &str, &str)]) {
    for (what, name, password, expected) in rows {
        table.row(what, &format!("the form, {name}"), expected, &by_form(server, name, password));
    }
}

/// The user that the first page greets after the form, or the form's answer.
fn by_form(server: &Server, name: &str, password: &str) -> String {
    let answer = form::sign_in(server, name, password);
    if !answer.status.starts_with("302") {
        let again = if answer.body.contains("name=\"password\"") { "asked again" } else { "not asked again" };
        return format!("{}, {again}", answer.status);
    }
    let page = server.send("GET /", &format!("Cookie: {}\r\n", form::cookie(&answer)), "");
    greeted(&page.body).unwrap_or("nobody").to_owned()
}

/// Pushes and clones, first with a wrong password, which must fail, then with the right one. Returns the commit's hash,
/// and the result of the first attempt.
fn by_basic(server: &Server, kind: Kind, repository: &str, name: &str, password: &str) -> (String, String) {
    let home = folder(&format!("ldap-{repository}"));
    let (client, work) = (Client::new(kind, &MACHINE, home.clone()), home.join("work"));
    let url = format!("{}{repository}", server.url);
    client.init(&work);
    fs::write(work.join("README"), "a beginning\n").expect("a file below target can be written");
    let change = client.commit(&work);
    client.has_password(&server.address, name, WRONG);
    let refused = [client.try_push(&work, &url), client.try_clone(&url, &home.join("refused"))]
        .map(|output| if output.status.success() { "done" } else { "refused" });
    client.has_password(&server.address, name, password);
    client.push(&work, &url);
    client.clone(&url, &home.join("cloned"));
    (change, format!("push {}, clone {}", refused[0], refused[1]))
}
