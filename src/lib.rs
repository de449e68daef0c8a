//! `kallithea-iisc`: one deployment spec in, everything that Kallithea needs under Microsoft IIS out.

#![warn(unreachable_pub)]

pub mod bridge;
pub mod characters;
pub mod check;
pub mod cli;
mod defaults;
mod deployed;
pub mod diagnostic;
pub mod emit;
mod files;
pub mod hash;
pub mod import;
pub mod ini;
pub mod init;
pub mod lint;
pub mod lower;
pub mod manifest;
pub mod merge;
pub mod model;
pub mod node;
mod probe;
pub mod route;
pub mod schema;
mod serve;
pub mod source;
pub mod spec;
pub mod toolchain;
mod trace;
pub mod tree;
mod yaml;
