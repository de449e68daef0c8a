//! How the file and its backup are written: who owns them, who may read them, and what prevents the run.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::TEMPLATE;
use super::command::{file, ini, read};
use crate::support;
use crate::support::names_in;
use crate::support::program::{PROGRAM, said};

/// A user who is neither root nor the user who runs the tests, and another one.
const STRANGER: u32 = 12345;
const OTHER: u32 = 54321;

fn backup_of(folder: &Path) -> PathBuf {
    let names = names_in(folder);
    folder.join(names.iter().find(|name| name.ends_with(".backup")).expect("a backup"))
}

/// A run that is refused writes nothing.
fn refused(file: &Path, more: &[&str], code: &str) -> String {
    let before = fs::read(file).expect("the file");
    let output = ini(file, more);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains(code), "{}", said(&output));
    assert_eq!(fs::read(file).expect("the file"), before, "{}", said(&output));
    said(&output)
}

#[test]
fn a_folder_for_backups_that_others_may_write_into_is_refused() {
    let (folder, file) = file(TEMPLATE.as_bytes());
    let kept = folder.path().join("kept");
    let backup = ["--backup", kept.to_str().expect("UTF-8")];
    fs::create_dir(&kept).expect("a folder");
    let mode = |mode| fs::set_permissions(&kept, fs::Permissions::from_mode(mode)).expect("rights");
    mode(0o777);
    let told = refused(&file, &backup, "KI388");
    assert!(told.contains("kept: everybody may write to this folder"), "{told}");
    assert!(names_in(&kept).is_empty(), "{:?}", names_in(&kept));
    // In such a folder, users may move only their own files.
    mode(0o1777);
    assert_eq!(ini(&file, &backup).status.code(), Some(0));
    if chown(&kept, Some(STRANGER), Some(STRANGER)).is_err() {
        return println!("a folder of somebody else's was not tried: only root makes one");
    }
    fs::write(&file, TEMPLATE).expect("the file");
    mode(0o755);
    refused(&file, &backup, "KI387");
    // The owner of the file may own the folder as well.
    chown(&file, Some(STRANGER), Some(STRANGER)).expect("another owner");
    assert_eq!(ini(&file, &backup).status.code(), Some(0));
}

#[test]
fn folders_that_a_backup_needs_are_for_their_maker_alone() {
    let (folder, file) = file(TEMPLATE.as_bytes());
    let kept = folder.path().join("kept/here");
    assert_eq!(ini(&file, &["--backup", kept.to_str().expect("UTF-8")]).status.code(), Some(0));
    for place in [&kept, &folder.path().join("kept")] {
        let mode = fs::metadata(place).expect("the folder").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", place.display());
    }
}

#[test]
fn a_backup_that_is_there_counts_only_where_it_is_one() {
    let (folder, file) = file(TEMPLATE.as_bytes());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("rights");
    assert_eq!(ini(&file, &[]).status.code(), Some(0));
    let backup = backup_of(folder.path());
    let again = || fs::write(&file, TEMPLATE).expect("the file");
    // Since then, the rights on the file were narrowed.
    again();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("rights");
    assert_eq!(ini(&file, &[]).status.code(), Some(0));
    assert_eq!(fs::metadata(&backup).expect("the backup").permissions().mode() & 0o777, 0o600);
    again();
    fs::write(&backup, "edited").expect("the backup");
    refused(&file, &[], "KI386");
    assert_eq!(fs::read_to_string(&backup).expect("the backup"), "edited");
    // A user who has another hard link to the backup could change it.
    fs::write(&backup, TEMPLATE).expect("the backup");
    fs::hard_link(&backup, folder.path().join("another")).expect("a link");
    refused(&file, &[], "KI386");
    fs::remove_file(&backup).expect("it goes");
    symlink("another", &backup).expect("a link");
    refused(&file, &[], "KI386");
}

#[test]
fn a_strangers_link_to_the_file_is_not_followed() {
    let (folder, file) = file(TEMPLATE.as_bytes());
    let theirs = folder.path().join("theirs");
    fs::create_dir(&theirs).expect("a folder");
    let link = theirs.join("my.ini");
    symlink(&file, &link).expect("a link");
    if lchown(&link, Some(STRANGER), Some(STRANGER)).is_err() {
        return println!("not tried: only root makes links of others");
    }
    refused_by_link(&link, &file);
    // A link of root is not followed either, because the owner of its folder may have moved it there.
    lchown(&link, Some(0), Some(0)).expect("root's link");
    chown(&theirs, Some(STRANGER), Some(STRANGER)).expect("another owner");
    refused_by_link(&link, &file);
    // A user who may write the file may also link to it.
    lchown(&link, Some(STRANGER), Some(STRANGER)).expect("their link");
    chown(&file, Some(STRANGER), Some(STRANGER)).expect("their file");
    assert_eq!(ini(&link, &[]).status.code(), Some(0));
}

fn refused_by_link(link: &Path, file: &Path) {
    let output = ini(link, &[]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("KI387"), "{}", said(&output));
    assert_eq!(read(file), TEMPLATE);
}

#[test]
fn a_file_stays_its_owners_or_is_not_written() {
    let (folder, file) = file(TEMPLATE.as_bytes());
    if chown(&file, Some(STRANGER), Some(STRANGER)).is_err() {
        return println!("not tried: only root makes files of others");
    }
    // Another user, who may write to the folder and read the file.
    chown(folder.path(), Some(OTHER), Some(OTHER)).expect("another owner");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).expect("rights");
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "54321", "--regid", "54321", "--clear-groups"]).arg(PROGRAM);
    command.arg("ini").arg(support::example("intranet-sso")).arg("--config").arg(&file);
    let output = command.output().expect("setpriv runs");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("KI387") && said(&output).contains("user 12345"), "{}", said(&output));
    assert_eq!((read(&file).as_str(), fs::metadata(&file).expect("the file").uid()), (TEMPLATE, STRANGER));
    assert_eq!(names_in(folder.path()), ["my.ini"]);
}

#[test]
fn a_run_that_another_one_keeps_waiting_says_so() {
    let (folder, file) = file(TEMPLATE.as_bytes());
    let lock = folder.path().join(".my.ini.kallithea-iisc-lock");
    let other = fs::File::create(&lock).expect("a lock");
    other.lock().expect("it is free");
    let output = ini(&file, &[]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("KI389: ") && said(&output).contains("my.ini: another run"),
        "{}",
        said(&output)
    );
    assert_eq!(read(&file), TEMPLATE);
    drop(other);
    assert_eq!(ini(&file, &[]).status.code(), Some(0));
    assert!(!lock.exists(), "a lock that nobody holds goes");
}

/// A run that has nothing to write still removes what a killed run left.
#[test]
fn what_a_killed_run_left_goes_with_the_next_one() {
    let (folder, file) = file(TEMPLATE.as_bytes());
    assert_eq!(ini(&file, &[]).status.code(), Some(0));
    let left = [".my.ini.kallithea-iisc-0123456789abcdef", ".my.ini.kallithea-iisc-lock"];
    let theirs = [".my.ini.kallithea-iisc-notes", ".your.ini.kallithea-iisc-0123456789abcdef"];
    for name in left.iter().chain(&theirs) {
        fs::write(folder.path().join(name), "").expect("a file");
    }
    assert_eq!(ini(&file, &[]).status.code(), Some(0));
    let names = names_in(folder.path());
    assert!(left.iter().all(|name| !names.contains(&(*name).to_owned())), "{names:?}");
    assert!(theirs.iter().all(|name| names.contains(&(*name).to_owned())), "{names:?}");
}
