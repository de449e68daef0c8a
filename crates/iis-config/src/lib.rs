//! What Microsoft IIS accepts in its configuration files: tables, a reader, a checker and a lossless editor.
//!
//! The files are applicationHost.config and web.config, of IIS 7.0 to 10.0. The crate does not need Windows.
//!
//! - [`Version`] names the releases of IIS.
//! - [`schema`] defines the types of the tables, and looks a fact up by its path. It also reads a server's own schema
//!   files.
//! - `tables` holds the facts themselves, one file per group of sections.
//! - [`names`], [`paths`] and [`limits`] hold facts that IIS does not keep in its configuration sections.
//! - [`case`] decides where upper and lower case are the same.
//! - [`markup`] reads a file into elements that know their positions.
//! - [`edit`] changes a file and leaves every other byte as it was.
//! - [`declared`] and [`locks`] say which sections a server has, and which it locks.
//! - [`check`] checks a document against the tables and reports everything that IIS would refuse.
//! - [`hosting`] finds what one application pool or site says, or its defaults.
//! - [`effective`] gives the configuration of one application, merged from all files that configure it.
//!
//! With the feature `serde`, [`Version`] and [`TimeSpan`] are serialized as their text.
//!
//! Absent on purpose: attributes that only the running server computes and no file can set (a pool's `state`, a binding's
//! `certificateHash`), and sections that the tables do not name. The files are absent too: every function takes and returns
//! text.
//!
//! Pages are cited by their path below `https://learn.microsoft.com/en-us/iis/configuration/`.

#![warn(unreachable_pub)]

pub mod case;
pub mod check;
pub mod declared;
pub mod edit;
pub mod effective;
pub mod hosting;
mod level;
pub mod limits;
mod location;
pub mod locks;
pub mod markup;
pub mod names;
pub mod paths;
mod pool_sid;
pub mod schema;
mod tables;
mod time_span;
mod version;

pub use pool_sid::pool_sid;
pub use schema::{locked_by_default, section, sections, since};
pub use time_span::{NotATimeSpan, TimeSpan};
pub use version::{UnknownVersion, Version};

/// The examples of README.md, which are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
