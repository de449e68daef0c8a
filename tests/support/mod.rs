//! Functions that several test files need.
#![allow(dead_code, reason = "no test file uses all of it")]

pub mod certificates;
pub mod iis;
pub mod passed;
pub mod program;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use kallithea_iisc::check::check_bytes;
use kallithea_iisc::lower::lower;
use kallithea_iisc::model::Deployment;
use tempfile::TempDir;

/// Whether expected files are rewritten. A CI that blesses would prove nothing.
pub fn blessing() -> bool {
    let bless = env::var_os("BLESS").is_some_and(|value| value == "1");
    assert!(!(bless && env::var_os("CI").is_some()), "CI never blesses");
    bless
}

/// Whether a file has exactly this text, except for line ends. When blessing, the file gets the text.
pub fn matches(path: &Path, text: &str) -> bool {
    if blessing() {
        fs::write(path, text).expect("the expected text");
    }
    fs::read_to_string(path).is_ok_and(|expected| expected.replace("\r\n", "\n") == text)
}

/// The project's examples, sorted; `environments` is not one but three, which `environments.rs` looks after.
pub fn examples() -> Vec<String> {
    let mut names = names_in(Path::new("examples"));
    names.retain(|name| example(name).is_file());
    names
}

/// An example's spec.
pub fn example(name: &str) -> PathBuf {
    Path::new("examples").join(name).join("deploy.yaml")
}

/// The text of an example's spec.
pub fn spec_of(example: &str) -> String {
    fs::read_to_string(self::example(example)).expect("the spec").replace("\r\n", "\n")
}

/// An example's deployment.
pub fn deployment_of(example: &str) -> Deployment {
    deployment(&spec_of(example))
}

/// The deployment of a spec.
pub fn deployment(spec: &str) -> Deployment {
    let (source, checked) = check_bytes("deploy.yaml", spec.as_bytes().to_vec());
    lower(&checked.spec.unwrap_or_else(|| panic!("{:#?}\n{spec}", checked.diagnostics)), &source)
}

/// The first URL of each example, and the path of Kallithea in it, both without a trailing slash.
pub const BASES: [(&str, &str, &str); 3] = [
    ("minimal", "http://kallithea.corp.example.com", ""),
    ("intranet-sso", "https://kallithea.corp.example.com", ""),
    ("subfolder-x86", "http://localhost:8080", "/kallithea"),
];

/// The shortest spec.
pub const SHORTEST: &str = r#"apiVersion: kallithea-iisc/v1
name: intranet
kallithea:
  distribution: C:\inetpub\kallithea
  repositories: D:\repositories
python:
  home: C:\Python313
  version: "3.13"
site:
  name: Kallithea
  bindings:
    - protocol: http
      hostName: kallithea.corp.example.com
"#;

/// The shortest spec with these sections instead of its own.
pub fn completed_spec(given: &str) -> String {
    let given = sections(given);
    let is_given = |key: &str| given.iter().any(|(other, _)| *other == key);
    let mut text: String = sections(SHORTEST)
        .into_iter()
        .filter(|(key, _)| !is_given(key))
        .map(|(_, section)| section)
        .collect();
    text.extend(given.into_iter().map(|(_, section)| section));
    text
}

/// The sections of a spec, each with its key.
fn sections(text: &str) -> Vec<(&str, String)> {
    let mut sections: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        let key = line.split(':').next().unwrap_or_default();
        match sections.last_mut() {
            Some((last, section)) if line.starts_with([' ', '#']) || *last == key => {
                *section += &format!("{line}\n");
            }
            _ => sections.push((key, format!("{line}\n"))),
        }
    }
    sections
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A folder with one file in it, and that file.
pub fn file_alone(name: &str, bytes: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    fs::write(&file, bytes).expect("the file");
    (folder, file)
}

/// A new folder below target.
pub fn fresh(place: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(place);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder below target can be made");
    folder
}

/// The factor by which a long test does more than usual: `KALLITHEA_IISC_SOAK`.
pub fn soak() -> usize {
    let times = env::var("KALLITHEA_IISC_SOAK").unwrap_or_else(|_| "1".to_owned());
    times.parse().expect("KALLITHEA_IISC_SOAK is a number")
}

/// The names in a folder, sorted.
pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    names.sort();
    names
}

/// Every file below a folder, by its relative path, with its content.
pub fn files_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = paths_below(folder).into_iter();
    files.map(|(path, file)| (path, fs::read(file).expect("the file"))).collect()
}

/// Every file below a folder, by its relative path, with the path that opens it.
pub fn paths_below(folder: &Path) -> BTreeMap<String, PathBuf> {
    fn walk(folder: &Path, prefix: &str, found: &mut BTreeMap<String, PathBuf>) {
        for entry in fs::read_dir(folder).expect("the folder") {
            let entry = entry.expect("an entry");
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                walk(&entry.path(), &format!("{path}/"), found);
            } else {
                found.insert(path, entry.path());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, "", &mut found);
    found
}

/// Every file below a folder whose name has this ending, sorted.
pub fn paths_ending(folder: &str, end: &str) -> Vec<PathBuf> {
    let below = paths_below(Path::new(folder)).into_iter();
    below.filter(|(path, _)| path.ends_with(end)).map(|(_, file)| file).collect()
}
