//! The pages that people read: the program accepts their commands, and the commands are written for PowerShell.

use std::fs;
use std::path::{Path, PathBuf};

use crate::style::guide::{Length, faults};
use crate::support;
use crate::support::program::help;

/// A page of the project: where it is, and its text.
pub struct Page {
    pub path: PathBuf,
    pub text: String,
}

impl Page {
    /// A file as a page.
    pub fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path, text: text.replace("\r\n", "\n") }
    }

    /// Its fenced blocks: the word behind the fence, and the text inside.
    pub fn fences(&self) -> Vec<(&str, String)> {
        let mut blocks: Vec<(&str, String)> = Vec::new();
        let mut fence: Option<usize> = None;
        for line in self.text.lines() {
            let inner = line.trim_start();
            match (fence, inner.strip_prefix("```")) {
                (None, Some(language)) => {
                    fence = Some(line.len() - inner.len());
                    blocks.push((language.trim(), String::new()));
                }
                (Some(_), Some(_)) => fence = None,
                (Some(indent), None) => {
                    let text = line.get(indent..).unwrap_or(inner);
                    blocks.last_mut().expect("an open block").1 += &format!("{text}\n");
                }
                (None, None) => {}
            }
        }
        assert!(fence.is_none(), "{}: a block has no end", self.path.display());
        blocks
    }

    /// The lines outside of its fenced blocks.
    pub fn prose(&self) -> Vec<&str> {
        let mut is_fenced = false;
        let is_prose = |line: &&str| {
            let is_fence = line.trim_start().starts_with("```");
            is_fenced ^= is_fence;
            !is_fence && !is_fenced
        };
        self.text.lines().filter(is_prose).collect()
    }
}

/// Every page that people read: those at the top, those of the crates, and the book.
pub fn pages() -> Vec<Page> {
    let mut paths = support::paths_ending("docs", ".md");
    paths.extend(AT_THE_TOP.map(PathBuf::from));
    paths.sort();
    paths.into_iter().map(Page::read).collect()
}

/// Pages outside of `docs/`.
const AT_THE_TOP: [&str; 5] =
    ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "crates/iis-config/README.md"];

/// What follows the program's name, in the lines of fenced blocks and in text between backticks.
fn commands(page: &Page) -> Vec<String> {
    let prose = page.prose().join("\n");
    let mut found: Vec<String> = prose.split('`').skip(1).step_by(2).filter_map(arguments).collect();
    for (_, block) in page.fences() {
        let joined = block.replace("\\\n", " ").replace("`\n", " ");
        let lines = joined.lines().map(|line| line.trim_start_matches(['$', '>', '-', ' ']));
        found.extend(lines.filter_map(arguments));
    }
    found
}

/// The arguments of a command of this program, without a trailing comment.
fn arguments(command: &str) -> Option<String> {
    let (program, arguments) = command.split_once(char::is_whitespace)?;
    let arguments = arguments.split(" #").next().unwrap_or_default();
    let program = program.strip_prefix(".\\").unwrap_or(program);
    ["kallithea-iisc", "kallithea-iisc.exe"].contains(&program).then(|| arguments.to_owned())
}

#[test]
fn every_command_is_one_that_the_program_takes_with_options_that_it_has() {
    let mut seen = 0;
    let explanations = fs::read_dir("src/diagnostic/explanations").expect("the explanations");
    let explanations = explanations.map(|entry| entry.expect("an entry").path());
    let others =
        explanations.chain(["golden/farm/RUNBOOK.md", "golden/intranet-sso/RUNBOOK.md"].map(PathBuf::from));
    for page in pages().into_iter().chain(others.map(Page::read)) {
        for line in commands(&page) {
            let mut words = line.split_whitespace();
            let Some(command) =
                words.next().filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()))
            else {
                continue;
            };
            let help =
                help(&[command]).unwrap_or_else(|| panic!("{}: there is no {line}", page.path.display()));
            for option in words.filter(|word| word.starts_with("--")) {
                let name = option.split(['=', ',', '.', ')']).next().unwrap_or_default();
                let is_there = help.split([' ', '\n', ',', '=']).any(|word| word == name);
                assert!(is_there, "{}: {command} has no {option}", page.path.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen} commands were found");
}

/// Words of cmd that PowerShell reads differently.
const OF_CMD: [&str; 4] = ["%windir%", "%CONFIG%", "%PYTHON%", "set "];

#[test]
fn no_example_needs_cmd() {
    for page in pages() {
        // A `text` block is what a program prints.
        for (language, block) in page.fences().into_iter().filter(|(language, _)| *language != "text") {
            for line in block.lines().map(|line| line.trim_start_matches(['>', ' '])) {
                let found = OF_CMD.iter().find(|word| match word.strip_suffix(' ') {
                    Some(command) => line.split(' ').next() == Some(command),
                    None => line.contains(**word),
                });
                assert!(found.is_none(), "{}: {line} ({language}) is for cmd", page.path.display());
            }
        }
    }
}

#[test]
fn every_powershell_example_is_powershell() {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).expect("the grammar");
    let mut seen = 0;
    for page in pages() {
        for (_, block) in page.fences().into_iter().filter(|(language, _)| *language == "powershell") {
            let tree = parser.parse(&block, None).expect("a tree");
            assert!(!tree.root_node().has_error(), "{}:\n{block}", page.path.display());
            seen += 1;
        }
    }
    assert!(seen > 30, "only {seen} examples were found");
}

/// Pages whose text comes from the code, and the guide.
const OTHERS_WORDS: [&str; 5] =
    ["docs/spec.md", "docs/commands.md", "docs/diagnostics.md", "docs/iis.md", "CONTRIBUTING.md"];

#[test]
fn no_page_has_words_that_the_guide_rules_out() {
    let mut found = Vec::new();
    for page in pages() {
        if OTHERS_WORDS.iter().any(|other| page.path == Path::new(other)) {
            continue;
        }
        // Tables of guards and of symptoms come from the code as well.
        for line in page.prose().into_iter().filter(|line| !line.starts_with('|')) {
            found.extend(
                faults(line, Length::Any)
                    .iter()
                    .map(|fault| format!("{}: {fault}: {line}", page.path.display())),
            );
        }
    }
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

/// A guarantee depends on the tests that are named beside it.
#[test]
fn every_test_that_a_guarantee_names_is_there() {
    let sources = ["src", "crates", "tests"].map(|folder| support::paths_ending(folder, ".rs"));
    let code: String =
        sources.iter().flatten().map(|path| fs::read_to_string(path).expect("a source")).collect();
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
