//! Processes killed at each step of their writing: what is left is whole, and the next run puts it right.
//!
//! strace kills the process as it makes one of the system calls that change files for the first time, the second, and so on,
//! until one run comes to its end. Absent: a machine that loses its power.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::process::{Command, Stdio};

use support::program::{PROGRAM, code, run};
use support::text;

const SERVER: &str = include_str!("merge/server.config");
/// Every call that changes a file or a folder.
const CALLS: [&str; 13] = [
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
];

/// Runs the program again and again, killed a step later each time; `look` at what each run left says whether it stands
/// to reason.
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

/// Goes through every step of a command that turns the text `before` into `after`.
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
            // Between the two renames; the folder stands beside its place, and comes back with the next build.
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
    assert!(old > 60 && new > 1 && gone > 0, "{old}, {new}, {gone}");
}
