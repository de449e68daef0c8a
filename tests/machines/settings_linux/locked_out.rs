//! A user who administers Kallithea can still do so after a change.

use serde_json::json;

use crate::settings_linux::installation::{Installation, PASSWORD};

const WINDOWS: &str = "  mode: windows\n";
const REFUSED: &str = "lock out every administrator";

/// The only administrator comes from this source.
fn administrator_of(installation: &Installation, source: &str) {
    installation.execute(&format!("update users set extern_type = '{source}' where username = 'admin'"));
}

/// Settings with which Kallithea asks these plugins.
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
            installation.refused(&[], "-c my.ini --user NAME --administrator");
            assert!(installation.records().is_empty());
        }
        // The message's advice works.
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
        // Nobody is left who could be locked out, so nothing else is refused either.
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
        // Another mode would not know this account; nor would the same mode with the domain in the name.
        let ldap = "  mode: ldap\n  ldap:\n    host: dc01\n    baseDn: dc=x\n";
        for authentication in
            ["  mode: internal\n", ldap, "  mode: windows\n  container:\n    cleanUsername: false\n"]
        {
            installation.compile(authentication);
            installation.refused(&[], "now: admin by container");
            let way =
                ["under Admin, Users", "--user NAME --administrator", r"--user DOMAIN\NAME --administrator"];
            let way = way
                .into_iter()
                .zip(["internal", "ldap", "windows"])
                .find(|(_, mode)| authentication.contains(mode));
            installation.refused(&[], way.expect("a mode").0);
        }
        let record = installation.records().remove(0).to_string_lossy().into_owned();
        installation.refused(&["--undo", &record], REFUSED);
        installation.applied(&["--undo", &record, "--allow-lock-out"]);
    }
}

/// Kallithea's own page lists a plugin before its form is filled in.
#[test]
fn a_plugin_without_a_setting_is_off_and_stops_nothing() {
    for installation in Installation::on_both("listed", WINDOWS) {
        let plugins = "kallithea.lib.auth_modules.auth_container,kallithea.lib.auth_modules.auth_internal";
        installation.ask(&json!([
            {"login": ["admin", PASSWORD]}, {"submit": "/_admin/auth", "change": {"auth_plugins": plugins}},
        ]));
        let listed =
            "select app_settings_value from settings where app_settings_name like 'auth_%' order by 1";
        assert!(installation.execute(listed).contains(plugins));
        let before = installation.dump();
        installation.refused(&["--user", "admin"], "now: admin by internal");
        installation.applied(&["--record", "record.json"]);
        installation.applied(&["--undo", "record.json"]);
        assert_eq!(installation.dump(), before);
    }
}

#[test]
fn yes_and_no_are_what_kallithea_takes_for_them() {
    for installation in
        Installation::on_both("yes", "  mode: windows\n  container:\n    cleanUsername: false\n")
    {
        installation.applied(&["--user", r"CORP\erin", "--administrator"]);
        installation.applied(&[]);
        for yes in ["on", " Yes"] {
            write(&installation, "container", &[("auth_container_clean_username", yes)]);
            installation.refused(&[], r"now: CORP\erin by container");
        }
        installation.refused(&["--user", r"CORP\carol"], "give the name without it");
        write(&installation, "container", &[("auth_container_clean_username", "off")]);
        installation.applied(&[]);
        installation.applied(&["--user", r"CORP\carol"]);
    }
}

/// With the domain in the name, no user from IIS matches an account of Kallithea's own, nor sees its login page.
#[test]
fn where_the_domain_is_kept_an_own_account_administers_nothing() {
    for installation in
        Installation::on_both("kept", "  mode: windows\n  container:\n    cleanUsername: false\n")
    {
        installation.refused(&[], "now: admin by internal");
        installation.refused(&[], r"--user DOMAIN\NAME --administrator");
        let said = installation.applied(&["--allow-lock-out", "--record", "record.json"]);
        assert!(
            said.errors.contains("is active: create one with --user DOMAIN\\NAME --administrator"),
            "{said:#?}"
        );
        let form = json!([{"get": "/_admin/login", "as": r"CORP\admin"}]);
        assert_eq!(installation.ask(&form)[0]["status"], 302, "it is not shown");
        installation.applied(&["--undo", "record.json"]);

        installation.applied(&["--user", r"CORP\erin", "--administrator"]);
        let said = installation.applied(&[]);
        assert!(!said.errors.contains("note:"), "{said:#?}");
        let answers = installation.ask(&json!([{"fields": "/_admin/auth", "as": r"CORP\erin"}]));
        assert_eq!((&answers[0]["user"], &answers[0]["status"]), (&json!(r"CORP\erin"), &json!(200)));
    }
}

#[test]
fn the_only_administrator_is_taken_over_after_the_settings() {
    for installation in Installation::on_both("order", WINDOWS) {
        let take_over = ["--user", "admin", "--administrator"];
        installation.refused(&take_over, "First apply settings.json without --user");
        installation.applied(&[]);
        let said = installation.applied(&take_over);
        assert!(
            said.errors.contains("the last administrator with one of Kallithea's own accounts"),
            "{said:#?}"
        );
        let answers = installation.ask(&json!([{"fields": "/_admin/auth", "as": r"CORP\admin"}]));
        assert_eq!((&answers[0]["user"], &answers[0]["status"]), (&json!("admin"), &json!(200)));
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

/// The administrator has one of Kallithea's own accounts, and IIS cannot authenticate that name: Kallithea shows its login page.
#[test]
fn where_only_own_accounts_administer_it_says_how_they_get_in() {
    for installation in Installation::on_both("advice", WINDOWS) {
        let said = installation.applied(&[]);
        assert!(said.errors.contains("no user of IIS is an administrator"), "{said:#?}");
        let answers = installation.ask(&json!([
            {"get": "/", "as": r"CORP\admin"}, {"login": ["admin", PASSWORD], "as": r"CORP\admin"}, {"forget": true},
            {"get": "/_admin/login", "as": r"CORP\carol"},
        ]));
        assert_eq!((&answers[0]["user"], &answers[1]["user"]), (&json!(null), &json!("admin")));
        assert_eq!(answers[3]["status"], 302, "users signed on by IIS never see Kallithea's login page");

        installation.applied(&["--user", "CAROL", "--administrator"]);
        let said = installation.applied(&[]);
        assert!(!said.errors.contains("note:"), "{said:#?}");
        let answers = installation.ask(&json!([{"fields": "/_admin/auth", "as": r"CORP\carol"}]));
        assert_eq!((&answers[0]["user"], &answers[0]["status"]), (&json!("carol"), &json!(200)));
    }
}

/// Users who had accounts of Kallithea's own, or need one before the first day.
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
        // An existing account is converted, with everything that belongs to it.
        installation.applied(&["--user", "admin"]);
        let answers = installation.ask(&wishes);
        assert_eq!(answers[2]["user"], "admin");
        assert_eq!(installation.execute("select count(*) from users"), "3\n");
    }
}
