//! Whoever administers Kallithea can do so afterwards.

use serde_json::json;

use crate::installation::{Installation, PASSWORD};

const WINDOWS: &str = "  mode: windows\n";
const REFUSED: &str = "lock every administrator out";

/// The only administrator comes from elsewhere.
fn administrator_of(installation: &Installation, source: &str) {
    installation.execute(&format!("update users set extern_type = '{source}' where username = 'admin'"));
}

/// Settings by which Kallithea asks these plugins.
fn write(installation: &Installation, plugins: &str, changes: &[(&str, &str)]) {
    let mut settings = installation.settings();
    let plugins: Vec<_> =
        plugins.split(' ').map(|name| format!("kallithea.lib.auth_modules.auth_{name}")).collect();
    settings["settings"]["auth_plugins"] = plugins.join(",").into();
    for (name, value) in changes {
        settings["settings"][name] = (*value).into();
    }
    installation.write_settings(&settings);
}

#[test]
fn kallithea_s_own_accounts_are_not_switched_off_under_the_last_administrator() {
    for installation in Installation::on_both("own", WINDOWS) {
        for (plugins, enabled) in [("container", "True"), ("container internal", "False")] {
            write(&installation, plugins, &[("auth_internal_enabled", enabled)]);
            installation.refused(&[], REFUSED);
            installation.refused(&[], "now: admin by internal");
            installation.refused(&[], "--user NAME --administrator");
            assert!(installation.records().is_empty());
        }
        // What the message says to do helps.
        installation.applied(&["--user", "erin", "--administrator"]);
        installation.applied(&[]);
        let answers = installation.ask(&json!([
            {"fields": "/_admin/auth", "as": r"CORP\erin"}, {"forget": true}, {"login": ["admin", PASSWORD]},
        ]));
        assert_eq!((&answers[0]["user"], &answers[0]["status"]), (&json!("erin"), &json!(200)));
        assert_ne!(answers[2]["user"], "admin");
    }
}

#[test]
fn unless_told() {
    for installation in Installation::on_both("told", WINDOWS) {
        write(&installation, "container", &[]);
        installation.applied(&["--allow-lock-out"]);
        // Nobody can be locked out any more, and nothing else is held up by that.
        installation.compile("  mode: internal\n");
        installation.applied(&[]);
        assert_eq!(installation.ask(&json!([{"login": ["admin", PASSWORD]}]))[0]["user"], "admin");
    }
}

#[test]
fn an_administrator_whom_iis_signs_on_is_not_left_behind() {
    for installation in Installation::on_both("iis", WINDOWS) {
        installation.applied(&[]);
        administrator_of(&installation, "container");
        assert_eq!(installation.ask(&json!([{"get": "/", "as": r"CORP\admin"}]))[0]["user"], "admin");
        // Another mode would not know him, nor would the same with the domain as a part of the name.
        let ldap = "  mode: ldap\n  ldap:\n    host: dc01\n    baseDn: dc=x\n";
        for authentication in
            ["  mode: internal\n", ldap, "  mode: windows\n  container:\n    cleanUsername: false\n"]
        {
            installation.compile(authentication);
            installation.refused(&[], "now: admin by container");
        }
        let record = installation.records().remove(0).to_string_lossy().into_owned();
        installation.refused(&["--undo", &record], REFUSED);
        installation.applied(&["--undo", &record, "--allow-lock-out"]);
    }
}

#[test]
fn an_inactive_administrator_counts_for_nothing() {
    for installation in Installation::on_both("inactive", WINDOWS) {
        installation.applied(&["--user", "erin", "--administrator"]);
        let inactive = "update users set active = (1 = 0) where username = 'erin'";
        installation.execute(
            &inactive.replace("(1 = 0)", if installation.url.starts_with("sqlite") { "0" } else { "false" }),
        );
        write(&installation, "container", &[]);
        installation.refused(&[], REFUSED);
    }
}

/// The administrator's name is one of Kallithea's own accounts, which IIS cannot sign on: Kallithea shows its login page.
#[test]
fn where_only_own_accounts_administer_it_says_how_they_get_in() {
    for installation in Installation::on_both("advice", WINDOWS) {
        let said = installation.applied(&[]);
        assert!(said.errors.contains("nobody whom IIS signs on is an administrator"), "{said:#?}");
        let answers = installation.ask(&json!([
            {"get": "/", "as": r"CORP\admin"}, {"login": ["admin", PASSWORD], "as": r"CORP\admin"}, {"forget": true},
            {"get": "/_admin/login", "as": r"CORP\carol"},
        ]));
        assert_eq!((&answers[0]["user"], &answers[1]["user"]), (&json!(null), &json!("admin")));
        assert_eq!(answers[3]["status"], 302, "whom IIS signs on, Kallithea shows no login page");

        installation.applied(&["--user", "CAROL", "--administrator"]);
        let said = installation.applied(&[]);
        assert!(!said.errors.contains("note:"), "{said:#?}");
        let answers = installation.ask(&json!([{"fields": "/_admin/auth", "as": r"CORP\carol"}]));
        assert_eq!((&answers[0]["user"], &answers[0]["status"]), (&json!("carol"), &json!(200)));
    }
}

/// People who had accounts of Kallithea's own, or are to have one before the first day.
#[test]
fn accounts_beforehand_are_those_that_iis_signs_on() {
    for installation in Installation::on_both("beforehand", "  mode: windows\n  activation: manual\n") {
        installation.applied(&[]);
        installation.applied(&["--user", "dave"]);
        installation.refused(&["--user", "default"], "everybody who is not signed on");
        let wishes =
            json!([{"get": "/", "as": r"CORP\dave"}, {"forget": true}, {"get": "/", "as": r"CORP\admin"}]);
        let answers = installation.ask(&wishes);
        assert_eq!((&answers[0]["user"], &answers[2]["user"]), (&json!("dave"), &json!(null)));
        // Whoever has one already is taken over, with all that is his.
        installation.applied(&["--user", "admin"]);
        let answers = installation.ask(&wishes);
        assert_eq!(answers[2]["user"], "admin");
        assert_eq!(installation.execute("select count(*) from users"), "3\n");
    }
}
