//! Every explanation held to what it says: the wrong example yields its code, the right one nothing.

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use kallithea_iisc::check::check_bytes;
use kallithea_iisc::diagnostic::symptoms::{self, Symptom};
use kallithea_iisc::diagnostic::{Code, Diagnostic, Example, Language};
use kallithea_iisc::emit::ini_keys;
use kallithea_iisc::iis::Version;
use kallithea_iisc::iis::schema::{Tables, read_folder};
use kallithea_iisc::ini;
use kallithea_iisc::lint::{Kind, lint};
use kallithea_iisc::merge::{Strangers, plan, removal};
use kallithea_iisc::source::MAX_BYTES;
use support::program::{error, out, run};

/// The shortest spec; an example in YAML replaces its sections.
const SHORTEST: &str = r#"apiVersion: kallithea-iisc/v1
name: intranet
kallithea:
  distribution: C:\inetpub\kallithea
  repositories: D:\repositories
python:
  home: C:\Python311
  version: "3.11"
site:
  name: Kallithea
  bindings:
    - protocol: http
      hostName: kallithea.corp.example.com
"#;

/// The sections of a spec, each with its key.
fn sections(text: &str) -> Vec<(&str, String)> {
    let mut sections: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        let key = line.split(':').next().unwrap_or_default();
        match sections.last_mut() {
            Some((last, section)) if line.starts_with([' ', '#']) || *last == key => {
                *section += &format!("{line}\n");
            }
            _ => sections.push((key, format!("{line}\n"))),
        }
    }
    sections
}

/// The shortest spec with an example's sections in the place of its own.
fn spec(examples: &[Example]) -> String {
    let Some(example) = examples.iter().find(|example| example.language == Language::Yaml) else {
        return SHORTEST.to_owned();
    };
    if example.note == "whole" {
        return example.text.to_owned();
    }
    let given = sections(example.text);
    let is_given = |key: &str| given.iter().any(|(other, _)| *other == key);
    let mut text: String = sections(SHORTEST)
        .into_iter()
        .filter(|(key, _)| !is_given(key))
        .map(|(_, section)| section)
        .collect();
    text.extend(given.into_iter().map(|(_, section)| section));
    text
}

fn ids(found: &[Diagnostic]) -> Vec<&'static str> {
    found.iter().map(|one| one.code.id()).collect()
}

/// What `check` says of a spec.
fn checked(bytes: Vec<u8>) -> Vec<&'static str> {
    ids(&check_bytes("deploy.yaml", bytes).1.diagnostics)
}

/// What `plan` says of a deployment on a server, and where it says nothing, what `remove` does.
fn planned(examples: &[Example]) -> Vec<&'static str> {
    let deployment = support::deployment(&spec(examples));
    let example = examples.iter().find(|example| example.language == Language::Xml).expect("a server");
    let host = match example.note {
        "applicationHost.config" => completed(example.text),
        _ => example.text.to_owned(),
    };
    let found = plan(&host, &deployment, Strangers::Refuse);
    let found = found.map_or_else(|reasons| ids(&reasons), |plan| ids(&plan.warnings));
    match found.is_empty() {
        true => removal(&host, &deployment).err().map(|reasons| ids(&reasons)).unwrap_or_default(),
        false => found,
    }
}

/// A part of an applicationHost.config with the two sections that every server's has.
fn completed(part: &str) -> String {
    let (group, mut text) = ("<system.applicationHost>", part.to_owned());
    if !text.contains(group) {
        text = text.replacen(
            "</configuration>",
            &format!("{group}</system.applicationHost></configuration>"),
            1,
        );
    }
    for section in ["applicationPools", "sites"] {
        if !text.contains(&format!("<{section}>")) {
            text = text.replacen(group, &format!("{group}<{section} />"), 1);
        }
    }
    text
}

/// What `lint` says of a file; as with `--schema-dir` where only complete tables know what is unknown.
fn linted(examples: &[Example], complete: bool) -> Vec<&'static str> {
    let example = &examples[0];
    let mut words = example.note.split(' ');
    let kind = match words.next() {
        Some("web.config") => Kind::WebConfig,
        Some("applicationHost.config") => Kind::HostConfig,
        other => panic!("{other:?} is no file of IIS"),
    };
    let version = words.next().and_then(|word| word.strip_prefix("iis="));
    let version = version.map_or(Version::V10_0, |version| version.parse().expect("a version"));
    let tables = if complete { httperrors_alone() } else { Tables::own() };
    ids(&lint(example.text, kind, version, &tables, None))
}

/// The tables of a server whose only section is `httpErrors`.
fn httperrors_alone() -> Tables {
    let folder = tempfile::tempdir().expect("a folder");
    let schema = r#"<configSchema><sectionSchema name="system.webServer/httpErrors">
        <attribute name="existingResponse" type="string" /></sectionSchema></configSchema>"#;
    std::fs::write(folder.path().join("IIS_schema.xml"), schema).expect("a schema file");
    read_folder(folder.path()).expect("a schema")
}

/// What `ini` says of Kallithea's ini file.
fn brought(examples: &[Example]) -> Vec<&'static str> {
    let keys = ini_keys(&support::deployment(&spec(examples)));
    let example = examples.iter().find(|example| example.language == Language::Ini).expect("an ini file");
    match ini::plan(example.text, &keys) {
        Ok(plan) => ids(&plan.warnings),
        Err(faults) => ids(&faults),
    }
}

/// What the command says of an ini file that begins with a byte-order mark, or does not.
fn marked(is_marked: bool) -> Vec<&'static str> {
    let folder = tempfile::tempdir().expect("a folder");
    let (spec, config) = (folder.path().join("deploy.yaml"), folder.path().join("my.ini"));
    std::fs::write(&spec, SHORTEST).expect("a spec");
    let mark = if is_marked { "\u{feff}" } else { "" };
    std::fs::write(&config, format!("{mark}[app:main]\n")).expect("an ini file");
    let (spec, config) = (support::text(&spec), support::text(&config));
    let error = error(&run(&["ini", spec, "--config", config, "--check"]));
    Code::ALL.iter().map(|code| code.id()).filter(|id| error.contains(id)).collect()
}

/// What the project says of an example of a code.
fn said(code: Code, examples: &[Example], wrong: bool) -> Vec<&'static str> {
    match (code, wrong) {
        (Code::NotText, true) => checked(SHORTEST.encode_utf16().flat_map(u16::to_le_bytes).fold(
            vec![0xff, 0xfe],
            |mut all, byte| {
                all.push(byte);
                all
            },
        )),
        (Code::TooLarge, true) => checked(vec![b'#'; MAX_BYTES as usize + 1]),
        _ if code.id() < "KI4" => checked(spec(examples).into_bytes()),
        _ if code.id() < "KI5" => planned(examples),
        _ if code.id() < "KI6" => linted(examples, code == Code::ConfigUnknownSection),
        (Code::IniEncoding, _) => marked(wrong),
        _ => brought(examples),
    }
}

#[test]
fn every_wrong_example_yields_its_code_and_no_other() {
    for code in Code::ALL {
        let mut found = said(*code, &code.explain().wrong, true);
        found.dedup();
        let expected: &[&str] = match code {
            // That IIS is too old for Python, too, is so by nature.
            Code::LostOnTarget => &["KI326", "KI335"],
            _ => &[code.id()],
        };
        assert_eq!(found, expected, "the wrong example of {}:\n{}", code.id(), spec(&code.explain().wrong));
    }
}

#[test]
fn every_right_example_is_sound() {
    for code in Code::ALL {
        let right = code.explain().right;
        assert_eq!(said(*code, &right, false), [""; 0], "the right example of {}", code.id());
    }
}

#[test]
fn every_explanation_is_whole_and_its_pages_are_there() {
    for code in Code::ALL {
        let explained = code.explain();
        assert!(explained.meaning.len() > 60, "{} says nothing", code.id());
        assert!(!explained.wrong.is_empty() && !explained.right.is_empty(), "{}", code.id());
        assert!(explained.wrong != explained.right, "{}", code.id());
        assert!(!explained.pages.is_empty(), "{}", code.id());
        for page in explained.pages {
            let file = page.split(',').next().unwrap_or_default();
            let is_there =
                file.starts_with("https://") || file == "out/RUNBOOK.md" || Path::new(file).is_file();
            assert!(is_there, "{}: {page}", code.id());
        }
    }
}

#[test]
fn an_explanation_is_there_for_every_code_and_no_other() {
    let files = std::fs::read_dir("src/diagnostic/explanations").expect("the explanations");
    let mut names: Vec<String> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("a plain name")).collect();
    names.sort();
    let expected: Vec<String> = Code::ALL.iter().map(|code| format!("{}.md", code.id())).collect();
    assert_eq!(names, expected);
}

#[test]
fn symptoms_speak_of_keys_and_commands_that_there_are() {
    let schema = kallithea_iisc::schema::schema();
    let help = out(&run(&["--help"]));
    for symptom in symptoms::all() {
        assert!(!symptom.causes.is_empty(), "{} comes from nowhere", symptom.name);
        for cause in symptom.causes {
            for key in cause.keys {
                let steps: Vec<&str> = key.split('.').collect();
                assert!(kallithea_iisc::schema::at(&schema, &steps).is_some(), "{}: {key}", symptom.name);
            }
            for command in cause.commands {
                assert!(help.contains(&format!("\n  {command} ")), "{}: {command}", symptom.name);
            }
        }
    }
    let mut names: Vec<&str> = symptoms::all().map(|symptom: &Symptom| symptom.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), symptoms::all().count(), "a symptom stands twice");
}

/// Codes whose problem nobody ever meets on a server, each with what is in its way.
const WITHOUT_SYMPTOM: [(&str, &[&str]); 4] = [
    (
        "nothing is compiled from what is no spec",
        &[
            "KI101", "KI102", "KI103", "KI104", "KI105", "KI106", "KI107", "KI108", "KI109", "KI201",
            "KI202", "KI203", "KI204", "KI208",
        ],
    ),
    (
        "nothing is compiled from what IIS, Windows or the outputs could not hold",
        &["KI310", "KI311", "KI315", "KI318", "KI319", "KI320", "KI321", "KI325", "KI328", "KI334"],
    ),
    (
        "nothing is written into a server's configuration that it does not fit",
        &["KI404", "KI406", "KI411", "KI412"],
    ),
    ("all works, less safely than it could", &["KI329", "KI350", "KI351", "KI410", "KI613"]),
];

#[test]
fn every_code_leads_from_a_symptom_or_is_said_to_need_none() {
    let mut excused: Vec<&str> = WITHOUT_SYMPTOM.iter().flat_map(|(_, ids)| *ids).copied().collect();
    excused.sort_unstable();
    let without = Code::ALL.iter().filter(|code| symptoms::prevented_by(**code).is_empty());
    assert_eq!(without.map(|code| code.id()).collect::<Vec<_>>(), excused);
}

/// How many `route` answers, and surely goes on to answer.
const STATUSES_OF_ROUTE: usize = 26;

/// Statuses that `route` answers are explained, or somebody who asks is left alone.
#[test]
fn every_status_of_route_is_explained() {
    let files = support::names_in(Path::new("src/route")).into_iter().map(|name| format!("src/route/{name}"));
    let mut statuses = BTreeSet::new();
    for file in files.chain(["src/route.rs".to_owned()]) {
        let text = std::fs::read_to_string(&file).expect("a source");
        // Whether a piece is text or source, only a literal can look like a status alone.
        for status in text.split('"').filter(is_status) {
            assert!(!symptoms::find(status).is_empty(), "{status} of {file} is not explained");
            statuses.insert(status.to_owned());
        }
    }
    // Else they are written in a way that this does not see.
    assert!(statuses.len() >= STATUSES_OF_ROUTE, "only {statuses:?} are seen");
}

fn is_status(text: &&str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (main, sub) = text.split_once('.').unwrap_or((text, "0"));
    main.len() == 3 && is_number(main) && is_number(sub)
}
fn text(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = run(arguments);
    (output.status.code(), out(&output), error(&output))
}

#[test]
fn a_code_is_explained_with_its_examples_and_what_it_prevents() {
    let (code, out, error) = text(&["explain", "ki302"]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    for part in
        ["KI302, error: ", "login-page", "Wrong\n", "anonymousAuthentication:\n", "Right\n", "https://learn"]
    {
        assert!(out.contains(part), "{part:?} is not in\n{out}");
    }
}

#[test]
fn a_status_an_error_number_and_a_word_name_causes() {
    let (code, out, _) = text(&["explain", "404.8"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("web.config") && out.contains("kallithea-iisc route"), "{out}");
    let (_, out, _) = text(&["explain", "500.19"]);
    assert!(
        out.contains("0x80070021") && out.contains("KI506") && out.contains("target.unlockedSections"),
        "{out}"
    );
    let (_, one, _) = text(&["explain", "0x80070021"]);
    assert!(one.contains("500.19") && one.len() < out.len() && !one.contains("0x8007000d"), "{one}");
    assert_eq!(text(&["explain", "80070021"]).1, one);
    let (_, all, _) = text(&["explain", "404"]);
    assert!(all.contains("404.2:") && all.contains("404.15:"), "{all}");
    assert!(text(&["explain", "login-page"]).1.contains("anonymous authentication"));
}

#[test]
fn an_event_and_what_a_client_says_name_causes() {
    let (code, out, _) = text(&["explain", "5059"]);
    assert_eq!((code, out.as_str()), (Some(0), text(&["explain", "event-5059"]).1.as_str()));
    assert!(out.contains("applicationPool.identity"), "{out}");
    for (message, key) in [
        ("abort: authorization failed", "authentication.basicAuthentication.enabled"),
        ("fatal: could not read Username for 'https://host': terminal prompts disabled", "emptyAuth"),
        ("error: RPC failed; HTTP 413 curl 22", "requestLimits.maxAllowedContentLength"),
        ("sqlite3.OperationalError: database is locked", "kallithea.database.kind"),
    ] {
        let (code, out, _) = text(&["explain", message]);
        assert!(code == Some(0) && out.contains(key), "{message}: {out}");
    }
}

/// The names of the symptoms in an answer, and how many causes it has.
fn known(arguments: &[&str]) -> (Vec<String>, usize) {
    let output = run(&[&["explain", "--format", "json"], arguments].concat());
    let value: serde_json::Value = serde_json::from_str(&out(&output)).expect("JSON");
    let found = value.as_array().expect("a list").iter();
    let names = found.clone().filter_map(|one| one["symptom"].as_str()).map(str::to_owned);
    (names.collect(), found.filter_map(|one| one["causes"].as_array()).map(Vec::len).sum())
}

#[test]
fn what_stands_in_a_log_is_taken_as_it_stands_there() {
    for (copied, symptom) in [
        (["500", "19", "33"].as_slice(), "500.19"),
        (&["500", "0", "193", "15"], "500"),
        (&["500 0 126 3"], "500"),
        (&["2026-01-02 03:04:05 10.0.0.1 GET / - 443 - 10.0.0.2 Mozilla/5.0+(X) - 500 19 183 15"], "500.19"),
    ] {
        assert_eq!(known(copied), (vec![symptom.to_owned()], 1), "{copied:?}");
    }
    // No cause has this number: all are meant.
    assert_eq!(known(&["401", "2", "5"]), known(&["401.2"]));
    assert_eq!(known(&["401", "1", "2148074254"]), known(&["401.1"]));
    assert_eq!(known(&["401", "3", "5"]), known(&["401.3"]));
    assert_eq!(known(&["404", "0", "2"]).0, ["404"]);
    // Three statuses are no line of a log.
    assert_eq!(known(&["405", "411", "503"]).0, ["405", "411", "503"]);
    for (number, hexadecimal) in [("33", "0x80070021"), ("193", "0x800700c1"), ("126", "0x8007007e")] {
        let (names, causes) = known(&[number]);
        assert!(!names.is_empty() && causes >= names.len());
        assert_eq!((names, causes), known(&[hexadecimal]), "{number}");
    }
    assert_eq!(text(&["explain", "200", "0", "64"]).0, Some(1));
}

#[test]
fn what_a_page_or_a_program_says_is_found_in_its_words() {
    for (copied, same) in [
        ("HTTP Error 500.19 - Internal Server Error", "500.19"),
        ("HTTP Error 404.8", "404.8"),
        ("404.8 - Not Found", "404.8"),
        ("HTTP Error 404.0 - Not Found", "404.0"),
        ("abort: HTTP Error 403: Forbidden", "403"),
        ("The requested URL returned error: 413", "413"),
        ("Service Unavailable", "503"),
        ("HTTP Error 503. The service is unavailable.", "503"),
        ("event5059", "5059"),
        ("Event ID: 5011, source WAS", "5011"),
    ] {
        let found = known(&[copied]);
        assert!(!found.0.is_empty(), "{copied}");
        assert_eq!(found, known(&[same]), "{copied}");
    }
    // Where the text says more than a status, so does the answer.
    for copied in
        ["Bad Request - Invalid Hostname", "HTTP Error 400. The request hostname is invalid.", "Invalid URL"]
    {
        assert_eq!(known(&[copied]), (vec!["400".to_owned()], 1), "{copied}");
    }
    assert_eq!(
        known(&["HTTP Error 500.19, Error Code 0x80070021"]),
        (vec!["500.19".to_owned()], 1),
        "the number tells which"
    );
    for nothing in ["KI413", "all 5 took 12 seconds", "10.200.30.40", "port 5002"] {
        assert_eq!(known(&[nothing]), (Vec::new(), 0), "{nothing}");
    }
}

#[test]
fn a_worker_process_that_ends_and_people_who_are_refused_are_explained() {
    for (message, symptom, part) in [
        (
            "A process serving application pool 'x' terminated unexpectedly.",
            "event-5009",
            "Application Error",
        ),
        ("Invalid username or password", "ldap-login", "--user NAME"),
        ("{'desc': \"Can't contact LDAP server\"}", "ldap-login", "authentication.ldap.host"),
        ("ssl: certificate verify failed (self signed)", "ldap-login", "authentication.ldap.caCertificates"),
        ("Error authenticating alice with LDAP: LDAP not available", "ldap-login", "docs/python.md"),
        ("PermissionError: [Errno 13] Permission denied: 'C:\\data'", "500", "end of step 5"),
        ("PermissionError: [WinError 5] Access is denied: 'C:\\data'", "500", "cache_dir"),
        ("attempt to write a readonly database", "500", "applicationPool.identity"),
        (
            "ValueError: invalid interpolation syntax in 'postgresql://k:a%40b@db'",
            "500",
            "without a percent sign",
        ),
    ] {
        let (code, out, _) = text(&["explain", message]);
        assert!(
            code == Some(0) && out.contains(&format!("{symptom}: ")) && out.contains(part),
            "{message}: {out}"
        );
    }
    for number in ["5009", "5010", "5011", "5012", "5013"] {
        assert_eq!(known(&[number]).0, [format!("event-{number}")]);
    }
    for symptom in symptoms::all() {
        let said = symptom.causes.iter().map(|cause| cause.why).chain([symptom.what]);
        for words in said.flat_map(|words| words.split('"').skip(1).step_by(2)) {
            let found = symptoms::find(&format!("It said: {words}!"));
            assert!(found.iter().any(|(found, _)| found.name == symptom.name), "{words:?}");
        }
    }
    assert!(text(&["explain", "blank-page"]).1.contains("sc-substatus"));
    assert!(text(&["explain", "404"]).1.contains("run route with the URL"));
}

#[test]
fn what_is_not_known_is_said_with_a_guess() {
    let (code, out, error) = text(&["explain", "KI999", "404.8"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("404.8: "), "what is known is explained all the same: {out}");
    assert!(error.contains("nothing is known of KI999"), "{error}");
    assert!(text(&["explain", "KI3O1"]).2.contains("did you mean KI301?"));
    assert!(text(&["explain", "500.91"]).2.contains("did you mean 500."));
    assert!(text(&["explain", "anything"]).2.contains("`kallithea-iisc explain` lists what is"));
}

#[test]
fn alone_it_lists_everything_and_programs_get_json() {
    let (code, out, _) = text(&["explain"]);
    assert_eq!(code, Some(0));
    assert_eq!(out.lines().count(), Code::ALL.len() + symptoms::all().count());
    let value: serde_json::Value =
        serde_json::from_str(&text(&["explain", "--format", "json"]).1).expect("JSON");
    assert_eq!(value.as_array().map(Vec::len), Some(Code::ALL.len() + symptoms::all().count()));
    let (_, out, _) = text(&["explain", "--format", "json", "KI301", "413.1"]);
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(value[0]["code"], "KI301");
    assert_eq!(
        value[0]["prevents"],
        serde_json::json!(["401.2", "403.4", "hg-authorization", "git-authorization"])
    );
    assert_eq!(value[0]["wrong"][0]["language"], "yaml");
    assert_eq!(value[1]["causes"][0]["keys"][0], "requestLimits.maxAllowedContentLength");
}
