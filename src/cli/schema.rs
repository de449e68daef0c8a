//! `schema`: prints or writes a JSON schema.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::output::Output;
use super::{Outcome, Trouble, answer};
use crate::files;
use crate::schema::{base_schema_text, schema_text};

/// The arguments of `schema`.
#[derive(Args)]
pub(super) struct SchemaArguments {
    /// Choose what the schema describes
    #[arg(value_name = "WHAT", default_value = "spec")]
    what: What,
    /// Write the schema to this file, and replace an older one [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// A deployment spec
    Spec,
    /// A file that specs extend: no key is required
    Base,
    /// What `--format json` prints
    JsonOutput,
}

pub(super) fn run(arguments: &SchemaArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let text = match arguments.what {
        What::Spec => schema_text(),
        What::Base => base_schema_text(),
        What::JsonOutput => answer::schema_text(),
    };
    match &arguments.out {
        None => output.print(&text)?,
        Some(path) => files::renew(path, &text, is_schema)?,
    }
    Ok(Outcome::Fine)
}

/// Whether a file is a schema of this program, of this version or another.
fn is_schema(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_ok_and(|value| {
        let keys = &value["properties"];
        keys["apiVersion"].is_object() || (keys["exitCode"].is_object() && keys["results"].is_object())
    })
}
