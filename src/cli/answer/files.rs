//! What `ini`, `init` and `import` make of files, for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ini::{Action, Key};
use crate::yaml::Open;

/// What is changed in an ini file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IniChanges {
    /// The ini file.
    pub file: String,
    /// The keys that differ.
    pub keys: Vec<IniKey>,
    /// The changes as a unified diff without secrets.
    pub diff: String,
    /// The backup of the file; null if nothing was written.
    pub backup: Option<String>,
}

/// A key of an ini file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IniKey {
    /// Its section.
    pub section: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What happens to it.
    pub action: Action,
    /// Why, in one line.
    pub why: &'static str,
}

/// A folder that Kallithea writes to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IniFolder {
    /// Its full path.
    pub path: String,
    /// Whether Kallithea owns everything below. Otherwise it owns only files in the folder itself.
    pub subfolders: bool,
}

impl IniKey {
    /// A key and what happens to it.
    pub fn of((key, action): &(Key, Action)) -> Self {
        Self { section: key.section, name: key.name, action: *action, why: key.why }
    }
}

/// A spec that `init` wrote.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Created {
    /// What its author must complete.
    pub open: Vec<Open>,
    /// The files of git beside it that were written.
    pub git: Vec<GitFile>,
}

/// A file of git with new lines.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GitFile {
    /// Its path.
    pub file: String,
    /// The lines that were added.
    pub added: Vec<String>,
}

/// A spec that `import` made.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Drafted {
    /// Its text.
    pub yaml: String,
    /// What its author must complete.
    pub open: Vec<Open>,
    /// How many settings of the server were not imported; the text lists them.
    pub left: usize,
}
