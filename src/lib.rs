//! `kallithea-iisc`: one deployment spec in, everything that Kallithea needs under Microsoft IIS out.

pub mod bridge;
pub mod characters;
pub mod check;
pub mod cli;
pub mod deployed;
pub mod diagnostic;
pub mod emit;
pub mod files;
pub mod import;
pub mod ini;
pub mod init;
pub mod lint;
pub mod lower;
pub mod merge;
pub mod model;
pub mod probe;
pub mod route;
pub mod schema;
pub mod serve;
pub mod source;
pub mod spec;
pub mod toolchain;
pub mod trace;
pub mod tree;
pub mod yaml;
