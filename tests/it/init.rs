//! A first spec: from flags, from questions, and never one that `check` refuses for a reason that was not announced.

use std::fs;
use std::path::Path;
use std::process::Output;

use kallithea_iisc::check::check_bytes;
use kallithea_iisc::diagnostic::Code;
use kallithea_iisc::init::{Answers, Machine, Question, Refused, interview};
use kallithea_iisc::spec::{ArchitectureSpec, PythonVersion};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::support;
use crate::support::program::{answer, code, error, run_in};

const SERVER: &str = include_str!("merge/server.config");
const THUMBPRINT: &str = "5D1AC1C4E3A7F0B69E2D8C7A4B3F5E6071829304";

/// `init` in its own folder, without a terminal.
fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    run_in(folder.path(), &[&["init"], arguments].concat())
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn names(folder: &TempDir) -> Vec<String> {
    support::names_in(folder.path())
}

fn spec(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join("deploy.yaml")).expect("the spec")
}

/// What `check` reports for a spec, as codes.
fn said(yaml: &str) -> Vec<&'static str> {
    let (_, checked) = check_bytes("deploy.yaml", yaml.as_bytes().to_vec());
    checked.diagnostics.iter().map(|one| one.code.id()).collect()
}

fn server() -> Machine {
    Machine::new(Some("D:"), Some(SERVER)).expect("a server")
}

#[test]
fn what_is_usual_passes_check_but_for_the_certificate_that_is_announced() {
    let folder = folder();
    let output = run(&folder, &["--yes", "--host-name", "kallithea.corp.example.com"]);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(error(&output).contains("next: fill these in, then kallithea-iisc check"), "{}", error(&output));
    let yaml = spec(&folder);
    assert_eq!(said(&yaml), ["KI209"], "{yaml}");
    let line = yaml.lines().position(|line| line.ends_with("thumbprint: FILL-IN")).expect("the line") + 1;
    let announced = format!("line {line}: fill in site.bindings[0].certificate.thumbprint");
    assert!(error(&output).contains(&announced), "{}", error(&output));
    assert_eq!(said(&yaml.replace("FILL-IN", THUMBPRINT)), [""; 0]);
    assert!(yaml.starts_with("# yaml-language-server: $schema=deploy.schema.json\n"), "{yaml}");
    assert!(yaml.contains("\n      hostName: kallithea.corp.example.com\n"), "{yaml}");
    // The tutorial's lines for Kallithea's own commands use this Python.
    assert!(yaml.contains("\n  virtualEnvironment: C:\\inetpub\\kallithea\\venv\n"), "{yaml}");
    assert!(yaml.contains("\n  architecture: x64\n"), "{yaml}");
}

#[test]
fn every_key_has_a_comment_and_sections_stand_in_the_order_of_the_schema() {
    let folder = folder();
    assert_eq!(run(&folder, &["--yes"]).status.code(), Some(1), "the thumbprint is left");
    let yaml = spec(&folder);
    let lines: Vec<&str> = yaml.lines().collect();
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(':')) {
        let is_key = !line.trim_start().starts_with('#');
        assert!(!is_key || lines[number - 1].trim_start().starts_with("# "), "no comment before {line:?}");
    }
    let schema = kallithea_iisc::schema::schema();
    let order = schema["properties"].as_object().expect("sections").keys();
    let places: Vec<usize> = order.filter_map(|key| yaml.find(&format!("\n{key}:"))).collect();
    assert!(places.len() > 6 && places.is_sorted(), "{places:?}");
}

#[test]
fn all_answers_by_flags_need_neither_a_terminal_nor_yes() {
    let folder = folder();
    let arguments = [
        "--site",
        "Intranet",
        "--existing-site",
        "--site-id",
        "12",
        "--path",
        "/code",
        "--distribution",
        r"D:\code",
        "--repositories",
        r"\\files\repositories",
        "--python-version",
        "3.13",
        "--architecture",
        "X86",
        "--python-home",
        r"D:\Python313-32",
        "--virtual-environment",
        "None",
        "--authentication",
        "windows",
        "--domains",
        "CORP",
        "--basic",
        "--name",
        "code",
    ];
    let output = run(&folder, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    assert!(error(&output).contains("deploy.yaml: complete"), "{}", error(&output));
    let yaml = spec(&folder);
    let (_, checked) = check_bytes("deploy.yaml", yaml.clone().into_bytes());
    let spec = checked.spec.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
    assert_eq!((&*spec.site.name, spec.site.existing, spec.site.id), ("Intranet", true, Some(12)));
    assert_eq!((spec.virtual_directory.path.as_str(), spec.name.as_str()), ("/code", "code"));
    assert_eq!(&*spec.kallithea.repositories, r"\\files\repositories");
    assert_eq!((spec.python.version, &*spec.python.home), (PythonVersion::new(3, 13), r"D:\Python313-32"));
    assert_eq!((spec.target.architecture, &spec.python.virtual_environment), (ArchitectureSpec::X86, &None));
    assert_eq!(spec.authentication.domains, ["CORP"]);
    let basic = spec.authentication.basic_authentication.as_ref().expect("Basic");
    assert_eq!((basic.default_logon_domain.as_str(), spec.tls.required), ("CORP", Some(true)));
    assert!(yaml.contains("needs its own https binding"), "{yaml}");
}

#[test]
fn every_kind_of_deployment_is_sound() {
    for existing in ["yes", "no"] {
        for protocol in ["https", "http"] {
            for (mode, basic) in [("windows", "yes"), ("windows", "no"), ("ldap", "no"), ("internal", "no")] {
                let mut answers = Answers::new(Machine::unknown());
                let mut take = |question, text: &str| {
                    if answers.has_room_for(question) {
                        answers.take(question, text).map(drop)
                    } else {
                        Ok(())
                    }
                };
                let taken = [
                    take(Question::Site, "Some site"),
                    take(Question::ExistingSite, existing),
                    take(Question::SiteId, "3"),
                    take(Question::Protocol, protocol),
                    take(Question::HostName, "code.example.com"),
                    take(Question::Thumbprint, THUMBPRINT),
                    take(Question::Authentication, mode),
                    take(Question::LdapHost, "dc01.example.com"),
                    take(Question::LdapBaseDn, "dc=example,dc=com"),
                    take(Question::Basic, basic),
                ];
                let words = format!("{existing} {protocol} {mode} {basic}");
                if (existing, protocol, basic) == ("no", "http", "yes") {
                    let refusal = taken[9].clone().expect_err("passwords without TLS");
                    assert_eq!(refusal.code(), Some(Code::BasicWithoutTls), "{refusal}");
                    continue;
                }
                assert!(taken.iter().all(Result::is_ok), "{words}: {taken:?}");
                let written = answers.write();
                // Over http, Kallithea's own form would send passwords in the clear. On an existing site the spec requires TLS.
                let warned = (existing, protocol) == ("no", "http") && mode != "windows";
                let expected: &[&str] = if warned { &["KI350"] } else { &[] };
                assert_eq!(said(&written.yaml), expected, "{words}:\n{}", written.yaml);
                assert_eq!(written.open.is_empty(), !warned, "{words}");
            }
        }
    }
}

#[test]
fn without_a_terminal_the_missing_flags_are_named_and_nothing_is_written() {
    let folder = folder();
    let output = run(&folder, &["--site", "Kallithea", "--protocol", "http"]);
    assert_eq!(output.status.code(), Some(2));
    let said = error(&output);
    assert!(said.contains("no terminal") && said.contains("--host-name") && said.contains("--yes"), "{said}");
    assert!(!said.contains("--site,") && !said.contains("--thumbprint"), "{said}");
    let output = run(&folder, &["--yes", "--authentication", "ldap", "--site", "Old", "--existing-site"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("give --site-id, --ldap-host, --ldap-base-dn"), "{}", error(&output));
    assert!(names(&folder).is_empty());
}

#[test]
fn wrong_answers_are_refused_all_at_once_with_what_check_says() {
    let folder = folder();
    let output = run(
        &folder,
        &["--yes", "--path", "kallithea", "--distribution", "kallithea", "--protocol", "gopher"],
    );
    assert_eq!(output.status.code(), Some(2));
    let said = error(&output);
    for part in ["--path: KI309", "--distribution: KI312", "--protocol: answer https or http"] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    let output = run(&folder, &["--yes", "--protocol", "http", "--thumbprint", THUMBPRINT]);
    assert!(error(&output).contains("--thumbprint: the other answers rule this one out"));
    let output =
        run(&folder, &["--yes", "--ldap-host", "ldap://svc:planted@dc01", "--authentication", "ldap"]);
    assert!(error(&output).contains("KI318") && !error(&output).contains("planted"), "{}", error(&output));
    assert!(names(&folder).is_empty());
}

#[test]
fn a_file_that_is_there_stays() {
    let folder = folder();
    fs::write(folder.path().join("deploy.yaml"), "mine").expect("a file");
    let output = run(&folder, &["--yes"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("deploy.yaml: already exists"), "{}", error(&output));
    assert_eq!((spec(&folder).as_str(), names(&folder).len()), ("mine", 1));
    // This is reported before any question: without --yes the first error would be the missing terminal.
    for arguments in [["-o", "deploy.yaml/spec.yaml"].as_slice(), &["--yes", "-o", "deploy.yaml/spec.yaml"]] {
        let output = run(&folder, arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(error(&output).contains("; create it first"), "{}", error(&output));
    }
    let output = run(&folder, &["--yes", "-o", "other.yaml", "--format", "json"]);
    let value = &answer(&output)["results"][0];
    assert_eq!((&value["file"], value["init"]["open"][0]["line"].is_u64()), (&"other.yaml".into(), true));
    assert!(Path::new(&folder.path().join("other.yaml")).is_file());
}

/// The questions, answered with these lines: what was printed, and the answers.
fn asked(machine: Machine, lines: impl AsRef<[u8]>) -> (std::io::Result<()>, String, Answers) {
    let mut answers = Answers::new(machine);
    let mut said = Vec::new();
    let ended = interview(&mut answers, &mut lines.as_ref(), &mut said);
    (ended, String::from_utf8(said).expect("UTF-8"), answers)
}

#[test]
fn a_refused_answer_is_asked_for_again_with_what_the_rule_says() {
    let lines = "Kallithea\nmaybe\nno\nhttp\n\n80\n\nkallithea\n\n\n\n\n\n\n\n\nyes\nno\n\n";
    let (ended, said, answers) = asked(Machine::unknown(), lines);
    ended.expect("all is answered");
    assert!(
        said.contains("Does that site already exist (yes, no) [no]:   answer yes or no\n2 of "),
        "{said}"
    );
    assert!(
        said.contains("  KI312: `kallithea` is not an absolute path") && said.contains("  KI301: "),
        "{said}"
    );
    assert!(!said.contains("thumbprint"), "http has no certificate: {said}");
    let written = answers.write();
    assert!(written.open.is_empty(), "{:?}", written.open);
    assert_eq!(&*sound(&written.yaml).kallithea.distribution, r"C:\inetpub\kallithea");
}

#[test]
fn questions_are_counted_and_a_mistake_is_taken_back() {
    let lines = format!("<\nKalithea\n<\nKallithea\n{}", "\n".repeat(20));
    let (ended, said, answers) = asked(Machine::unknown(), lines);
    ended.expect("all is answered");
    assert!(said.contains("this is the first question"), "{said}");
    let numbers = |first: &str| {
        said.lines()
            .flat_map(|line| line.split(": "))
            .filter(|part| part.trim_start().starts_with(first))
            .count()
    };
    assert_eq!((numbers("1 of "), numbers("2 of "), numbers("3 of ")), (3, 2, 1), "{said}");
    let yaml = answers.write().yaml;
    assert!(yaml.contains("Kallithea") && !yaml.contains("Kalithea"), "{yaml}");
    assert!(said.contains("17 of 17. Name of this deployment"), "{said}");
    assert!(said.contains("(3.9, 3.10, 3.11, 3.12, 3.13, 3.14)"), "{said}");
}

#[test]
fn each_choice_is_offered_once_and_taken() {
    for question in Question::ALL {
        let choices = question.choices().unwrap_or_default();
        for choice in choices {
            assert_eq!(choices.iter().filter(|other| *other == choice).count(), 1, "{choices:?}");
            Answers::new(Machine::unknown())
                .take(question, choice)
                .unwrap_or_else(|why| panic!("{choice}: {why}"));
        }
    }
}

/// An answer that was taken back decides nothing: with `http` no certificate is asked for.
#[test]
fn going_back_opens_the_questions_that_an_answer_closed() {
    let (ended, said, _) =
        asked(Machine::unknown(), format!("Kallithea\nno\nhttp\n<\nhttps\n{}", "\n".repeat(20)));
    ended.expect("all is answered");
    assert!(said.contains("Thumbprint"), "{said}");
}

#[test]
fn the_folder_of_the_spec_is_made_and_announced() {
    let folder = folder();
    let output = run(&folder, &["--yes", "--out", "code/prod/deploy.yaml"]);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(error(&output).contains("code/prod: created"), "{}", error(&output));
    assert!(folder.path().join("code/prod/deploy.yaml").is_file());
    let output = run(&folder, &["--yes", "--site", "a:b", "--out", "other/deploy.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!folder.path().join("other").exists(), "a refused answer makes nothing");
}

/// What is in the files stays, and a second run adds nothing.
#[test]
fn git_is_told_of_the_outputs_in_a_repository_and_by_the_flag() {
    let folder = folder();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    fs::create_dir_all(folder.path().join("repo/.git")).expect("a repository");
    fs::write(folder.path().join("repo/.gitignore"), "*.log\r\n/secret").expect("a file");
    let output = run(&folder, &["--yes", "--out", "repo/deploy.yaml"]);
    let said = error(&output);
    assert!(said.contains("repo/.gitattributes: added `out/** -text linguist-generated"), "{said}");
    assert!(said.contains("repo/.gitignore: added `out/bin/`"), "{said}");
    assert_eq!(read("repo/.gitignore"), "*.log\r\n/secret\r\nout/bin/\r\n");
    let output = run(&folder, &["--yes", "--out", "repo/other.yaml", "--format", "json"]);
    assert_eq!(answer(&output)["results"][0]["init"]["git"], serde_json::json!([]), "nothing is missing");
    assert_eq!(read("repo/.gitignore").matches("out/bin/").count(), 1);
    run(&folder, &["--yes", "--out", "repo/code/deploy.yaml", "--git=no"]);
    assert_eq!(support::names_in(&folder.path().join("repo/code")), ["deploy.yaml"]);
    let output = run(&folder, &["--yes", "--out", "plain/deploy.yaml", "--git", "--format", "json"]);
    let git = &answer(&output)["results"][0]["init"]["git"];
    let expected = serde_json::json!({ "file": "plain/.gitignore", "added": ["out/bin/"] });
    assert_eq!(git[1], expected, "{git:#}");
    assert_eq!(read("plain/.gitignore"), "out/bin/\n");
}

/// What Windows PowerShell writes with `>` is UTF-16.
#[test]
fn a_file_of_git_that_cannot_be_changed_takes_nothing_from_the_spec() {
    let folder = folder();
    let utf16 = b"\xff\xfea\0\n\0";
    fs::write(folder.path().join(".gitattributes"), utf16).expect("a file");
    let output = run(&folder, &["--yes", "--git", "--protocol", "http", "--out", "deploy.yaml"]);
    let said = error(&output);
    assert_eq!(code(&output), 2, "{said}");
    let told = "write `out/** -text linguist-generated gitlab-generated` into .gitattributes yourself";
    assert!(said.contains(told), "{said}");
    assert!(said.contains(".gitignore: added `out/bin/`"), "{said}");
    assert!(said.contains("deploy.yaml: complete") && said.contains("next: kallithea-iisc check"), "{said}");
    assert_eq!(fs::read(folder.path().join(".gitattributes")).expect("the file"), utf16);
    let ignored = folder.path().join("other/.gitignore");
    fs::create_dir(folder.path().join("other")).expect("a folder");
    fs::write(&ignored, "*.log\n").expect("a file");
    let mut rights = fs::metadata(&ignored).expect("the file").permissions();
    rights.set_readonly(true);
    fs::set_permissions(&ignored, rights).expect("read-only");
    let output = run(&folder, &["--yes", "--git", "--protocol", "http", "--out", "other/deploy.yaml"]);
    let said = error(&output);
    assert_eq!(code(&output), 2, "{said}");
    assert!(said.contains(".gitignore: this is read-only") && said.contains("write `out/bin/`"), "{said}");
    assert_eq!(fs::read_to_string(&ignored).expect("the file"), "*.log\n");
}

#[test]
fn a_file_of_git_at_the_top_of_the_repository_serves_all_specs() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("repo/.git")).expect("a repository");
    fs::write(folder.path().join("repo/.gitignore"), "**/out/bin/\n").expect("a file");
    run(&folder, &["--yes", "--out", "repo/code/dev/deploy.yaml"]);
    assert_eq!(support::names_in(&folder.path().join("repo/code/dev")), [".gitattributes", "deploy.yaml"]);
}

#[test]
fn what_follows_from_a_refused_answer_is_not_told() {
    let folder = folder();
    let output = run(&folder, &["--yes", "--git=maybe"]);
    assert_eq!(error(&output), "kallithea-iisc: --git: answer yes or no\n");
    let output =
        run(&folder, &["--yes", "--authentication", "kerberus", "--ldap-host", "dc.corp.example.com"]);
    let said = error(&output);
    assert!(said.contains("--authentication: ") && !said.contains("--ldap-host"), "{said}");
}

#[test]
fn git_is_asked_about_in_a_repository_only() {
    let lines = "\n".repeat(25);
    let (ended, said, answers) = asked(Machine::unknown(), &lines);
    ended.expect("all is answered");
    assert!(!said.contains(".gitattributes") && !answers.wants_git_files(), "{said}");
    let (ended, said, answers) = asked(Machine { is_in_git: true, ..Machine::unknown() }, &lines);
    ended.expect("all is answered");
    assert!(said.contains("leave the DLLs out by .gitignore (yes, no) [yes]: "), "{said}");
    assert!(answers.wants_git_files());
}

fn sound(yaml: &str) -> kallithea_iisc::check::Sound {
    let (_, checked) = check_bytes("deploy.yaml", yaml.as_bytes().to_vec());
    checked.spec.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics))
}

#[test]
fn what_is_only_around_an_answer_is_not_taken_for_a_mistake() {
    let mut answers = Answers::new(Machine::unknown());
    let shown = format!("\u{200e}{}", THUMBPRINT.to_lowercase().replace("1a", " 1a "));
    answers.take(Question::Thumbprint, &shown).expect("as the certificate's Details tab has it");
    answers.take(Question::Distribution, r" C:\code\ ").expect("a folder");
    let spec = sound(&answers.write().yaml);
    assert_eq!(&*spec.kallithea.repositories, r"C:\code\repositories");
    assert_eq!(spec.python.virtual_environment.as_deref(), Some(r"C:\code\venv"));
    answers.take(Question::Architecture, "x86").expect("an architecture");
    assert_eq!(&*sound(&answers.write().yaml).python.home, r"C:\Python313-32");
    // This is how Explorer copies a path.
    answers.take(Question::PythonHome, r#" "C:\Program Files\Python39" "#).expect("a folder");
    answers.take(Question::VirtualEnvironment, r#""D:\venv""#).expect("a folder");
    let spec = sound(&answers.write().yaml);
    assert_eq!(&*spec.python.home, r"C:\Program Files\Python39");
    assert_eq!(spec.python.virtual_environment.as_deref(), Some(r"D:\venv"));
    // Only one pair of quotation marks is removed.
    assert!(answers.take(Question::PythonHome, r#"""C:\Python39"""#).is_err());
    assert!(answers.take(Question::PythonHome, r#""C:\Python39"#).is_err());
}

#[test]
fn a_warning_is_told_with_the_answer_that_causes_it_and_not_again() {
    let lines = format!("Kallithea\nno\nhttp\ncode.example.com{}CORP,SALES\n\n\n", "\n".repeat(10));
    let (ended, said, answers) = asked(Machine::unknown(), lines);
    ended.expect("all is answered");
    assert_eq!(said.matches("KI348").count(), 1, "{said}");
    assert_eq!(sound(&answers.write().yaml).authentication.domains, ["CORP", "SALES"]);
    let mut answers = Answers::new(Machine::unknown());
    for warned in [1, 0] {
        let warnings = answers.take(Question::Domains, "CORP,SALES").expect("an answer");
        assert_eq!(warnings.len(), warned, "{warnings:?}");
    }
    assert!(answers.take(Question::Domains, "CORP").expect("an answer").is_empty());
    assert_eq!(answers.take(Question::Domains, "CORP,SALES").expect("an answer").len(), 1, "it is new again");
    let folder = folder();
    let output = run(&folder, &["--yes", "--domains", "CORP,SALES", "--basic=no", "--name", "code"]);
    // Its place in the file is reported at the end as well.
    let told = error(&output).matches("; set `authentication.container.cleanUsername").count();
    assert_eq!(told, 1, "{}", error(&output));
}

#[test]
fn numbers_are_asked_for_in_words_of_the_question() {
    let mut answers = Answers::new(Machine::unknown());
    for text in ["0", "65536", "-1", "https", ""] {
        assert_eq!(answers.take(Question::Port, text), Err(Refused::Number(1..=65535)));
    }
    answers.take(Question::ExistingSite, "yes").expect("an answer");
    let refusal = answers.take(Question::SiteId, "99999999999").expect_err("too large");
    assert_eq!(refusal.to_string(), "answer a whole number from 1 to 4294967295");
}

#[test]
fn words_may_be_in_either_case_and_letters_that_are_no_text_are_asked_for_again() {
    let (_, said, answers) = asked(Machine::unknown(), b"K\xe4llithea\nKallithea\nN\nHTTP\n");
    assert!(said.contains("not valid UTF-8") && said.contains("--site"), "{said}");
    assert_eq!(answers.left().first(), Some(&Question::HostName), "{said}");
    let spec = sound(&answers.write().yaml);
    assert_eq!((&*spec.site.name, spec.site.existing), ("Kallithea", false));
}

#[test]
fn questions_that_are_broken_off_say_so() {
    let (ended, _, _) = asked(Machine::unknown(), "Kallithea\n");
    assert!(ended.expect_err("the lines end").to_string().contains("nothing was written"));
}

#[test]
fn the_server_is_asked_for_its_sites_and_its_drive() {
    let (ended, said, answers) = asked(server(), "Wikki\nyes\n\nno\nhttp\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
    ended.expect("all is answered");
    assert!(said.starts_with("The sites of this server: Default Web Site, Wiki\n"), "{said}");
    assert!(said.contains("this server has no site \"Wikki\"; use one of Default Web Site, Wiki"), "{said}");
    assert_eq!(&*sound(&answers.write().yaml).kallithea.distribution, r"D:\inetpub\kallithea");
    let (ended, said, answers) = asked(server(), format!("wiki{}", "\n".repeat(15)));
    ended.expect("all is answered");
    assert!(said.contains("already exist (yes, no) [yes]") && said.contains("list [7]"), "{said}");
    let spec = sound(&answers.write().yaml);
    assert_eq!((spec.site.existing, spec.site.id), (true, Some(7)));
    assert!(Machine::new(None, Some("<configuration>")).is_err());
}

#[test]
fn the_site_that_windows_comes_with_needs_no_number_in_either_case() {
    let mut answers = Answers::new(Machine::unknown());
    answers.take(Question::Site, "default web site").expect("a site");
    assert_eq!(answers.usual(Question::ExistingSite).as_deref(), Some("yes"));
    assert!(!answers.left().contains(&Question::SiteId));
    assert_eq!(sound(&answers.write().yaml).site.id, None);
}

#[test]
fn passwords_over_plain_http_are_warned_of() {
    let folder = folder();
    let directory = ["--ldap-host", "dc01.example.com", "--ldap-base-dn", "dc=example,dc=com"];
    let arguments = [&["--yes", "--protocol", "http", "--authentication", "ldap"][..], &directory].concat();
    let output = run(&folder, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    let said = error(&output);
    assert_eq!(said.lines().filter(|line| line.starts_with("KI350")).count(), 1, "once: {said}");
    assert!(said.contains(": KI350"), "and where it stands: {said}");
}

#[test]
fn a_named_configuration_that_cannot_be_read_is_trouble() {
    let folder = folder();
    fs::write(folder.path().join("broken.config"), "<configuration>").expect("a file");
    for name in ["broken.config", "missing.config"] {
        let output = run(&folder, &["--yes", "--host-config", name]);
        assert_eq!(output.status.code(), Some(2));
        assert!(error(&output).contains(name), "{}", error(&output));
    }
    fs::write(folder.path().join("server.config"), SERVER).expect("a file");
    let output = run(&folder, &["--yes", "--host-config", "server.config", "--site", "Wiki"]);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    assert_eq!(sound(&spec(&folder)).site.id, Some(7));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Every answer is refused, or yields a spec that passes.
    #[test]
    fn no_answer_makes_a_spec_that_check_refuses(index in 0..Question::ALL.len(), text in "\\PC{0,24}|[ \
        -~]{0,24}") {
        let mut answers = Answers::new(Machine::unknown());
        answers.take(Question::Thumbprint, THUMBPRINT).expect("a thumbprint");
        answers.take(Question::HostName, "code.example.com").expect("a host name");
        let question = Question::ALL[index];
        let taken = answers.take(question, &text).is_ok();
        let written = answers.write();
        let empty = text.is_empty() || written.open.iter().any(|open| open.what.starts_with("fill in"));
        // A warning does not stop anyone: two domains may well share their users' accounts, and a short name may have a dot.
        let refused = said(&written.yaml).iter().any(|code| !["KI348", "KI370"].contains(code));
        prop_assert!(empty || !refused, "{taken} {question:?} {text:?}:\n{}", written.yaml);
    }
}

#[test]
fn the_deployment_is_called_after_its_site() {
    for (site, path, name) in [
        ("Kallithea", "/", "kallithea"),
        ("Code Review (2)", "/", "code-review-2"),
        ("Default Web Site", "/hg", "default-web-site-hg"),
        ("Default Web Site", "/git", "default-web-site-git"),
        ("--", "/", "kallithea"),
        ("Nul", "/", "kallithea-nul"),
        (&"long ".repeat(40), "/", &"long-".repeat(13)[..64]),
    ] {
        let mut answers = Answers::new(Machine::unknown());
        let given =
            [(Question::Site, site.trim()), (Question::Path, path), (Question::HostName, "code.example.com")];
        for (question, answer) in given {
            if !answers_room(&answers, question) {
                continue;
            }
            answers.take(question, answer).unwrap_or_else(|refusal| panic!("{site}: {refusal}"));
        }
        answers.take(Question::Thumbprint, &"0".repeat(40)).ok();
        assert_eq!(
            answers.usual(Question::Name).as_deref(),
            Some(name.trim_end_matches('-')),
            "{site}{path}"
        );
        assert_eq!(sound(&answers.write().yaml).name, name.trim_end_matches('-'));
    }
}

fn answers_room(answers: &Answers, question: Question) -> bool {
    question == Question::Site || answers.has_room_for(question)
}
