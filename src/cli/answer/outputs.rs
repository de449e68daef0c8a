//! What `build` and `diff` make of a spec, for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::tree::Change;

/// What `build` wrote for a spec.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Built {
    /// The output folder.
    pub folder: String,
    /// How many files the outputs have, without the libraries.
    pub files: usize,
    /// How many of them were written because they are new or have changed.
    pub changed: usize,
    /// How many files of the last build were removed.
    pub removed: usize,
    /// The deployment whose outputs these replace; null if it is this one, or there were none.
    pub replaced: Option<String>,
    /// What made the outputs that these replace, with its version; null if it is this version, or there were none.
    pub made_by: Option<String>,
    /// The libraries that were built.
    pub libraries: Vec<BuiltLibrary>,
}

/// A library of the bridge.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BuiltLibrary {
    /// Its path in the output folder.
    pub path: String,
    /// Its size in bytes.
    pub size: usize,
    /// The Rust target that it is built for.
    pub target: String,
}

/// How the outputs of a spec differ from the files on disk.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    /// The folder that they were compared with.
    pub against: String,
    /// What made the files on disk, with its version; absent if it is this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// The files that differ, sorted by path.
    pub changes: Vec<Changed>,
}

/// A file that differs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Changed {
    /// Its path in the folder.
    pub path: String,
    /// How it differs.
    pub change: Difference,
    /// A unified diff from the file on disk to what the spec compiles to; absent if there is only one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// How a file differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Difference {
    /// Its text differs.
    Changed,
    /// It is not on disk.
    Missing,
    /// It is on disk, but the spec does not make it.
    Extra,
}

impl Changed {
    /// A difference that was found.
    pub fn of(change: Change) -> Self {
        match change {
            Change::Changed { path, diff } => Self { path, change: Difference::Changed, diff: Some(diff) },
            Change::Missing { path } => Self { path, change: Difference::Missing, diff: None },
            Change::Extra { path } => Self { path, change: Difference::Extra, diff: None },
        }
    }

    /// Whether it is not on disk.
    pub fn is_missing(&self) -> bool {
        self.change == Difference::Missing
    }

    /// In how many lines the outputs have more than the file on disk, and in how many less.
    pub fn counts(&self) -> (usize, usize) {
        // The first two lines name the files.
        let lines = || self.diff.iter().flat_map(|diff| diff.lines().skip(2));
        let count = |sign: char| lines().filter(|line| line.starts_with(sign)).count();
        (count('+'), count('-'))
    }

    /// The first line of the file on disk that the diff shows.
    pub fn first_line(&self) -> Option<usize> {
        let (_, places) = self.diff.as_ref()?.split_once("\n@@ -")?;
        places.split([',', ' ']).next()?.parse().ok()
    }
}

impl Difference {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Extra => "extra",
        }
    }
}
