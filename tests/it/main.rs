//! The compiler without a server, a toolchain or a machine: what it accepts, what it makes, what it prints.

#[path = "../support/mod.rs"]
mod support;

mod application;
mod authored;
mod bridge_sources;
mod cli;
mod diagnostics;
mod docs;
mod dsc;
mod environments;
mod explain;
mod farm;
mod fixing;
mod golden;
mod host_program;
mod hostile;
mod import;
mod ini;
mod init;
mod json_output;
mod layers;
mod lint;
mod lsp;
mod many_specs;
mod merge;
mod outputs;
mod pipelines;
mod ready_made;
mod route;
mod schema;
mod scripts;
mod style;
mod verify;
mod versions;
mod walk;
