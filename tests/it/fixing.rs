//! `check --fix` repairs what is certain, and leaves every other byte.

use std::fs;
use std::path::Path;

use kallithea_iisc::check::check_bytes;
use kallithea_iisc::diagnostic::Certainty;
use tempfile::TempDir;

use crate::support::program::{answer, code, error, problems, run};
use crate::support::{self, SHORTEST};

/// Runs `check --fix` over a spec with these bytes: the exit code, what is said, and the bytes afterwards.
fn fixed(bytes: &[u8]) -> (i32, String, Vec<u8>) {
    let (_folder, file) = support::file_alone("deploy.yaml", bytes);
    let output = run(&["check", "--fix", support::text(&file)]);
    (code(&output), error(&output), fs::read(&file).expect("the spec"))
}

fn spec_with(wrong: &str) -> String {
    support::completed_spec(wrong)
}

#[test]
fn what_is_certain_is_repaired_and_said() {
    let https = |thumbprint: &str| {
        format!(
            "site:\n  name: Kallithea\n  bindings:\n    - protocol: https\n      hostName: k.example.com\n      certificate:\n        \
             thumbprint: {thumbprint}\n"
        )
    };
    let digits = "5D1AC1C4E3A7F0B69E2D8C7A4B3F5E6071829304";
    let spaced = "\u{200e}5d 1a c1 c4 e3 a7 f0 b6 9e 2d 8c 7a 4b 3f 5e 60 71 82 93 04";
    let cleaned = format!("\"{}\"", digits.to_lowercase());
    for (wrong, right, words) in [
        (https(spaced), https(&cleaned), "wrote `\"5d1ac1c4"),
        ("target:\n  iisVersion: 10\n".into(), "target:\n  iisVersion: \"10.0\"\n".into(), "for `10`"),
        (
            "target:\n  iisVersion: '2022'\n".into(),
            "target:\n  iisVersion: \"10.0\"\n".into(),
            "wrote `\"10.0\"`",
        ),
        (
            "target:\n  architecture: X64 # as on the server\n".into(),
            "target:\n  architecture: x64 # as on the server\n".into(),
            "for `X64`",
        ),
        (
            "python:\n  home: C:/Python313\n  version: 3.13\n".into(),
            "python:\n  home: C:\\Python313\n  version: \"3.13\"\n".into(),
            "wrote `\"3.13\"` for `3.13`",
        ),
        (
            "python:\n  home: \"C:\\new\"\n  version: \"3.13\"\n".into(),
            "python:\n  home: C:\\new\n  version: \"3.13\"\n".into(),
            "wrote `C:\\new`",
        ),
        (
            "python:\n  home: \"C:\\Python313\"\n  version: \"3.13\"\n".into(),
            "python:\n  home: C:\\Python313\n  version: \"3.13\"\n".into(),
            "wrote `C:\\Python313`",
        ),
        (
            "python:\n  home: \"C:\\tools\\x64\\bin\"\n  version: \"3.13\"\n".into(),
            "python:\n  home: C:\\tools\\x64\\bin\n  version: \"3.13\"\n".into(),
            "wrote `C:\\tools\\x64\\bin`",
        ),
        (
            "python:\n  home: \"C:\\Python\\\"\n  version: \"3.13\"\n".into(),
            "python:\n  home: 'C:\\Python'\n  version: \"3.13\"\n".into(),
            "wrote `'C:\\Python'`",
        ),
        (
            "bridge:\n  clientTimeout: 2 minutes\n  preload: yes\n".into(),
            "bridge:\n  clientTimeout: 120\n  preload: true\n".into(),
            "wrote `120` for `2 minutes`",
        ),
        (
            "bridge:\n  threads: 4\n  preload:false\n".into(),
            "bridge:\n  threads: 4\n  preload: false\n".into(),
            "wrote `preload: false`",
        ),
    ] {
        let (wrong, right) = (spec_with(&wrong), spec_with(&right));
        let (code, said, bytes) = fixed(wrong.as_bytes());
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert_eq!((code, text.as_str()), (0, right.as_str()), "{said}");
        assert!(said.contains(words) && said.contains("the old file is"), "{words} in {said}");
    }
}

#[test]
fn what_is_not_certain_stays() {
    for wrong in [
        "authentication:\n  mode: ldaps\n",
        "bridge:\n  thread: 8\n",
        "python:\n  home: '%SystemDrive%\\Python313'\n  version: \"3.13\"\n",
        "tls: true\n",
        "target:\n  architecture: arm64\n",
        "name: two words\n",
        // Something that the author wrote would be lost.
        "site:\n  name: K\n  bindings:\n    - protocol: http\n      port: 443, 80\n",
        "site:\n  name: K\n  bindings:\n    - protocol: http\n      port: 8080-8090\n",
        "site:\n  name: K\n  bindings:\n    - protocol: http\n      hostName: http://k.example.com:8080/hub\n",
        "target:\n  iisVersion: Windows 7\n",
        "tls: required: true\n",
        "bridge:\n  log:\n    file: &log D:\\logs\\b.log\n   level: info\n",
        "python:\n  home: \"C:\\\\tools\\new\"\n  version: \"3.13\"\n",
    ] {
        let wrong = spec_with(wrong);
        let (code, said, bytes) = fixed(wrong.as_bytes());
        assert_eq!((code, bytes), (1, wrong.into_bytes()), "{said}");
        assert!(!said.contains("wrote"), "{said}");
    }
    let (code, said, bytes) = fixed(SHORTEST.as_bytes());
    assert_eq!((code, bytes), (0, SHORTEST.as_bytes().to_vec()), "{said}");
}

/// A mark, line ends of Windows, comments and a last line without end stay.
#[test]
fn every_other_byte_stays() {
    let wrong =
        format!("\u{feff}# \u{1f980}\r\n{}target:\r\n  architecture: X64", SHORTEST.replace('\n', "\r\n"));
    let (code, said, bytes) = fixed(wrong.as_bytes());
    assert_eq!((code, String::from_utf8(bytes).expect("UTF-8")), (0, wrong.replace("X64", "x64")), "{said}");
}

#[test]
fn the_file_that_a_spec_extends_is_changed_only_if_it_is_named() {
    let folder = TempDir::new().expect("a folder");
    let (base, spec) = (folder.path().join("base.yaml"), folder.path().join("deploy.yaml"));
    let wrong = format!("{SHORTEST}target:\n  architecture: X64\n");
    fs::write(&base, &wrong).expect("a base");
    fs::write(&spec, "apiVersion: kallithea-iisc/v1\nextends: base.yaml\n").expect("a spec");
    let output = run(&["check", "--fix", support::text(&spec)]);
    assert_eq!(code(&output), 1, "{}", error(&output));
    assert_eq!(fs::read_to_string(&base).expect("the base"), wrong);
    let output = run(&["check", "--fix", support::text(&base), support::text(&spec)]);
    assert_eq!(code(&output), 0, "{}", error(&output));
    assert_eq!(fs::read_to_string(&base).expect("the base"), wrong.replace("X64", "x64"));
}

/// The repair of every bad spec, certain or not, ends its own problem; the certain ones are what `--fix` makes.
#[test]
fn every_repair_of_a_bad_spec_ends_its_problem() {
    let (mut certain, mut likely) = (0, 0);
    for name in support::names_in(Path::new("tests/it/diagnostics")) {
        let Some(name) = name.strip_suffix(".yaml") else { continue };
        let bytes = fs::read(format!("tests/it/diagnostics/{name}.yaml")).expect("a bad spec");
        let (source, checked) = check_bytes("deploy.yaml", bytes);
        for problem in &checked.diagnostics {
            let Some(fix) = &problem.fix else { continue };
            let mut mended = source.text.clone();
            mended.replace_range(fix.span.clone(), &fix.text);
            let (_, now) = check_bytes("deploy.yaml", mended.clone().into_bytes());
            let place = fix.span.start..=fix.span.start + fix.text.len();
            let is_left = now.diagnostics.iter().any(|one| {
                one.code == problem.code && one.span.start <= *place.end() && *place.start() <= one.span.end
            });
            assert!(!is_left, "{name}: `{}` for {}\n{mended}", fix.text, problem.message);
            match fix.certainty {
                Certainty::Certain => certain += 1,
                Certainty::Likely => likely += 1,
            }
        }
    }
    assert!(certain > 30 && likely > 10, "{certain} and {likely} repairs");
}

#[test]
fn programs_get_the_repair() {
    let (_folder, file) = support::file_alone("deploy.yaml", spec_with("target:\n  architecture: arm64\n"));
    let output = run(&["check", "--format", "json", support::text(&file)]);
    let found = problems(&output);
    assert!(found[0].get("fix").is_none(), "{found:#?}");
    let (_folder, file) = support::file_alone("deploy.yaml", spec_with("target: { architecture: X64 }\n"));
    let output = run(&["check", "--format", "json", support::text(&file)]);
    let fix = problems(&output)[0]["fix"].clone();
    let line = SHORTEST.matches('\n').count() + 1;
    let expected = serde_json::json!({
        "line": line, "column": 25, "endLine": line, "endColumn": 28, "text": "x64", "certainty": "certain"
    });
    assert_eq!(fix, expected);
}

/// A file that cannot be written is told once, and the others are corrected and checked.
#[test]
fn a_file_that_cannot_be_written_does_not_stop_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = spec_with("target:\n  architecture: X64\n");
    let [first, second] = ["a", "b"].map(|name| folder.path().join(name).join("deploy.yaml"));
    for (file, name) in [(&first, "first"), (&second, "second")] {
        fs::create_dir(file.parent().expect("its folder")).expect("a folder");
        fs::write(file, wrong.replace("name: intranet", &format!("name: {name}"))).expect("a spec");
    }
    let mut rights = fs::metadata(&first).expect("it").permissions();
    rights.set_readonly(true);
    fs::set_permissions(&first, rights).expect("read-only");
    let output = run(&["check", "--fix", support::text(folder.path())]);
    assert_eq!(code(&output), 2, "{}", error(&output));
    assert!(error(&output).contains("it is read-only"), "{}", error(&output));
    assert!(error(&output).contains("specs: 1 without errors, 1 failed"), "{}", error(&output));
    assert!(fs::read_to_string(&second).expect("the spec").contains("architecture: x64"));
    let output = run(&["check", "--fix", "--format", "json", support::text(folder.path())]);
    let results = answer(&output)["results"].clone();
    assert_eq!(
        (results.as_array().map(Vec::len), &results[0]["file"]),
        (Some(2), &support::text(&first).into())
    );
    assert!(results[0]["trouble"].as_str().is_some_and(|why| why.contains("it is read-only")), "{results:#}");
}
