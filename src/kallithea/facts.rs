//! Facts about Kallithea 0.7.0 that need no other part of the compiler: names, versions, limits.
//!
//! In: nothing. Out: constants, each with the place in Kallithea's sources that says so. Absent: anything about a deployment.

/// The application's name in messages, and in names of nodes that the deployment adds to IIS.
pub(crate) const NAME: &str = "Kallithea";

/// The one release that the bridge is made for.
pub(crate) const VERSION: &str = "0.7.0";

/// The ini file in the distribution folder, unless the spec names another: the name in Kallithea's own documentation
/// (`docs/setup.rst`).
pub(crate) const INI_FILE: &str = "my.ini";

/// The command that creates an ini file (`bin/kallithea_cli_config.py`).
pub(crate) const CREATE_INI: &str = "kallithea-cli config-create";

/// The key of the ini file with the database's address (`config/app_cfg.py`).
pub(crate) const DATABASE_ADDRESS: &str = "sqlalchemy.url";

/// What SQLAlchemy's pool lends out, unless the ini file sets another size: 5 connections, and 10 in an emergency.
pub(crate) const DATABASE_CONNECTIONS: u32 = 15;

/// Values that are in a secret's place and are not secret: the template's, as nobody filled it in
/// (`kallithea/lib/inifile.py`, `default_variables`; `templates/ini/template.ini.mako`), and that of Kallithea's
/// development.ini (`scripts/generate-ini.py`).
pub(crate) const PLACEHOLDERS: [&str; 2] = ["VERY-SECRET", "development-not-secret"];

/// The template's variables, which may be shown.
pub(crate) const VARIABLES: [&str; 2] = ["${uuid()}", "${app_instance_uuid}"];

/// A page that queries the database, whoever is signed on (`controllers/login.py`).
pub(crate) const SIGN_ON_PAGE: &str = "/_admin/login";

/// A file that only the front-end's build creates, below the folder of the installed packages.
pub(crate) const STYLE_SHEET: &str = r"kallithea\public\css\style.css";
