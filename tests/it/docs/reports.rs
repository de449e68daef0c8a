//! The page of public reports: everything that it names as an answer exists.

use std::path::Path;

use kallithea_iisc::diagnostic::Code;
use kallithea_iisc::kallithea::SYMPTOMS;
use kallithea_iisc::schema::{at, schema};

use super::pages::Page;
use crate::support::program::{out, run};

/// The least number of reports.
const REPORTS: usize = 26;

/// What a word in backticks, or a code, is as an answer.
#[derive(Debug, PartialEq, Eq)]
enum Answer<'p> {
    Code(&'p str),
    Explain(&'p str),
    Command(&'p str),
    Key(&'p str),
    /// A switch, or the name of a script.
    Other(&'p str),
}

impl<'p> Answer<'p> {
    fn read(word: &'p str) -> Self {
        if let Some(words) = word.strip_prefix("explain ") {
            return Self::Explain(words.trim_matches('"'));
        }
        if word.starts_with('-') || word.contains(".ps1") {
            return Self::Other(word);
        }
        if word.contains('.') { Self::Key(word) } else { Self::Command(word) }
    }

    fn exists(&self, help: &str) -> bool {
        match self {
            Self::Code(id) => Code::ALL.iter().any(|code| code.id() == *id),
            Self::Explain(words) => !SYMPTOMS.find(words).is_empty(),
            Self::Command(name) => help.contains(&format!("\n  {name} ")),
            Self::Key(key) => at(&schema(), &key.split('.').collect::<Vec<_>>()).is_some(),
            Self::Other(word) => match word.split(' ').collect::<Vec<_>>().as_slice() {
                [script, switch] => {
                    let script = std::fs::read_to_string(format!("golden/intranet-sso/{script}"));
                    script
                        .is_ok_and(|script| script.contains(&format!("${}", switch.trim_start_matches('-'))))
                }
                _ => help.contains(word) || out(&run(&["route", "--help"])).contains(word),
            },
        }
    }
}

/// The rows of the table: the report's address, and what answers it.
fn rows(page: &Page) -> Vec<(&str, &str)> {
    let lines = page.text.lines().filter(|line| line.starts_with("| ["));
    let cells = lines.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let [report, _, answers] = cells[..] else { panic!("{line} does not have three cells") };
        let address = report.split_once("](").and_then(|(_, rest)| rest.split_once(')'));
        (address.map_or("", |(address, _)| address), answers)
    });
    cells.collect()
}

fn answers(cell: &str) -> Vec<Answer<'_>> {
    let codes = cell.split(|letter: char| !letter.is_ascii_alphanumeric());
    let codes = codes.filter(|word| word.len() == 5 && word.starts_with("KI")).map(Answer::Code);
    codes.chain(cell.split('`').skip(1).step_by(2).map(Answer::read)).collect()
}

#[test]
fn every_answer_to_a_report_exists() {
    let page = Page::read(Path::new("docs/reports.md").to_owned());
    let help = out(&run(&["--help"]));
    let rows = rows(&page);
    assert!(rows.len() >= REPORTS, "only {} reports", rows.len());
    for (address, cell) in &rows {
        assert!(address.starts_with("http"), "{cell}: {address} is not an address");
        let answers = answers(cell);
        assert!(!answers.is_empty(), "{address}: nothing answers it");
        for answer in answers {
            assert!(answer.exists(&help), "{address}: {answer:?} does not exist");
        }
    }
    let mut addresses: Vec<&str> = rows.iter().map(|(address, _)| *address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), rows.len(), "a report is listed twice");
}

#[test]
fn an_answer_that_does_not_exist_is_seen() {
    let help = out(&run(&["--help"]));
    for wrong in [
        "explain \"these words are nowhere\"",
        "teleport",
        "site.colour",
        "install.ps1 -Nothing",
        "--nothing",
    ] {
        assert!(!Answer::read(wrong).exists(&help), "{wrong}");
    }
    assert_eq!(answers("KI999, `lint`"), [Answer::Code("KI999"), Answer::Command("lint")]);
    assert!(!Answer::Code("KI999").exists(&help));
}
