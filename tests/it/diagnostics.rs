//! Bad specs and their diagnostics: `tests/it/diagnostics/NAME.yaml` beside `NAME.txt`.
//!
//! `BLESS=1` rewrites the texts. With `CI` set, the tests refuse to.

use std::fs;
use std::path::Path;

use kallithea_iisc::check::check_bytes;
use kallithea_iisc::diagnostic::{Code, Colors, Diagnostic, Severity, problems, render, summary};
use kallithea_iisc::node::{MAX_BYTES, parse};
use kallithea_iisc::source::Source;

use crate::support;

const FOLDER: &str = "tests/it/diagnostics";

fn names() -> Vec<String> {
    let files = support::names_in(Path::new(FOLDER));
    files.iter().filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned)).collect()
}

fn diagnose(name: &str) -> (String, Vec<Diagnostic>) {
    let bytes = fs::read(format!("{FOLDER}/{name}.yaml")).expect("a bad spec");
    let (source, checked) = check_bytes(&format!("{name}.yaml"), bytes);
    let counted = summary(&checked.diagnostics).unwrap_or_default();
    let text = render(&source, &checked.diagnostics, Colors::Plain);
    (format!("{text}{counted}\n"), checked.diagnostics)
}

#[test]
fn every_bad_spec_is_explained_as_expected() {
    let mut wrong = Vec::new();
    for name in names() {
        let (text, _) = diagnose(&name);
        if !support::matches(Path::new(&format!("{FOLDER}/{name}.txt")), &text) {
            wrong.push(format!("{name}:\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "these are explained otherwise; BLESS=1 accepts them:\n{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_bad_spec() {
    let seen: Vec<Code> = names().iter().flat_map(|name| diagnose(name).1).map(|found| found.code).collect();
    let missing: Vec<&str> = Code::ALL
        .iter()
        // Some codes have tests elsewhere. Their own tests make a file over the limit, and a file whose name not every system
        // can have; these are not checked in. `tests/it/merge` and `tests/it/lint.rs` show the faults of a server's configuration,
        // `tests/it/ini` those of an ini file, `tests/it/many_specs.rs` and `tests/it/environments.rs` those of several specs. What keeps a file from being
        // written (KI386 to KI389) is not a fault of a spec; `tests/it/explain.rs` shows it.
        .filter(|code| !matches!(code, Code::TooLarge | Code::FileName | Code::SameName | Code::SamePool))
        .filter(|code| !("KI111".."KI115").contains(&code.id()) && !("KI386".."KI39").contains(&code.id()))
        .filter(|code| code.id() < "KI4" && !seen.contains(code))
        .map(|code| code.id())
        .collect();
    assert!(missing.is_empty(), "no bad spec shows {missing:?}");
}

#[test]
fn every_diagnostic_says_what_to_do_and_stands_in_its_file() {
    for name in names() {
        let length = fs::metadata(format!("{FOLDER}/{name}.yaml")).expect("a bad spec").len() as usize;
        let diagnostics = diagnose(&name).1;
        assert!(!diagnostics.is_empty(), "{name} shows nothing");
        for diagnostic in diagnostics {
            assert!(diagnostic.help.is_some(), "{name}: `{}` does not say what to do", diagnostic.message);
            assert!(diagnostic.span.start <= length, "{name}: `{}` stands nowhere", diagnostic.message);
        }
    }
}

/// What a help ends with, where that is a whole line to type: `key: value`.
fn line_to_type(help: &str) -> Option<&str> {
    let (_, typed) = help.strip_suffix('`')?.rsplit_once('`')?;
    (typed.starts_with("- ") || typed.contains(": ")).then_some(typed)
}

/// The errors of a spec.
fn faults(text: &str) -> Vec<Diagnostic> {
    let (_, checked) = check_bytes("mended.yaml", text.as_bytes().to_vec());
    checked.diagnostics.into_iter().filter(|one| one.severity() == Severity::Error).collect()
}

/// Whether a problem is about one value alone. A rule across keys may say two ways out.
fn is_of_one_value(one: &Diagnostic) -> bool {
    one.code.id() < "KI3" || one.code == Code::BadPath
}

#[test]
fn a_line_that_a_help_says_to_type_is_right() {
    let mut typed = 0;
    for name in names().into_iter().filter(|name| !name.starts_with("secret")) {
        let Ok(mut text) = fs::read_to_string(format!("{FOLDER}/{name}.yaml")) else { continue };
        let found = faults(&text);
        let mut mended = 0;
        for one in found.iter().rev().filter(|one| is_of_one_value(one)) {
            let Some(line) = one.help.as_deref().and_then(line_to_type) else { continue };
            let start = text[..one.span.start].rfind('\n').map_or(0, |end| end + 1);
            let wrong = text[start..].lines().next().expect("a line").to_owned();
            let indent = wrong.len() - wrong.trim_start_matches([' ', '-']).len();
            let key = line.split([':', ' ']).next().unwrap_or_default();
            if wrong[indent..].starts_with(key) {
                text.replace_range(start + indent..start + wrong.len(), line);
                mended += 1;
            }
        }
        let count = |found: &[Diagnostic]| found.iter().filter(|one| is_of_one_value(one)).count();
        let left = faults(&text);
        assert!(
            count(&left) + mended <= count(&found),
            "{name}: what to type is wrong, too: {left:?}\n{text}"
        );
        typed += mended;
    }
    assert!(typed >= 60, "only {typed} say what to type");
}

/// Every place of a value, as a JSON pointer.
fn places(value: &serde_json::Value, around: &str) -> Vec<String> {
    let below: Vec<(String, &serde_json::Value)> = match value {
        serde_json::Value::Object(entries) => {
            entries.iter().map(|(key, value)| (format!("{around}/{key}"), value)).collect()
        }
        serde_json::Value::Array(items) => {
            items.iter().enumerate().map(|(at, value)| (format!("{around}/{at}"), value)).collect()
        }
        _ => Vec::new(),
    };
    below.iter().flat_map(|(place, value)| [vec![place.clone()], places(value, place)].concat()).collect()
}

#[test]
fn one_wrong_value_is_one_error() {
    let mut tried = 0;
    let mut wrong = Vec::new();
    for name in support::examples() {
        let text = fs::read_to_string(format!("examples/{name}/deploy.yaml")).expect("an example");
        let spec = parse(&Source::new("deploy.yaml", text)).root.expect("a spec").to_json();
        if spec.get("extends").is_some() {
            continue;
        }
        for place in places(&spec, "") {
            let mut other = spec.clone();
            let value = other.pointer_mut(&place).expect("a place");
            *value = if value.is_string() { serde_json::json!({ "no": "such" }) } else { "no such".into() };
            let found = faults(&other.to_string());
            tried += 1;
            if found.len() != 1 {
                let said: Vec<_> =
                    found.iter().map(|one| format!("{}: {}", one.code.id(), one.message)).collect();
                wrong.push(format!("{name} at {place}: {said:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried} are not one error:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 100, "only {tried}");
}

#[test]
fn a_file_over_the_limit_is_refused() {
    let (_, checked) = check_bytes("large.yaml", vec![b'a'; MAX_BYTES as usize + 1]);
    assert_eq!(checked.diagnostics[0].code, Code::TooLarge);
    assert!(checked.spec.is_none());
}

#[test]
fn codes_are_unique_and_in_order() {
    let ids: Vec<&str> = Code::ALL.iter().map(|code| code.id()).collect();
    assert!(ids.is_sorted_by(|left, right| left < right), "{ids:?}");
}

#[test]
fn no_planted_secret_is_ever_shown() {
    for name in names() {
        let bytes = fs::read(format!("{FOLDER}/{name}.yaml")).expect("a bad spec");
        let (source, checked) = check_bytes(&name, bytes);
        let [plain, styled] =
            [Colors::Plain, Colors::Styled].map(|colors| render(&source, &checked.diagnostics, colors));
        for text in [plain, styled, format!("{:?}", problems(&source, &checked.diagnostics))] {
            assert!(!text.contains("planted"), "{name} shows its secret:\n{text}");
        }
    }
}

#[test]
fn ten_mistakes_are_found_in_one_run_and_sorted() {
    let (_, diagnostics) = diagnose("ten-mistakes");
    assert!(diagnostics.len() >= 10, "{} found", diagnostics.len());
    assert!(diagnostics.is_sorted_by_key(|diagnostic| diagnostic.span.start));
}
