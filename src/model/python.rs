//! The Python that runs Kallithea: where its parts are, and what it needs in addition to Kallithea.

use super::{Architecture, Authentication, DatabaseKind, Deployment, PythonVersion, WindowsPath};

/// The Python that runs Kallithea.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// The folder of `python3XX.dll`.
    pub home: WindowsPath,
    /// Major and minor version.
    pub version: PythonVersion,
    /// The virtual environment's folder.
    pub virtual_environment: Option<WindowsPath>,
}

impl Python {
    /// The interpreter that a user or a hook runs: the virtual environment's, or Python's own.
    pub fn executable(&self) -> WindowsPath {
        match &self.virtual_environment {
            Some(folder) => folder.below("Scripts\\python.exe"),
            None => self.home.below("python.exe"),
        }
    }

    /// The folder of the programs that pip installs.
    pub fn scripts(&self) -> WindowsPath {
        self.virtual_environment.as_ref().unwrap_or(&self.home).below("Scripts")
    }

    /// The folder of the packages that pip installs.
    pub fn packages(&self) -> WindowsPath {
        self.virtual_environment.as_ref().unwrap_or(&self.home).below("Lib\\site-packages")
    }

    /// `python311.dll`.
    pub fn library(&self) -> String {
        format!("python{}{}.dll", self.version.major, self.version.minor)
    }

    /// The release to install: the last one with an installer for Windows on python.org, as far as there is a last one.
    pub(crate) fn release(&self) -> String {
        match (self.version.major, self.version.minor) {
            (3, 9) => "3.9.13".to_owned(),
            (3, 10) => "3.10.11".to_owned(),
            (3, 11) => "3.11.9".to_owned(),
            (3, 12) => "3.12.10".to_owned(),
            _ => format!("the newest {}", self.version),
        }
    }

    /// The names of python-ldap's wheels for it.
    pub(crate) fn ldap_wheel(&self, architecture: Architecture) -> String {
        let PythonVersion { major, minor } = self.version;
        let platform = architecture.wheel_platform();
        format!("python_ldap-*-cp{major}{minor}-cp{major}{minor}-{platform}.whl")
    }
}

impl Architecture {
    /// The tag of a wheel for Windows (Python Packaging User Guide, "Platform compatibility tags").
    pub(crate) const fn wheel_platform(self) -> &'static str {
        match self {
            Self::X64 => "win_amd64",
            Self::X86 => "win32",
        }
    }
}

/// A package that Kallithea does not need, but this deployment does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// PostgreSQL's.
    Postgresql,
    /// MySQL's.
    Mysql,
    /// The one for directories.
    Ldap,
}

impl Deployment {
    /// What the deployment's database and directory need in addition to Kallithea.
    pub fn drivers(&self) -> Vec<Driver> {
        let database = self.kallithea.database.as_ref().and_then(|database| match database.kind {
            DatabaseKind::Postgresql => Some(Driver::Postgresql),
            DatabaseKind::Mysql => Some(Driver::Mysql),
            DatabaseKind::Sqlite => None,
        });
        let directory = matches!(self.authentication, Authentication::Ldap(_)).then_some(Driver::Ldap);
        database.into_iter().chain(directory).collect()
    }
}
