//! What cargo prints in JSON, one object per line.
//!
//! In: a line of its output, or its plan of a build. Out: the few facts that a build needs. Absent: cargo's other
//! messages, and the diagnostics, which it renders itself.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// One crate, build script or library that cargo has finished.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Compiled {
    /// The package's name.
    pub(super) package: String,
    /// The loadable library among its files.
    pub(super) library: Option<PathBuf>,
}

/// Parses one line of `--message-format=json`; `None` if it does not report a finished artifact.
pub(super) fn compiled(line: &str) -> Option<Compiled> {
    let message: Value = serde_json::from_str(line).ok()?;
    if message["reason"] != "compiler-artifact" {
        return None;
    }
    let package = package_name(message["package_id"].as_str()?)?.to_owned();
    let kinds = message["target"]["crate_types"].as_array()?;
    let is_library = kinds.iter().any(|kind| kind == "cdylib");
    let files = message["filenames"].as_array()?.iter().filter_map(Value::as_str).map(PathBuf::from);
    let library = files.into_iter().find(|file| is_library && is_loadable(file));
    Some(Compiled { package, library })
}

/// Counts the artifacts that a plan (`--unit-graph`) will produce.
pub(super) fn planned(plan: &str) -> Option<usize> {
    let plan: Value = serde_json::from_str(plan).ok()?;
    let units = plan["units"].as_array()?;
    Some(units.iter().filter(|unit| unit["mode"] == "build").count())
}

/// The name in a package's identifier, `<source>#<name>@<version>` or `<folder named like it>#<version>`.
fn package_name(identifier: &str) -> Option<&str> {
    let (source, fragment) = identifier.rsplit_once('#')?;
    match fragment.split_once('@') {
        Some((name, _)) => Some(name),
        None => source.trim_end_matches('/').rsplit('/').next(),
    }
}

fn is_loadable(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("dll" | "so" | "dylib"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_known_by_its_package() {
        let line = r#"{"reason":"compiler-artifact","package_id":"path+file:///w/loader#the-loader@0.1.0",
            "target":{"name":"_dispatch","crate_types":["cdylib"]},
            "filenames":["/t/lib_dispatch.dll.a","/t/_dispatch.dll"],"fresh":false}"#;
        let library = Some(PathBuf::from("/t/_dispatch.dll"));
        assert_eq!(compiled(line), Some(Compiled { package: "the-loader".to_owned(), library }));
    }

    #[test]
    fn a_folder_named_like_its_package_stands_for_the_name() {
        assert_eq!(package_name("path+file:///w/the-loader#0.1.0"), Some("the-loader"));
        assert_eq!(package_name("registry+https://example.org/index#serde@1.0.0"), Some("serde"));
    }

    #[test]
    fn other_messages_count_for_nothing() {
        assert_eq!(compiled(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(compiled("a build script's own words"), None);
    }

    #[test]
    fn a_plan_counts_what_is_compiled_and_not_what_is_run() {
        let plan = r#"{"version":1,"units":[{"mode":"build"},{"mode":"run-custom-build"},{"mode":"build"}]}"#;
        assert_eq!(planned(plan), Some(2));
    }
}
