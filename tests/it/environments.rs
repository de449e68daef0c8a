//! Specs that extend other files: `examples/environments`, its goldens, and what is said of broken ones.
//!
//! The bridge's sources are left out of these goldens: `golden/` has them five times.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support;
use crate::support::program::{code, error, made, out, run};

const ENVIRONMENTS: [&str; 3] = ["dev", "test", "prod"];

/// A folder with these files, by their paths.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let place = folder.path().join(path);
        fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        fs::write(place, text).expect("a file");
    }
    folder
}

/// A spec that lacks nothing, as a base.
fn base() -> String {
    support::SHORTEST.to_owned()
}

/// What `check` says of `prod/deploy.yaml` beside `base/kallithea.yaml`.
fn checked(spec: &str, base: &str) -> String {
    let folder = folder(&[("prod/deploy.yaml", spec), ("base/kallithea.yaml", base)]);
    let told = run(&["check", support::text(&folder.path().join("prod/deploy.yaml"))]);
    error(&told).replace(support::text(folder.path()), "")
}

/// The files of an output folder but the bridge's sources.
fn outputs(folder: &Path) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = support::files_below(folder)
        .into_iter()
        .map(|(path, bytes)| (path, String::from_utf8(bytes).expect("a text")))
        .collect();
    found.retain(|path, _| !path.starts_with("dispatch/") || path.ends_with("config.rs"));
    found
}

fn built(spec: &Path, out: &Path) -> BTreeMap<String, String> {
    let told = run(&["build", support::text(spec), "--out", support::text(out), "--no-dll"]);
    assert_eq!(code(&told), 0, "{}", error(&told));
    outputs(out)
}

#[test]
fn each_environment_compiles_to_its_golden() {
    for name in ENVIRONMENTS {
        let folder = tempfile::tempdir().expect("a folder");
        let made = built(&Path::new("examples/environments").join(name).join("deploy.yaml"), folder.path());
        let golden = Path::new("golden/environments").join(name);
        if support::blessing() {
            fs::remove_dir_all(&golden).ok();
            for (path, text) in &made {
                let place = golden.join(path);
                fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
                fs::write(place, text).expect("a golden file");
            }
        }
        let expected = outputs(&golden);
        let differing: Vec<&String> = made
            .keys()
            .chain(expected.keys())
            .filter(|path| made.get(*path) != expected.get(*path))
            .collect();
        assert!(differing.is_empty(), "{name} compiles otherwise; BLESS=1 accepts it: {differing:?}");
    }
}

#[test]
fn a_spec_that_extends_and_the_same_one_in_one_file_build_the_same() {
    for name in ENVIRONMENTS {
        let flat = out(&run(&["show", &format!("examples/environments/{name}/deploy.yaml")]));
        let folder = folder(&[("deploy.yaml", &flat)]);
        let one = built(&folder.path().join("deploy.yaml"), &folder.path().join("out"));
        let several = outputs(&Path::new("golden/environments").join(name));
        let differing: Vec<&str> = one
            .iter()
            .filter(|(path, text)| several.get(*path) != Some(*text))
            .map(|(path, _)| path.as_str())
            .collect();
        // What names the spec's file or its hash.
        assert_eq!(differing, ["RUNBOOK.md", "install.ps1", "manifest.json", "uninstall.ps1"], "{name}");
    }
}

#[test]
fn the_merged_spec_in_the_outputs_is_the_one_that_the_scripts_ask_for() {
    use sha2::{Digest, Sha256};
    let made = outputs(Path::new("golden/environments/test"));
    let hash: String = Sha256::digest(&made["spec.yaml"]).iter().map(|byte| format!("{byte:02x}")).collect();
    for script in ["install.ps1", "uninstall.ps1"] {
        assert!(made[script].contains(&hash) && made[script].contains("'spec.yaml'"), "{script}");
    }
    assert!(made["RUNBOOK.md"].contains(r"apply '.\spec.yaml'"), "the runbook's commands read it");
    assert!(!made["RUNBOOK.md"].contains("deploy.yaml` beside the folder"), "nothing else is to be copied");
    let manifest: Value = serde_json::from_str(&made["manifest.json"]).expect("JSON");
    let bases = manifest["spec"]["extends"].as_array().expect("the bases");
    let bases: Vec<&str> = bases.iter().map(|base| base["file"].as_str().expect("a path")).collect();
    assert_eq!(bases, ["../prod/deploy.yaml", "../base/kallithea.yaml"]);
}

#[test]
fn mappings_are_merged_and_lists_and_values_are_replaced() {
    let files = [
        ("deploy.yaml", "extends: a/middle.yaml\nbridge:\n  threads: 7\n"),
        (
            "a/middle.yaml",
            "extends: ../base.yaml\nunset: [bridge.environmentVariables.A.B]\nauthentication:\n  domains: [NEW]\n",
        ),
        (
            "base.yaml",
            &format!(
                "{}\nauthentication:\n  domains: [OLD, OLDER]\nbridge:\n  queueLength: 50\n  environmentVariables:\n    A.B: x\n    C: y\n",
                base()
            ),
        ),
    ];
    let folder = folder(&files);
    let shown = run(&["show", support::text(&folder.path().join("deploy.yaml")), "--format", "json"]);
    assert_eq!(code(&shown), 0, "{}", error(&shown));
    let shown = made(&shown, "show");
    assert_eq!(shown["spec"]["authentication"]["domains"], serde_json::json!(["NEW"]));
    assert_eq!(
        shown["spec"]["bridge"],
        serde_json::json!({ "queueLength": 50, "environmentVariables": { "C": "y" }, "threads": 7 })
    );
    assert!(shown["spec"].get("extends").is_none() && shown["spec"].get("unset").is_none());
    for (pointer, file) in [
        ("/bridge/threads", "deploy.yaml:3"),
        ("/authentication/domains", "a/middle.yaml:4"),
        ("/bridge/environmentVariables/C", "base.yaml:"),
    ] {
        let place = shown["from"][pointer].as_str().expect("a place").replace('\\', "/");
        assert!(place.contains(file), "{pointer}: {place}");
    }
}

#[test]
fn each_problem_is_where_its_value_is_written() {
    let told = checked(
        "extends: ../base/kallithea.yaml\nname: 3\n",
        &format!("{}\nbridge:\n  threads: many\n", base()),
    );
    assert!(told.contains("/prod/deploy.yaml:2:7"), "{told}");
    assert!(told.contains("2 | name: 3"), "{told}");
    let line = base().lines().count() + 3;
    assert!(told.contains(&format!("/base/kallithea.yaml:{line}:12")), "{told}");
    assert!(told.contains(&format!("{line} |   threads: many")), "{told}");
}

#[test]
fn a_missing_key_names_every_file() {
    let told = checked("extends: ../base/kallithea.yaml\n", &base().replace("name: intranet", ""));
    assert!(
        told.contains("KI202") && told.contains("in /prod/deploy.yaml or /base/kallithea.yaml"),
        "{told}"
    );
    assert!(told.contains("/prod/deploy.yaml:1:1") || told.contains("/base/kallithea.yaml:1:1"), "{told}");
}

#[test]
fn a_secret_in_a_base_is_found_and_hidden_even_if_it_is_replaced() {
    let told = checked(
        "extends: ../base/kallithea.yaml\nbridge:\n  environmentVariables:\n    PGPASSWORD: none\n",
        &format!("{}\nbridge:\n  environmentVariables:\n    PGPASSWORD: hunter2hunter2\n", base()),
    );
    assert!(told.contains("KI318") && told.contains("/base/kallithea.yaml"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn what_cannot_be_extended_is_refused_at_the_path() {
    let cases = [
        ("extends: 'C:\\x.yaml'\n", "KI111", "it has a `\\`"),
        ("extends: /x.yaml\n", "KI111", "it is not relative"),
        ("extends: C:x.yaml\n", "KI111", "it is not relative"),
        ("extends: ''\n", "KI111", "it is empty"),
        ("extends: ../base/\n", "KI111", "it names a folder"),
        ("extends: nul\n", "KI111", "device"),
        ("extends: ../base/other.yaml\n", "KI112", "there is no such file"),
        ("extends: ../base\n", "KI112", "cannot be read"),
        ("extends: deploy.yaml\n", "KI113", "extends itself"),
        ("extends: ../prod/./deploy.yaml\n", "KI113", "extends itself"),
        ("extends: [../base/kallithea.yaml]\n", "KI203", "must be text"),
        ("extends: ../base/kallithea.yaml\nunset: site\n", "KI203", "must be a list"),
        ("extends: ../base/kallithea.yaml\nunset: [site.nam]\n", "KI114", "there is no `site.nam` in"),
        ("unset: [site.name]\n", "KI114", "extends no other"),
    ];
    for (spec, id, words) in cases {
        let told = checked(spec, &base());
        assert!(told.contains(&format!("error[{id}]")) && told.contains(words), "{spec}: {told}");
    }
}

#[test]
fn the_version_that_a_base_requires_counts_for_what_extends_it() {
    let told = checked(
        "extends: ../base/kallithea.yaml\n",
        &format!("requiresVersion: '>=99'\nfuture: 1\n{}", base()),
    );
    assert!(told.contains("error[KI210]") && told.contains("base/kallithea.yaml:1:18"), "{told}");
    assert!(!told.contains("KI201") && told.contains("requires kallithea-iisc >=99, and this is"), "{told}");
    let own = "extends: ../base/kallithea.yaml\nrequiresVersion: '>=0.1'\n";
    let told = checked(own, &format!("requiresVersion: '>=99'\n{}", base()));
    assert!(!told.contains("KI209"), "{told}");
}

#[test]
fn eight_files_can_be_extended_and_nine_cannot() {
    for (count, is_fine) in [(8, true), (9, false)] {
        let mut files: Vec<(String, String)> = (1..count)
            .map(|number| (format!("{number}.yaml"), format!("extends: {}.yaml\n", number + 1)))
            .collect();
        files.push(("deploy.yaml".to_owned(), "extends: 1.yaml\n".to_owned()));
        files.push((format!("{count}.yaml"), base()));
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let folder = folder(&files);
        let told = run(&["check", support::text(&folder.path().join("deploy.yaml"))]);
        assert_eq!(code(&told) == 0, is_fine, "{count}: {}", error(&told));
        assert_eq!(error(&told).contains("KI113"), !is_fine, "{count}");
    }
}

#[test]
fn a_base_that_is_not_a_spec_is_told_at_its_own_place() {
    for (bytes, id) in [
        (&b"\xff\xfea\0"[..], "KI102"),
        (b"name: \xff", "KI102"),
        (b"a: [", "KI101"),
        (b"", "KI107"),
        (b"a: 1\na: 2\n", "KI108"),
    ] {
        let folder = folder(&[("deploy.yaml", "extends: base.yaml\n")]);
        fs::write(folder.path().join("base.yaml"), bytes).expect("a base");
        let told = error(&run(&["check", support::text(&folder.path().join("deploy.yaml"))]));
        assert!(told.contains(id) && told.contains("base.yaml:"), "{id}: {told}");
        assert!(!told.contains("deploy.yaml:1"), "{id}: {told}");
    }
}

#[test]
fn the_sizes_of_all_files_count_together() {
    let large = format!("{}\n# {}\n", base(), "x".repeat(600 * 1024));
    let told = checked(&format!("extends: ../base/kallithea.yaml\n# {}\n", "y".repeat(600 * 1024)), &large);
    assert!(told.contains("KI103") && told.contains("together larger"), "{told}");
}

#[test]
fn a_changed_base_is_a_difference() {
    let folder = folder(&[("deploy.yaml", "extends: base.yaml\n"), ("base.yaml", &base())]);
    let spec = folder.path().join("deploy.yaml");
    built(&spec, &folder.path().join("out"));
    assert_eq!(code(&run(&["diff", support::text(&spec)])), 0);
    fs::write(folder.path().join("base.yaml"), format!("{}\n# a word\n", base())).expect("a base");
    let told = run(&["diff", support::text(&spec)]);
    assert_eq!(code(&told), 1);
    assert!(out(&told).contains("manifest.json") && !out(&told).contains("web.config"), "{}", out(&told));
}

#[test]
fn what_show_prints_is_a_spec_with_the_same_meaning() {
    for name in support::examples() {
        let spec = support::example(&name);
        let plain = out(&run(&["show", support::text(&spec)]));
        let full = out(&run(&["show", support::text(&spec), "--defaults"]));
        assert!(full.lines().count() > plain.lines().count() && full.contains("# default"), "{name}");
        let folder = folder(&[("deploy.yaml", &plain), ("full/deploy.yaml", &full)]);
        let golden = outputs(&Path::new("golden").join(&name));
        for spec in ["deploy.yaml", "full/deploy.yaml"] {
            let made = built(&folder.path().join(spec), &folder.path().join("out").join(spec));
            let differing: Vec<&str> = made
                .iter()
                .filter(|(path, text)| golden.get(*path) != Some(*text))
                .map(|(path, _)| path.as_str())
                .collect();
            // What names the spec's hash.
            assert_eq!(differing, ["install.ps1", "manifest.json", "uninstall.ps1"], "{name}, {spec}");
        }
    }
}

#[test]
fn editors_ask_for_what_is_missing_only_where_nothing_is_extended() {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string("schema/deploy.schema.json").expect("the schema"))
            .expect("JSON");
    let bases: Value =
        serde_json::from_str(&fs::read_to_string("schema/base.schema.json").expect("the schema"))
            .expect("JSON");
    let yaml = |text: &str| -> Value { serde_yaml::from_str(text).expect("YAML") };
    let overlay = yaml("{apiVersion: kallithea-iisc/v1, extends: ../base.yaml, python: {version: '3.13'}}");
    let alone = yaml("{apiVersion: kallithea-iisc/v1, python: {version: '3.13'}}");
    let misspelled = yaml("{extends: ../base.yaml, pyhton: {}}");
    let half = yaml("{extends: ../base.yaml, site: {bindings: [{hostName: a.example.com}]}}");
    for (value, for_spec, for_base) in
        [(&overlay, true, true), (&alone, false, true), (&misspelled, false, false), (&half, false, false)]
    {
        assert_eq!(jsonschema::is_valid(&schema, value), for_spec, "{value}");
        assert_eq!(jsonschema::is_valid(&bases, value), for_base, "{value}");
    }
}
