//! What a run found, in the formats that pipelines show at its place.
//!
//! What enters: a list of [`Finding`]s. What leaves: one text, in the format of a pipeline. Absent: finding anything, and files: a
//! path is already the one that the pipeline knows.

mod azure;
mod github;
mod gitlab;
mod sarif;

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use kallithea_bridge_isapi::visible;

use crate::diagnostic::{Code, Severity};
use crate::hash::sha256;

/// Something that the author of a change must see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, by its path from the working directory with `/`; `None` if it is about no file.
    pub file: Option<String>,
    /// The place in the file; `None` if it is about the whole.
    pub region: Option<Region>,
    /// How bad it is.
    pub severity: Severity,
    /// Its kind.
    pub rule: Rule,
    /// What is wrong, without secrets.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// What `--fix` would change in the file.
    pub fix: Option<Replacement>,
}

/// A text in place of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// What it replaces.
    pub region: Region,
    /// The text.
    pub text: String,
}

/// A place in a file; lines and columns count from 1, columns in Unicode code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// The line of the end.
    pub end_line: usize,
    /// The column behind the last character.
    pub end_column: usize,
}

impl Region {
    /// The beginning of a line.
    pub fn line(line: usize) -> Self {
        Self { line, column: 1, end_line: line, end_column: 1 }
    }
}

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// One that `explain` explains.
    Code(Code),
    /// An output is not what its spec compiles to.
    Differs,
    /// A server is not what its spec says.
    WouldChange,
    /// A running server does not keep a promise of its spec.
    NotKept,
    /// Something prevented the work.
    Failed,
}

impl Rule {
    fn id(self) -> &'static str {
        match self {
            Self::Code(code) => code.id(),
            Self::Differs => "differs",
            Self::WouldChange => "would-change",
            Self::NotKept => "not-kept",
            Self::Failed => "failed",
        }
    }

    fn summary(self) -> &'static str {
        match self {
            Self::Code(code) => code.summary(),
            Self::Differs => "An output is not what its spec compiles to.",
            Self::WouldChange => "A server is not what its spec says.",
            Self::NotKept => "A running server does not keep a promise of its spec.",
            Self::Failed => "Something prevented the work.",
        }
    }
}

/// The format of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// SARIF 2.1.0, for GitHub's code scanning, Azure DevOps and editors.
    Sarif,
    /// The workflow commands of GitHub Actions.
    Github,
    /// GitLab's Code Quality report.
    Gitlab,
    /// The logging commands of Azure Pipelines.
    Azure,
}

/// The findings in a format, in their order. What is reported for several specs, such as a mistake in their base, is there once.
pub fn render(findings: &[Finding], form: Form, exit_code: u8) -> String {
    let mut once: Vec<&Finding> = Vec::new();
    findings.iter().for_each(|finding| {
        if !once.contains(&finding) {
            once.push(finding);
        }
    });
    match form {
        Form::Sarif => sarif::render(&once, exit_code),
        Form::Github => github::render(&once),
        Form::Gitlab => gitlab::render(&once),
        Form::Azure => azure::render(&once),
    }
}

impl Finding {
    /// What is wrong and what to do, with letters that control a terminal made visible.
    fn text(&self) -> String {
        let help = self.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        visible::lines(&format!("{}{help}", self.message))
    }
}

/// A text for each finding by which a pipeline knows it again: the same wherever it is in its file, and another one for each
/// finding. Lines and columns do not count, nor do numbers in messages: some name a line.
fn fingerprints(findings: &[&Finding]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let one = |finding: &&Finding| {
        let file = finding.file.as_deref().unwrap_or_default();
        let words: String = finding.message.chars().filter(|letter| !letter.is_ascii_digit()).collect();
        let what = format!("{file}\n{}\n{words}", finding.rule.id());
        let number = seen.entry(what.clone()).or_default();
        *number += 1;
        sha256(format!("{what}\n{number}").as_bytes())
    };
    findings.iter().map(one).collect()
}

/// The way from a folder to a file with `/`, without the `..` that can be left out; the whole path if the file is elsewhere. Both
/// must be absolute.
pub fn path_from(folder: &Path, file: &Path) -> String {
    let mut way = PathBuf::new();
    for step in file.strip_prefix(folder).unwrap_or(file).components() {
        match step {
            Component::ParentDir if matches!(way.components().next_back(), Some(Component::Normal(_))) => {
                way.pop();
            }
            step => way.push(step),
        }
    }
    let shown = way.display().to_string();
    if cfg!(windows) { shown.replace('\\', "/") } else { shown }
}

/// A text in which some characters are written otherwise.
fn escaped(text: &str, escapes: &[(char, &str)]) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        match escapes.iter().find(|(own, _)| *own == letter) {
            Some((_, escape)) => written.push_str(escape),
            None => written.push(letter),
        }
    }
    written
}

#[cfg(test)]
mod tests;
