//! `kallithea/auth.ini` and `nodes/*/kallithea/node.ini`: the keys of the ini file as text for people.
//!
//! In: the deployment. Out: both files. Absent: the list of keys, which [`ini_keys`](super::ini_keys) has, and the
//! author's own ini file, which the command `ini` changes.

use serde::Serialize;

use super::ini_keys::{ini_keys, node_keys};
use crate::ini::{Key, Wanted};
use crate::model::{Database, DatabaseKind, Deployment, Node};
use crate::template::{self, provenance};
use crate::tree::Tree;

pub(super) fn emit(deployment: &Deployment, tree: &mut Tree) {
    tree.insert("kallithea/auth.ini", ini(deployment));
    for node in deployment.farm.iter().flat_map(|farm| &farm.nodes) {
        tree.insert(format!("nodes/{}/kallithea/node.ini", node.name), node_ini(deployment, node));
    }
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
    // The template says more about keys that contain a password.
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
    template::fill(include_str!("templates/auth.ini.j2"), context)
}

/// A key as written in the file, or what the file says about it.
fn ini_line(key: &Key) -> String {
    match &key.wanted {
        Wanted::Secret => {
            format!("# {}: an existing value stays; otherwise write a random text of its own.", key.name)
        }
        Wanted::Absent => format!("# {}: must be missing or commented out.", key.name),
        Wanted::OtherFilter => format!("# {}: must not be egg:PasteDeploy#prefix.", key.name),
        known => format!("{} = {}", key.name, known.written().unwrap_or_default()).trim_end().to_owned(),
    }
}

/// A database server's address as SQLAlchemy writes it, with a word instead of the password. That of SQLite stays.
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

#[derive(Serialize)]
struct NodeIni<'a> {
    provenance: String,
    node: &'a str,
    ini: &'a str,
    keys: Vec<NodeKey>,
}

#[derive(Serialize)]
struct NodeKey {
    /// If it differs from that of the key before.
    why: Option<&'static str>,
    line: String,
}

fn node_ini(deployment: &Deployment, node: &Node) -> String {
    let mut said = None;
    let key = |key: Key| NodeKey {
        why: (said.replace(key.why) != Some(key.why)).then_some(key.why),
        line: ini_line(&key),
    };
    let context = NodeIni {
        provenance: provenance(deployment),
        node: &node.name,
        ini: &deployment.kallithea.ini,
        keys: node_keys(deployment, node).into_iter().map(key).collect(),
    };
    template::fill(include_str!("templates/node.ini.j2"), context)
}
