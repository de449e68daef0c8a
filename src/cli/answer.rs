//! What a command answers to programs: the form of `--format json`, and its schema.
//!
//! What enters: the results of a run. What leaves: one JSON document, in ASCII. Absent: who makes the results, and the formats
//! of pipelines, which [`report`](super::report) makes of the same results.

mod explained;
mod files;
mod outputs;
mod server;

use std::fmt::Write;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;

use crate::diagnostic::Problem;
use crate::show::Shown;
use crate::{probe, verify};
pub(super) use explained::Explained;
pub(super) use files::{Created, Drafted, GitFile, IniChanges, IniFolder, IniKey};
pub(super) use outputs::{Built, BuiltLibrary, Changed, Compared, Difference};
pub(super) use server::{Linted, Planned, Routed};

/// The version of the form. It grows when a key changes its meaning or goes, not when one is added.
const VERSION: u32 = 1;

/// What a command of kallithea-iisc prints with `--format json`: always one such document.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "kallithea-iisc output")]
struct Answer<'a> {
    /// The version of this form. A new version changes or removes keys; new keys can come within a version.
    #[schemars(extend("const" = VERSION))]
    version: u32,
    /// The command that answers.
    command: &'a str,
    /// The exit code of the run: 0, 1 or 2, as the help of the command says.
    exit_code: u8,
    /// What there is to say of each spec or file, in the order of the arguments. A command about one file has one result, too.
    results: &'a [Entry],
}

/// What there is to say of one spec or file.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(transform = with_keys_of_data)]
pub(super) struct Entry {
    /// The spec or file, as the command line or the folder names it; absent if the answer is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What is wrong with it and with the files that belong to it, in the order of their places.
    pub problems: Vec<Problem>,
    /// What prevented the work on it; absent if nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What the command made of it; absent if errors or trouble prevented that.
    #[serde(flatten)]
    pub data: Option<Data>,
}

/// What a command made, by the command's name.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Data {
    /// What `build` wrote.
    Build(Built),
    /// What differs from the outputs in the folder.
    Diff(Compared),
    /// What `lint` did not look at.
    Lint(Linted),
    /// What `apply` would change.
    Plan(Planned),
    /// What `apply` changed.
    Apply(Planned),
    /// What `remove` changed, or with `--check` would change.
    Remove(Planned),
    /// What the server keeps.
    Verify(verify::Report),
    /// The spec that `import` made.
    Import(Drafted),
    /// The spec that `init` wrote.
    Init(Created),
    /// What `ini` changed, or with `--check` would change.
    Ini(IniChanges),
    /// The folders of `ini --folders`.
    Folders(Vec<IniFolder>),
    /// What `probe` found.
    Probe(probe::Report),
    /// The way of the request.
    Route(Routed),
    /// The spec with all that it extends.
    Show(Shown),
    /// The explanation.
    Explain(Explained),
}

/// The results of a command as JSON. Every other character than those of ASCII is escaped, so that no console and no code page
/// damages it.
pub(super) fn json(command: &str, exit_code: u8, results: &[Entry]) -> String {
    let answer = Answer { version: VERSION, command, exit_code, results };
    let text = serde_json::to_string_pretty(&answer).expect("an answer is always JSON");
    let mut ascii = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        if character.is_ascii() {
            ascii.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            write!(ascii, "\\u{unit:04x}").expect("writing to memory does not fail");
        }
    }
    ascii.push('\n');
    ascii
}

/// Makes the key of each command a property. Derived as it is, the schema says only that there may be one of them.
fn with_keys_of_data(schema: &mut Schema) {
    let choices = schema.remove("anyOf").unwrap_or_default();
    let Some(Value::Array(choices)) = choices.pointer("/0/oneOf").cloned() else { return };
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for choice in choices {
        for (key, data) in choice["properties"].as_object().into_iter().flatten() {
            let mut data = data.clone();
            data["description"] = choice["description"].clone();
            properties.insert(key.clone(), data);
        }
    }
}

/// The schema of that JSON, as in `schema/output.schema.json`.
pub(super) fn schema_text() -> String {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Answer<'_>>();
    format!("{}\n", serde_json::to_string_pretty(&schema).expect("a schema is always JSON"))
}
