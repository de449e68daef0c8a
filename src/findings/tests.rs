use std::path::Path;

use serde_json::Value;

use super::*;

fn finding(file: &str, message: &str, line: usize) -> Finding {
    Finding {
        file: Some(file.to_owned()),
        region: Some(Region { line, column: 3, end_line: line, end_column: 7 }),
        severity: Severity::Error,
        rule: Rule::Code(Code::UnknownKey),
        message: message.to_owned(),
        help: Some("write\r\nsomething".to_owned()),
        fix: None,
    }
}

#[test]
fn what_a_pipeline_reads_as_syntax_is_escaped() {
    let hostile = finding("a,b:100%;].yaml", "100%; a]b::error::\u{1b}[31mred", 4);
    assert_eq!(
        render(std::slice::from_ref(&hostile), Form::Github, 1),
        "::error title=KI201,file=a%2Cb%3A100%25;].yaml,line=4,endLine=4,col=3,endColumn=7::100%25; \
         a]b::error::\\u{1b}[31mred%0Ahelp: write%0Asomething\n"
    );
    assert_eq!(
        render(&[hostile], Form::Azure, 1),
        "##vso[task.logissue type=error;sourcepath=a,b:100%AZP25%3B%5D.yaml;linenumber=4;columnnumber=3;\
         code=KI201;]100%AZP25%3B a%5Db::error::\\u{1b}[31mred%0Ahelp: write%0Asomething\n"
    );
}

#[test]
fn a_fingerprint_is_the_same_on_another_line_and_its_own() {
    let prints = |findings: &[Finding]| -> Vec<String> {
        let report: Value = serde_json::from_str(&render(findings, Form::Gitlab, 1)).expect("JSON");
        let entries = report.as_array().expect("a list").iter();
        entries.map(|entry| entry["fingerprint"].as_str().expect("a text").to_owned()).collect()
    };
    let twice = prints(&[finding("a.yaml", "a.yaml:4 too", 4), finding("a.yaml", "a.yaml:4 too", 9)]);
    assert_ne!(twice[0], twice[1]);
    assert_eq!(twice, prints(&[finding("a.yaml", "a.yaml:5 too", 5), finding("a.yaml", "a.yaml:5 too", 10)]));
    let others = [finding("b.yaml", "a.yaml:4 too", 4), finding("a.yaml", "another", 4)];
    assert!(prints(&others).iter().all(|print| !twice.contains(print)));
}

#[test]
fn what_several_specs_share_is_reported_once() {
    let base = finding("base.yaml", "wrong", 4);
    let text = render(&[base.clone(), finding("deploy.yaml", "wrong", 4), base], Form::Github, 1);
    assert_eq!(text.lines().count(), 2);
}

#[test]
fn a_path_is_relative_and_has_forward_slashes() {
    let root = if cfg!(windows) { "C:\\" } else { "/" };
    let here = Path::new(root).join("work").join("repo");
    for (file, shown) in [
        (here.join("a").join("deploy.yaml"), "a/deploy.yaml".to_owned()),
        (here.join("a").join("..").join("base.yaml"), "base.yaml".to_owned()),
        (here.join("..").join("base.yaml"), "../base.yaml".to_owned()),
        (Path::new(root).join("x").join("y.yaml"), format!("{}x/y.yaml", root.replace('\\', "/"))),
    ] {
        assert_eq!(path_from(&here, &file), shown);
    }
}

#[test]
fn sarif_has_uris() {
    for (file, uri) in [
        ("a b/\u{e4}#1.yaml", "a%20b/%C3%A4%231.yaml"),
        ("c:d.yaml", "c%3Ad.yaml"),
        ("/srv/a.yaml", "file:///srv/a.yaml"),
        ("C:/srv/a.yaml", "file:///C:/srv/a.yaml"),
    ] {
        let log: Value =
            serde_json::from_str(&render(&[finding(file, "wrong", 1)], Form::Sarif, 1)).expect("JSON");
        let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], uri);
    }
}
