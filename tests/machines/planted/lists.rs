//! Linux access control lists, and groups: rights that the mode of a file or folder does not show.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use super::{INI, STRANGER, Stage};
use crate::support::program::PROGRAM;
use crate::support::{self, text};

/// An access control list as the kernel stores it (linux/posix_acl_xattr.h): tag, rights and ID of each entry.
fn list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, rights, number) in entries {
        list.extend(tag.to_le_bytes().into_iter().chain(rights.to_le_bytes()).chain(number.to_le_bytes()));
    }
    list
}

const ACCESS: &str = "system.posix_acl_access";
const HANDED_DOWN: &str = "system.posix_acl_default";
/// Owner, a stranger, the group, the mask, and everybody else.
const TAGS: [u16; 5] = [0x01, 0x02, 0x04, 0x10, 0x20];

/// A list in which a stranger has a right that the mode does not show.
fn with_stranger(rights: [u16; 5]) -> Vec<u8> {
    let number = |tag| if tag == 0x02 { STRANGER } else { u32::MAX };
    list(&TAGS.iter().zip(rights).map(|(tag, rights)| (*tag, rights, number(*tag))).collect::<Vec<_>>())
}

fn give(place: &Path, which: &str, list: &[u8]) {
    rustix::fs::setxattr(place, which, list, rustix::fs::XattrFlags::empty())
        .expect("a file system with lists");
}

fn listed(place: &Path) -> Option<Vec<u8>> {
    let mut list = vec![0; 4096];
    let length = rustix::fs::getxattr(place, ACCESS, &mut list[..]).ok()?;
    list.truncate(length);
    Some(list)
}

/// The ini file, in a run that keeps the former file elsewhere.
fn ini_stage() -> Stage {
    let spec = support::example("intranet-sso");
    let command = ["ini", text(&spec), "--config", "HERE/own/my.ini", "--backup", "HERE/own/kept"];
    Stage::new(&command, &[("my.ini", INI)])
}

/// If a file has an access control list, the group bits of its mode are the list's mask. Without the list, the group would get
/// the rights of another user.
#[test]
fn a_list_of_rights_is_that_of_the_new_file_and_of_its_backup() {
    let stage = ini_stage();
    stage.prepare();
    let own = with_stranger([6, 4, 0, 4, 0]);
    give(&stage.own().join("my.ini"), ACCESS, &own);
    for _ in 0..2 {
        let output = stage.run();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let names = support::names_in(&stage.own().join("kept"));
    let [backup] = names.as_slice() else { panic!("{names:?}") };
    for place in [stage.own().join("my.ini"), stage.own().join("kept").join(backup)] {
        assert_eq!(listed(&place), Some(own.clone()), "{}", place.display());
        assert_eq!(fs::metadata(&place).expect("a file").mode() & 0o777, 0o640, "{}", place.display());
    }
}

/// New files inherit rights from a folder, and the former file did not give them.
#[test]
fn what_a_folder_hands_down_opens_no_secret() {
    let stage = ini_stage();
    for (place, former) in [("own", None), ("own/kept", None), ("own/kept", Some([6, 0, 0, 4, 0]))] {
        stage.prepare();
        let (ini, place) = (stage.own().join("my.ini"), stage.folder.path().join(place));
        fs::create_dir_all(&place).expect("a folder");
        fs::set_permissions(&ini, fs::Permissions::from_mode(0o640)).expect("rights");
        former.into_iter().for_each(|rights| give(&ini, ACCESS, &with_stranger(rights)));
        let before = listed(&ini);
        give(&place, HANDED_DOWN, &with_stranger([7, 5, 5, 7, 5]));
        let output = stage.run();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for folder in ["own", "own/kept"].map(|folder| stage.folder.path().join(folder)) {
            let names = support::names_in(&folder).into_iter().filter(|name| name != "kept");
            for file in names.map(|name| folder.join(name)) {
                assert_eq!(listed(&file), before, "{}", file.display());
                assert_eq!(fs::metadata(&file).expect("a file").mode() & 0o777, 0o640, "{}", file.display());
            }
        }
    }
}

/// An existing copy, to which somebody has since been given a right.
#[test]
fn a_backup_that_a_list_opens_is_closed_again() {
    let stage = ini_stage();
    stage.prepare();
    assert!(stage.run().status.success());
    let kept = stage.own().join("kept");
    let backup = kept.join(&support::names_in(&kept)[0]);
    fs::write(stage.own().join("my.ini"), INI).expect("the former file");
    fs::set_permissions(stage.own().join("my.ini"), fs::Permissions::from_mode(0o640)).expect("rights");
    give(&backup, ACCESS, &with_stranger([6, 4, 4, 4, 0]));
    let output = stage.run();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((support::names_in(&kept).len(), listed(&backup)), (1, None));
    assert_eq!(fs::metadata(&backup).expect("a file").mode() & 0o777, 0o640);
}

#[test]
fn a_folder_that_a_list_lets_others_write_into_is_refused() {
    let stage = ini_stage();
    for (rights, is_refused) in [([7, 7, 5, 7, 5], true), ([7, 7, 5, 5, 5], false), ([7, 5, 5, 7, 5], false)]
    {
        stage.prepare();
        let kept = stage.own().join("kept");
        fs::create_dir(&kept).expect("a folder");
        give(&kept, ACCESS, &with_stranger(rights));
        let output = stage.run();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(if is_refused { 2 } else { 0 }), "{rights:?}: {said}");
        assert_eq!(said.contains(&format!("KI388: {}: user {STRANGER}", text(&kept))), is_refused, "{said}");
    }
}

/// A user's group may have other members, unless it is that user's private group.
#[test]
fn a_folder_of_a_group_that_is_not_this_users_alone_is_refused() {
    let stage = ini_stage();
    let kept = stage.own().join("kept");
    for (user, group, is_refused) in [(0, 0, false), (STRANGER, STRANGER, false), (STRANGER, 100, true)] {
        stage.prepare();
        fs::create_dir(&kept).expect("a folder");
        fs::set_permissions(&kept, fs::Permissions::from_mode(0o775)).expect("rights");
        let places = [stage.own(), kept.clone(), stage.own().join("my.ini"), stage.folder.path().to_owned()];
        if places.iter().any(|place| chown(place, Some(user), Some(group)).is_err()) {
            println!("not tried: only root gives files away");
            return;
        }
        let mut command = Command::new("setpriv");
        command.args(["--clear-groups", &format!("--reuid={user}"), &format!("--regid={group}")]);
        command.arg(PROGRAM).args(&stage.command);
        let output = command.output().expect("setpriv starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            said.contains(&format!("the group {group} may write")),
            is_refused,
            "{user} {group}: {said}"
        );
    }
}
