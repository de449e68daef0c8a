//! The change that `--user` made to an account is undone like settings: exactly, or only when forced.

use std::fs;

use serde_json::{Value, json};

use crate::settings_linux::installation::{Installation, PASSWORD};

const WINDOWS: &str = "  mode: windows\n";

/// The columns of an account that `--user` changes.
fn account(installation: &Installation, name: &str) -> String {
    installation.execute(&format!(
        "select extern_type, extern_name, active, admin from users where username = '{name}'"
    ))
}

#[test]
fn an_account_that_was_taken_over_is_what_it_was() {
    for installation in Installation::on_both("taken_over", WINDOWS) {
        installation.applied(&[]);
        let (before, columns) = (installation.dump(), account(&installation, "admin"));
        let said = installation.applied(&["--user", "ADMIN", "--record", "one.json"]);
        let line = "account admin: signed on by internal, active, administrator -> signed on by container, \
            active, administrator\n";
        assert_eq!(said.output, line);
        let record = fs::read_to_string(installation.folder.join("one.json")).expect("a record");
        assert!(!record.contains("password") && !record.contains("api_key"), "{record}");
        let said = installation.applied(&["--undo", "one.json"]);
        assert!(said.errors.contains("Kallithea has overwritten its password"), "{said:#?}");
        assert_eq!(installation.dump(), before);
        let again = installation.applied(&["--undo", "one.json"]);
        assert!(again.errors.contains("nothing to do"), "{again:#?}");

        // A sign-on in between changes the external name, which nobody decided, and overwrites the password for good.
        installation.applied(&["--user", "admin", "--record", "two.json"]);
        assert_eq!(installation.ask(&json!([{"get": "/", "as": r"CORP\admin"}]))[0]["user"], "admin");
        assert_ne!(account(&installation, "admin"), columns);
        installation.applied(&["--undo", "two.json"]);
        assert_eq!(account(&installation, "admin"), columns);
        assert_eq!(installation.ask(&json!([{"login": ["admin", PASSWORD]}]))[0]["user"], Value::Null);
    }
}

#[test]
fn an_account_that_was_made_is_taken_out_unless_it_owns_something() {
    for installation in Installation::on_both("made", WINDOWS) {
        installation.applied(&[]);
        let before = installation.dump();
        installation.applied(&["--user", "dave", "--administrator", "--record", "dave.json"]);
        let made = account(&installation, "dave");
        // A user who only looks leaves nothing behind.
        assert_eq!(installation.ask(&json!([{"get": "/", "as": r"CORP\dave"}]))[0]["user"], "dave");
        installation.applied(&["--undo", "dave.json", "--record", "back.json"]);
        assert_eq!(installation.dump(), before);
        installation.applied(&["--undo", "back.json"]);
        assert_eq!(account(&installation, "dave"), made);

        installation.execute(
            "insert into user_email_map (user_id, email) select user_id, 'd@example.com' from users where \
             username = 'dave'",
        );
        let said = installation.applied(&["--undo", "dave.json"]);
        assert!(said.output.ends_with("-> signed on by container, inactive\n"), "{said:#?}");
        let kept = installation.dump();
        assert!(kept.contains("'dave'"));
        let again = installation.applied(&["--undo", "dave.json"]);
        assert!(again.errors.contains("nothing to do"), "{again:#?}");
        assert_eq!(installation.dump(), kept);
    }
}

#[test]
fn what_became_of_an_account_since_is_not_undone_unasked() {
    for installation in Installation::on_both("account_since", WINDOWS) {
        installation.applied(&[]);
        installation.applied(&["--user", "dave", "--record", "dave.json"]);
        installation.applied(&["--user", "dave", "--administrator"]);
        installation.refused(
            &["--undo", "dave.json"],
            "changed since: account dave: signed on by container, active -> signed on by container, active, \
             administrator",
        );
        installation.applied(&["--undo", "dave.json", "--force"]);
        assert_eq!(account(&installation, "dave"), "");
    }
}

#[test]
fn the_last_administrator_s_account_is_not_taken_back() {
    for installation in Installation::on_both("last", WINDOWS) {
        installation.applied(&["--user", "erin", "--administrator", "--record", "erin.json"]);
        installation.applied(&[]);
        installation.applied(&["--user", "admin", "--record", "admin.json"]);
        installation.applied(&["--undo", "erin.json"]);
        installation.execute("update users set extern_type = 'ldap' where username = 'admin'");
        installation.applied(&["--user", "erin", "--administrator", "--record", "anew.json"]);
        installation
            .refused(&["--undo", "anew.json"], "lock out every administrator (now: erin by container)");
        installation.applied(&["--undo", "anew.json", "--allow-lock-out"]);
    }
}
