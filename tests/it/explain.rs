//! Every explanation is tested: the wrong example yields its code, the right one nothing.

mod command;

use std::collections::BTreeSet;
use std::path::Path;

use iis_config::check::{Beside, Level, LevelKind};
use iis_config::schema::{Tables, read_folder};
use iis_config::{Version, markup};
use kallithea_iisc::check::check_bytes;
use kallithea_iisc::diagnostic::symptoms::Symptom;
use kallithea_iisc::diagnostic::{Code, Diagnostic, Example, Language};
use kallithea_iisc::kallithea::{SYMPTOMS, ini_keys, ini_plan};

use kallithea_iisc::lint::{Kind, Locks, Surroundings, lint, lint_below};
use kallithea_iisc::merge::{Strangers, plan, removal};
use kallithea_iisc::node::MAX_BYTES;

use crate::support;
use crate::support::program::{error, out, problems, run};

/// The shortest spec with an example's sections instead of its own.
fn spec(examples: &[Example]) -> String {
    let Some(example) = examples.iter().find(|example| example.language == Language::Yaml) else {
        return support::SHORTEST.to_owned();
    };
    if example.note == "whole" {
        return example.text.to_owned();
    }
    support::completed_spec(example.text)
}

fn ids(found: &[Diagnostic]) -> Vec<&'static str> {
    found.iter().map(|one| one.code.id()).collect()
}

/// What `check` reports for a spec.
fn checked(bytes: Vec<u8>) -> Vec<&'static str> {
    ids(&check_bytes("deploy.yaml", bytes).1.diagnostics)
}

/// What `check` reports for several specs at once, each in its own folder.
fn checked_together(examples: &[Example]) -> Vec<&'static str> {
    let folder = tempfile::tempdir().expect("a folder");
    for example in examples {
        let place = folder.path().join(example.note);
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        std::fs::write(place, spec(std::slice::from_ref(example))).expect("a spec");
    }
    let output = run(&["check", support::text(folder.path()), "--format", "json"]);
    let found = problems(&output);
    let found: Vec<&str> = found.iter().map(|problem| problem["code"].as_str().expect("a code")).collect();
    Code::ALL.iter().map(|code| code.id()).filter(|id| found.contains(id)).collect()
}

/// What `plan` reports for a deployment on a server. If it reports nothing, what `remove` reports.
fn planned(code: Code, examples: &[Example]) -> Vec<&'static str> {
    let deployment = support::deployment(&spec(examples));
    // What is about a farm's front is shown on the front.
    let deployment = deployment.front().unwrap_or(deployment);
    let example = examples.iter().find(|example| example.language == Language::Xml).expect("a server");
    let host = match example.note {
        "applicationHost.config" => completed(example.text),
        _ => example.text.to_owned(),
    };
    let planned = || {
        let found = plan(&host, &deployment, Strangers::Refuse);
        found.map_or_else(|reasons| ids(&reasons), |plan| ids(&plan.warnings))
    };
    let removed = || removal(&host, &deployment).err().map(|reasons| ids(&reasons)).unwrap_or_default();
    // A deployment that is served without comments is in the way of `apply` too, but under another code.
    let found = if code == Code::UnmarkedTwin { Vec::new() } else { planned() };
    if found.is_empty() { removed() } else { found }
}

/// A part of an applicationHost.config, completed with the two sections that every server has.
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

/// What `lint` reports for a file; as with `--schema-dir` if only complete tables can tell what is unknown.
fn linted(examples: &[Example], code: Code) -> Vec<&'static str> {
    let example = &examples[0];
    let mut words = example.note.split(' ');
    let kind = match words.next() {
        Some("web.config") => Kind::WebConfig,
        Some("applicationHost.config") => Kind::HostConfig,
        other => panic!("{other:?} is no file of IIS"),
    };
    let version = words.next().and_then(|word| word.strip_prefix("iis="));
    let version = version.map_or(Version::V10_0, |version| version.parse().expect("a version"));
    let tables = match code {
        Code::ConfigUnknownSection | Code::ConfigDotNet => two_sections(),
        _ => Tables::own(),
    };
    // The lock of a server that is known is an error, that of one that is not a warning.
    let locks = (code == Code::ConfigLocked).then(Locks::default);
    match code {
        Code::ConfigTransformation | Code::ConfigEncoding | Code::ConfigHandler => {
            let host = markup::parse(HANDLING_HOST).expect("XML");
            let name = "applicationHost.config".to_owned();
            let level = Level { name, document: &host, below: String::new(), kind: LevelKind::Host };
            let levels = if code == Code::ConfigHandler { vec![level] } else { Vec::new() };
            let beside = &|_: &str| Beside::Unread;
            let around = Surroundings {
                kind,
                version,
                tables: &tables,
                levels: &levels,
                unlocked: &[],
                is_utf16: false,
                beside,
            };
            let own = markup::parse(example.text).ok();
            ids(&lint_below(example.text, own.as_ref(), &around))
        }
        _ => ids(&lint(example.text, kind, version, &tables, locks.as_ref())),
    }
}

/// A server that loads one module.
const HANDLING_HOST: &str = r#"<configuration><configSections><sectionGroup name="system.webServer"><section name="handlers" />
    <section name="globalModules" /></sectionGroup></configSections><system.webServer><globalModules>
    <add name="StaticFileModule" /></globalModules></system.webServer></configuration>"#;

/// The tables of a server whose only sections are `httpErrors` and one of .NET's.
fn two_sections() -> Tables {
    let folder = tempfile::tempdir().expect("a folder");
    let schema = r#"<configSchema><sectionSchema name="system.webServer/httpErrors">
        <attribute name="existingResponse" type="string" /></sectionSchema><sectionSchema name="appSettings"><collection addElement="add">
        <attribute name="key" type="string" isUniqueKey="true" /><attribute name="value" type="string" />
        </collection></sectionSchema></configSchema>"#;
    std::fs::write(folder.path().join("IIS_schema.xml"), schema).expect("a schema file");
    read_folder(folder.path()).expect("a schema")
}

/// What `ini` reports for Kallithea's ini file.
fn brought(examples: &[Example]) -> Vec<&'static str> {
    let keys = ini_keys(&support::deployment(&spec(examples)));
    let example = examples.iter().find(|example| example.language == Language::Ini).expect("an ini file");
    match ini_plan(example.text, &keys) {
        Ok(plan) => ids(&plan.warnings),
        Err(faults) => ids(&faults),
    }
}

/// What the command reports for an ini file with or without a byte-order mark.
fn marked(is_marked: bool) -> Vec<&'static str> {
    let folder = tempfile::tempdir().expect("a folder");
    let (spec, config) = (folder.path().join("deploy.yaml"), folder.path().join("my.ini"));
    std::fs::write(&spec, support::SHORTEST).expect("a spec");
    let mark = if is_marked { "\u{feff}" } else { "" };
    std::fs::write(&config, format!("{mark}[app:main]\n")).expect("an ini file");
    let (spec, config) = (support::text(&spec), support::text(&config));
    let error = error(&run(&["ini", spec, "--config", config, "--check"]));
    Code::ALL.iter().map(|code| code.id()).filter(|id| error.contains(id)).collect()
}

/// What `ini` says while something keeps it from writing, and afterwards.
fn written(code: Code, is_wrong: bool) -> Vec<&'static str> {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name);
    let (spec, config, kept) = (place("deploy.yaml"), place("my.ini"), place("kept"));
    std::fs::write(&spec, support::SHORTEST).expect("a spec");
    std::fs::write(&config, "[app:main]\nsqlalchemy.url = sqlite:///k.db\n").expect("an ini file");
    std::fs::create_dir(&kept).expect("a folder");
    let lock = std::fs::File::create(place(".my.ini.kallithea-iisc-lock")).expect("a lock");
    let found = match (is_wrong, code) {
        (true, Code::NoPlainFile) => std::fs::create_dir(place("kept/.my.ini.kallithea-iisc-lock")),
        (true, Code::AnotherRun) => lock.lock(),
        #[cfg(unix)]
        (true, Code::ForeignFile) => match std::os::unix::fs::chown(&kept, Some(12345), Some(12345)) {
            Err(_) => {
                println!("KI387 was not tried: only root makes folders of others");
                return vec!["KI387"];
            }
            done => done,
        },
        #[cfg(unix)]
        (true, Code::OpenFolder) => {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o777))
        }
        _ => Ok(()),
    };
    found.expect("it is in the way");
    let (spec, config, kept) = (support::text(&spec), support::text(&config), support::text(&kept));
    let error = error(&run(&["ini", spec, "--config", config, "--backup", kept]));
    Code::ALL.iter().map(|code| code.id()).filter(|id| error.contains(id)).collect()
}

/// What the commands report for an example of a code.
fn said(code: Code, examples: &[Example], wrong: bool) -> Vec<&'static str> {
    match (code, wrong) {
        (Code::NotText, true) => checked(support::SHORTEST.encode_utf16().flat_map(u16::to_le_bytes).fold(
            vec![0xff, 0xfe],
            |mut all, byte| {
                all.push(byte);
                all
            },
        )),
        (Code::FileName, _) => {
            let example = examples.first().expect("a command");
            let name = example.text.split('\'').nth(1).expect("a name in quotes");
            ids(&check_bytes(name, support::SHORTEST.as_bytes().to_vec()).1.diagnostics)
        }
        (Code::TooLarge, true) => checked(vec![b'#'; MAX_BYTES as usize + 1]),
        (Code::NoPlainFile | Code::ForeignFile | Code::OpenFolder | Code::AnotherRun, _) => {
            written(code, wrong)
        }
        (Code::SameName | Code::SamePool, _) => checked_together(examples),
        (Code::BadExtends | Code::BaseUnreadable | Code::ExtendsTooDeep | Code::NothingToUnset, _) => {
            checked_together(examples)
        }
        _ if code.id() < "KI4" => checked(spec(examples).into_bytes()),
        _ if code.id() < "KI5" => planned(code, examples),
        _ if code.id() < "KI6" => linted(examples, code),
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
            // If IIS is too old for something, it is too old for Python as well.
            Code::TooNewForTarget => &["KI335", "KI314"],
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
    for symptom in SYMPTOMS.all() {
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
    let mut names: Vec<&str> = SYMPTOMS.all().map(|symptom: &Symptom| symptom.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SYMPTOMS.all().count(), "a symptom stands twice");
}

/// Codes whose problem never reaches a server, each with the reason.
const WITHOUT_SYMPTOM: [(&str, &[&str]); 6] = [
    (
        "nothing is compiled from what is no spec",
        &[
            "KI101", "KI102", "KI103", "KI104", "KI105", "KI106", "KI107", "KI108", "KI109", "KI110",
            "KI111", "KI112", "KI113", "KI114", "KI201", "KI202", "KI203", "KI204", "KI208", "KI209",
            "KI210",
        ],
    ),
    (
        "nothing is compiled from what IIS, Windows or the outputs could not hold",
        &["KI310", "KI311", "KI315", "KI318", "KI319", "KI320", "KI321", "KI325", "KI328", "KI334"],
    ),
    (
        "nothing is written into a server's configuration that it does not fit",
        &["KI404", "KI406", "KI411", "KI412", "KI413", "KI415", "KI416", "KI417", "KI418"],
    ),
    (
        "all works, less safely than it could",
        &["KI329", "KI350", "KI351", "KI353", "KI354", "KI383", "KI384", "KI410", "KI414", "KI613"],
    ),
    ("IIS reads the file, or never sees it", &["KI520", "KI521", "KI524"]),
    ("nothing is written where something is in the way", &["KI386", "KI387", "KI388", "KI389"]),
];

#[test]
fn every_code_leads_from_a_symptom_or_is_said_to_need_none() {
    let mut excused: Vec<&str> = WITHOUT_SYMPTOM.iter().flat_map(|(_, ids)| *ids).copied().collect();
    excused.sort_unstable();
    let without = Code::ALL.iter().filter(|code| SYMPTOMS.prevented_by(**code).is_empty());
    let without: Vec<_> = without.map(|code| code.id()).collect();
    let unknown: Vec<_> = without.iter().filter(|id| !excused.contains(id)).collect();
    assert!(
        unknown.is_empty(),
        "{unknown:?}: name them in a cause of a symptom (src/kallithea/symptoms), or in WITHOUT_SYMPTOM with a reason"
    );
    assert_eq!(without, excused, "remove from WITHOUT_SYMPTOM what has a symptom");
}

/// The least number of statuses that `route` answers.
const STATUSES_OF_ROUTE: usize = 26;

/// Every status that `route` answers is explained; otherwise a user who asks gets no help.
#[test]
fn every_status_of_route_is_explained() {
    let files = support::names_in(Path::new("src/route")).into_iter().map(|name| format!("src/route/{name}"));
    let mut statuses = BTreeSet::new();
    for file in files.chain(["src/route.rs".to_owned()]) {
        let text = std::fs::read_to_string(&file).expect("a source");
        // Only a literal can look like a status alone, or like two, whether the piece is text or source.
        for status in text.split('"').flat_map(|piece| piece.split(" or ")).filter(is_status) {
            assert!(!SYMPTOMS.find(status).is_empty(), "{status} of {file} is not explained");
            statuses.insert(status.to_owned());
        }
    }
    // Otherwise they are written in a way that this test does not see.
    assert!(statuses.len() >= STATUSES_OF_ROUTE, "only {statuses:?} are seen");
}

fn is_status(text: &&str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (main, sub) = text.split_once('.').unwrap_or((text, "0"));
    main.len() == 3 && is_number(main) && is_number(sub)
}
