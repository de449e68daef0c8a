//! Users of a directory: Kallithea asks a real OpenLDAP server, with the spec's settings.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{PLANTED, installation};
use crate::settings_linux::directory::{BASE, Directory, PASSWORD, READER};
use crate::settings_linux::installation::{Installation, Said, said};

/// Settings for plain LDAP, which these tests choose on purpose; the bind account searches.
fn plain(directory: &Directory) -> String {
    format!(
        "  mode: ldap\n  ldap:\n    host: 127.0.0.1\n    port: {}\n    connectionSecurity: PLAIN\n    baseDn: {BASE}\n    \
         bindAccount: {READER}\n    filter: (title=developer)\n",
        directory.plain
    )
}

/// Sets the bind account's password from this source; the program gets it in both ways.
fn set_password(installation: &Installation, source: &str, password: &str) -> Said {
    let mut command = installation.command(&["--ldap-password-from", source]);
    if source.starts_with("env") {
        command.env("BIND_PASSWORD", password);
    }
    let mut child = command.stdin(Stdio::piped()).spawn().expect("Python starts");
    let mut input = child.stdin.take().expect("a pipe");
    // The program may have ended without reading, if it has another source.
    let _ = writeln!(input, "{password}");
    drop(input);
    said(child)
}

fn login(installation: &Installation, name: &str, password: &str) -> Value {
    installation.ask(&json!([{"login": [name, password]}])).remove(0)["user"].clone()
}

#[test]
fn users_of_the_directory_sign_on_by_form_and_by_basic() {
    let directory = Directory::start();
    for installation in Installation::on_both("ldap", &plain(&directory)) {
        let said = installation.applied(&[]);
        assert!(
            said.errors.contains("has no password yet; set it with --ldap-password-from prompt"),
            "{said:#?}"
        );
        assert_eq!(login(&installation, "alice", PASSWORD), Value::Null);
        let said = set_password(&installation, "stdin", PLANTED);
        assert_eq!(said.code, Some(0), "{said:#?}");
        let said = installation.applied(&[]);
        assert!(!said.errors.contains("note:"), "{said:#?}");

        let accept = json!({"HTTP_ACCEPT": "application/mercurial-0.1"});
        let hg = "/calculator?cmd=capabilities";
        let git = "/notes/info/refs?service=git-upload-pack";
        let answers = installation.ask(&json!([
            {"login": ["alice", PASSWORD]}, {"forget": true},
            {"login": ["alice", "wrong"]}, {"forget": true}, {"login": ["alice", ""]}, {"forget": true},
            {"login": ["bob", PASSWORD]}, {"forget": true}, {"get": "/", "as": r"CORP\alice"},
            {"get": hg, "environ": accept, "basic": ["alice", PASSWORD]}, {"get": git, "basic": ["alice", PASSWORD]},
            {"get": hg, "environ": accept, "basic": ["alice", "wrong"]}, {"get": git, "basic": ["alice", "wrong"]},
        ]));
        assert_eq!(answers[0]["user"], "alice", "{}", answers[0]["body"]);
        for place in [2, 4, 6, 8] {
            assert_eq!(answers[place]["user"], Value::Null, "{place}: wrong, empty, filtered out, unasked");
        }
        let statuses: Vec<_> = (9..13).map(|place| answers[place]["status"].as_i64().unwrap_or(0)).collect();
        assert_eq!(statuses, [200, 200, 401, 401]);
        let alice = "select firstname, lastname, email, extern_type from users where username = 'alice'";
        assert_eq!(installation.execute(alice), "Alice|Example|alice@corp.example.com|ldap\n");
        seen_on_the_page(&installation);
    }
}

/// An administrator sees every setting on Kallithea's own page.
fn seen_on_the_page(installation: &Installation) {
    let answers = installation.ask(&json!([
        {"login": ["admin", installation::PASSWORD]}, {"fields": "/_admin/auth"},
    ]));
    let settings = installation.settings();
    for (name, value) in settings["settings"].as_object().expect("there are settings") {
        assert_eq!(&answers[1]["fields"][name], value, "{name}");
    }
}

#[test]
fn with_manual_activation_an_administrator_lets_them_in() {
    let directory = Directory::start();
    for installation in
        Installation::on_both("ldap_manual", &format!("{}  activation: manual\n", plain(&directory)))
    {
        installation.applied(&[]);
        assert_eq!(set_password(&installation, "env:BIND_PASSWORD", PLANTED).code, Some(0));
        assert_eq!(login(&installation, "alice", PASSWORD), Value::Null);
        assert_eq!(
            installation.execute("select count(*) from users where username = 'alice' and not active"),
            "1\n"
        );
        installation.applied(&["--user", "alice"]);
        assert_eq!(login(&installation, "alice", PASSWORD), "alice");
    }
}

#[test]
fn the_connection_is_protected_and_the_certificate_checked() {
    let directory = Directory::start();
    for (security, port) in [("LDAPS", directory.tls), ("START_TLS", directory.plain)] {
        let authentication = format!(
            "  mode: ldap\n  ldap:\n    host: 127.0.0.1\n    port: {port}\n    connectionSecurity: {security}\n    \
             baseDn: {BASE}\n    bindAccount: {READER}\n"
        );
        let name = format!("ldap_{security}");
        let installation = Installation::new(&name, installation::Database::Sqlite, &authentication);
        installation.applied(&[]);
        assert_eq!(set_password(&installation, "stdin", PLANTED).code, Some(0));
        assert_eq!(login(&installation, "alice", PASSWORD), Value::Null, "nobody vouches for the directory");
        let certificates = directory.certificates.display();
        installation.compile(&format!("{authentication}    caCertificates: {certificates}\n"));
        installation.applied(&[]);
        assert_eq!(login(&installation, "alice", PASSWORD), "alice", "{security}");
    }
}

#[test]
fn without_a_password_in_the_database_every_user_binds_as_himself() {
    let directory = Directory::start();
    let own = plain(&directory).replace("cn=reader", "cn=$login");
    for installation in Installation::on_both("ldap_himself", &own) {
        installation.applied(&[]);
        assert_eq!(login(&installation, "alice", PASSWORD), "alice");
        assert_eq!(login(&installation, "alice", "wrong"), Value::Null);
        assert_eq!(set_password(&installation, "stdin", "something").code, Some(0));
        let said = installation.applied(&[]);
        assert!(said.errors.contains("$login is not replaced"), "{said:#?}");
        assert_eq!(set_password(&installation, "none", "").code, Some(0));
        assert_eq!(login(&installation, "alice", PASSWORD), "alice");
    }
}

#[test]
fn a_password_is_taken_as_kallithea_s_page_takes_it_and_not_lost_by_a_failed_program() {
    for installation in Installation::on_both("ldap_empty", "  mode: internal\n") {
        let stored = "select app_settings_value from settings where app_settings_name = 'auth_ldap_dn_pass'";
        // This is what `echo` of the command prompt makes of it.
        assert_eq!(set_password(&installation, "stdin", &format!("{PLANTED} \r")).code, Some(0));
        assert_eq!(installation.execute(stored), format!("{PLANTED}\n"));
        for (source, password) in
            [("stdin", ""), ("stdin", " \r"), ("env:BIND_PASSWORD", ""), ("env:BIND_PASSWORD", " ")]
        {
            let said = set_password(&installation, source, password);
            assert!(said.code == Some(2) && said.errors.contains("--ldap-password-from none"), "{said:#?}");
            assert_eq!(installation.execute(stored), format!("{PLANTED}\n"));
        }
        for _ in 0..2 {
            assert_eq!(set_password(&installation, "none", "").code, Some(0));
            assert_eq!(installation.execute(stored), "");
        }
    }
}

#[test]
fn the_password_of_the_bind_account_is_said_to_nobody() {
    for installation in Installation::on_both("ldap_password", "  mode: internal\n") {
        let mut all = String::new();
        for (source, password, code) in [
            ("stdin", PLANTED.to_owned(), 0),
            ("env:BIND_PASSWORD", PLANTED.repeat(2), 0),
            ("env:NO_SUCH_VARIABLE", PLANTED.to_owned(), 2),
            ("file", PLANTED.to_owned(), 2),
            ("stdin", PLANTED.repeat(500), 2),
            // PostgreSQL refuses it and reports the whole statement; SQLite accepts it.
            ("stdin", format!("{PLANTED}\u{0}"), i32::from(installation.url.starts_with("postgresql")) * 2),
        ] {
            let said = set_password(&installation, source, &password);
            assert_eq!(said.code, Some(code), "{source}: {said:#?}");
            all.push_str(&format!("{said:?}"));
        }
        assert!(installation.dump().contains(PLANTED));
        assert!(!all.contains(PLANTED), "{all}");
        assert!(installation.records().is_empty());
    }
}
