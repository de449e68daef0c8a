//! The bridge as a shared object, in the project's own ISAPI host, serving the real Kallithea on Linux.

use std::sync::LazyLock;

use crate::kallithea;
use crate::kallithea::machine::Machine;
use crate::kallithea::{Deployment, scenarios};

scenarios::on_machine!(Machine::linux);

static WINDOWS_BELOW: LazyLock<Deployment> =
    LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "matrix-below"));

crate::matrix::tests!(&ROOT, &WINDOWS_BELOW, &EXTRAS);

#[test]
fn the_references_of_git() {
    scenarios::the_references_of_git(&BELOW);
}

#[test]
fn archives_of_git() {
    kallithea::parallel::archives_of_git(&EXTRAS);
}

#[test]
fn changes_on_branches_of_git() {
    kallithea::parallel::changes_on_branches_of_git(&EXTRAS);
}

/// Only programs under Wine are run again after a signal.
#[test]
fn a_signal_is_a_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "echo >>runs; kill -KILL $$"]).current_dir(&folder);
    assert!(std::thread::spawn(move || kallithea::run(&mut shell)).join().is_err());
    assert_eq!(std::fs::read_to_string(folder.path().join("runs")).expect("it ran"), "\n");
}
