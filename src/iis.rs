//! What this project knows of IIS, stated as tables, and a checker that holds XML against them.
//!
//! - [`Version`] names the releases that a deployment can target.
//! - [`schema`] is the vocabulary of the tables, and the way to look a fact up by its path.
//! - `tables` holds the facts themselves, one file per group of sections. They are stated for the sections that the
//!   compiler writes; a section that is absent here is one that no output may hold.
//! - [`names`] and [`limits`] are facts that IIS does not keep in its configuration sections.
//! - [`markup`] reads a file into elements that know where they stand; the checker and the editor work on that.
//! - [`effective`] says what holds for one application, after all files that decide for it.
//! - [`check`] holds a document against the tables and reports everything that IIS would refuse.
//!
//! Absent on purpose: attributes that the running server alone computes and no file can set (a pool's `state`, a
//! binding's `certificateHash`), and every section that a deployment of Kallithea has no use for.
//!
//! Pages are cited by their path below `https://learn.microsoft.com/en-us/iis/configuration/`.

pub mod check;
pub mod effective;
pub mod limits;
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
