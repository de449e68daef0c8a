//! The folder of outputs: what others put in it, what a killed build left beside it, and who else can write to it.

use std::fs;
#[cfg(unix)]
use std::path::Path;

use super::built;
use crate::support;
use crate::support::program::{code, error, run};
use crate::support::{files_below, text};

/// This is the case where the system cannot exchange two folders, as on Windows.
#[test]
fn a_build_that_was_killed_between_its_renames_is_put_right() {
    let (folder, spec) = built("minimal");
    let note = folder.path().join("out/notes.txt");
    fs::write(&note, "mine").expect("a note");
    let beside = |end: &str| folder.path().join(format!(".out.kallithea-iisc-{end}"));
    let killed = beside("0123456789abcdef");
    fs::create_dir(&killed).expect("a killed build");
    fs::write(killed.join("made-by-kallithea-iisc"), "").expect("its mark");
    fs::create_dir(killed.join("new")).expect("what it was laying down");
    fs::rename(folder.path().join("out"), killed.join("old")).expect("a killed build");
    fs::create_dir(beside("00000000000000ff")).expect("a build killed at once");
    fs::write(beside("lock"), "").expect("its lock");
    let output = run(&["build", "--no-dll", text(&spec)]);
    assert_eq!(code(&output), 0, "{}", error(&output));
    assert_eq!(fs::read_to_string(&note).expect("the note"), "mine");
    assert_eq!(support::names_in(folder.path()), ["deploy.yaml", "out"]);
}

#[test]
fn what_only_looks_like_a_killed_build_stays() {
    let (folder, spec) = built("minimal");
    let theirs = [
        ".out.kallithea-iisc-0123456789abcdef",
        ".out.kallithea-iisc-old",
        ".other.kallithea-iisc-0123456789abcdef",
    ];
    for name in theirs {
        fs::create_dir_all(folder.path().join(name).join("new")).expect("a folder");
        fs::write(folder.path().join(name).join("notes.txt"), "mine").expect("a note");
    }
    fs::write(&spec, support::spec_of("intranet-sso")).expect("the spec");
    assert_eq!(code(&run(&["build", "--no-dll", text(&spec)])), 0);
    for name in theirs {
        assert_eq!(
            fs::read_to_string(folder.path().join(name).join("notes.txt")).expect("the note"),
            "mine",
            "{name}"
        );
    }
}

#[cfg(unix)]
#[test]
fn what_is_somebody_elses_in_the_outputs_stays_what_it_is() {
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
    let (folder, spec) = built("minimal");
    let out = folder.path().join("out");
    fs::write(folder.path().join("elsewhere"), "secret").expect("a file");
    symlink("../elsewhere", out.join("link")).expect("a link");
    symlink("nowhere", out.join("dangling")).expect("a link");
    fs::write(out.join("notes.txt"), "mine").expect("a note");
    fs::set_permissions(out.join("notes.txt"), fs::Permissions::from_mode(0o604)).expect("rights");
    fs::create_dir_all(out.join(".git/refs/tags")).expect("an empty folder");
    fs::set_permissions(&out, fs::Permissions::from_mode(0o750)).expect("rights");
    let pipe = std::process::Command::new("mkfifo").arg(out.join("pipe")).status().expect("mkfifo runs");
    assert!(pipe.success());
    let note = fs::metadata(out.join("notes.txt")).expect("the note");
    fs::write(&spec, support::spec_of("subfolder-x86")).expect("the spec");
    let output = run(&["build", "--no-dll", text(&spec)]);
    assert_eq!(code(&output), 0, "{}", error(&output));
    assert!(out.join("applicationHost/application.config").exists());
    for (name, leads) in [("link", "../elsewhere"), ("dangling", "nowhere")] {
        assert_eq!(fs::read_link(out.join(name)).expect("a link"), Path::new(leads));
    }
    let now = fs::metadata(out.join("notes.txt")).expect("the note");
    assert_eq!(
        (now.ino(), now.mode(), now.mtime()),
        (note.ino(), note.mode(), note.mtime()),
        "the same file"
    );
    assert_eq!(now.nlink(), 1, "by one name");
    assert!(out.join(".git/refs/tags").is_dir(), "an empty folder stays");
    assert!(fs::symlink_metadata(out.join("pipe")).expect("the pipe").file_type().is_fifo());
    assert_eq!(fs::metadata(&out).expect("the folder").mode() & 0o777, 0o750);
    assert_eq!(fs::read_to_string(folder.path().join("elsewhere")).expect("the file"), "secret");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_in_the_place_of_one_is_named_before_it_is_lost() {
    use std::os::unix::fs::symlink;
    let (folder, spec) = built("minimal");
    let out = folder.path().join("out");
    let victim = folder.path().join("victim");
    fs::create_dir(&victim).expect("a folder");
    fs::write(victim.join("auth.ini"), "theirs").expect("a file");
    fs::rename(out.join("kallithea"), folder.path().join("away")).expect("it moves");
    symlink("../victim", out.join("kallithea")).expect("a link");
    fs::remove_file(out.join("web.config")).expect("it goes");
    fs::create_dir(out.join("web.config")).expect("a folder");
    fs::write(out.join("web.config/notes.txt"), "mine").expect("a note");
    fs::remove_file(out.join("RUNBOOK.md")).expect("it goes");
    symlink("../victim/auth.ini", out.join("RUNBOOK.md")).expect("a link");
    let output = run(&["build", "--no-dll", text(&spec)]);
    assert_eq!(code(&output), 2);
    for name in ["  RUNBOOK.md\n", "  kallithea\n", "  web.config/notes.txt\n"] {
        assert!(error(&output).contains(name), "{name}: {}", error(&output));
    }
    assert_eq!(fs::read_to_string(out.join("web.config/notes.txt")).expect("the note"), "mine");
    let forced = run(&["build", "--no-dll", "--force", text(&spec)]);
    assert_eq!(code(&forced), 0, "{}", error(&forced));
    assert_eq!(support::names_in(&victim), ["auth.ini"]);
    assert_eq!(fs::read_to_string(victim.join("auth.ini")).expect("the file"), "theirs");
    assert!(out.join("kallithea").symlink_metadata().expect("the folder").is_dir());
}

#[test]
fn of_two_builds_of_one_folder_at_once_one_writes_and_the_other_is_told() {
    let (folder, spec) = built("minimal");
    fs::write(&spec, support::spec_of("intranet-sso")).expect("the spec");
    let lock = fs::File::create(folder.path().join(".out.kallithea-iisc-lock")).expect("a lock");
    lock.lock().expect("it is free");
    let before = files_below(&folder.path().join("out"));
    let output = run(&["build", "--no-dll", text(&spec)]);
    assert_eq!(code(&output), 2);
    assert!(error(&output).contains("KI389"), "{}", error(&output));
    assert_eq!(files_below(&folder.path().join("out")), before);
    drop(lock);
    assert_eq!(code(&run(&["build", "--no-dll", text(&spec)])), 0);
    assert_eq!(support::names_in(folder.path()), ["deploy.yaml", "out"]);
}

#[cfg(unix)]
#[test]
fn a_folder_of_outputs_that_is_a_strangers_is_left_alone() {
    use std::os::unix::fs::{chown, lchown, symlink};
    let (folder, spec) = built("minimal");
    let out = folder.path().join("out");
    fs::write(&spec, support::spec_of("intranet-sso")).expect("the spec");
    if chown(&out, Some(12345), Some(12345)).is_err() {
        return println!("not tried: only root makes folders of others");
    }
    let refused = || {
        let before = files_below(&out);
        let output = run(&["build", "--no-dll", text(&spec)]);
        assert_eq!(code(&output), 2);
        assert!(error(&output).contains("KI387"), "{}", error(&output));
        assert_eq!(files_below(&out), before);
    };
    refused();
    // A link that belongs to that user is not followed either.
    chown(&out, Some(0), Some(0)).expect("root's again");
    fs::rename(&out, folder.path().join("precious")).expect("it moves");
    symlink("precious", &out).expect("a link");
    lchown(&out, Some(12345), Some(12345)).expect("their link");
    refused();
    // An administrator's own link stays, and is followed.
    lchown(&out, Some(0), Some(0)).expect("root's link");
    assert_eq!(code(&run(&["build", "--no-dll", text(&spec)])), 0);
    assert!(out.symlink_metadata().expect("the link").is_symlink());
}

/// The case where a build was killed while it put a library in its place, or wrote the libraries' hashes to the manifest.
#[test]
fn what_a_killed_build_left_among_the_outputs_does_not_come_along() {
    let (folder, spec) = built("minimal");
    let out = folder.path().join("out");
    fs::create_dir(out.join("bin")).expect("a folder");
    let left = [".manifest.json.kallithea-iisc-0123456789abcdef", "bin/._dispatch.dll.kallithea-iisc-lock"];
    let theirs = [".manifest.json.kallithea-iisc-notes", "bin/notes.txt"];
    left.iter().chain(&theirs).for_each(|name| fs::write(out.join(name), "").expect("a file"));
    fs::write(&spec, support::spec_of("intranet-sso")).expect("the spec");
    assert_eq!(code(&run(&["build", "--no-dll", text(&spec)])), 0);
    let names = files_below(&out);
    assert!(left.iter().all(|name| !names.contains_key(*name)), "{:?}", names.keys());
    assert!(theirs.iter().all(|name| names.contains_key(*name)), "{:?}", names.keys());
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_unicode_are_told_apart_and_all_come_along() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let (folder, spec) = built("minimal");
    let names = [&b"a\xff"[..], b"a\xfe", "a\u{fffd}".as_bytes(), b"d\xff/note", b"d\xfe/note"];
    let places: Vec<_> =
        names.iter().map(|name| folder.path().join("out").join(OsStr::from_bytes(name))).collect();
    for (place, name) in places.iter().zip(names) {
        fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        fs::write(place, name).expect("a note");
    }
    fs::write(&spec, support::spec_of("intranet-sso")).expect("the spec");
    let output = run(&["build", "--no-dll", text(&spec)]);
    assert_eq!(code(&output), 0, "{}", error(&output));
    for (place, name) in places.iter().zip(names) {
        assert_eq!(fs::read(place).ok().as_deref(), Some(name), "{}", place.display());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_on_a_disk_that_is_mounted_in_the_outputs_stays_on_it() {
    use std::process::Command;
    let (folder, spec) = built("minimal");
    let (share, mounted) = (folder.path().join("share"), folder.path().join("out/share"));
    [&share, &mounted].iter().for_each(|place| fs::create_dir(place).expect("a folder"));
    fs::write(share.join("notes.txt"), "theirs").expect("a note");
    fs::write(&spec, support::spec_of("intranet-sso")).expect("the spec");
    let before = files_below(&folder.path().join("out"));
    let mount = "mount --bind \"$1\" \"$2\" || exit 77; shift 2; exec \"$@\"";
    let mut apart = Command::new("unshare");
    apart.args(["-m", "sh", "-c", mount, "sh"]).args([&share, &mounted]);
    let output =
        apart.arg(env!("CARGO_BIN_EXE_kallithea-iisc")).args(["build", "--no-dll"]).arg(&spec).output();
    let output = output.expect("unshare runs");
    if matches!(output.status.code(), Some(1 | 77)) {
        return println!("not tried: only root mounts a folder");
    }
    assert_eq!(code(&output), 2, "{}", error(&output));
    assert!(error(&output).contains("share/notes.txt: is on another disk"), "{}", error(&output));
    assert_eq!(fs::read_to_string(share.join("notes.txt")).ok().as_deref(), Some("theirs"));
    assert_eq!(files_below(&folder.path().join("out")), before);
}
