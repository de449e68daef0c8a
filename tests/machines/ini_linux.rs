//! An ini file made by Kallithea itself, changed to what a deployment needs, and read by Python and Kallithea.
//!
//! In: the Linux machine. `ini_linux/python.py` reports what Python reads in a file. Absent: every single rule of ini files,
//! which `tests/ini` has.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use kallithea_iisc::emit::emit;
use kallithea_iisc::ini::{Key, Wanted};
use kallithea_iisc::kallithea::{Written, ini_keys, ini_plan as plan, written_folders};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};

use crate::kallithea;
use crate::kallithea::machine::Machine;
use crate::support;

static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::linux);

const SPEC: &str = "examples/intranet-sso/deploy.yaml";

/// How many texts are passed to Python.
const TEXTS: usize = 5000;

/// The keys of [`SPEC`].
static KEYS: LazyLock<Vec<Key>> =
    LazyLock::new(|| ini_keys(&support::deployment(&fs::read_to_string(SPEC).expect("the spec"))));

fn python(arguments: &[&str], input: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines/ini_linux/python.py");
    let mut command = MACHINE.python();
    command.arg(script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("Python starts");
    let mut pipe = child.stdin.take().expect("standard input is a pipe");
    pipe.write_all(input.to_string().as_bytes()).expect("Python reads");
    drop(pipe);
    let output = child.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn ini(file: &Path, more: &[&str]) -> Option<i32> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc"));
    command.arg("ini").arg(SPEC).arg("--config").arg(file).args(more);
    command.output().expect("the program starts").status.code()
}

/// A folder with an ini file that Kallithea has just made, and the machine's database beside it.
fn created() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut create = MACHINE.python();
    create.args(["-c", "from kallithea.bin.kallithea_cli import cli; cli()", "config-create", "my.ini"]);
    kallithea::run(create.current_dir(folder.path()));
    let database = MACHINE.place("inetpub/kallithea/kallithea.db");
    fs::copy(database, folder.path().join("kallithea.db")).expect("the database");
    let file = folder.path().join("my.ini");
    (folder, file)
}

#[test]
fn kallithea_reads_its_own_file_with_our_keys_and_with_nothing_else_changed() {
    let (_folder, file) = created();
    let path = file.to_str().expect("UTF-8").to_owned();
    let text = fs::read_to_string(&file).expect("the file");
    let read = || -> BTreeMap<String, Value> {
        serde_json::from_value(python(&["load", &path], &Value::Null)).expect("a mapping")
    };
    let before = read();
    assert_eq!(
        [ini(&file, &["--check"]), ini(&file, &[]), ini(&file, &["--check"])],
        [Some(1), Some(0), Some(0)]
    );
    let mut expected = before.clone();
    for key in KEYS.iter() {
        match &key.wanted {
            Wanted::Text(value) => drop(expected.insert(key.name.to_owned(), value.as_str().into())),
            Wanted::Truth(value) => drop(expected.insert(key.name.to_owned(), value.to_string().into())),
            // Kallithea has already made its secrets, and a key that must not be there is not there.
            Wanted::Secret => assert!(before.contains_key(key.name)),
            Wanted::Absent | Wanted::OtherFilter => assert!(!before.contains_key(key.name)),
            Wanted::Below(_) | Wanted::Address(_) => panic!("{}: this deployment is no farm", key.name),
        }
    }
    assert_eq!(read(), expected);

    let after = fs::read_to_string(&file).expect("the file");
    let mut lines = after.lines();
    let hook = |line: &str| line.starts_with("git_hook_interpreter = ");
    for line in text.lines().filter(|line| !hook(line)) {
        assert!(lines.any(|found| found == line), "{line} is gone or moved");
    }
}

#[test]
fn kallithea_starts_with_it_and_opens_its_pages() {
    let (_folder, file) = created();
    // This is a file whose author used another web server before; Kallithea does not start with it.
    let text = fs::read_to_string(&file).expect("the file");
    let text = text.replace("#url_scheme_variable", "url_scheme_variable");
    fs::write(&file, &text).expect("the file");
    assert_eq!(ini(&file, &[]), Some(0));
    let seen = python(&["visit", file.to_str().expect("UTF-8")], &Value::Null);
    for path in ["/", "/_admin/login"] {
        assert_eq!(seen["pages"][path]["status"], 200, "{seen}");
    }
    let cookie = seen["pages"]["/_admin/login"]["cookies"][0].as_str().unwrap_or_default().to_lowercase();
    assert!(cookie.trim_start().starts_with("kallithea="), "{seen}");
    assert!(cookie.contains("secure") && cookie.contains("httponly"), "{cookie}");
    let config = json!({
        "use_celery": "false",
        "remote_addr_variable": "REMOTE_ADDR",
        "canonical_url": "https://kallithea.corp.example.com",
        "git_hook_interpreter": "C:/inetpub/kallithea/venv/Scripts/python.exe",
    });
    assert_eq!(seen["config"], config);
}

/// Runs `kallithea-cli` in a folder.
fn cli(folder: &Path, arguments: &[&str]) {
    let mut command = MACHINE.python();
    command.args(["-c", "from kallithea.bin.kallithea_cli import cli; cli()"]).args(arguments);
    kallithea::run(command.current_dir(folder));
}

/// The pool gets its rights on what `ini --folders` names, and nowhere else in the folder.
#[test]
fn a_kallithea_made_by_the_runbooks_lines_writes_in_data_alone() {
    let tree = emit(&support::deployment(&fs::read_to_string(SPEC).expect("the spec")));
    let runbook = tree.get("RUNBOOK.md").expect("a runbook");
    let create = runbook.lines().find(|line| line.contains(" config-create ")).expect("the line");
    let database = create.trim_end_matches('\'').rsplit('\'').next().expect("a value");
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    for made in ["data", "repositories"] {
        fs::create_dir(here.join(made)).expect("a folder");
    }
    let repositories = here.join("repositories").to_string_lossy().into_owned();
    let answers =
        ["--user", "admin", "--email", "a@example.com", "--password", "administrator", "--force-yes"];
    cli(here, &["config-create", "my.ini", database]);
    cli(here, &[&["db-create", "-c", "my.ini", "--repos", &repositories][..], &answers].concat());
    let file = here.join("my.ini");
    let text = fs::read_to_string(&file).expect("the file");
    let written = written_folders(&text, &here.to_string_lossy()).expect("an ini file");
    let data = here.join("data").to_string_lossy().into_owned();
    assert_eq!(written, [Written { path: data, with_subfolders: true }]);
    let seen = python(&["visit", file.to_str().expect("UTF-8")], &Value::Null);
    assert_eq!(seen["pages"]["/_admin/login"]["status"], 200, "{seen}");
    assert_eq!(support::names_in(here), ["data", "my.ini", "repositories"]);
    assert!(support::names_in(&here.join("data")).len() > 1, "the database, and sessions");
}

#[test]
fn a_byte_order_mark_is_what_python_refuses_as_well() {
    let texts = json!(["\u{feff}[app:main]\nuse = x\n", "\u{feff}# comment\n[app:main]\nuse = x\n"]);
    assert_eq!(python(&["parse"], &texts), json!([null, null]));
}

#[test]
fn what_overrules_a_key_for_python_is_refused() {
    let (_folder, file) = created();
    for (elsewhere, within, wins) in
        [("debug = true", "", true), ("x = true", "get debug = x", true), ("", "set debug = true", false)]
    {
        let text =
            format!("[DEFAULT]\n{elsewhere}\n[app:main]\nuse = egg:kallithea\ndebug = false\n{within}\n");
        fs::write(&file, &text).expect("the file");
        let read = python(&["load", file.to_str().expect("UTF-8")], &Value::Null);
        assert_eq!(read["debug"], wins.to_string(), "{text}");
        let refused = plan(&text, &KEYS).err().unwrap_or_default();
        assert_eq!(refused.iter().any(|fault| fault.code.id() == "KI604"), wins, "{text}");
    }
}

#[test]
fn what_overrules_a_key_of_the_sessions_for_turbogears_is_refused() {
    let (_folder, file) = created();
    for (defaults, lines, wins) in [
        ("", "session.secret = own\nbeaker.session.secret = other", true),
        ("x = other", "session.secret = own\nget beaker.session.secret = x", true),
        ("beaker.session.secret = other", "", true),
        ("beaker.session.secret = other", "session.secret = own", false),
        ("", "session.secret = own\nset beaker.session.secret = other", false),
        ("", "session.secret = own\nbeaker.session_secret = other", false),
    ] {
        let text = format!("[DEFAULT]\n{defaults}\n[app:main]\nuse = egg:kallithea\n{lines}\n");
        fs::write(&file, &text).expect("the file");
        let read = python(&["session", file.to_str().expect("UTF-8")], &Value::Null);
        assert_eq!(read["secret"] == "other", wins, "{text}: {read}");
        let refused = plan(&text, &KEYS).err().unwrap_or_default();
        assert_eq!(refused.iter().any(|fault| fault.code.id() == "KI604"), wins, "{text}");
    }
}

#[test]
fn two_applications_are_two_for_pastedeploy() {
    let sections = [
        "[pipeline:main]\npipeline = x\n",
        "[filter-app:main]\nnext = x\n",
        "[composite:main]\nuse = egg:Paste#urlmap\n",
        "[app: main]\nuse = egg:kallithea\n",
        "[app]\nuse = egg:kallithea\n",
        "[application:main]\nuse = egg:kallithea\n",
        "[app:x]\nuse = egg:kallithea\n",
        "[server:main]\nuse = egg:waitress\n",
        "[filter:main]\n",
        "",
    ];
    let texts = sections.map(|section| format!("[app:main]\nuse = egg:kallithea\n{section}"));
    let found = python(&["finds"], &json!(texts));
    let ours = texts.map(|text| {
        let refused = plan(&text, &KEYS).err().unwrap_or_default();
        !refused.iter().any(|fault| fault.code.id() == "KI611")
    });
    assert_eq!(found, json!(ours));
    assert_eq!(ours, [false, false, false, false, true, true, true, true, true, true]);
}

#[test]
fn a_password_is_written_as_it_is_and_without_a_percent_sign() {
    let url =
        |password: &str| format!("postgresql://kallithea:{password}@db.corp.example.com:5432/kallithea");
    for (password, is_taken) in [
        ("plain", true),
        ("s@c/r:e t+#@", true),
        ("?&=;[]<>\\\"'`^~|{}$!*", true),
        ("50%", false),
        ("caf%40", false),
        ("%(a)s%", false),
        ("%a%%", false),
        ("%(a)%", false),
    ] {
        let read = python(&["address"], &json!([url(password)]));
        assert_eq!(read, if is_taken { json!([password]) } else { json!([null]) }, "{password}");
        let text = format!("[app:main]\nsqlalchemy.url = {}\n", url(password).replace('%', "%%"));
        let refused = plan(&text, &KEYS).err().unwrap_or_default();
        assert_eq!(refused.iter().all(|fault| fault.code.id() != "KI609"), is_taken, "{password}");
    }
}

/// Lines that an ini file may have, and some that it may not.
fn line() -> impl Strategy<Value = String> {
    let body = prop_oneof![
        8 => ("[a-z]{1,2}[0-9]{2}", "[=:]| = |\t:", "[ -$&-~é]{0,8}").prop_map(|(a, b, c)| a + &b + &c),
        3 => prop::sample::select(KEYS.as_slice()).prop_map(|key| format!("{} = {}", key.name, "VERY-SECRET")),
        3 => prop::sample::select(KEYS.as_slice()).prop_map(|key| format!("#{} = x", key.name)),
        3 => "[#;] ?[ -~]{0,8}",
        3 => "[ \t\u{b}\u{c}\u{1c}\u{85}\u{a0}\u{2003}]{0,3}",
        1 => prop::sample::select(vec!["[DEFAULT]", "[x]", "[y] # z", "[z]]", "[[w]", "Key=1", "key=2"]).prop_map(str::to_owned),
        1 => "[a-z\\[\\]]{1,4}",
        1 => "[=:]a",
    ];
    let indentation =
        prop_oneof![6 => Just(""), 1 => Just(" "), 2 => Just("    "), 1 => Just("\t"), 1 => Just("\u{a0}")];
    (indentation, body).prop_map(|(indentation, body)| indentation.to_owned() + &body)
}

fn text() -> impl Strategy<Value = String> {
    let line_end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    let first = prop_oneof![9 => Just("[app:main]"), 1 => Just("# [app:main]")];
    (first, prop::collection::vec(line(), 0..9), line_end, any::<bool>()).prop_map(
        |(first, lines, line_end, ended)| {
            let all = std::iter::once(first.to_owned()).chain(lines).collect::<Vec<_>>();
            all.join(line_end) + if ended { line_end } else { "" }
        },
    )
}

/// Whether a plan's reasons come from a reader of ini files, and not from the knowledge of Kallithea.
fn is_refused_by_python(found: &[kallithea_iisc::diagnostic::Diagnostic]) -> bool {
    found.iter().any(|fault| ["KI601", "KI603"].contains(&fault.code.id()))
}

#[test]
fn any_file_is_to_us_what_it_is_to_python() {
    let config = Config { rng_seed: RngSeed::Fixed(1), ..Config::default() };
    let mut runner = TestRunner::new(config);
    let texts: Vec<String> =
        (0..TEXTS).map(|_| text().new_tree(&mut runner).expect("a text").current()).collect();
    let planned: Vec<_> = texts.iter().map(|text| plan(text, &KEYS)).collect();
    let after = texts.iter().zip(&planned).map(|(text, planned)| match planned {
        Ok(plan) => plan.apply(text, || Ok("made".to_owned())).expect("no secret is lacking"),
        Err(_) => String::new(),
    });
    let after: Vec<String> = after.collect();
    let (before, afterwards) = (python(&["parse"], &json!(texts)), python(&["parse"], &json!(after)));
    let mut brought = 0;
    for (number, planned) in planned.iter().enumerate() {
        let text = &texts[number];
        let refused = planned.as_ref().err().is_some_and(|found| is_refused_by_python(found));
        assert_eq!(before[number].is_null(), refused, "{text:?}: {:?}", planned.as_ref().err());
        if planned.is_ok() {
            brought += 1;
            let expected = with_keys(before[number].clone());
            assert_eq!(afterwards[number], expected, "{text:?} became {:?}", after[number]);
        }
    }
    assert!(
        brought > TEXTS / 5 && brought < TEXTS * 4 / 5,
        "{brought} of {TEXTS} are sound: too few of one kind"
    );
}

/// What Python read, with the values that our keys should have.
fn with_keys(mut read: Value) -> Value {
    let application = read["app:main"].as_object_mut().expect("the section");
    for key in KEYS.iter() {
        let value = match &key.wanted {
            Wanted::Secret => {
                let present = application.get(key.name).and_then(Value::as_str).unwrap_or("VERY-SECRET");
                Some(if present == "VERY-SECRET" { "made".to_owned() } else { present.to_owned() })
            }
            known => known.written(),
        };
        match value {
            Some(value) => drop(application.insert(key.name.to_owned(), value.into())),
            None => drop(application.remove(key.name)),
        }
    }
    read
}
