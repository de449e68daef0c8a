//! The server and what stands on it: `target`, `kallithea`, `python`.

use std::fmt;

use iis_config::Version;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PythonVersion;
use super::forms;
use super::words::words;

/// The server that the outputs are for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TargetSpec {
    /// The version of IIS: 7.0 (Windows Server 2008), 7.5 (2008 R2), 8.0 (2012), 8.5 (2012 R2) or 10.0
    /// (2016 and later). Nothing is emitted that this version does not know.
    #[schemars(with = "IisVersionName")]
    pub iis_version: Version,
    /// The architecture of Python, and so of the bridge and of the application pool.
    pub architecture: ArchitectureSpec,
    /// Configuration sections that this server lets a web.config hold although IIS locks them by
    /// default, such as `system.webServer/handlers`. Such a section goes into the web.config instead
    /// of applicationHost.config.
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

/// The spellings of [`TargetSpec::iis_version`] in the schema.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only the schema is made from it")]
enum IisVersionName {
    #[serde(rename = "7.0")]
    V7_0,
    #[serde(rename = "7.5")]
    V7_5,
    #[serde(rename = "8.0")]
    V8_0,
    #[serde(rename = "8.5")]
    V8_5,
    #[serde(rename = "10.0")]
    V10_0,
}

/// The word length of a process.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ArchitectureSpec {
    /// 64-bit.
    #[default]
    X64,
    /// 32-bit, which a 64-bit Windows runs in a pool with 32-bit applications enabled.
    X86,
}

impl fmt::Display for ArchitectureSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::X64 => "64-bit",
            Self::X86 => "32-bit",
        })
    }
}

/// Kallithea's own places on the server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["distribution", "repositories"]))]
pub struct KallitheaSpec {
    /// The folder that Kallithea lives in. Other paths default to places below it.
    #[schemars(extend("examples" = ["C:\\inetpub\\kallithea"]))]
    pub distribution: String,
    /// Kallithea's ini file. Default: `my.ini` in the distribution folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ini: Option<String>,
    /// The folder that holds the repositories.
    #[schemars(extend("examples" = ["D:\\repositories"]))]
    pub repositories: String,
    /// The database. Leave it out where the ini file's own business is enough; a farm needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseSpec>,
    /// Who may create repositories, empty ones and clones of others, outside of groups. Rights to groups are given on Kallithea's pages.
    pub created_by: CreatedBySpec,
    /// From where repositories may be cloned by an address that somebody names. Everybody who may create one may name an address.
    pub cloned_from: ClonedFromSpec,
}

/// Who may create repositories outside of groups: the default user's permission `hg.create.*`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CreatedBySpec {
    /// Administrators, and those to whom they give the right.
    #[default]
    Administrators,
    /// Every user who has signed on.
    Everybody,
}

/// From where repositories may be cloned, and changes fetched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ClonedFromSpec {
    /// Other machines: no loopback and no link-local address.
    #[default]
    OtherMachines,
    /// This machine as well, with all that it serves to itself alone.
    Everywhere,
}

/// Kallithea's database. Its password stands in the ini file on the server and nowhere else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("required" = ["kind"]))]
pub struct DatabaseSpec {
    /// What it is.
    pub kind: DatabaseKindSpec,
    /// The machine that it runs on. Not for `sqlite`.
    #[schemars(transform = forms::Text(forms::MACHINE), extend("examples" = ["db.corp.example.com"]))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Its TCP port. Default: 5432 for `postgresql`, 3306 for `mysql`.
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
        Self("kallithea".to_owned())
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
    #[schemars(extend("examples" = ["C:\\Python311"]))]
    pub home: String,
    /// Python's version, in quotes: `"3.9"`, `"3.10"` or `"3.11"`. Kallithea 0.7.0 does not import on 3.12
    /// and later, and the bridge needs 3.9.
    #[schemars(with = "String", transform = forms::Text(forms::PYTHON_VERSION), extend("examples" = ["3.11"]))]
    pub version: PythonVersion,
    /// Python's architecture, where you want it checked against `target.architecture`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<ArchitectureSpec>,
    /// The folder of the virtual environment that Kallithea is installed in (the one with
    /// `pyvenv.cfg`). Leave it out where Kallithea is installed into Python itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_environment: Option<String>,
}
