//! The pages that people read: their links lead somewhere, and their commands are ones that the program takes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// README and `docs/`, each with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir("docs").expect("the pages").map(|entry| entry.expect("an entry").path()).collect();
    paths.extend(["README.md", "CHANGELOG.md"].map(PathBuf::from));
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a page").replace("\r\n", "\n");
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// The anchors that a page's titles have: small letters, hyphens for spaces, nothing else.
fn anchors(text: &str) -> Vec<String> {
    let titles = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |title: &str| {
        let kept = |letter: &char| letter.is_alphanumeric() || ['-', '_', ' '].contains(letter);
        title.trim_start_matches('#').trim().to_lowercase().chars().filter(kept).collect::<String>()
    };
    titles.map(|title| anchor(title).replace(' ', "-")).collect()
}

#[test]
fn every_link_leads_to_a_page_and_a_title() {
    for (path, text) in pages() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap_or(Path::new("")).join(file),
            };
            assert!(target.exists(), "{}: {link} leads nowhere", path.display());
            if !anchor.is_empty() {
                let there = anchors(&fs::read_to_string(&target).expect("a page"));
                assert!(there.iter().any(|known| known == anchor), "{}: {link} has no title", path.display());
            }
        }
    }
}

/// What stands behind the program's name, in the lines of fenced blocks and in words between backticks.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, part) in text.split("```").enumerate() {
        if index % 2 == 1 {
            let joined = part.replace("\\\n", " ");
            found.extend(
                joined.lines().filter_map(|line| arguments(line.trim_start_matches(['$', '>', '-', ' ']))),
            );
        } else {
            found.extend(part.split('`').skip(1).step_by(2).filter_map(arguments));
        }
    }
    found
}

/// The arguments of a command of this program, without the comment behind it.
fn arguments(command: &str) -> Option<String> {
    let (program, arguments) = command.split_once(char::is_whitespace)?;
    let arguments = arguments.split(" #").next().unwrap_or_default();
    ["kallithea-iisc", "kallithea-iisc.exe"].contains(&program).then(|| arguments.to_owned())
}

fn help(command: &str) -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_kallithea-iisc")).args([command, "--help"]).output();
    let output = output.expect("it starts");
    output.status.success().then(|| String::from_utf8(output.stdout).expect("UTF-8"))
}

#[test]
fn every_command_is_one_that_the_program_takes_with_options_that_it_has() {
    let mut seen = 0;
    let explanations = fs::read_dir("src/diagnostic/explanations").expect("the explanations");
    let explanations = explanations.map(|entry| entry.expect("an entry").path());
    let others =
        explanations.chain(["golden/farm/RUNBOOK.md", "golden/intranet-sso/RUNBOOK.md"].map(PathBuf::from));
    let others = others.map(|path| (path.clone(), fs::read_to_string(&path).expect("a page")));
    for (path, text) in pages().into_iter().chain(others) {
        for line in commands(&text) {
            let mut words = line.split_whitespace();
            let Some(command) =
                words.next().filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()))
            else {
                continue;
            };
            let help = help(command).unwrap_or_else(|| panic!("{}: there is no {line}", path.display()));
            for option in words.filter(|word| word.starts_with("--")) {
                let name = option.split(['=', ',', '.', ')']).next().unwrap_or_default();
                let is_there = help.split([' ', '\n', ',', '=']).any(|word| word == name);
                assert!(is_there, "{}: {command} has no {option}", path.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen} commands were found");
}

/// The text of every Rust file below a folder.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let text = |path: PathBuf| match path.extension() {
        _ if path.is_dir() => sources(&path),
        Some(extension) if extension == "rs" => fs::read_to_string(path).expect("a source"),
        _ => String::new(),
    };
    entries.map(text).collect()
}

/// A guarantee rests on the tests that are named beside it.
#[test]
fn every_test_that_a_guarantee_names_is_there() {
    let code = ["src", "crates", "tests"].map(|folder| sources(Path::new(folder))).concat();
    let page = fs::read_to_string("docs/guarantees.md").expect("the page");
    let is_name = |word: &&str| {
        word.matches('_').count() > 1
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit())
    };
    let rows = page.lines().filter(|line| line.starts_with('|'));
    let names: Vec<&str> = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).filter(is_name).collect();
    let missing: Vec<_> = names.iter().filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "docs/guarantees.md names tests that are not there: {missing:?}");
    assert!(names.len() > 100, "only {} tests were found", names.len());
}
