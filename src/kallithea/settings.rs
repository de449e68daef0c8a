//! `kallithea/settings.json` and `kallithea/apply_settings.py`: the settings in Kallithea's database.
//!
//! In: the deployment. Out: both files. Absent: the ini file ([`ini_files`](super::ini_files)). The rows are those of
//! Kallithea 0.7.0's `model/db.py` (table `settings`) and of `lib/auth_modules`.

use serde_json::{Map, Value, json};

use super::facts::SETTINGS_SCRIPT;
use crate::model::{Activation, Authentication, Container, CreatedBy, Deployment, Ldap};
use crate::template::provenance;
use crate::tree::Tree;

const MODULES: &str = "kallithea.lib.auth_modules";

pub(super) fn emit(deployment: &Deployment, tree: &mut Tree) {
    let settings = serde_json::to_string_pretty(&settings(deployment)).expect("settings are always JSON");
    tree.insert("kallithea/settings.json", format!("{settings}\n"));
    let script = include_str!("templates/apply_settings.py");
    // Python looks for an encoding declaration in the first two lines, and uses the first one.
    let head = format!("# coding: utf-8\n# {}", provenance(deployment));
    tree.insert(format!("kallithea/{SETTINGS_SCRIPT}"), format!("{head}\n{script}"));
}

/// The settings that `apply_settings.py` writes to the database.
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
    let mut default_user =
        json!({ "active": deployment.anonymous_access, "extern_activate": activation, "create": creation });
    // Otherwise, a user could register the name of another person, who then could not sign on. Users whom IIS signs on are kept
    // from that by the bridge, because this setting would also keep them from changing their own name and e-mail address.
    if matches!(deployment.authentication, Authentication::Ldap(_)) {
        default_user["register"] = "hg.register.none".into();
    }
    json!({
        "$comment": provenance(deployment),
        "settings": rows,
        "default_user": default_user,
        // Compared, not applied: the folder was set when Kallithea's database was created.
        "repositories": deployment.kallithea.repositories,
    })
}

/// The plugins in the order in which Kallithea asks them. Its own accounts stay; otherwise nobody could sign
/// on if IIS or the directory fails.
fn plugins(authentication: &Authentication) -> String {
    match authentication {
        Authentication::Windows(_) => format!("{MODULES}.auth_container,{MODULES}.auth_internal"),
        Authentication::Ldap(_) => format!("{MODULES}.auth_internal,{MODULES}.auth_ldap"),
        Authentication::Internal => format!("{MODULES}.auth_internal"),
    }
}

/// The administration page writes Booleans as these words.
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
