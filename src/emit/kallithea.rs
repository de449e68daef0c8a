//! `kallithea/`: what Kallithea itself must be told, in its ini file and in its database.
//!
//! Keys of the ini are those of Kallithea 0.7.0's `templates/ini/template.ini.mako`; rows of the database those of
//! `model/db.py` (table `settings`) and of `lib/auth_modules`.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::ini_keys::ini_keys;
use super::{provenance, template};
use crate::ini::{Key, Wanted};
use crate::model::{
    Activation, Authentication, Container, CreatedBy, Database, DatabaseKind, Deployment, Ldap,
};
use crate::tree::Tree;

const MODULES: &str = "kallithea.lib.auth_modules";

pub(super) fn emit(deployment: &Deployment, tree: &mut Tree) {
    tree.insert("kallithea/auth.ini", ini(deployment));
    let settings = serde_json::to_string_pretty(&settings(deployment)).expect("settings are always JSON");
    tree.insert("kallithea/settings.json", format!("{settings}\n"));
    let script = include_str!("../templates/apply_settings.py");
    // Python looks for a declaration of the encoding in the first two lines, and takes the first.
    let head = format!("# coding: utf-8\n# {}", provenance(deployment));
    tree.insert("kallithea/apply_settings.py", format!("{head}\n{script}"));
}

#[derive(Serialize)]
struct Ini<'a> {
    provenance: String,
    ini: &'a str,
    sections: Vec<IniSection>,
    database_url: Option<String>,
    in_farm: bool,
}

#[derive(Serialize)]
struct IniSection {
    name: &'static str,
    keys: Vec<IniKey>,
}

#[derive(Serialize)]
struct IniKey {
    why: &'static str,
    line: String,
}

fn ini(deployment: &Deployment) -> String {
    let mut sections: Vec<IniSection> = Vec::new();
    // The template says more of what holds a password.
    for key in ini_keys(deployment).into_iter().filter(|key| !matches!(key.wanted, Wanted::Address(_))) {
        let line = IniKey { why: key.why, line: ini_line(&key) };
        match sections.iter_mut().find(|section| section.name == key.section) {
            Some(section) => section.keys.push(line),
            None => sections.push(IniSection { name: key.section, keys: vec![line] }),
        }
    }
    let context = Ini {
        provenance: provenance(deployment),
        ini: &deployment.kallithea.ini,
        sections,
        database_url: deployment.kallithea.database.as_ref().and_then(database_url),
        in_farm: deployment.farm.is_some(),
    };
    template::fill(include_str!("../templates/auth.ini.j2"), context)
}

/// A key as in the file, or what is said of it.
pub(super) fn ini_line(key: &Key) -> String {
    match &key.wanted {
        Wanted::Secret => {
            format!("# {}: an existing value stays; otherwise write a random text of its own.", key.name)
        }
        Wanted::Absent => format!("# {}: must be missing or commented out.", key.name),
        Wanted::OtherFilter => format!("# {}: must not be egg:PasteDeploy#prefix.", key.name),
        known => format!("{} = {}", key.name, known.written().unwrap_or_default()).trim_end().to_owned(),
    }
}

/// A server's database as SQLAlchemy names it, with a word in the password's place. SQLite's stays where it is.
fn database_url(database: &Database) -> Option<String> {
    let (scheme, rest) = match database.kind {
        DatabaseKind::Sqlite => return None,
        DatabaseKind::Postgresql => ("postgresql", ""),
        DatabaseKind::Mysql => ("mysql", "?charset=utf8mb4"),
    };
    let (server, port) = database.server.as_ref()?;
    let Database { user, name, .. } = database;
    Some(format!("{scheme}://{user}:<password>@{server}:{port}/{name}{rest}"))
}

/// What `apply_settings.py` brings the database to.
fn settings(deployment: &Deployment) -> Value {
    let mut rows = Map::new();
    rows.insert("auth_plugins".to_owned(), plugins(&deployment.authentication).into());
    rows.insert("auth_internal_enabled".to_owned(), truth(true));
    match &deployment.authentication {
        Authentication::Windows(windows) => container(&windows.container, &mut rows),
        Authentication::Ldap(directory) => ldap(directory, &mut rows),
        Authentication::Internal => {}
    }
    let activation = match deployment.activation {
        Activation::Automatic => "hg.extern_activate.auto",
        Activation::Manual => "hg.extern_activate.manual",
    };
    let creation = match deployment.kallithea.created_by {
        CreatedBy::Administrators => "hg.create.none",
        CreatedBy::Everybody => "hg.create.repository",
    };
    json!({
        "$comment": provenance(deployment),
        "settings": rows,
        "default_user": { "active": deployment.anonymous_access, "extern_activate": activation, "create": creation },
        // Compared, not applied: Kallithea has the folder from whoever made its database.
        "repositories": deployment.kallithea.repositories,
    })
}

/// The plugins in the order in which Kallithea asks them. Its own accounts stay, or nobody could sign on where
/// IIS or the directory fails.
fn plugins(authentication: &Authentication) -> String {
    match authentication {
        Authentication::Windows(_) => format!("{MODULES}.auth_container,{MODULES}.auth_internal"),
        Authentication::Ldap(_) => format!("{MODULES}.auth_internal,{MODULES}.auth_ldap"),
        Authentication::Internal => format!("{MODULES}.auth_internal"),
    }
}

/// The administration page writes booleans as these words.
fn truth(value: bool) -> Value {
    if value { "True" } else { "False" }.into()
}

fn container(container: &Container, rows: &mut Map<String, Value>) {
    let values = [
        ("enabled", truth(true)),
        ("header", container.header.as_str().into()),
        ("clean_username", truth(container.clean_username)),
        ("email_header", container.email_header.as_str().into()),
        ("firstname_header", container.first_name_header.as_str().into()),
        ("lastname_header", container.last_name_header.as_str().into()),
        ("fallback_header", container.fallback_header.as_str().into()),
    ];
    rows.extend(values.map(|(name, value)| (format!("auth_container_{name}"), value)));
}

fn ldap(ldap: &Ldap, rows: &mut Map<String, Value>) {
    let values = [
        ("enabled", truth(true)),
        ("host", ldap.host.as_str().into()),
        ("port", ldap.port.to_string().into()),
        ("tls_kind", ldap.connection_security.as_kallithea().into()),
        ("tls_reqcert", ldap.certificate_checks.as_kallithea().into()),
        ("cacertdir", ldap.ca_certificates.as_str().into()),
        ("dn_user", ldap.bind_account.as_str().into()),
        ("base_dn", ldap.base_dn.as_str().into()),
        ("filter", ldap.filter.as_str().into()),
        ("search_scope", ldap.search_scope.as_kallithea().into()),
        ("attr_login", ldap.login_attribute.as_str().into()),
        ("attr_firstname", ldap.first_name_attribute.as_str().into()),
        ("attr_lastname", ldap.last_name_attribute.as_str().into()),
        ("attr_email", ldap.email_attribute.as_str().into()),
    ];
    rows.extend(values.map(|(name, value)| (format!("auth_ldap_{name}"), value)));
}
