//! Processes killed at each step of their writing: what is left is complete, and the next run repairs it.
//!
//! strace kills the process at the first, second, third and so on of the system calls that change files, until one run
//! completes. Absent: a machine that loses power.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support;
use crate::support::program::{PROGRAM, code, run, said};
use crate::support::text;

const SERVER: &str = include_str!("../it/merge/server.config");
/// Every call that changes a file or a folder.
const CALLS: [&str; 20] = [
    "write",
    "fsync",
    "fdatasync",
    "fchmod",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "copy_file_range",
    "linkat",
    "symlinkat",
    "fchown",
    "fsetxattr",
    "fremovexattr",
    "flock",
    "ftruncate",
];

/// Runs the program again and again, killed one step later each time. `look` checks what each run left.
fn at_every_step(arguments: &[&str], mut prepare: impl FnMut(), mut look: impl FnMut(&str)) {
    for call in CALLS {
        for number in 1.. {
            prepare();
            let inject = format!("inject={call}:signal=KILL:when={number}");
            let mut strace = Command::new("strace");
            strace.args([
                "-f",
                "-qq",
                "-o",
                "/dev/null",
                "-e",
                &format!("trace={call}"),
                "-e",
                &inject,
                PROGRAM,
            ]);
            let output = strace.args(arguments).stdin(Stdio::null()).output().expect("strace starts");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!said.contains("strace:"), "{said}");
            look(&format!("killed at {call} {number}"));
            if output.status.success() {
                break;
            }
        }
    }
}

/// Tests every step of a command that turns the text `before` into `after`.
fn every_step(command: &str, before: &str, after: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("applicationHost.config");
    let spec = support::example("intranet-sso");
    let (spec, config) = (text(&spec), text(&file));
    let arguments = [command, spec, "--host-config", config];
    let prepare = || {
        support::files_below(folder.path())
            .keys()
            .for_each(|name| fs::remove_file(folder.path().join(name)).expect("it goes"));
        fs::write(&file, before).expect("the file");
    };
    let (mut old, mut new) = (0, 0);
    at_every_step(&arguments, prepare, |step| {
        let left = fs::read_to_string(&file).expect("the file is there");
        match left == before {
            true => old += 1,
            false => new += 1,
        }
        assert!(left == before || left == after, "{command}, {step}: {left}");
        assert_eq!(code(&run(&arguments)), 0, "{command}, {step}");
        assert_eq!(fs::read_to_string(&file).expect("the file"), after, "{command}, {step}");
        let kept = support::files_below(folder.path());
        assert_eq!(kept.len(), 2, "{command}, {step}: {:?}", kept.keys());
        assert!(kept.iter().all(|(name, bytes)| !name.ends_with("backup") || bytes == before.as_bytes()));
    });
    println!("{command}: killed at every step; the old file was left {old} times, the new one {new} times");
    assert!(old >= 6 && new >= 2, "{command}: {old} and {new}");
}

#[test]
fn apply_and_remove_leave_the_old_file_or_the_new_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("applicationHost.config");
    fs::write(&file, SERVER).expect("the file");
    let spec = support::example("intranet-sso");
    let (spec, config) = (text(&spec), text(&file));
    assert_eq!(code(&run(&["apply", spec, "--host-config", config])), 0);
    let applied = fs::read_to_string(&file).expect("the file");
    every_step("apply", SERVER, &applied);
    every_step("remove", &applied, SERVER);
}

#[test]
fn build_leaves_the_old_folder_or_the_new_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = folder.path().join("deploy.yaml");
    let former = support::spec_of("minimal");
    let later = former.replace("name: Kallithea", "name: Repositories");
    let (out, spec_path) = (folder.path().join("out"), spec.to_str().expect("UTF-8").to_owned());
    let build = ["build", spec_path.as_str(), "--no-dll"];
    let mut outputs = Vec::new();
    for text in [&former, &later] {
        fs::write(&spec, text).expect("the spec");
        assert!(run(&build).status.success());
        outputs.push(support::files_below(&out));
    }
    let prepare = || {
        fs::write(&spec, &former).expect("the spec");
        assert!(run(&build).status.success());
        fs::write(&spec, &later).expect("the spec");
    };
    let (mut old, mut new, mut gone) = (0, 0, 0);
    at_every_step(&build, prepare, |step| {
        match out.exists().then(|| support::files_below(&out)) {
            Some(left) if left == outputs[0] => old += 1,
            Some(left) if left == outputs[1] => new += 1,
            Some(left) => panic!("{step}: {:?}", left.keys()),
            // Killed between the two renames: the folder is beside its place, and the next build restores it.
            None => gone += 1,
        }
        assert!(run(&build).status.success(), "{step}");
        assert_eq!(support::files_below(&out), outputs[1], "{step}");
        let beside = fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!(beside, 2, "{step}: something is left beside the folder");
    });
    println!(
        "build: killed at every step; the old folder was left {old} times, the new one {new}, none {gone}"
    );
    assert!(old > 60 && new > 1, "{old}, {new}, {gone}");
    assert_eq!(gone, 0, "Linux lets the two folders change places in one step");
}

/// A command that makes one new file: the file is complete or missing, and once it exists nothing is beside it.
fn one_new_file(arguments: &[&str], folder: &Path, file: &Path) {
    let others = support::names_in(folder);
    let first = run(arguments);
    assert_eq!(code(&first), 0, "{}", said(&first));
    let whole = fs::read(file).expect("the file");
    let prepare = || {
        let names = support::names_in(folder).into_iter().filter(|name| !others.contains(name));
        names.for_each(|name| fs::remove_file(folder.join(name)).expect("it goes"));
    };
    let (mut none, mut new) = (0, 0);
    at_every_step(arguments, prepare, |step| {
        match fs::read(file) {
            Ok(left) => {
                assert!(left == whole, "{step}: a part of the file was left");
                new += 1;
            }
            Err(_) => none += 1,
        }
        // If the file exists, the next run says so, and still removes what is left.
        let next = run(arguments);
        assert!(code(&next) == 0 || said(&next).contains("already exists"), "{step}: {}", said(&next));
        assert!(fs::read(file).expect("the file") == whole, "{step}");
        assert_eq!(
            support::names_in(folder).len(),
            others.len() + 1,
            "{step}: {:?}",
            support::names_in(folder)
        );
    });
    println!(
        "{}: killed at every step; no file was left {none} times, the new one {new} times",
        arguments[0]
    );
    // It is opened, written, flushed and put in its place: fewer steps would mean that the test saw too little.
    assert!(none > 3 && new > 0, "{none} and {new}");
}

#[test]
fn init_import_and_schema_leave_a_whole_file_or_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("deploy.yaml");
    let init =
        ["init", "--host-name", "k.corp.example.com", "--protocol", "http", "--yes", "-o", text(&file)];
    one_new_file(&init, folder.path(), &file);
    fs::remove_file(&file).expect("it goes");
    let server = folder.path().join("applicationHost.config");
    fs::write(&server, SERVER).expect("the server");
    let import = ["import", "--host-config", text(&server), "--site", "Wiki", "-o", text(&file)];
    one_new_file(&import, folder.path(), &file);
    let schema = folder.path().join("deploy.schema.json");
    one_new_file(&["schema", "-o", text(&schema)], folder.path(), &schema);
}

#[test]
fn ini_leaves_the_old_file_or_the_new_one() {
    let before = include_str!("../it/ini/template.ini");
    let folder = tempfile::tempdir().expect("a folder");
    let (file, spec) = (folder.path().join("my.ini"), support::example("intranet-sso"));
    let arguments = ["ini", text(&spec), "--config", text(&file)];
    let prepare = || {
        let names = support::names_in(folder.path()).into_iter();
        names.for_each(|name| fs::remove_file(folder.path().join(name)).expect("it goes"));
        fs::write(&file, before).expect("the file");
    };
    let (mut old, mut new) = (0, 0);
    at_every_step(&arguments, prepare, |step| {
        let left = fs::read_to_string(&file).expect("the file is there");
        // The secrets differ each time.
        let is_whole = || code(&run(&[&arguments[..], &["--check"]].concat())) == 0;
        match left == before {
            true => old += 1,
            false if is_whole() => new += 1,
            false => panic!("{step}: {left}"),
        }
        assert_eq!(code(&run(&arguments)), 0, "{step}");
        let kept = support::files_below(folder.path());
        assert_eq!(kept.len(), 2, "{step}: {:?}", kept.keys());
        assert!(kept.iter().all(|(name, bytes)| !name.ends_with("backup") || bytes == before.as_bytes()));
    });
    println!("ini: killed at every step; the old file was left {old} times, the new one {new} times");
    assert!(old >= 6 && new >= 2, "{old} and {new}");
}
