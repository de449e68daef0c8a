//! The command: where the spec goes, and what the command prints about it.

use std::fs;
use std::path::Path;
use std::process::Output;

use super::SERVER;
use crate::support::program::{error, made, run_in};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    run_in(folder, &[&["import", "--host-config", "server.config"], arguments].concat())
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("server.config"), format!("\u{feff}{SERVER}")).expect("the server's file");
    folder
}

#[test]
fn the_spec_goes_to_standard_output_and_the_rest_to_the_author() {
    let folder = folder();
    let done = run(folder.path(), &["--site", "Wiki", "--name", "code"]);
    assert_eq!(done.status.code(), Some(0), "{}", error(&done));
    let yaml = String::from_utf8(done.stdout.clone()).expect("text");
    assert!(yaml.contains("\nname: code\n") && yaml.contains("\n  distribution: FILL-IN\n"), "{yaml}");
    let line = yaml.lines().position(|line| line.contains("distribution:")).expect("the line") + 1;
    assert!(
        error(&done).contains(&format!("line {line}: fill in kallithea.distribution")),
        "{}",
        error(&done)
    );
    assert!(error(&done).contains("fill in 5 places; 1 setting was not imported"), "{}", error(&done));
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let folder = folder();
    let arguments = ["--site", "Wiki", "-o", "deploy.yaml"];
    let done = run(folder.path(), &arguments);
    assert_eq!(done.status.code(), Some(0), "{}", error(&done));
    assert!(done.stdout.is_empty());
    let written = fs::read_to_string(folder.path().join("deploy.yaml")).expect("the spec");
    fs::write(folder.path().join("deploy.yaml"), "mine").expect("another");
    let refused = run(folder.path(), &arguments);
    assert_eq!(refused.status.code(), Some(2));
    assert!(error(&refused).contains("deploy.yaml: already exists"), "{}", error(&refused));
    assert_eq!(fs::read_to_string(folder.path().join("deploy.yaml")).expect("the file"), "mine");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 2, "nothing else is left there");
    assert!(written.contains("name: wiki\n"), "{written}");
}

#[test]
fn programs_get_json() {
    let folder = folder();
    let done = run(folder.path(), &["--site", "Wiki", "--format", "json", "-q"]);
    let json = made(&done, "import");
    assert!(json["yaml"].as_str().expect("the spec").starts_with("# Created by"));
    assert_eq!(json["open"][0]["what"], "fill in kallithea.distribution");
    assert!(error(&done).is_empty(), "{}", error(&done));
}

#[test]
fn trouble_is_said_and_nothing_is_written() {
    let folder = folder();
    let missing = run(folder.path(), &["--site", "Nobody", "-o", "deploy.yaml"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(
        error(&missing).contains("KI406") && error(&missing).contains("Default Web Site, Wiki"),
        "{}",
        error(&missing)
    );
    fs::write(folder.path().join("web.config"), "<configuration>\n<broken").expect("a file");
    let broken = run(folder.path(), &["--site", "Wiki", "--web-config", "web.config", "-o", "deploy.yaml"]);
    assert_eq!(broken.status.code(), Some(2));
    assert!(
        error(&broken).contains("KI401") && error(&broken).contains("web.config:2:"),
        "{}",
        error(&broken)
    );
    assert!(!folder.path().join("deploy.yaml").exists());
}
