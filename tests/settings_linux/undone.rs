//! The way back: exactly what was there, or a refusal.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::json;

use crate::installation::{Database, Installation, PASSWORD};
use crate::{PLANTED, postgresql, python};

const WINDOWS: &str = "  mode: windows\n  activation: manual\n";

/// Keeps the installation's database from finishing a commit; on SQLite by a reader, which is returned.
pub fn delay_commit(installation: &Installation) -> Option<Child> {
    if installation.database == Database::Postgresql {
        installation.execute(postgresql::delay_commits());
        return None;
    }
    Some(hold(installation, "begin"))
}

/// Begins a transaction on an SQLite database and reads in it, until [`let_go`].
pub fn hold(installation: &Installation, begin: &str) -> Child {
    let program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.isolation_level = None; c.execute(sys.argv[2]); \
                   c.execute('select count(*) from settings').fetchone(); print('reading', flush=True); sys.stdin.read()";
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

/// Takes that away again.
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
        // An undoing has its own record, and can be undone.
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
        installation.refused(&["--undo", "first.json"], "changed after that run");
        installation.applied(&["--undo", "second.json", "--record", "third.json"]);
        installation
            .refused(&["--undo", "first.json", "--record", "third.json"], "third.json is there already");
        installation.applied(&["--undo", "first.json"]);
        assert_eq!(installation.dump(), before);
        installation.refused(&["--undo", "my.ini"], "my.ini is no record");
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
        // The administrator still gets in.
        let answers = installation.ask(&json!([{"login": ["admin", PASSWORD]}]));
        assert_eq!(answers[0]["user"], "admin");
    }
}
