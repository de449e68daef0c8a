//! Kallithea itself shows that the spec's settings apply; what the spec does not name stays.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::settings_linux::PLANTED;
use crate::settings_linux::installation::{Database, Installation, PASSWORD, said};

/// Every setting of the container plugin differs from Kallithea's own default, if the compiler allows it.
const WINDOWS: &str = "  mode: windows\n  activation: manual\n  container:\n    emailHeader: USER_EMAIL\n    \
                       firstNameHeader: USER_FIRST\n    lastNameHeader: USER_LAST\n    cleanUsername: \
    false\n";
const PLAIN_WINDOWS: &str = "  mode: windows\n";

#[test]
fn windows_users_are_signed_on_and_nobody_else() {
    for installation in Installation::on_both("signed_on", PLAIN_WINDOWS) {
        let forged = json!({"get": "/", "environ": {"HTTP_X_FORWARDED_USER": "mallory"}});
        let wishes = json!([{"get": "/", "as": r"CORP\carol"}, {"forget": true}, {"get": "/"}, forged]);
        let before = installation.ask(&wishes);
        assert_eq!((&before[0]["user"], &before[2]["status"]), (&Value::Null, &json!(200)));

        installation.applied(&[]);
        let after = installation.ask(&wishes);
        assert_eq!(after[0]["user"], "carol", "{}", after[0]["body"]);
        assert_eq!(after[2]["status"], 302, "anonymous access is off");
        assert_eq!((&after[3]["status"], &after[3]["user"]), (&json!(302), &Value::Null));
        assert_eq!(installation.execute("select count(*) from users where username = 'mallory'"), "0\n");
    }
}

#[test]
fn what_is_changed_holds_at_once_where_kallithea_runs_already() {
    for installation in Installation::on_both("running", PLAIN_WINDOWS) {
        let hg = json!({"HTTP_ACCEPT": "application/mercurial-0.1"});
        let hg = json!({"get": "/calculator?cmd=capabilities", "environ": hg});
        let (stranger, carol) = (json!({"get": "/"}), json!({"get": "/", "as": r"CORP\carol"}));
        let forget = json!({"forget": true});
        let run = |more: [&str; 2]| json!({"run": ["out/kallithea/apply_settings.py", "-c", "my.ini", more[0], more[1]]});
        let answers = installation.ask(&json!([
            stranger,
            carol,
            hg,
            run(["--record", "there.json"]),
            forget,
            stranger,
            carol,
            forget,
            hg,
            run(["--undo", "there.json"]),
            stranger,
            hg,
        ]));
        let status = |place: usize| answers[place]["status"].as_i64().unwrap_or(0);
        assert_eq!([0, 2, 5, 8, 10, 11].map(status), [200, 200, 302, 401, 200, 200]);
        assert_eq!((&answers[1]["user"], &answers[6]["user"]), (&Value::Null, &json!("carol")));
    }
}

#[test]
fn each_setting_of_the_container_plugin_is_seen_by_kallithea() {
    for installation in Installation::on_both("container", WINDOWS) {
        // This comes before the settings: with them, no account of Kallithea's own is an administrator any more.
        installation.applied(&["--user", r"CORP\erin", "--administrator"]);
        installation.applied(&[]);
        let environ = json!({"USER_EMAIL": "erin@example.com", "USER_FIRST": "Erin", "USER_LAST": "Example"});
        let answers = installation.ask(&json!([
            {"get": "/", "as": r"CORP\erin", "environ": environ},
            {"fields": "/_admin/auth"}, {"fields": "/_admin/permissions"}, {"forget": true},
            {"get": "/", "as": r"CORP\dave"}, {"forget": true}, {"get": "/", "as": r"CORP\dave"},
        ]));
        assert_eq!(answers[0]["user"], r"CORP\erin");
        shows(&answers[1]["fields"], &installation.settings());
        assert_eq!(answers[2]["fields"]["default_extern_activate"], "hg.extern_activate.manual");
        assert_eq!(answers[2]["fields"]["default_repo_create"], "hg.create.none");
        assert_eq!(answers[2]["fields"]["anonymous"], Value::Null, "the box is not ticked");
        assert_eq!(answers[4]["status"], 403, "an account that is not active yet");
        assert_eq!(answers[6]["user"], Value::Null);
        let users = "select username, active, firstname, lastname, email from users where username like \
            'CORP%' order by 1";
        let inactive = if installation.database == Database::Sqlite { "0" } else { "False" };
        let active = if installation.database == Database::Sqlite { "1" } else { "True" };
        let expected = format!(
            "CORP\\dave|{inactive}|CORP\\dave||None\nCORP\\erin|{active}|Erin|Example|erin@example.com\n"
        );
        assert_eq!(installation.execute(users).replace("||\n", "||None\n"), expected);
    }
}

/// The administration page's form holds every setting that settings.json names.
fn shows(fields: &Value, settings: &Value) {
    let rows = settings["settings"].as_object().expect("there are settings");
    assert!(rows.len() > 1, "{settings}");
    for (name, value) in rows {
        // A box that is not ticked has no value.
        let shown = if fields[name].is_null() { &json!("False") } else { &fields[name] };
        assert_eq!(shown, value, "{name}");
    }
}

#[test]
fn kallithea_s_own_accounts_and_anonymous_access() {
    for installation in Installation::on_both("internal", "  mode: internal\n  anonymousAccess: false\n") {
        installation.applied(&[]);
        let hg = json!({"HTTP_ACCEPT": "application/mercurial-0.1"});
        let wishes = json!([
            {"get": "/", "as": r"CORP\carol"}, {"login": ["admin", PASSWORD]}, {"fields": "/_admin/auth"},
            {"fields": "/_admin/permissions"}, {"forget": true}, {"login": ["admin", "wrong"]},
            {"get": "/calculator?cmd=capabilities", "environ": hg, "basic": ["admin", PASSWORD]},
            {"get": "/calculator?cmd=capabilities", "environ": hg, "basic": ["admin", "wrong"]},
        ]);
        let answers = installation.ask(&wishes);
        assert_eq!(answers[0]["status"], 302);
        assert_eq!(answers[1]["user"], "admin");
        let plugins = "kallithea.lib.auth_modules.auth_internal";
        assert_eq!(answers[2]["fields"]["auth_plugins"], plugins);
        assert_eq!(answers[2]["fields"]["auth_internal_enabled"], "True");
        assert_eq!(answers[3]["fields"]["anonymous"], Value::Null);
        assert_eq!(answers[5]["user"], Value::Null);
        assert_eq!((&answers[6]["status"], &answers[7]["status"]), (&json!(200), &json!(401)));

        installation.compile("  mode: internal\n  anonymousAccess: true\n  activation: manual\n");
        installation.applied(&[]);
        let answers = installation.ask(&json!([
            {"get": "/"}, {"get": "/calculator?cmd=capabilities", "environ": hg}, {"login": ["admin", PASSWORD]},
            {"fields": "/_admin/permissions"},
        ]));
        assert_eq!((&answers[0]["status"], &answers[1]["status"]), (&json!(200), &json!(200)));
        assert_eq!(answers[3]["fields"]["anonymous"], "True");
        assert_eq!(answers[3]["fields"]["default_extern_activate"], "hg.extern_activate.manual");
        installation.refused(&["--user", "carol"], "uses only Kallithea's own accounts");
    }
}

#[test]
fn what_is_changed_on_kallithea_s_own_page_is_found_and_brought_back() {
    for installation in Installation::on_both("drift", PLAIN_WINDOWS) {
        installation.applied(&[]);
        assert_eq!(installation.apply(&["--check"]).code, Some(0));
        assert_eq!(installation.apply(&["--diff"]).output, "");
        let settled = installation.dump();
        installation.ask(&json!([
            {"login": ["admin", PASSWORD]},
            {"submit": "/_admin/auth", "change": {"auth_container_fallback_header": "HTTP_X_USER"}},
            {"submit": "/_admin/auth", "change": {"auth_container_clean_username": null}},
            {"submit": "/_admin/permissions", "change": {"anonymous": "True", "default_extern_activate": "hg.extern_activate.manual"}},
        ]));
        let drifted = installation.dump();
        let checked = installation.apply(&["--check"]);
        assert_eq!(checked.code, Some(1), "{checked:#?}");
        let lines: Vec<_> = checked.output.lines().collect();
        assert_eq!(
            lines,
            [
                r#"auth_container_clean_username: "False" -> "True""#,
                r#"auth_container_fallback_header: "HTTP_X_USER" -> """#,
                "anonymous access: on -> off",
                "activation of new users: hg.extern_activate.manual -> hg.extern_activate.auto",
            ]
        );
        let diff = installation.apply(&["--diff"]);
        assert_eq!(diff.code, Some(1));
        assert_eq!(diff.output, DIFF);
        assert_eq!(installation.dump(), drifted, "looking changes nothing");
        installation.applied(&[]);
        assert_eq!(installation.apply(&["--check"]).code, Some(0));
        let settings = |dump: &str| {
            dump.lines().filter(|line| line.starts_with("settings")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(settings(&installation.dump()), settings(&settled));
    }
}

const DIFF: &str = r#"--- database
+++ settings.json
@@ -2,12 +2,12 @@
 auth_internal_enabled = "True"
 auth_container_enabled = "True"
 auth_container_header = "REMOTE_USER"
-auth_container_clean_username = "False"
+auth_container_clean_username = "True"
 auth_container_email_header = ""
 auth_container_firstname_header = ""
 auth_container_lastname_header = ""
-auth_container_fallback_header = "HTTP_X_USER"
-anonymous access = on
-activation of new users = hg.extern_activate.manual
+auth_container_fallback_header = ""
+anonymous access = off
+activation of new users = hg.extern_activate.auto
 creation of repositories = hg.create.none
 registration of accounts = hg.register.manual_activate
"#;

#[test]
fn what_settings_json_does_not_name_stays_as_it_is() {
    for installation in Installation::on_both("untouched", PLAIN_WINDOWS) {
        let planted = "insert into settings (app_settings_name, app_settings_value, app_settings_type) \
            values \
                       ('auth_ldap_host', 'dc01', 'unicode'), ('title', 'Ours', null), \
            ('auth_crowd_enabled', 'True', 'bool')";
        installation.execute("delete from settings where app_settings_name = 'title'");
        installation.execute(planted);
        let before = installation.dump();
        installation.applied(&[]);
        let after = installation.dump();
        let rows = installation.settings()["settings"].as_object().expect("there are settings").clone();
        let named = |line: &str| rows.keys().any(|name| line.contains(&format!("'{name}'")));
        let others =
            |dump: &str| dump.lines().filter(|line| !named(line)).map(str::to_owned).collect::<Vec<_>>();
        let (before, after) = (others(&before), others(&after));
        let changed: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
        assert_eq!(before.len(), after.len());
        // The default user is no longer active, and may not create repositories.
        let mut tables: Vec<_> = changed.iter().filter_map(|line| line.split(' ').next()).collect();
        tables.sort_unstable();
        assert_eq!(tables, ["user_to_perm", "users"], "{changed:?}");
    }
}

#[test]
fn a_second_run_finds_nothing_to_do() {
    for installation in Installation::on_both("twice", PLAIN_WINDOWS) {
        installation.applied(&[]);
        let after = installation.dump();
        let again = installation.applied(&[]);
        assert!(again.output.is_empty() && again.errors.contains("nothing to do"), "{again:#?}");
        assert_eq!((installation.dump(), installation.records().len()), (after, 1));
    }
}

#[test]
fn of_runs_at_once_one_does_it() {
    for installation in Installation::on_both("at_once", PLAIN_WINDOWS) {
        let runs: Vec<_> =
            (0..4).map(|_| installation.command(&[]).spawn().expect("Python starts")).collect();
        let all: Vec<_> = runs.into_iter().map(said).collect();
        assert!(all.iter().all(|one| one.code == Some(0)), "{all:#?}");
        assert_eq!(all.iter().filter(|one| one.output.is_empty()).count(), 3, "{all:#?}");
        assert_eq!((installation.records().len(), installation.apply(&["--check"]).code), (1, Some(0)));
    }
}

#[test]
fn rows_that_somebody_bent_by_hand_are_straightened() {
    for installation in Installation::on_both("bent", PLAIN_WINDOWS) {
        // Read as text, the list of plugins would be a list of letters.
        installation.execute(
            "update settings set app_settings_type = 'unicode' where app_settings_name = 'auth_plugins'",
        );
        installation.execute(
            "insert into user_to_perm (user_id, permission_id) select 1, permission_id from permissions \
             where permission_name = 'hg.extern_activate.manual'",
        );
        let before = installation.dump();
        installation.applied(&[]);
        let answers = installation.ask(&json!([{"get": "/", "as": r"CORP\carol"}]));
        assert_eq!(answers[0]["user"], "carol");
        installation.execute("delete from user_logs");
        installation.execute("delete from users where username = 'carol'");
        let record = installation.records().remove(0);
        // The undo leads to a state in which nobody could sign on.
        installation.applied(&["--undo", &record.to_string_lossy(), "--allow-lock-out"]);
        assert_eq!(installation.dump(), before);
    }
}

#[test]
fn values_as_long_as_the_column_and_longer() {
    let long = |length: usize| format!("({})", "x".repeat(length - 2));
    for installation in Installation::on_both("long", PLAIN_WINDOWS) {
        let mut settings = installation.settings();
        settings["settings"]["auth_container_email_header"] = long(4096).into();
        installation.write_settings(&settings);
        installation.applied(&[]);
        let stored = "select length(app_settings_value) from settings where app_settings_name = \
            'auth_container_email_header'";
        assert_eq!(installation.execute(stored), "4096\n");
        settings["settings"]["auth_container_email_header"] = long(4097).into();
        installation.write_settings(&settings);
        installation.refused(&[], "auth_container_email_header is longer than the 4096 characters");
    }
}

#[test]
fn trouble_says_what_it_is_and_shows_no_password() {
    let [sqlite, postgresql] = Installation::on_both("trouble", PLAIN_WINDOWS);
    let mut settings = sqlite.settings();
    settings["settings"]["auth_ldap_dn_pass"] = PLANTED.into();
    sqlite.write_settings(&settings);
    sqlite.refused(&[], "auth_ldap_dn_pass is a password: remove it from settings.json");

    let missing = sqlite.command(&["-c", "other.ini"]).output().expect("Python starts");
    assert_eq!(missing.status.code(), Some(2));
    let empty = sqlite.folder.join("empty.db");
    crate::settings_linux::installation::with_database(
        &sqlite.folder,
        &format!("sqlite:///{}", empty.display()),
    );
    assert_eq!(sqlite.apply(&["--check"]).code, Some(2), "an empty database is trouble, not drift");

    for (url, reason) in mistyped(&postgresql.url) {
        crate::settings_linux::installation::with_database(&postgresql.folder, &url);
        let said = postgresql.apply(&[]);
        assert_eq!(said.code, Some(2), "{said:#?}");
        assert!(said.errors.contains(reason), "{url}: {said:#?}");
        assert!(!format!("{said:?}").contains(PLANTED), "{said:#?}");
    }
}

/// Mistyped database addresses, each with a password in it, and the messages for them.
fn mistyped(url: &str) -> Vec<(String, &'static str)> {
    let (_, host) = url.split_once("host=").expect("a socket's folder");
    let look = "check sqlalchemy.url and the percent signs in the ini file";
    vec![
        (url.replace("host=", "host=/nowhere"), "OperationalError: connection to server on socket"),
        (url.replace("postgresql://", "postgrey://"), "NoSuchModuleError; check sqlalchemy.url"),
        // The ini file rejects the first; the code to which Kallithea passes the value rejects the second.
        (
            format!("postgresql://kallithea:s%40-{PLANTED}@db/k"),
            "at the key sqlalchemy.url in [app:main]; check sqlalchemy.url",
        ),
        (format!("postgresql://kallithea:s%%40-{PLANTED}@db/k"), look),
        (format!("postgresql:/kallithea:{PLANTED}@db/k"), look),
        (format!("postgresql//kallithea:{PLANTED}@db/k"), look),
        (format!("kallithea:{PLANTED}@db/k"), look),
        (
            format!("postgresql:///kallithea:a {PLANTED}@db/k?host={host}&user=kallithea"),
            "database \"***\" does not exist",
        ),
        (format!("postgresql://kallithea@{PLANTED}@/k?host={host}"), "role \"***\" does not exist"),
    ]
}

/// paste.deploy takes an address, which ends at a `#` and encodes other characters with `%`. If there are two files, it
/// must read the one that was named, since code beside it is run.
#[test]
fn the_ini_file_is_the_one_that_was_named() {
    let installation = Installation::new("named", Database::Sqlite, PLAIN_WINDOWS);
    for (folder, other) in [("a#b", "a"), ("a%23c", "a#c"), ("d %25", "d %")] {
        let [named, theirs] = [folder, other].map(|name| installation.folder.join(name));
        fs::create_dir(&named).expect("a folder");
        fs::copy(installation.folder.join("my.ini"), named.join("my.ini")).expect("the ini file");
        let mut text = fs::read_to_string(named.join("my.ini")).expect("text");
        let place = if other == "a" {
            text = text.replace("[app:main]", "[app:b/my.ini]");
            theirs
        } else {
            fs::create_dir(&theirs).expect("a folder");
            theirs.join("my.ini")
        };
        fs::write(&place, text).expect("their ini file");
        let code = place.with_file_name("extensions.py");
        fs::write(&code, "open('ran', 'w')\n").expect("their code");
        let said = installation.apply(&["-c", &format!("{folder}/my.ini"), "--check"]);
        // configparser refuses a `%` in the folder's name, as `check` does.
        assert!(said.code.is_some_and(|code| code < 2 || folder.contains('%')), "{folder}: {said:#?}");
        assert!(!installation.folder.join("ran").exists(), "{folder}: {said:#?}");
        fs::remove_file(code).expect("it goes");
    }
}

/// Kallithea's page can change the folder of repositories, and a user who creates the database types it a second time.
#[test]
fn another_folder_of_repositories_is_told_and_left_alone() {
    for installation in Installation::on_both("folders", PLAIN_WINDOWS) {
        let note =
            r"repositories are in E:\other, but the application pool has its rights in D:\repositories";
        let path = |text: &str| format!("update ui set ui_value = '{text}' where ui_section = 'paths'");
        installation.execute(&path(r"E:\other"));
        assert!(installation.applied(&[]).errors.contains(note));
        let checked = installation.apply(&["--check"]);
        assert_eq!(
            (checked.code, checked.output.trim_end()),
            (Some(1), r#"repositories: "E:\\other" -> "D:\\repositories""#)
        );
        assert!(checked.errors.contains(note), "{checked:#?}");
        assert_eq!(installation.apply(&["--diff"]).code, Some(1));
        let again = installation.applied(&[]);
        assert!(again.errors.contains("nothing to do") && again.errors.contains(note), "{again:#?}");
        assert_eq!(installation.execute("select ui_value from ui where ui_section = 'paths'"), "E:\\other\n");

        for same in [r"D:\repositories", r"d:\Repositories\", "D:/repositories", r"D:\x\..\repositories"] {
            installation.execute(&path(same));
            let checked = installation.apply(&["--check"]);
            assert!(checked.code == Some(0) && !checked.errors.contains("note:"), "{same}: {checked:#?}");
        }
    }
}

#[test]
fn killed_between_the_record_and_the_commit_nothing_is_lost() {
    for installation in Installation::on_both("killed", PLAIN_WINDOWS) {
        let mut reader = crate::settings_linux::undone::delay_commit(&installation);
        let before = installation.dump();
        let mut run = installation
            .command(&[])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python starts");
        crate::settings_linux::daemon::wait_until("the record", || !installation.records().is_empty());
        let record = installation.records().remove(0);
        let whole: Value =
            serde_json::from_slice(&fs::read(&record).expect("it can be read")).expect("it is whole");
        assert!(whole["before"].is_object());
        run.kill().expect("it still runs, waiting for its commit");
        run.wait().expect("it ends");
        crate::settings_linux::undone::commit_at_once(&installation, &mut reader);
        assert_eq!(installation.dump(), before);
        let said = installation.applied(&["--undo", &record.to_string_lossy()]);
        assert!(said.errors.contains("nothing to do"), "{said:#?}");
        installation.applied(&[]);
        assert_eq!(installation.apply(&["--check"]).code, Some(0));
    }
}
