//! The command: what it prints, what it writes, how it exits, and that it shows no secret.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

use super::TEMPLATE;
use crate::support;
use crate::support::program::{made, problems, run, said};
use crate::support::{file_alone, names_in, text};

/// Every secret of the template.
const PLANTED: &str = "planted";

pub fn ini(file: &Path, more: &[&str]) -> Output {
    ini_of("intranet-sso", file, more)
}

fn ini_of(example: &str, file: &Path, more: &[&str]) -> Output {
    let spec = support::example(example);
    run(&[&["ini", text(&spec), "--config", text(file)], more].concat())
}

pub fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    file_alone("my.ini", bytes)
}

pub fn read(file: &Path) -> String {
    fs::read_to_string(file).expect("the file")
}

fn value<'a>(text: &'a str, key: &str) -> &'a str {
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
    value.unwrap_or_else(|| panic!("{key} has no value in\n{text}"))
}

/// An ini file of a farm, in which the password of the database is the only secret that `ini` finds.
const WITHOUT_SECRETS: &str = "[app:main]\nuse = egg:kallithea\n\
    sqlalchemy.url = postgresql://kallithea:planted@db.corp.example.com:5432/kallithea\nsession.url = \
    %(sqlalchemy.url)s\n";

fn in_farm(file: &Path, more: &[&str]) -> Output {
    ini_of("farm", file, more)
}

#[test]
fn the_first_node_of_a_farm_makes_the_secrets_and_no_other_does() {
    let (first_folder, first) = file(WITHOUT_SECRETS.as_bytes());
    for more in [&[][..], &["--check"]] {
        let refused = in_farm(&first, more);
        assert_eq!(refused.status.code(), Some(2));
        for part in ["session.secret", "app_instance_uuid", "--first-node"] {
            assert!(said(&refused).contains(part), "{part} is not in\n{}", said(&refused));
        }
    }
    assert_eq!((read(&first).as_str(), names_in(first_folder.path()).len()), (WITHOUT_SECRETS, 1));
    assert_eq!(in_farm(&first, &["--first-node"]).status.code(), Some(0));
    let made = read(&first);
    let (_second_folder, second) = file(made.replace("ext:database", "memory").as_bytes());
    assert_eq!(in_farm(&second, &[]).status.code(), Some(0), "a copy needs no secret");
    for key in ["session.secret", "app_instance_uuid"] {
        assert_eq!(value(&read(&second), key), value(&made, key));
    }
}

#[test]
fn addresses_of_databases_are_held_to_the_deployment_and_not_shown() {
    let planted = "postgresql://kallithea:planted@db.corp.example.com:5432/kallithea";
    let sessions = "session.url = %(sqlalchemy.url)s\n";
    for (from, to, said_of_it) in [
        (sessions, "", "`session.url` is missing"),
        (sessions, "session.url =\n", "`session.url` is missing"),
        (sessions, "session.url = postgresql://kallithea:<password>@db/kallithea\n", "not filled in"),
        (sessions, "session.url = postgresql://kallithea:planted@other/kallithea\n", "this address differs"),
        (planted, "sqlite:///%(here)s/planted.db", "not the deployment's kind of database"),
        (planted, "postgresql://kallithea:password@localhost/planted", "not filled in"),
        ("sqlalchemy.url = ", "#sqlalchemy.url = ", "`sqlalchemy.url` is missing"),
    ] {
        let text = WITHOUT_SECRETS.replacen(from, to, 1).replace("%(sqlalchemy.url)s", planted);
        let (folder, file) = file(text.as_bytes());
        for more in [&["--first-node"][..], &["--first-node", "--check"], &["--format", "json"]] {
            let refused = in_farm(&file, more);
            assert_eq!(refused.status.code(), Some(2), "{to}");
            let shown = said(&refused);
            assert!(shown.contains("KI610") && shown.contains(said_of_it), "{shown}");
            assert!(!shown.contains(PLANTED), "{shown}");
        }
        assert_eq!((read(&file), names_in(folder.path()).len()), (text, 1));
    }
    let driver = WITHOUT_SECRETS.replace("postgresql:", "postgresql+psycopg2:");
    let (_folder, file) = file(driver.as_bytes());
    assert_eq!(in_farm(&file, &["--first-node"]).status.code(), Some(0));
}

#[test]
fn a_node_of_a_farm_gets_its_own_keys_too() {
    let (_folder, file) = file(WITHOUT_SECRETS.as_bytes());
    assert_eq!(in_farm(&file, &["--first-node"]).status.code(), Some(0));
    let check = ["--node", "node2", "--check"];
    assert_eq!(in_farm(&file, &check).status.code(), Some(1), "the first node's file is not the second's");
    assert_eq!(in_farm(&file, &["--node", "node2"]).status.code(), Some(0));
    let text = read(&file);
    assert_eq!(value(&text, "instance_id"), "intranet-farm-node2");
    assert_eq!(value(&text, "beaker.cache.lock_dir"), "%(here)s/data/cache/lock");
    assert_eq!(in_farm(&file, &check).status.code(), Some(0));
    assert_eq!(in_farm(&file, &["--node", "node1", "--check"]).status.code(), Some(1));
    for (output, message) in [
        (in_farm(&file, &["--node", "node3"]), "no node node3; use one of node1, node2"),
        (ini(&file, &["--node", "node1"]), "this spec has no farm"),
    ] {
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(message), "{}", said(&output));
    }
    assert_eq!(read(&file), text);
}

#[test]
fn exit_codes_are_those_of_diff_and_the_former_file_is_kept() {
    let (folder, file) = file(TEMPLATE.as_bytes());
    let codes = [&["--check"][..], &[], &["--check"], &[]].map(|more| ini(&file, more).status.code());
    assert_eq!(codes, [Some(1), Some(0), Some(0), Some(0)]);
    let names = names_in(folder.path());
    assert_eq!(names.len(), 2, "one backup, and nothing besides: {names:?}");
    let backup = names.iter().find(|name| name.ends_with(".backup")).expect("a backup");
    assert_eq!(read(&folder.path().join(backup)), TEMPLATE);
    assert_eq!(ini(Path::new("missing.ini"), &["--check"]).status.code(), Some(2));
}

#[test]
fn the_folders_that_kallithea_writes_in_are_printed_and_nothing_is_written() {
    let text =
        "[app:main]\ncache_dir = %(here)s/d\u{e4}ta\nsqlalchemy.url = sqlite:///%(here)s/kallithea.db\n";
    let (folder, file) = file(text.as_bytes());
    let here = folder.path().display();
    let shown = ini(&file, &["--folders"]);
    let lines = String::from_utf8(shown.stdout.clone()).expect("text").replace('\\', "/");
    let expected = format!("{here}/d\u{e4}ta\n{here} (its files alone)\n").replace('\\', "/");
    assert_eq!((shown.status.code(), lines), (Some(0), expected));
    let json = ini(&file, &["--folders", "--format", "json"]);
    assert!(json.stdout.is_ascii(), "no code page damages it");
    let folders = made(&json, "folders");
    assert!(folders[0]["path"].as_str().is_some_and(|path| path.ends_with("d\u{e4}ta")), "{folders}");
    assert_eq!((&folders[0]["subfolders"], &folders[1]["subfolders"]), (&true.into(), &false.into()));
    assert_eq!((read(&file).as_str(), names_in(folder.path()).len()), (text, 1));
    fs::write(&file, "no section").expect("a broken file");
    assert_eq!(ini(&file, &["--folders"]).status.code(), Some(2));
}

#[test]
fn check_writes_nothing_and_shows_what_would_change() {
    let (folder, file) = file(TEMPLATE.as_bytes());
    let shown = said(&ini(&file, &["--check"]));
    for line in [
        "-url_scheme_variable = HTTP_X_FORWARDED_PROTO",
        "+#url_scheme_variable = HTTP_X_FORWARDED_PROTO",
        "-session.secret = VERY-SECRET",
        "+session.secret = ********",
        "+debug = false",
        "8 keys differ",
    ] {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
    assert!(!shown.contains("smtp_server"), "lines of others are not shown:\n{shown}");
    assert_eq!(names_in(folder.path()), ["my.ini"]);
    assert_eq!(read(&file), TEMPLATE);
}

#[test]
fn a_new_secret_is_random_and_shown_nowhere() {
    let mut secrets = Vec::new();
    for more in [&[][..], &["--format", "json"], &["--verbose"]] {
        let (folder, file) = file(TEMPLATE.as_bytes());
        let shown = said(&ini(&file, more));
        let text = read(&file);
        let secret = value(&text, "session.secret").to_owned();
        assert!(secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()), "{text}");
        assert!(!shown.contains(&secret), "{shown}");
        assert!(!shown.contains(PLANTED), "{shown}");
        assert!(!names_in(folder.path()).concat().contains(&secret));
        assert_eq!(value(&text, "app_instance_uuid"), "planted-uuid", "what is there stays");
        secrets.push(secret);
    }
    secrets.dedup();
    assert_eq!(secrets.len(), 3, "each is another one");
}

#[test]
fn a_password_in_a_url_of_ours_is_not_shown() {
    let text = TEMPLATE.replace("#canonical_url = https://", "canonical_url = https://planted:pl@nted@");
    let (_folder, file) = file(text.as_bytes());
    for more in [&["--check"][..], &["--check", "--format", "json"]] {
        let shown = said(&ini(&file, more));
        assert!(shown.contains("-canonical_url = https://********@kallithea.example.com/repos"), "{shown}");
        assert!(!shown.contains(PLANTED) && !shown.contains("nted"), "{shown}");
    }
}

#[test]
fn what_is_no_value_of_the_key_or_no_placeholder_is_not_shown() {
    for (from, to) in [
        ("C:\\old\\python.exe", "python\n    session.encrypt_key = planted"),
        ("HTTP_X_FORWARDED_PROTO", "X\n   smtp_password = planted"),
        ("VERY-SECRET", "${planted}"),
        ("use_celery = No", "use_celery =\n  planted\n\n  of two"),
        ("#canonical_url = https:/", "canonical_url = http:/u:planted@host"),
        ("#canonical_url = https:/", "canonical_url = u:planted@host"),
    ] {
        let text = TEMPLATE.replacen(from, to, 1);
        let (_folder, file) = file(text.as_bytes());
        for more in [&["--check"][..], &["--check", "--format", "json"], &[]] {
            let output = ini(&file, more);
            let shown = said(&output);
            assert_eq!(output.status.code(), Some(i32::from(!more.is_empty())), "{shown}");
            assert!(shown.contains("****") && !shown.contains(PLANTED), "{to}: {shown}");
        }
        assert!(!read(&file).contains(to), "it was one of the keys'");
    }
}

#[test]
fn json_names_each_key() {
    let (_folder, file) = file(TEMPLATE.as_bytes());
    let answer = made(&ini(&file, &["--check", "--format", "json"]), "ini");
    let done = |name: &str| {
        let keys = answer["keys"].as_array().expect("a list");
        keys.iter().find(|key| key["name"] == name).map(|key| key["action"].clone())
    };
    assert_eq!(done("session.secret"), Some("generate".into()));
    assert_eq!(done("url_scheme_variable"), Some("comment out".into()));
    assert_eq!(done("use_celery"), None, "it is as wanted");
    assert_eq!(answer["backup"], serde_json::Value::Null);
}

#[test]
fn a_broken_file_is_refused_and_no_line_of_it_is_shown() {
    let broken = TEMPLATE.replace("session.secret = VERY-SECRET", "session.secret planted");
    let twice = TEMPLATE.replace("#session.encrypt_key =", "session.secret: planted\nx =");
    let early = format!("planted words\n{TEMPLATE}");
    for (text, code) in [(broken, "KI601"), (twice, "KI603"), (early, "KI601")] {
        let (folder, file) = file(text.as_bytes());
        for more in [&[][..], &["--check"], &["--format", "json"]] {
            let output = ini(&file, more);
            assert_eq!(output.status.code(), Some(2));
            let shown = said(&output);
            assert!(shown.contains(code) && shown.contains("nothing was written"), "{shown}");
            assert!(!shown.contains(PLANTED), "{shown}");
        }
        assert_eq!(read(&file), text);
        assert_eq!(names_in(folder.path()), ["my.ini"]);
    }
}

#[test]
fn encodings_that_python_does_not_read_there_are_refused() {
    let wide: Vec<u8> = format!("\u{feff}{TEMPLATE}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [format!("\u{feff}{TEMPLATE}").into_bytes(), wide] {
        let (folder, file) = file(&bytes);
        let output = ini(&file, &[]);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains("KI606"), "{}", said(&output));
        assert_eq!(fs::read(&file).expect("the file"), bytes);
        assert_eq!(names_in(folder.path()), ["my.ini"]);
    }
    let (_folder, file) = file(b"[app:main]\nx = \xe4\n");
    let output = ini(&file, &[]);
    assert_eq!(output.status.code(), Some(2));
    let shown = said(&output);
    assert!(shown.contains("KI606") && shown.contains("not valid UTF-8 at byte 15, in line 2"), "{shown}");
    let unmarked: Vec<u8> = TEMPLATE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (_folder, file) = self::file(&unmarked);
    assert!(said(&ini(&file, &[])).contains("KI606"));
}

#[test]
fn letters_beyond_ascii_are_warned_of_and_json_stays_one_document() {
    let (_folder, file) = file(format!("# \u{e4}\n{TEMPLATE}").as_bytes());
    let output = ini(&file, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let warned = problems(&output);
    assert_eq!(warned[0]["code"], "KI608", "{warned:?}");
    assert_eq!((&warned[0]["line"], &warned[0]["column"]), (&1.into(), &3.into()));
    let said = said(&ini(&file, &[]));
    assert!(said.contains("warning[KI608]") && said.contains("my.ini:1:3"), "{said}");
}

#[test]
fn a_read_only_file_is_left_alone() {
    let (folder, file) = file(TEMPLATE.as_bytes());
    let writable = fs::metadata(&file).expect("the file").permissions();
    let mut rights = writable.clone();
    rights.set_readonly(true);
    fs::set_permissions(&file, rights).expect("rights");
    let output = ini(&file, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("my.ini: it is read-only"), "{}", said(&output));
    assert_eq!((read(&file).as_str(), names_in(folder.path())), (TEMPLATE, vec!["my.ini".to_owned()]));
    assert_eq!(ini(&file, &["--check"]).status.code(), Some(1), "looking is free");
    fs::set_permissions(&file, writable).expect("rights");
}

#[test]
fn runs_at_the_same_time_leave_one_whole_file_and_one_backup() {
    let (folder, file) = file(TEMPLATE.as_bytes());
    let codes: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| ini(&file, &[]))).collect();
        runs.into_iter().map(|run| run.join().expect("a run").status.code()).collect()
    });
    assert!(
        codes.contains(&Some(0)) && codes.iter().all(|code| [Some(0), Some(2)].contains(code)),
        "{codes:?}"
    );
    assert_eq!(ini(&file, &["--check"]).status.code(), Some(0));
    assert_eq!(names_in(folder.path()).len(), 2, "{:?}", names_in(folder.path()));
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_stays_one() {
    let (folder, file) = file(TEMPLATE.as_bytes());
    let link = folder.path().join("link.ini");
    std::os::unix::fs::symlink("my.ini", &link).expect("a link");
    assert_eq!(ini(&link, &[]).status.code(), Some(0));
    assert!(link.symlink_metadata().expect("the link").is_symlink());
    assert_eq!(ini(&file, &["--check"]).status.code(), Some(0), "what it points at was written");
}

#[cfg(unix)]
#[test]
fn what_nobody_else_could_read_nobody_else_can_read_afterwards() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    let (folder, file) = file(TEMPLATE.as_bytes());
    // Only root can give the file away; for anyone else it keeps its owner.
    chown(&file, Some(12345), Some(12345)).ok();
    let owner = fs::metadata(&file).expect("the file").uid();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("rights");
    let backups = folder.path().join("kept");
    let kept = backups.to_str().expect("UTF-8");
    assert_eq!(ini(&file, &["--backup", kept]).status.code(), Some(0));
    let backup = backups.join(&names_in(&backups)[0]);
    for path in [file, backup] {
        let metadata = fs::metadata(&path).expect("the file");
        let mode = metadata.permissions().mode();
        assert_eq!((mode & 0o777, metadata.uid()), (0o600, owner), "{}", path.display());
    }
}
