//! A first deployment spec from a few answers.
//!
//! What enters: answers, from the command line or from questions, and what the machine reports about itself. What leaves: a
//! spec in YAML with a comment for every key, and the places that the author must complete. Each answer is checked against
//! the rules of `check` when it is given. Absent: reading and writing files.

mod git;
mod interview;
mod machine;
mod question;
mod refused;
mod spec;

pub use git::{GIT_FILES, added};
pub use interview::{BACK, interview};
pub use machine::{Machine, Site};
pub use question::Question;
pub use refused::Refused;

use std::collections::BTreeMap;

use refused::said;

use crate::check::check;
use crate::diagnostic::{Code, Severity};
use crate::source::Source;
use crate::yaml::{self, Open};

/// The answers so far, and the machine that determines the defaults.
#[derive(Debug, Clone)]
pub struct Answers {
    given: BTreeMap<Question, String>,
    machine: Machine,
    /// The warnings about the answers so far.
    warned: Vec<String>,
}

/// A spec that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its text.
    pub yaml: String,
    /// The places that the author must complete or look at.
    pub open: Vec<Open>,
    /// Whether `check` accepts it as it is.
    pub is_complete: bool,
}

impl Answers {
    /// No answers yet.
    pub fn new(machine: Machine) -> Self {
        Self { given: BTreeMap::new(), machine, warned: Vec::new() }
    }

    /// Takes an answer. Returns the warnings that it causes, or why it is refused.
    pub fn take(&mut self, question: Question, text: &str) -> Result<Vec<String>, Refused> {
        let text = question.said(text);
        if let Some(refusal) = unfit(question, &text).or_else(|| self.unknown_site(question, &text)) {
            return Err(refusal);
        }
        let mut answers = self.clone();
        answers.given.insert(question, text);
        let found = check(&Source::new("deploy.yaml", spec::text(&answers, spec::Gaps::Bridged))).diagnostics;
        // Other messages may quote the secret; the message about the secret does not.
        let secret = found.iter().find(|one| one.code == Code::SecretInSpec);
        // Further errors are mostly consequences of the first.
        let first = secret.or_else(|| found.iter().find(|one| one.severity() == Severity::Error));
        match first {
            Some(error) => Err(Refused::Rule(Box::new(error.clone()))),
            None => {
                let before = std::mem::take(&mut answers.warned);
                answers.warned = found.iter().map(said).collect();
                let new =
                    answers.warned.iter().filter(|warning| !before.contains(warning)).cloned().collect();
                *self = answers;
                Ok(new)
            }
        }
    }

    /// The unanswered questions that still apply, in the order in which they are asked.
    pub fn left(&self) -> Vec<Question> {
        let all = Question::ALL.iter().copied();
        all.filter(|question| question.applies(self) && !self.given.contains_key(question)).collect()
    }

    /// Whether a question applies, given the other answers.
    pub fn has_room_for(&self, question: Question) -> bool {
        question.applies(self)
    }

    /// The default answer; `None` if there is none.
    pub fn usual(&self, question: Question) -> Option<String> {
        question.usual(self)
    }

    /// The spec, with the default for each answer that was not given.
    pub fn write(&self) -> Written {
        let text = spec::text(self, spec::Gaps::Left);
        let (open, is_complete) = yaml::open(&text);
        Written { open, yaml: text, is_complete }
    }

    /// Whether the spec's folder shall have [`GIT_FILES`].
    pub fn wants_git_files(&self) -> bool {
        self.is(Question::Git, question::YES)
    }

    /// The answer that was given, or the default.
    fn value(&self, question: Question) -> Option<String> {
        self.given.get(&question).cloned().or_else(|| question.usual(self))
    }

    fn is(&self, question: Question, word: &str) -> bool {
        self.value(question).is_some_and(|value| value == word)
    }

    /// A site that should exist on this machine must exist, if the machine could be asked.
    fn unknown_site(&self, question: Question, text: &str) -> Option<Refused> {
        let name = match question {
            Question::ExistingSite if text == question::YES => self.value(Question::Site)?,
            Question::Site
                if self.given.get(&Question::ExistingSite).is_some_and(|word| word == question::YES) =>
            {
                text.to_owned()
            }
            _ => return None,
        };
        let known: Vec<String> = self.machine.sites.iter().map(|site| site.name.clone()).collect();
        let is_known = known.is_empty() || self.machine.site(&name).is_some();
        (!is_known).then_some(Refused::Site { name, known })
    }
}

/// Why a text is not an answer to a question, regardless of the other answers.
fn unfit(question: Question, text: &str) -> Option<Refused> {
    if let Some(words) = question.choices() {
        return (!words.contains(&text)).then_some(Refused::Choice(words));
    }
    if let Some(range) = question.range() {
        let is_within = text.parse().is_ok_and(|number: u32| range.contains(&number));
        return (!is_within).then_some(Refused::Number(range));
    }
    (text.is_empty() && !question.may_be_empty()).then_some(Refused::Empty)
}
