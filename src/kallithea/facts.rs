//! Facts about Kallithea 0.7.0 that need no other part of the compiler: names, versions, limits.
//!
//! In: nothing. Out: constants, each with its source in Kallithea's code. Absent: anything about a deployment.

/// The application's name in messages, and in names of nodes that the deployment adds to IIS.
pub(crate) const NAME: &str = "Kallithea";

/// The same as part of a path, of an address, or of a deployment's name.
pub(crate) const SHORT_NAME: &str = "kallithea";

/// The version of Python that suits it best: it gets fixes, with an installer for Windows, and was tried.
pub(crate) const PYTHON: &str = "3.13";

/// The version of the package in `kallithea/compat`, as it names it itself.
pub(crate) const COMPATIBILITY: &str = "1";

/// The ini file in the distribution folder, unless the spec names another: the name in Kallithea's own documentation
/// (`docs/setup.rst`).
pub(crate) const INI_FILE: &str = "my.ini";

/// The command that creates an ini file (`bin/kallithea_cli_config.py`).
pub(crate) const CREATE_INI: &str = "kallithea-cli config-create";

/// The script beside pywin32's ISAPI loader on Kallithea's page about IIS (`docs/installation_iis.rst`).
pub(crate) const LOADER_SCRIPT: &str = "dispatch.py";

/// Where the folder of the repositories is stored (`model/db.py`, table `ui`).
pub(crate) const REPOSITORIES_ARE_IN: &str =
    "Kallithea's database contains this folder; its administration page shows it (Settings, VCS).";

/// A file that every user may read, and that needs no database.
pub(crate) const HEALTH_PAGE: &str = "/images/kallithea-logo.svg";

/// The key of the ini file with the database's address (`config/app_cfg.py`).
pub(crate) const DATABASE_ADDRESS: &str = "sqlalchemy.url";

/// The connections that SQLAlchemy's pool provides, unless the ini file sets another size: 5, and 10 more under load.
pub(crate) const DATABASE_CONNECTIONS: u32 = 15;

/// Values in a secret's place that are not secret: that of the template before anyone fills it in
/// (`kallithea/lib/inifile.py`, `default_variables`; `templates/ini/template.ini.mako`), and that of Kallithea's
/// development.ini (`scripts/generate-ini.py`).
pub(crate) const PLACEHOLDERS: [&str; 2] = ["VERY-SECRET", "development-not-secret"];

/// The template's variables, which may be shown.
pub(crate) const VARIABLES: [&str; 2] = ["${uuid()}", "${app_instance_uuid}"];

/// The script in the outputs that sets the settings in the database.
pub(crate) const SETTINGS_SCRIPT: &str = "apply_settings.py";

/// What that script does without arguments.
pub(crate) const SETTINGS_STEP: &str = "apply settings.json to the database";

/// The folder of node.js packages of the front end, below the folder of the installed packages.
pub(crate) const FRONT_END_MODULES: &str = r"kallithea\front-end\node_modules";

/// A file that only the front-end's build creates, below the folder of the installed packages.
pub(crate) const STYLE_SHEET: &str = r"kallithea\public\css\style.css";
