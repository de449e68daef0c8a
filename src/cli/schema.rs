//! `schema`: prints or writes the JSON schema of the spec.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::output::Output;
use super::{Outcome, Trouble};
use crate::files;
use crate::schema::schema_text;

/// The arguments of `schema`.
#[derive(Args)]
pub(super) struct SchemaArguments {
    /// Write the schema to this file, and replace an older one [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &SchemaArguments, output: &mut Output) -> Result<Outcome, Trouble> {
    match &arguments.out {
        None => output.print(&schema_text())?,
        Some(path) => files::renew(path, &schema_text(), is_schema)?,
    }
    Ok(Outcome::Fine)
}

/// Whether a file is the schema of a spec, of this version or another.
fn is_schema(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_ok_and(|value| value["properties"]["apiVersion"].is_object())
}
