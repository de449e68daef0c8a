//! The undo: exactly the former state, or a refusal.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::{PLANTED, postgresql, python};
use crate::settings_linux::installation::{Database, Installation, PASSWORD};
use crate::support;

const WINDOWS: &str = "  mode: windows\n  activation: manual\n";

/// Keeps the installation's database from finishing a commit; on SQLite with a reader, which is returned.
pub fn delay_commit(installation: &Installation) -> Option<Child> {
    if installation.database == Database::Postgresql {
        installation.execute(postgresql::delay_commits());
        return None;
    }
    Some(hold(installation, "begin"))
}

/// Begins a transaction on an SQLite database and reads in it, until [`let_go`].
pub fn hold(installation: &Installation, begin: &str) -> Child {
    let program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.isolation_level = None; \
        c.execute(sys.argv[2]); \
                   c.execute('select count(*) from settings').fetchone(); print('reading', flush=True); \
        sys.stdin.read()";
    let mut reader = python();
    reader.args(["-c", program]).arg(installation.folder.join("kallithea.db")).arg(begin);
    let mut child = reader.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("it says so");
    child
}

pub fn let_go(holder: &mut Child) {
    drop(holder.stdin.take());
    holder.wait().expect("it ends");
}

/// Removes that delay.
pub fn commit_at_once(installation: &Installation, reader: &mut Option<Child>) {
    match reader {
        Some(reader) => let_go(reader),
        None => {
            // The killed run's server process may still sleep in its commit.
            installation.execute(
                "select pg_terminate_backend(pid, 10000) from pg_stat_activity \
                 where datname = current_database() and pid <> pg_backend_pid()",
            );
            installation.execute("drop trigger wait on settings");
        }
    }
}

#[test]
fn undo_restores_every_row() {
    for installation in Installation::on_both("undo", WINDOWS) {
        let before = installation.dump();
        installation.applied(&[]);
        let applied = installation.dump();
        assert_ne!(applied, before);
        let record = installation.records().remove(0).to_string_lossy().into_owned();
        installation.applied(&["--undo", &record]);
        assert_eq!(installation.dump(), before);
        let again = installation.applied(&["--undo", &record]);
        assert!(again.errors.contains("nothing to do"), "{again:#?}");
        // An undo has its own record, and can be undone.
        let last = installation.records().pop().expect("there are two");
        installation.applied(&["--undo", &last.to_string_lossy()]);
        assert_eq!(installation.dump(), applied);
    }
}

#[test]
fn each_run_has_a_record_of_its_own_and_they_lead_back_to_the_beginning() {
    for installation in Installation::on_both("back", WINDOWS) {
        let before = installation.dump();
        installation.applied(&["--record", "first.json"]);
        installation.compile("  mode: internal\n");
        installation.applied(&["--record", "second.json"]);
        installation.refused(&["--undo", "first.json"], "changed this after that run");
        installation.applied(&["--undo", "second.json", "--record", "third.json"]);
        installation
            .refused(&["--undo", "first.json", "--record", "third.json"], "third.json already exists");
        installation.applied(&["--undo", "first.json"]);
        assert_eq!(installation.dump(), before);
        installation.refused(&["--undo", "my.ini"], "my.ini is not a valid record");
        installation.refused(&["--undo", "nowhere.json"], "nowhere.json");
        installation.refused(&["--record", "no/such/folder.json"], "no/such/folder.json");
    }
}

#[test]
fn what_was_changed_since_is_not_undone_unasked() {
    for installation in Installation::on_both("since", WINDOWS) {
        let before = installation.dump();
        installation.applied(&["--record", "record.json"]);
        installation.execute(
            "update settings set app_settings_value = 'X' where app_settings_name = 'auth_container_header'",
        );
        installation.refused(
            &["--undo", "record.json"],
            r#"changed since: auth_container_header: "REMOTE_USER" -> "X""#,
        );
        installation.applied(&["--undo", "record.json", "--force"]);
        assert_eq!(installation.dump(), before);
    }
}

/// A user who edits a record by hand gains no right, and sees no Python error. The database plays no part here.
#[test]
fn what_is_no_record_is_not_written() {
    let installation = Installation::new("mangled", Database::Sqlite, WINDOWS);
    installation.applied(&["--record", "good.json"]);
    let before = installation.dump();
    for (number, record) in no_records(&record(&installation, "good.json")).iter().enumerate() {
        let name = format!("bent-{number}.json");
        fs::write(installation.folder.join(&name), record.to_string()).expect("a record can be written");
        let said = installation.apply(&["--undo", &name, "--force"]);
        assert_eq!(said.code, Some(2), "{record}: {said:#?}");
        assert!(said.errors.contains("is not a valid record of apply_settings.py"), "{record}: {said:#?}");
    }
    assert_eq!(installation.dump(), before);
}

fn record(installation: &Installation, name: &str) -> Value {
    let text = fs::read_to_string(installation.folder.join(name)).expect("a record");
    serde_json::from_str(&text).expect("it is JSON")
}

fn bent(good: &Value, place: &str, value: Value) -> Value {
    let mut record = good.clone();
    *record.pointer_mut(place).expect("it is there") = value;
    record
}

fn no_records(good: &Value) -> Vec<Value> {
    let row = |name: &str| json!({name: {"id": 1, "value": "x", "type": null}});
    let default = json!({"username": "default", "account": null});
    let eve = |account: Value| json!({"username": "eve", "account": account});
    let mut records = vec![
        json!([]),
        json!({}),
        json!({"before": {}, "after": {}}),
        json!({"before": good["before"], "after": default}),
        json!({"before": default, "after": default}),
        json!({"before": eve(json!({"admin": true})), "after": eve(Value::Null)}),
    ];
    records.extend(
        [
            ("", Value::Null),
            ("/activation", json!([[7, "repository.admin"]])),
            ("/activation", json!([["7", "hg.extern_activate.auto"]])),
            ("/activation", json!([7])),
            ("/activation/0/1", json!(7)),
            ("/anonymous_access", json!("off")),
            ("/settings", json!([])),
            ("/settings", row("title")),
            ("/settings", row("auth_ldap_dn_pass")),
            ("/settings/auth_plugins", json!("internal")),
            ("/settings/auth_plugins", json!({"value": "internal"})),
            ("/settings/auth_plugins/id", json!(true)),
            ("/settings/auth_plugins/value", json!(1)),
            ("/settings/auth_plugins/type", json!(1)),
        ]
        .map(|(place, value)| bent(good, &format!("/before{place}"), value)),
    );
    records
}

/// A record may have a valid form although no row of the database can have its number.
#[test]
fn what_the_database_does_not_take_is_not_committed() {
    for installation in Installation::on_both("not_taken", WINDOWS) {
        installation.applied(&["--record", "good.json"]);
        let other =
            bent(&record(&installation, "good.json"), "/before/settings/auth_plugins/id", json!(4711));
        fs::write(installation.folder.join("other.json"), other.to_string())
            .expect("a record can be written");
        installation.refused(&["--undo", "other.json"], "did not accept the changes");
        // With `--force`, the number does not matter: the row may have been recreated.
        installation.applied(&["--undo", "other.json", "--force"]);
        assert_eq!(installation.apply(&["--check"]).code, Some(1));
    }
}

#[test]
fn a_password_in_the_database_is_neither_shown_nor_recorded_nor_lost() {
    let ldap = "  mode: ldap\n  ldap:\n    host: dc01.example.com\n    baseDn: dc=example,dc=com\n    bindAccount: cn=reader\n";
    for installation in Installation::on_both("secret", ldap) {
        let row = "insert into settings (app_settings_name, app_settings_value, app_settings_type) values \
                   ('auth_ldap_dn_pass', 'planted-s3cret', 'unicode')";
        installation.execute(row);
        let before = installation.dump();
        let mut said = Vec::new();
        for arguments in [&["--check"][..], &["--diff"], &["--record", "my.settings-one.json"]] {
            said.push(installation.apply(arguments));
        }
        assert!(installation.dump().contains(PLANTED));
        said.push(installation.applied(&[
            "--undo",
            "my.settings-one.json",
            "--record",
            "my.settings-two.json",
        ]));
        assert_eq!(installation.dump(), before);
        let records = installation.records();
        assert_eq!(records.len(), 2);
        let records = records.iter().map(|path| fs::read_to_string(path).expect("it can be read"));
        let all = format!("{said:?}{}", records.collect::<String>());
        assert!(!all.contains(PLANTED), "{all}");
        // The administrator can still sign on.
        let answers = installation.ask(&json!([{"login": ["admin", PASSWORD]}]));
        assert_eq!(answers[0]["user"], "admin");
    }
}

/// A link or file that others put in the record's place is neither followed nor trusted, and what a killed run left is removed.
#[test]
fn a_record_goes_through_no_link_and_leaves_nothing_behind() {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    let installation = Installation::new("record-planted", Database::Sqlite, WINDOWS);
    let place = |name: &str| installation.folder.join(name);
    symlink(place("elsewhere"), place("link.json")).expect("a link");
    installation.refused(&["--record", "link.json"], "link.json already exists");
    assert!(!place("elsewhere").exists(), "nothing was written behind the link");
    let left = ".my.settings.kallithea-iisc-0123456789abcdef";
    let theirs = [".my.settings.kallithea-iisc-notes", ".your.settings.kallithea-iisc-0123456789abcdef"];
    for name in theirs.iter().chain([&left]) {
        fs::write(place(name), "").expect("a file");
    }
    installation.applied(&["--record", "record.json"]);
    assert!(!place(left).exists(), "what a killed run left is gone");
    assert!(theirs.iter().all(|name| place(name).exists()), "what only looks so stays");
    let names = support::names_in(&installation.folder);
    let passing =
        names.iter().filter(|name| name.contains(".kallithea-iisc-") && !theirs.contains(&&***name));
    assert_eq!(passing.count(), 0, "{names:?}");
    let mode = fs::metadata(place("record.json")).expect("the record").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    match chown(place("record.json"), Some(12345), None) {
        Ok(()) => installation.refused(&["--undo", "record.json"], "belongs to another user"),
        Err(_) => println!("a record of somebody else's was not tried: only root makes one"),
    }
}
