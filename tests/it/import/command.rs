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

/// An application below a site has what the site's web.config says, unless a file below it says something else.
#[test]
fn the_file_of_the_site_counts_for_an_application_below_it() {
    let folder = folder();
    let application =
        "<application path=\"/code\"><virtualDirectory path=\"/\" physicalPath=\"E:\\code\" /></application>";
    let server = SERVER.replacen("</application>", &format!("</application>{application}"), 1);
    fs::write(folder.path().join("server.config"), server).expect("the server's file");
    let web = |limits: &str| {
        format!(
            "<configuration><system.webServer><security><requestFiltering><requestLimits {limits} /></requestFiltering>\
             </security></system.webServer></configuration>"
        )
    };
    let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    file("site.config", &web("maxAllowedContentLength=\"77777777\" maxUrl=\"5555\""));
    file("own.config", &web("maxUrl=\"6666\""));
    file("bad.config", "<configuration>");
    let imported = |arguments: &[&str]| {
        let fixed = ["--site", "Default Web Site", "--app", "/code"];
        let done = run(folder.path(), &[fixed.as_slice(), arguments].concat());
        (String::from_utf8(done.stdout.clone()).expect("text"), error(&done), done.status.code())
    };
    let (yaml, said, _) = imported(&[]);
    assert!(!yaml.contains("77777777") && said.contains("not looked at:"), "{said}");
    let (yaml, said, _) = imported(&["--site-web-config", "site.config"]);
    assert!(yaml.contains("maxAllowedContentLength: 77777777") && yaml.contains("maxUrl: 5555"), "{yaml}");
    assert!(!said.contains("not looked at:"), "{said}");
    let (yaml, ..) = imported(&["--site-web-config", "site.config", "--web-config", "own.config"]);
    assert!(yaml.contains("maxAllowedContentLength: 77777777") && yaml.contains("maxUrl: 6666"), "{yaml}");
    let (_, said, code) = imported(&["--site-web-config", "bad.config"]);
    assert!(
        code == Some(2) && said.contains("bad.config") && said.contains("IIS cannot read this file"),
        "{said}"
    );
    let root = run(folder.path(), &["--site", "Wiki", "--site-web-config", "site.config"]);
    assert!(error(&root).contains("leave out --site-web-config"), "{}", error(&root));
}
