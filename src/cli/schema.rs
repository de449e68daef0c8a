//! `schema`: prints or writes the JSON schema of the spec.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::output::Output;
use super::{Outcome, Trouble};
use crate::files;
use crate::schema::{base_schema_text, schema_text};

/// The arguments of `schema`.
#[derive(Args)]
pub(super) struct SchemaArguments {
    /// Write the schema to this file, and replace an older one [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Use the schema of the files that specs extend: no key is required
    #[arg(long)]
    base: bool,
}

pub(super) fn run(arguments: &SchemaArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    let text = if arguments.base { base_schema_text() } else { schema_text() };
    match &arguments.out {
        None => output.print(&text)?,
        Some(path) => files::renew(path, &text, is_schema)?,
    }
    Ok(Outcome::Fine)
}

/// Whether a file is the schema of a spec, of this version or another.
fn is_schema(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_ok_and(|value| value["properties"]["apiVersion"].is_object())
}
