//! The bill of materials, in CycloneDX 1.6.
//!
//! In: the crates of a target. Out: JSON with their names, versions, hashes, licences, and what uses what. Absent: paths of this
//! machine, and vulnerabilities. Source of the form: the reference of CycloneDX 1.6 (<https://cyclonedx.org/docs/1.6/json/>).

use serde_json::{Value, json};

use super::Release;
use super::dependencies::{Dependency, Name};

/// The name of a crate of crates.io as package-url writes it (<https://github.com/package-url/purl-spec>).
fn address((name, version): &Name) -> String {
    format!("pkg:cargo/{name}@{version}")
}

/// The bill of a target.
pub fn text(release: &Release, triple: &str, dependencies: &[Dependency]) -> String {
    let is_own = |dependency: &&Dependency| dependency.name.0 == "kallithea-iisc";
    let (own, others): (Vec<&Dependency>, Vec<&Dependency>) = dependencies.iter().partition(is_own);
    let mut program: Value = own.first().map(|own| component("application", own)).unwrap_or_default();
    program["properties"] = json!([{ "name": "cargo:target", "value": triple }]);
    let components: Vec<Value> = others.iter().map(|dependency| component("library", dependency)).collect();
    let uses = |dependency: &Dependency| {
        let mut uses: Vec<String> = dependency.uses.iter().map(address).collect();
        uses.sort();
        json!({ "ref": address(&dependency.name), "dependsOn": uses })
    };
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "timestamp": release.time, "component": program },
        "components": components,
        "dependencies": dependencies.iter().map(uses).collect::<Vec<_>>(),
    });
    format!("{bill:#}\n")
}

fn component(kind: &str, dependency: &Dependency) -> Value {
    let (name, version) = &dependency.name;
    let address = address(&dependency.name);
    let mut component = json!({
        "type": kind,
        "bom-ref": address,
        "name": name,
        "version": version,
        "licenses": [{ "expression": dependency.licence }],
    });
    // Only what has a hash in Cargo.lock is on crates.io.
    if let Some(hash) = &dependency.hash {
        component["purl"] = address.into();
        component["hashes"] = json!([{ "alg": "SHA-256", "content": hash }]);
    }
    if let (Some(_), Some(repository)) = (&dependency.hash, &dependency.repository) {
        component["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::release::tests::invented;

    #[test]
    fn the_bill_names_what_uses_what_and_no_path() {
        let name = |name: &str| (name.to_owned(), "1.2.3".to_owned());
        let dependency = |own: &str, hash: Option<&str>, uses: Vec<Name>| Dependency {
            name: name(own),
            licence: "MIT OR Apache-2.0".to_owned(),
            repository: Some("https://example.org/it".to_owned()),
            hash: hash.map(str::to_owned),
            folder: "/home/somebody/sources".into(),
            uses,
        };
        let text = text(
            &invented(),
            "a-target",
            &[
                dependency("kallithea-iisc", None, vec![name("serde")]),
                dependency("serde", Some("00ff"), vec![]),
            ],
        );
        assert!(!text.contains("/home"), "{text}");
        let bill: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(bill["metadata"]["component"]["name"], "kallithea-iisc");
        assert_eq!(bill["components"].as_array().map(Vec::len), Some(1));
        assert_eq!(bill["components"][0]["hashes"][0]["content"], "00ff");
        assert_eq!(bill["dependencies"][0]["dependsOn"], json!(["pkg:cargo/serde@1.2.3"]));
    }
}
