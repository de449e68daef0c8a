//! `manifest.json`: every file with its hash, and what they were made from. It contains no times and no machine names.
//!
//! It also contains what `probe` must know about the server, because the folder `bin` does not say it.
//!
//! Binaries have a section of their own, which is added when they are built: comparisons leave them out.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::bridge;
use crate::hash::sha256;
use crate::manifest::{MANIFEST, OURS, text};
use crate::model::{Deployment, Origin};
use crate::template::provenance;
use crate::tree::Tree;

pub(super) fn emit(deployment: &Deployment, engine: &str, tree: &mut Tree) {
    let files: Map<String, Value> =
        tree.iter().map(|(path, text)| (path.to_owned(), hash(path, text).into())).collect();
    let manifest = json!({
        "$comment": provenance(deployment),
        "compiler": OURS,
        "spec": spec(&deployment.origin),
        "server": server(deployment, engine),
        "files": files,
    });
    tree.insert(MANIFEST, text(&manifest));
}

/// The spec, and the files that it extends if there are any.
fn spec(origin: &Origin) -> Value {
    let mut spec = json!({ "file": origin.file, "sha256": origin.sha256 });
    if !origin.bases.is_empty() {
        let bases = origin.bases.iter().map(|base| json!({ "file": base.path, "sha256": base.sha256 }));
        spec["extends"] = bases.collect();
    }
    spec
}

/// A file's hash. The bridge's sources are most of the bytes, so their hashes are computed once for all deployments.
fn hash(path: &str, text: &str) -> String {
    static SOURCES: LazyLock<HashMap<&str, String>> =
        LazyLock::new(|| bridge::FILES.iter().map(|(path, text)| (*path, sha256(text.as_bytes()))).collect());
    let source = path.strip_prefix("dispatch/").and_then(|path| SOURCES.get(path));
    source.cloned().unwrap_or_else(|| sha256(text.as_bytes()))
}

fn server(deployment: &Deployment, engine: &str) -> Value {
    json!({
        "deployment": deployment.name,
        "engine": engine,
        "pythonHome": deployment.python.home,
        "pythonVersion": deployment.python.version,
        "virtualEnvironment": deployment.python.virtual_environment,
        "ini": deployment.kallithea.ini,
        "path": deployment.application.path,
        "log": deployment.bridge.log_file,
    })
}
