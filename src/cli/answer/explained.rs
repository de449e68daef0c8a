//! An explanation, for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::symptoms::{Cause, Symptom};
use crate::diagnostic::{Code, Example, Severity};
use crate::kallithea::SYMPTOMS;

/// The explanation of a code or of a symptom.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Explained {
    /// Of a code.
    Code {
        /// The code.
        code: &'static str,
        /// How bad a problem of this kind is.
        severity: Severity,
        /// What it is, in one line.
        summary: &'static str,
        /// What it means and why it matters.
        meaning: String,
        /// The symptoms that it prevents.
        prevents: Vec<&'static str>,
        /// What is wrong.
        wrong: Vec<ShownExample>,
        /// The same, corrected.
        right: Vec<ShownExample>,
        /// Pages about it.
        read_on: Vec<&'static str>,
    },
    /// Of a symptom.
    Symptom {
        /// Its status, or a word for what has none.
        symptom: &'static str,
        /// What it is.
        what: &'static str,
        /// Its causes, the likeliest first.
        causes: Vec<ShownCause>,
    },
}

/// An example.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShownExample {
    /// The language that it is written in.
    language: &'static str,
    /// A note on it, such as the name of the file.
    note: &'static str,
    /// Its text.
    text: &'static str,
}

/// A cause of a symptom.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShownCause {
    /// The error number that IIS shows beside the status; null if it shows none.
    number: Option<&'static str>,
    /// What is wrong.
    why: &'static str,
    /// What to do.
    remedy: &'static str,
    /// Keys of the spec that decide it.
    keys: &'static [&'static str],
    /// Codes that prevent it.
    codes: Vec<&'static str>,
    /// Commands of kallithea-iisc that show it.
    commands: &'static [&'static str],
}

impl Explained {
    /// Of a code.
    pub fn code(code: Code) -> Self {
        let explained = code.explain();
        let shown = |examples: Vec<Example>| -> Vec<ShownExample> {
            let one =
                |Example { language, note, text }| ShownExample { language: language.name(), note, text };
            examples.into_iter().map(one).collect()
        };
        Self::Code {
            code: code.id(),
            severity: code.severity(),
            summary: code.summary(),
            meaning: explained.meaning,
            prevents: SYMPTOMS.prevented_by(code),
            wrong: shown(explained.wrong),
            right: shown(explained.right),
            read_on: explained.pages,
        }
    }

    /// Of a symptom, with some of its causes.
    pub fn symptom(symptom: &Symptom, causes: &[&'static Cause]) -> Self {
        let shown = |cause: &&'static Cause| ShownCause {
            number: (!cause.number.is_empty()).then_some(cause.number),
            why: cause.why,
            remedy: cause.remedy,
            keys: cause.keys,
            codes: cause.codes.iter().map(|code| code.id()).collect(),
            commands: cause.commands,
        };
        Self::Symptom {
            symptom: symptom.name,
            what: symptom.what,
            causes: causes.iter().map(shown).collect(),
        }
    }
}
