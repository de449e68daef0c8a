//! The examples and their exact outputs: `examples/NAME/deploy.yaml` beside `golden/NAME`.
//!
//! `BLESS=1` rewrites the goldens and removes strays. With `CI` set, the tests refuse to.

use std::fs;
use std::path::{Path, PathBuf};

use iis_config::Version;
use kallithea_iisc::check::check_bytes;
use kallithea_iisc::emit::{emit, refused_by_iis};
use kallithea_iisc::lower::lower;
use kallithea_iisc::model::Deployment;
use kallithea_iisc::source::Source;
use kallithea_iisc::tree::{self, Tree, Versions};

use crate::support;

fn compile(source: &Source) -> Option<(Deployment, Tree)> {
    let (source, checked) = check_bytes(&source.name, source.text.clone().into_bytes());
    let deployment = lower(&checked.spec?, &source);
    let tree = emit(&deployment);
    Some((deployment, tree))
}

fn source(name: &str) -> Source {
    let path = support::example(name);
    Source::new(path.display().to_string(), fs::read_to_string(&path).expect("an example"))
}

fn golden(name: &str) -> PathBuf {
    Path::new("golden").join(name)
}

#[test]
fn every_example_compiles_to_its_golden() {
    for name in support::examples() {
        let (_, tree) = compile(&source(&name)).expect("an example without mistakes");
        if support::blessing() {
            fs::remove_dir_all(golden(&name)).ok();
            tree::write(&tree, &golden(&name), true).expect("the golden");
        }
        let changes =
            tree::compare(&tree, &golden(&name), Versions::Count).expect("the golden's folder").changes;
        assert!(changes.is_empty(), "{name} compiles otherwise; BLESS=1 accepts it: {changes:#?}");
    }
}

#[test]
fn every_golden_has_an_example() {
    let goldens = fs::read_dir("golden").expect("the goldens");
    for entry in goldens {
        let name = entry.expect("an entry").file_name().into_string().expect("a plain name");
        let is_known = name == "environments" || support::examples().contains(&name);
        assert!(is_known, "golden/{name} is a stray");
    }
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    for name in support::examples() {
        let (_, first) = compile(&source(&name)).expect("an example");
        let (_, second) = compile(&source(&name)).expect("an example");
        assert_eq!(first, second, "{name}");
    }
}

#[test]
fn line_ends_and_the_folder_of_a_spec_do_not_matter() {
    for name in support::examples() {
        let here = source(&name);
        let elsewhere = Source::new(r"D:\work\deploy.yaml", here.text.replace('\n', "\r\n"));
        let (_, first) = compile(&here).expect("an example");
        let (_, second) = compile(&elsewhere).expect("the same example");
        assert_eq!(first, second, "{name}");
    }
}

/// An example's spec for another version of IIS, without the warnings about what it loses.
fn targeting(name: &str, version: Version) -> Source {
    let mut source = source(name);
    let line = format!("iisVersion: \"{version}\"");
    source.text = match source.text.find("iisVersion:") {
        Some(start) => {
            let end = start + source.text[start..].find('\n').expect("a line");
            format!("{}{line}{}", &source.text[..start], &source.text[end..])
        }
        None => source.text.replacen("\nkallithea:", &format!("\ntarget:\n  {line}\n\nkallithea:"), 1),
    };
    source
}

#[test]
fn iis_takes_every_output_at_every_version_that_an_example_allows() {
    let mut compiled = Vec::new();
    for name in support::examples() {
        for version in Version::ALL {
            let Some((deployment, tree)) = compile(&targeting(&name, version)) else { continue };
            assert_eq!(deployment.target.version, version);
            assert_eq!(refused_by_iis(&deployment, &tree), Vec::<String>::new(), "{name} at {version}");
            compiled.push(format!("{name} {version}"));
        }
    }
    // SNI needs 8.0, so intranet-sso has three versions; Kerberos alone needs 7.5, so farm has four; the others have all five.
    assert_eq!(compiled.len(), 22, "{compiled:?}");
}

#[test]
fn every_json_and_ini_output_parses() {
    for name in support::examples() {
        let (_, tree) = compile(&source(&name)).expect("an example");
        for (path, text) in tree.iter() {
            if path.ends_with(".json") {
                serde_json::from_str::<serde_json::Value>(text)
                    .unwrap_or_else(|error| panic!("{name}/{path}: {error}"));
            }
            if path.ends_with(".ini") {
                let mut ini = configparser::ini::Ini::new_cs();
                let sections =
                    ini.read(text.to_owned()).unwrap_or_else(|error| panic!("{name}/{path}: {error}"));
                assert_eq!(sections.keys().collect::<Vec<_>>(), ["app:main"], "{name}/{path}");
            }
        }
    }
}

#[test]
fn every_generated_file_says_what_it_was_made_from() {
    for name in support::examples() {
        let (_, tree) = compile(&source(&name)).expect("an example");
        // The bridge's sources and the package with Kallithea's adjustments are the same for every spec.
        let is_ours = |path: &str| {
            path.ends_with("config.rs")
                || !["dispatch/", "kallithea/compat/"].iter().any(|folder| path.starts_with(folder))
        };
        let ours = tree.iter().filter(|(path, _)| is_ours(path));
        for (path, text) in ours {
            let top: String = text.lines().take(3).collect();
            assert!(
                top.contains("Generated by kallithea-iisc") && top.contains("deploy.yaml"),
                "{name}/{path}: {top}"
            );
        }
    }
}

#[test]
fn the_sample_settings_of_the_bridge_are_those_of_an_example() {
    let golden = fs::read_to_string("golden/minimal/dispatch/isapi/src/config.rs").expect("a golden");
    // The engine's name carries a hash of the bridge's sources, this file included.
    let start = golden.find("kallithea_engine-").expect("the engine's name") + "kallithea_engine-".len();
    let sample = format!("{}00000000{}", &golden[..start], &golden[start + 8..]);
    let path = Path::new("crates/bridge/isapi/src/config.rs");
    assert!(support::matches(path, &sample), "{} is not golden/minimal's; BLESS=1 copies it", path.display());
}

/// A pattern that matches nothing protects nothing: git would change the line ends of a file that was moved away from it.
#[test]
fn every_pattern_of_gitattributes_matches_a_file() {
    let text = fs::read_to_string(".gitattributes").expect("the attributes");
    let files = files_in(Path::new("."));
    let patterns = text.lines().filter(|line| !line.starts_with('#'));
    for pattern in patterns.filter_map(|line| line.split_whitespace().next()) {
        // A pattern with a slash is for the path, any other for the name (gitattributes(5), gitignore(5)).
        let glob = glob::Pattern::new(pattern).expect(pattern);
        let part = |file: &'_ str| match pattern.contains('/') {
            true => file.to_owned(),
            false => file.rsplit('/').next().unwrap_or_default().to_owned(),
        };
        assert!(files.iter().any(|file| glob.matches(&part(file))), "{pattern} matches no file");
    }
}

/// The files of the project, by their paths with `/`.
fn files_in(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name");
        match path.is_dir() {
            true if ["target", ".git"].contains(&name) => {}
            true => found.extend(files_in(&path)),
            false => found.push(path.strip_prefix(".").unwrap_or(&path).display().to_string()),
        }
    }
    found
}
