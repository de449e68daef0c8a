//! `check`, `build` and `diff` of several specs and of folders, as a user sees them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support;
use crate::support::program::{answer, code, error, problems, run};
use crate::support::{files_below, text};

/// A spec in its own folder below another one.
fn spec(root: &Path, folder: &str) -> PathBuf {
    let place = root.join(folder).join("deploy.yaml");
    fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
    let example = support::spec_of("minimal");
    let letters = folder.replace(['/', '.'], "x");
    let own = example.replace("kallithea.corp", &format!("kallithea{letters}"));
    let own = own.replace("name: minimal", &format!("name: spec{letters}"));
    fs::write(&place, own).expect("the spec");
    place
}

/// Makes a spec invalid.
fn spoil(spec: &Path) {
    let text = fs::read_to_string(spec).expect("the spec");
    fs::write(spec, text.replace("C:\\Python313", "Python313")).expect("the spec");
}

/// A folder of this many specs in `00`, `01` and so on.
fn many(count: usize) -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().expect("a folder");
    let specs = (0..count).map(|number| spec(folder.path(), &format!("{number:02}"))).collect();
    (folder, specs)
}

/// Fails unless the text contains each of the words, in this order.
fn assert_in_order(text: &str, words: impl IntoIterator<Item = String>) {
    let mut rest = text;
    for word in words {
        let (_, behind) =
            rest.split_once(&word).unwrap_or_else(|| panic!("{word} is not where it should be: {text}"));
        rest = behind;
    }
}

#[test]
fn reports_come_in_the_order_of_the_arguments() {
    let (_folder, specs) = many(40);
    let mut names: Vec<&str> = specs.iter().map(|spec| text(spec)).collect();
    names.reverse();
    for (command, ending) in
        [("check", "deploy.yaml: no errors"), ("build", "out: "), ("diff", "out: as compiled")]
    {
        let options: &[&str] = if command == "build" { &["--no-dll"] } else { &[] };
        let output = run(&[&[command], options, names.as_slice()].concat());
        assert_eq!(code(&output), 0, "{}", error(&output));
        let lines = names.iter().map(|name| name.replace("deploy.yaml", ending));
        assert_in_order(&error(&output), lines);
    }
}

#[test]
fn one_wrong_spec_keeps_no_other_from_its_turn() {
    let (folder, specs) = many(5);
    spoil(&specs[2]);
    let output = run(&["check", text(folder.path())]);
    assert_eq!(code(&output), 1);
    assert_in_order(&error(&output), ["01", "KI312", "02", "03"].map(str::to_owned));
    assert!(error(&output).contains("specs: 4 without errors, 1 with errors"), "{}", error(&output));

    let output = run(&["build", "--no-dll", text(folder.path())]);
    assert_eq!(code(&output), 1);
    assert!(error(&output).contains(&format!("{}: not built", specs[2].display())), "{}", error(&output));
    assert!(error(&output).contains("specs: 4 built, 1 with errors"), "{}", error(&output));
    let built: Vec<bool> = specs.iter().map(|spec| spec.with_file_name("out").is_dir()).collect();
    assert_eq!(built, [true, true, false, true, true]);
}

#[test]
fn the_exit_code_is_the_worst() {
    let (_folder, specs) = many(3);
    spoil(&specs[1]);
    let [good, wrong, other] = [0, 1, 2].map(|at| text(&specs[at]));
    for (command, options) in [("check", &[][..]), ("build", &["--no-dll"])] {
        let exit = |specs: &[&str]| code(&run(&[&[command], options, specs].concat()));
        assert_eq!(exit(&[good, other]), 0, "{command}");
        assert_eq!(exit(&[wrong, good]), 1, "{command}");
        assert_eq!(exit(&["no-such.yaml", wrong, good]), 2, "{command}");
    }
    let output = run(&["check", good, "no-such.yaml", wrong, other]);
    let words = ["00", "no-such.yaml", "KI312", "02"];
    assert_in_order(&error(&output), words.map(str::to_owned));
    assert!(
        error(&output).contains("specs: 2 without errors, 1 with errors, 1 failed"),
        "{}",
        error(&output)
    );
}

#[test]
fn one_folder_that_cannot_be_written_keeps_no_other_from_its_turn() {
    let (folder, specs) = many(3);
    let foreign = specs[1].with_file_name("out");
    fs::create_dir(&foreign).expect("a folder");
    fs::write(foreign.join("web.config"), "<mine/>").expect("a file of somebody's");
    let output = run(&["build", "--no-dll", text(folder.path())]);
    assert_eq!(code(&output), 2);
    assert!(
        error(&output).contains(&format!("{}: nothing was written", foreign.display())),
        "{}",
        error(&output)
    );
    assert_eq!(files_below(&foreign), [("web.config".to_owned(), b"<mine/>".to_vec())].into());
    assert!(specs[0].with_file_name("out/web.config").is_file());
    assert!(specs[2].with_file_name("out/web.config").is_file());
}

#[test]
fn a_folder_stands_for_every_deploy_yaml_below_it() {
    let folder = tempfile::tempdir().expect("a folder");
    for place in ["b/inner", "a", "out/old", "b/target/x", ".git/x", "c/outside"] {
        spec(folder.path(), place);
    }
    spec(folder.path(), ".");
    fs::write(folder.path().join("a/other.yaml"), "no spec").expect("a file");
    let output = run(&["check", text(folder.path())]);
    assert_eq!(code(&output), 0, "{}", error(&output));
    let found: Vec<String> = error(&output)
        .lines()
        .filter_map(|line| line.strip_suffix(": no errors"))
        .map(|path| {
            let below = Path::new(path).strip_prefix(folder.path()).expect("below");
            below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
        })
        .collect();
    assert_eq!(found, ["a/deploy.yaml", "b/inner/deploy.yaml", "c/outside/deploy.yaml", "deploy.yaml"]);
}

#[cfg(unix)]
#[test]
fn links_in_a_folder_are_not_followed() {
    let (folder, _) = many(2);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("01/round")).expect("a link");
    let output = run(&["check", text(folder.path())]);
    assert_eq!(code(&output), 0, "{}", error(&output));
    assert!(error(&output).contains("specs: 2 without errors\n"), "{}", error(&output));
}

#[test]
fn a_folder_without_specs_is_trouble_and_keeps_no_other_from_its_turn() {
    let (_folder, specs) = many(1);
    let empty = tempfile::tempdir().expect("a folder");
    let output = run(&["check", text(empty.path()), text(&specs[0])]);
    assert_eq!(code(&output), 2);
    assert!(error(&output).contains("no deploy.yaml in this folder or below"), "{}", error(&output));
    assert!(error(&output).contains("deploy.yaml: no errors"), "{}", error(&output));
}

#[test]
fn a_spec_that_is_named_twice_comes_once() {
    let (folder, specs) = many(2);
    let output = run(&["build", "--no-dll", text(&specs[1]), text(folder.path())]);
    assert_eq!(code(&output), 0, "{}", error(&output));
    assert_in_order(&error(&output), ["01", "00", "specs: 2 built"].map(str::to_owned));
}

#[test]
fn two_specs_of_one_folder_do_not_take_each_others_place() {
    let (folder, specs) = many(1);
    let second = specs[0].with_file_name("second.yaml");
    fs::copy(&specs[0], &second).expect("a second spec");
    let output = run(&["build", "--no-dll", text(&specs[0]), text(&second)]);
    assert_eq!(code(&output), 2);
    assert!(error(&output).contains("second.yaml: not built"), "{}", error(&output));
    assert!(error(&output).contains("--out"), "{}", error(&output));
    let manifest = fs::read_to_string(folder.path().join("00/out/manifest.json")).expect("the first one's");
    assert!(manifest.contains("from deploy.yaml"), "{manifest}");
}

#[test]
fn one_folder_for_several_outputs_is_refused() {
    let (folder, specs) = many(2);
    let place = folder.path().join("elsewhere");
    let both = [text(&specs[0]), text(&specs[1])];
    for specs in [&both[..], &[text(folder.path())]] {
        for (command, option) in [("build", "--out"), ("diff", "--against")] {
            let output = run(&[&[command, option, text(&place)], specs].concat());
            assert_eq!(code(&output), 2);
            assert!(error(&output).contains(&format!("{option} is for a single spec")), "{}", error(&output));
        }
    }
    assert_eq!(files_below(folder.path()).len(), 2, "nothing was written");
}

#[test]
fn several_at_once_give_the_bytes_that_one_after_the_other_gives() {
    let (together, _) = many(12);
    let (apart, specs) = many(12);
    assert_eq!(code(&run(&["build", "--no-dll", text(together.path())])), 0);
    for spec in &specs {
        assert_eq!(code(&run(&["build", "--no-dll", text(spec)])), 0);
    }
    let first = files_below(together.path());
    assert!(first == files_below(apart.path()), "the same bytes");
    assert_eq!(code(&run(&["build", "--no-dll", text(together.path())])), 0);
    assert!(first == files_below(together.path()), "the same bytes again");
}

#[test]
fn a_folder_that_is_right_already_is_not_written_again() {
    let (folder, specs) = many(1);
    let out = specs[0].with_file_name("out");
    assert_eq!(code(&run(&["build", "--no-dll", text(folder.path())])), 0);
    let written = |path: &str| fs::metadata(out.join(path)).expect("a file").modified().expect("a time");
    let before = (written("web.config"), written("RUNBOOK.md"));
    let output = run(&["build", "--no-dll", text(folder.path())]);
    assert!(error(&output).contains("0 new or changed, 0 removed"), "{}", error(&output));
    assert_eq!((written("web.config"), written("RUNBOOK.md")), before);

    fs::remove_file(out.join("web.config")).expect("a removal");
    let output = run(&["build", "--no-dll", text(folder.path())]);
    assert!(error(&output).contains("1 new or changed"), "{}", error(&output));
    assert!(out.join("web.config").is_file());
}

#[test]
fn json_of_many_is_one_document() {
    let (folder, specs) = many(3);
    assert_eq!(code(&run(&["build", "--no-dll", "-q", text(folder.path())])), 0);
    fs::remove_file(specs[0].with_file_name("out/web.config")).expect("a removal");
    spoil(&specs[1]);
    let arguments = ["--format", "json", text(folder.path()), "no-such.yaml"];

    let output = run(&[&["diff"], &arguments[..]].concat());
    assert_eq!(code(&output), 2);
    let found = &answer(&output)["results"];
    assert_eq!(found.as_array().map(Vec::len), Some(4));
    assert_eq!(found[0]["file"], text(&specs[0]));
    let changes = serde_json::json!([{ "path": "web.config", "change": "missing" }]);
    assert_eq!(found[0]["diff"]["changes"], changes);
    assert_eq!((&found[1]["problems"][0]["code"], &found[1]["diff"]), (&"KI312".into(), &Value::Null));
    assert_eq!(found[2]["diff"]["changes"], serde_json::json!([]));
    assert!(found[3]["trouble"].as_str().is_some_and(|trouble| trouble.contains("no-such.yaml")), "{found}");

    for command in [&["check"][..], &["build", "--no-dll"]] {
        let output = run(&[command, &arguments].concat());
        assert_eq!(code(&output), 2);
        let found = &answer(&output)["results"];
        let with_problems =
            |number: usize| found[number]["problems"].as_array().is_some_and(|all| !all.is_empty());
        assert_eq!([0, 1, 2, 3].map(with_problems), [false, true, false, false], "{found}");
        assert!(found[3]["trouble"].is_string(), "{found}");
    }
}

#[test]
fn a_diff_of_many_says_whose_file_differs() {
    let (folder, specs) = many(2);
    assert_eq!(code(&run(&["build", "--no-dll", "-q", text(folder.path())])), 0);
    let gone = specs[1].with_file_name("out").join("web.config");
    fs::remove_file(&gone).expect("a removal");
    let output = run(&["diff", text(folder.path())]);
    assert_eq!(code(&output), 1);
    let report = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(report, format!("missing: {}\n", gone.display()));
}

/// Replaces a part of a spec by another text.
fn change(spec: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(spec).expect("the spec");
    assert!(text.contains(from), "{from} is not in {text}");
    fs::write(spec, text.replace(from, to)).expect("the spec");
}

#[test]
fn specs_of_one_name_are_told_of_each_other() {
    let (folder, specs) = many(4);
    for spec in &specs[..2] {
        let name = format!(
            "name: spec{}",
            spec.parent().and_then(Path::file_name).expect("a folder").to_string_lossy()
        );
        change(spec, &name, "name: Kallithea");
    }
    change(&specs[1], "name: Kallithea\n\n", "name: kallithea\n\n");
    for command in ["check", "build", "diff"] {
        let options: &[&str] = if command == "build" { &["--no-dll"] } else { &[] };
        let output = run(&[&[command, text(folder.path())], options].concat());
        assert_eq!(code(&output), 0, "a warning stops nothing: {}", error(&output));
        let said = error(&output);
        assert_eq!(said.matches("warning[KI383]").count(), 1, "{command}: {said}");
        let place = format!(": {}:6 has the same name, \"Kallithea\", and runs in", specs[1].display());
        assert!(said.contains(&place), "{command}: {said}");
        assert_eq!(said.matches("KI384").count(), 0, "the pool is spoken of with the name: {said}");
    }
    // A single spec shares nothing.
    assert!(!error(&run(&["check", text(&specs[0])])).contains("KI383"));
}

#[test]
fn specs_of_one_pool_are_told_of_each_other() {
    let (folder, specs) = many(3);
    change(&specs[0], "site:", "applicationPool:\n  name: Shared\nsite:");
    change(&specs[2], "site:", "applicationPool:\n  name: SHARED\n  existing: true\nsite:");
    let output = run(&["check", "--format", "json", text(folder.path())]);
    assert_eq!(code(&output), 0);
    let found = problems(&output);
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|one| (one["code"].as_str().expect("a code"), one["file"].as_str().expect("a file")))
        .collect();
    assert_eq!(found, [("KI384", text(&specs[0]))]);
    change(&specs[1], "site:", "applicationPool:\n  name: shared\nsite:");
    let said = error(&run(&["check", text(folder.path())]));
    let places = [1, 2].map(|number| format!("{}:", specs[number].display()));
    assert_eq!(said.matches("KI384").count(), 1, "{said}");
    assert!(
        places.iter().all(|place| said.lines().next().is_some_and(|line| line.contains(place))),
        "{said}"
    );
    assert!(said.contains("run in the same application pool, \"Shared\""), "{said}");
}
