//! `kallithea-iisc`: one deployment spec in, everything that Kallithea needs under Microsoft IIS out.

pub mod bridge;
pub mod host;
pub mod iis;
pub mod toolchain;
