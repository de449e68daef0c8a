//! The manifests of winget and Scoop, from which both install a release.
//!
//! In: a release, and the hashes of its files. Out: three YAML files and one JSON file. Absent: sending them to the repositories of
//! winget and Scoop. Sources of the forms: the schemas in `xtask/schemas`.

use serde_json::json;

use super::msi::{Product, UPGRADE};
use super::{Release, WINDOWS};

/// The description, as Cargo.toml has it.
const ABOUT: &str = "Compiles one deployment spec into everything that Kallithea needs under Microsoft IIS";

/// The files of winget, by the end of their names.
const WINGET: [(&str, &str); 3] = [
    ("", include_str!("winget/version.yaml")),
    (".installer", include_str!("winget/installer.yaml")),
    (".locale.en-US", include_str!("winget/locale.yaml")),
];

/// The manifests with their paths; the hashes are SHA-256, of the zip for Scoop and of the MSI for winget.
pub fn of(release: &Release, product: &Product, zip: &str, msi: &str) -> Vec<(String, String)> {
    let winget = WINGET.map(|(end, template)| {
        let text = template
            .replace("@OWNER@", release.owner())
            .replace("@VERSION@", &release.version)
            .replace("@HOME@", &release.home)
            .replace("@ABOUT@", ABOUT)
            .replace("@DAY@", release.day())
            .replace("@URL@", &release.address(&release.msi()))
            .replace("@SHA256@", &msi.to_uppercase())
            .replace("@PRODUCT@", &product.code)
            .replace("@UPGRADE@", UPGRADE);
        (format!("winget/{}.kallithea-iisc{end}.yaml", release.owner()), text)
    });
    let scoop = ("scoop/kallithea-iisc.json".to_owned(), scoop(release, zip));
    winget.into_iter().chain([scoop]).collect()
}

fn scoop(release: &Release, zip: &str) -> String {
    // Scoop fills in the version of a later release.
    let later = Release {
        version: "$version".to_owned(),
        home: release.home.clone(),
        time: release.time.clone(),
        seconds: release.seconds,
    };
    let of = |release: &Release| {
        json!({
            "url": release.address(&release.file(WINDOWS, ".zip")),
            "extract_dir": release.file(WINDOWS, ""),
        })
    };
    let mut now = of(release);
    now["hash"] = zip.into();
    let mut then = of(&later);
    then["hash"] = json!({ "url": "$baseurl/SHA256SUMS" });
    let manifest = json!({
        "version": release.version,
        "description": ABOUT,
        "homepage": release.home,
        "license": "MIT|Apache-2.0",
        "architecture": { "64bit": now },
        "bin": "kallithea-iisc.exe",
        "checkver": { "github": release.home },
        "autoupdate": { "architecture": { "64bit": then } },
    });
    format!("{manifest:#}\n")
}

#[cfg(test)]
mod tests {
    use jsonschema::Validator;
    use serde_json::Value;

    use super::*;
    use crate::dist::release::tests::invented;

    fn schema(text: &str) -> Validator {
        let schema: Value = serde_json::from_str(text).expect("a schema is JSON");
        jsonschema::validator_for(&schema).expect("a schema")
    }

    fn manifests() -> Vec<(String, Value)> {
        let release = invented();
        let product = Product::of(&release, &[]);
        let hash = "0a".repeat(32);
        let read = |text: &str| serde_yaml::from_str(text).expect("YAML, which JSON is, too");
        of(&release, &product, &hash, &hash).iter().map(|(path, text)| (path.clone(), read(text))).collect()
    }

    #[test]
    fn the_manifests_have_the_form_that_winget_and_scoop_require() {
        let schemas = [
            schema(include_str!("../../schemas/winget/manifest.version.1.12.0.json")),
            schema(include_str!("../../schemas/winget/manifest.installer.1.12.0.json")),
            schema(include_str!("../../schemas/winget/manifest.defaultLocale.1.12.0.json")),
            schema(include_str!("../../schemas/scoop.json")),
        ];
        for ((path, manifest), schema) in manifests().iter().zip(&schemas) {
            let errors: Vec<String> = schema.iter_errors(manifest).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{path}: {errors:#?} in {manifest:#}");
            assert!(!manifest.to_string().contains('@'), "{path}: {manifest:#}");
        }
        assert!(!schemas[1].is_valid(&manifests()[0].1), "the schemas refuse something");
        assert!(!schemas[3].is_valid(&serde_json::json!({ "version": "1" })), "the schemas refuse something");
    }

    #[test]
    fn each_program_is_downloaded_from_where_the_release_has_it() {
        let manifests = manifests();
        let home = "https://github.com/example/kallithea-iisc/releases/download/v1.2.3/";
        let installer = &manifests[1].1["Installers"][0];
        assert_eq!(installer["InstallerUrl"], format!("{home}kallithea-iisc-1.2.3-x64.msi"));
        assert_eq!(installer["InstallerSha256"], "0A".repeat(32));
        let scoop = &manifests[3].1;
        let zip = format!("{home}kallithea-iisc-1.2.3-x86_64-pc-windows-gnu.zip");
        assert_eq!(scoop["architecture"]["64bit"]["url"], zip);
        let later = scoop["autoupdate"]["architecture"]["64bit"]["url"].as_str().expect("an address");
        assert_eq!(later.replace("$version", "1.2.3"), zip);
        assert!(include_str!("../../../Cargo.toml").contains(&format!("description = \"{ABOUT}\"")));
    }
}
