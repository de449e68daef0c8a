//! Ambiguous calls and broken environments: they change nothing.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::Stdio;

use crate::settings_linux::PLANTED;
use crate::settings_linux::installation::{Database, Installation, said};

const WINDOWS: &str = "  mode: windows\n";
const LDAP: &str = "  mode: ldap\n  ldap:\n    host: dc01\n    baseDn: dc=x\n";

#[test]
fn a_word_without_its_other_half_is_no_wish_to_apply() {
    for installation in Installation::on_both("half", WINDOWS) {
        let before = installation.dump();
        for arguments in [
            &["--undo", ""][..],
            &["--user", ""],
            &["--ldap-password-from", ""],
            &["--administrator"],
            &["--administrator", "--check"],
            &["--force"],
        ] {
            let said = installation.apply(arguments);
            assert_eq!(
                (said.code, installation.dump()),
                (Some(2), before.clone()),
                "{arguments:?}: {said:#?}"
            );
        }
    }
}

#[test]
fn no_account_is_made_that_this_deployment_never_signs_on() {
    for installation in Installation::on_both("names", WINDOWS) {
        installation.refused(&["--user", r"CORP\alice"], "give the name without it");
        installation.refused(&["--user", "alice@corp.example.com"], "give the name without it");
        installation.refused(&["--user", " alice"], "must not begin or end with a space");
        installation.compile("  mode: windows\n  container:\n    cleanUsername: false\n");
        installation.refused(&["--user", "alice"], r"DOMAIN\name");
        installation.applied(&["--user", r"CORP\alice"]);
        installation.refused(&["--user", r"CORP\alice@corp.example.com"], "as an e-mail address");
        installation.compile(LDAP);
        installation.refused(&["--user", ""], "the name must not be empty");
        installation.refused(&["--user", "smith, john"], "for a name with a comma");
        installation.refused(&["--user", "alice@corp.example.com"], "as an e-mail address");
        installation.refused(&["--user", &"ł".repeat(256)], "longer than the 255 characters");
        installation.applied(&["--user", &"ł".repeat(255)]);
    }
}

#[test]
fn where_the_output_cannot_be_written_nothing_is_changed() {
    for installation in Installation::on_both("full", WINDOWS) {
        let before = installation.dump();
        let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
        let said = said(installation.command(&[]).stdout(full).spawn().expect("Python starts"));
        assert!(said.errors.contains("nothing was changed"), "{said:#?}");
        assert_eq!(installation.dump(), before);
    }
}

/// This uses SQLite, since the message for PostgreSQL comes only after a minute of waiting.
#[test]
fn who_else_is_writing_is_said() {
    let installation = Installation::new("writing", Database::Sqlite, WINDOWS);
    let mut writer = crate::settings_linux::undone::hold(&installation, "begin immediate");
    let impatient = installation.url.replace("timeout=60", "timeout=0");
    crate::settings_linux::installation::with_database(&installation.folder, &impatient);
    installation.refused(&[], "database is locked; Kallithea or somebody else is writing");
    crate::settings_linux::undone::let_go(&mut writer);
    installation.applied(&[]);
}

#[test]
fn the_console_s_encoding_does_not_matter() {
    for installation in Installation::on_both("encoding", LDAP) {
        let run = |arguments: &[&str], input: &[u8]| {
            let mut command = installation.command(arguments);
            command.env("PYTHONIOENCODING", "cp437").env("PYTHONUTF8", "0").stdin(Stdio::piped());
            let mut child = command.spawn().expect("Python starts");
            child.stdin.take().expect("a pipe").write_all(input).expect("it reads");
            said(child)
        };
        let mut settings = installation.settings();
        settings["settings"]["auth_ldap_base_dn"] = "ou=Łódź,dc=x".into();
        installation.write_settings(&settings);
        for arguments in [&["--diff"][..], &[], &["--user", "Łukasz"]] {
            let said = run(arguments, b"");
            assert!(matches!(said.code, Some(0 | 1)), "{said:#?}");
        }
        assert_eq!(installation.apply(&["--check"]).code, Some(0));

        let password =
            "select app_settings_value from settings where app_settings_name = 'auth_ldap_dn_pass'";
        let arguments = ["--ldap-password-from", "stdin"];
        let said = run(&arguments, format!("\u{feff}{PLANTED}-Łódź\r\n").as_bytes());
        assert_eq!(
            (said.code, installation.execute(password)),
            (Some(0), format!("{PLANTED}-Łódź\n")),
            "{said:#?}"
        );
        let said = run(&arguments, b"planted-s3cret-\xe4\r\n");
        assert_eq!(said.code, Some(2), "{said:#?}");
        assert!(said.errors.contains("not valid UTF-8") && !said.errors.contains(PLANTED), "{said:#?}");
        assert_eq!(installation.execute(password), format!("{PLANTED}-Łódź\n"));
    }
}
