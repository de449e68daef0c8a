//! Texts that no pattern describes: the schema names how each is read, and its type reads it.
//!
//! A field names its [`Reading`], which the schema has as `format`. `check` reads such texts while it holds a file against the
//! schema, and what a type does not take never gets into a spec.

use std::fmt;

use iis_config::names::Refusal;
use schemars::Schema;
use schemars::transform::Transform;
use semver::VersionReq;

use super::{PathFault, PoolName, SiteName, WindowsPath};

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A path that every program reads alike.
    Path,
    /// A path that IIS alone reads, so that it may begin with `%SystemDrive%`.
    PathOfIis,
    /// The name of a site.
    SiteName,
    /// The name of an application pool.
    PoolName,
    /// Versions of this program.
    VersionRequirement,
}

/// Why a text is not what it is read as. Its words follow the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is not a path.
    Path(PathFault),
    /// IIS does not take it as the name of a site.
    Site(Refusal),
    /// IIS does not take it as the name of an application pool.
    Pool(Refusal),
    /// It does not say which versions.
    Versions,
}

impl Unread {
    /// What to write instead.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::Path(fault) => fault.advice(),
            Self::Site(_) => {
                "use the name that IIS Manager shows, or letters, digits and spaces for a new one"
            }
            Self::Versions => "write comparisons with commas between them, such as `>=0.2` or `>=0.2, <0.4`",
            Self::Pool(_) => "use at most 64 letters, digits, spaces, `-`, `_` and `.`",
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(fault) => write!(formatter, "{fault}"),
            Self::Site(why) => write!(formatter, "is not a valid site name: {why}"),
            Self::Versions => formatter.write_str("does not say which versions"),
            Self::Pool(why) => write!(formatter, "is not a valid application pool name: {why}"),
        }
    }
}

impl Reading {
    /// Every one.
    pub(crate) const ALL: [Self; 5] =
        [Self::Path, Self::PathOfIis, Self::SiteName, Self::PoolName, Self::VersionRequirement];

    /// What the schema calls it.
    pub(crate) const fn format(self) -> &'static str {
        match self {
            Self::Path => "windows-path",
            Self::PathOfIis => "iis-path",
            Self::SiteName => "iis-site-name",
            Self::PoolName => "iis-application-pool-name",
            Self::VersionRequirement => "version-requirement",
        }
    }

    /// Reads a text, to find out why it is not this.
    pub(crate) fn read(self, text: &str) -> Result<(), Unread> {
        let path = || text.parse::<WindowsPath>();
        match self {
            Self::Path => path().and_then(literal).map(drop).map_err(Unread::Path),
            Self::PathOfIis => path().map(drop).map_err(Unread::Path),
            Self::SiteName => text.parse::<SiteName>().map(drop).map_err(Unread::Site),
            Self::PoolName => text.parse::<PoolName>().map(drop).map_err(Unread::Pool),
            Self::VersionRequirement => text.parse::<VersionReq>().map(drop).map_err(|_| Unread::Versions),
        }
    }
}

/// A path that every program reads alike.
fn literal(path: WindowsPath) -> Result<WindowsPath, PathFault> {
    if path.is_expanded() { Err(PathFault::Variable) } else { Ok(path) }
}

/// The reading of a field.
pub(super) struct Read(pub Reading);

impl Transform for Read {
    fn transform(&mut self, schema: &mut Schema) {
        schema.insert("format".to_owned(), self.0.format().into());
    }
}
