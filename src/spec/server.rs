//! The server and what stands on it: `target`, `kallithea`, `python`.

use std::fmt;

use iis_config::Version;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::forms;
use super::readings::{Read, Reading};
use super::words::words;
use super::{MachineName, PythonVersion, WindowsPath};
use crate::kallithea::facts;

/// The server for which the outputs are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TargetSpec {
    /// The version of IIS: 7.0 (Windows Server 2008), 7.5 (2008 R2), 8.0 (2012), 8.5 (2012 R2) or 10.0
    /// (2016 and later). The outputs contain only what this version supports.
    #[schemars(with = "String", extend("enum" = Version::ALL.map(Version::number)))]
    pub iis_version: Version,
    /// The architecture of Python, the bridge and the application pool.
    pub architecture: ArchitectureSpec,
    /// Configuration sections that a web.config may contain on this server although IIS locks them by default, such
    /// as `system.webServer/handlers`. Such a section goes into the web.config instead of applicationHost.config.
    #[schemars(extend("uniqueItems" = true, "examples" = [["system.webServer/handlers"]]))]
    pub unlocked_sections: Vec<String>,
}

impl Default for TargetSpec {
    fn default() -> Self {
        Self {
            iis_version: Version::V10_0,
            architecture: ArchitectureSpec::default(),
            unlocked_sections: Vec::new(),
        }
    }
}

words! {
    /// The bitness of a process.
    #[derive(Default, PartialOrd, Ord, Hash)]
    pub enum ArchitectureSpec, as_word {
        /// 64-bit.
        #[default]
        X64 = "x64",
        /// 32-bit, which a 64-bit Windows runs in a pool with 32-bit applications enabled.
        X86 = "x86",
    }
}

impl fmt::Display for ArchitectureSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::X64 => "64-bit",
            Self::X86 => "32-bit",
        })
    }
}

/// Kallithea's folders and database on the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["distribution", "repositories"]))]
pub struct KallitheaSpec {
    /// Kallithea's folder. Other paths default to places below it.
    #[schemars(with = "String", transform = Read(Reading::Path), extend("examples" = ["C:\\inetpub\\kallithea"]))]
    pub distribution: WindowsPath,
    /// Kallithea's ini file. Default: `my.ini` in the distribution folder.
    #[schemars(with = "Option<String>", transform = Read(Reading::Path))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ini: Option<WindowsPath>,
    /// The folder of the repositories.
    #[schemars(with = "String", transform = Read(Reading::Path), extend("examples" = ["D:\\repositories"]))]
    pub repositories: WindowsPath,
    /// The database. Leave it out if the ini file alone decides it; a farm needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseSpec>,
    /// Who may create repositories outside groups, empty ones or clones. Grant rights on groups on Kallithea's pages.
    pub created_by: CreatedBySpec,
    /// The sources from which users may clone a repository by address. Everybody who may create a repository can give
    /// an address.
    pub cloned_from: ClonedFromSpec,
}

words! {
    /// Who may create repositories outside groups: the default user's permission `hg.create.*`.
    #[derive(Default)]
    pub enum CreatedBySpec, as_word {
        /// Administrators, and users with that right.
        #[default]
        Administrators = "administrators",
        /// Every user who has signed on.
        Everybody = "everybody",
    }
}

words! {
    /// The sources from which users may clone repositories and fetch changes.
    #[derive(Default)]
    pub enum ClonedFromSpec, as_word {
        /// Other machines, except loopback and link-local addresses.
        #[default]
        OtherMachines = "otherMachines",
        /// This machine as well, including services that only it can reach.
        Everywhere = "everywhere",
    }
}

/// Kallithea's database. Only the ini file on the server contains its password.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["kind"]))]
pub struct DatabaseSpec {
    /// The kind of database.
    pub kind: DatabaseKindSpec,
    /// The machine that runs the database. Not for `sqlite`.
    #[schemars(
        with = "Option<String>",
        transform = forms::Text(forms::MACHINE),
        extend("examples" = ["db.corp.example.com"])
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<MachineName>,
    /// The database server's TCP port. Default: 5432 for `postgresql`, 3306 for `mysql`.
    #[schemars(range(min = 1, max = 65535))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The database's name on that server.
    #[schemars(transform = forms::Text(forms::DATABASE_NAME))]
    pub name: DatabaseName,
    /// The account that Kallithea uses there.
    #[schemars(transform = forms::Text(forms::DATABASE_NAME))]
    pub user: DatabaseName,
}

/// A name that needs no escaping in a URL, `kallithea` by default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct DatabaseName(pub String);

impl Default for DatabaseName {
    fn default() -> Self {
        Self(facts::SHORT_NAME.to_owned())
    }
}

words! {
    /// Databases that Kallithea supports.
    #[derive(Default)]
    pub enum DatabaseKindSpec, as_kallithea {
        /// A file beside the ini file, for one machine.
        #[default]
        Sqlite = "sqlite",
        /// PostgreSQL.
        Postgresql = "postgresql",
        /// MySQL or MariaDB.
        Mysql = "mysql",
    }
}

/// The Python that runs Kallithea.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["home", "version"]))]
pub struct PythonSpec {
    /// The folder of `python.exe` and `python3XX.dll`.
    #[schemars(with = "String", transform = Read(Reading::Path), extend("examples" = ["C:\\Python313"]))]
    pub home: WindowsPath,
    /// Python's version, in quotes: `"3.9"` to `"3.14"`. `"3.13"` is the one that gets fixes and was tried on Windows.
    #[schemars(with = "String", transform = forms::Text(forms::PYTHON_VERSION), extend("examples" = ["3.13"]))]
    pub version: PythonVersion,
    /// Python's architecture, to check it against `target.architecture`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<ArchitectureSpec>,
    /// The folder of the virtual environment with Kallithea (the one with `pyvenv.cfg`). Leave it out if Kallithea is
    /// installed directly into Python.
    #[schemars(with = "Option<String>", transform = Read(Reading::Path))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_environment: Option<WindowsPath>,
}
