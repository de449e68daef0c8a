//! What a code means at length: why it matters, a wrong example, the corrected example, where to read on.
//!
//! The texts are the files in `explanations/`, one for each code. They are Markdown: some paragraphs, then `## Wrong` and `##
//! Right` with fenced examples, then `## Read on` with a list. An example in YAML is a whole spec or, mostly, the sections
//! that differ from the shortest one. An example in XML is a configuration file; for applicationHost.config it is the part
//! that matters. An example in ini is Kallithea's ini file, as short as possible. Tests check every example against what its
//! code says.

use super::Code;

/// What a code means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What it means and why it matters, as one paragraph.
    pub meaning: String,
    /// What is wrong; several files form one example.
    pub wrong: Vec<Example>,
    /// The corrected example.
    pub right: Vec<Example>,
    /// Pages of this project and of others.
    pub pages: Vec<&'static str>,
}

/// A file, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The language that it is written in.
    pub language: Language,
    /// A note on it, such as the file's name.
    pub note: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// The language of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// A spec, or sections of one.
    Yaml,
    /// A configuration file of IIS.
    Xml,
    /// Kallithea's ini file, or the part that matters.
    Ini,
    /// Commands.
    PowerShell,
}

impl Language {
    /// The name as it is written after a fence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Xml => "xml",
            Self::Ini => "ini",
            Self::PowerShell => "powershell",
        }
    }

    const ALL: [Self; 4] = [Self::Yaml, Self::Xml, Self::Ini, Self::PowerShell];
}

impl Code {
    /// What it means at length.
    pub fn explain(self) -> Explanation {
        let mut sections = self.explanation().split("\n## ");
        let meaning = sections.next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        let mut explained = Explanation { meaning, wrong: Vec::new(), right: Vec::new(), pages: Vec::new() };
        for section in sections {
            let (title, text) = section.split_once('\n').unwrap_or((section, ""));
            match title.trim() {
                "Wrong" => explained.wrong = examples(text),
                "Right" => explained.right = examples(text),
                _ => {
                    explained.pages = text.lines().filter_map(|line| line.trim().strip_prefix("- ")).collect()
                }
            }
        }
        explained
    }

    /// The code of this name, in either case.
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(id))
    }
}

/// The fenced examples of a section.
fn examples(text: &'static str) -> Vec<Example> {
    let fenced = text.split("```").skip(1).step_by(2).filter_map(|fenced| {
        let (head, text) = fenced.split_once('\n')?;
        let (name, note) = head.trim().split_once(' ').unwrap_or((head.trim(), ""));
        let language = Language::ALL.into_iter().find(|language| language.name() == name)?;
        Some(Example { language, note, text })
    });
    fenced.collect()
}
