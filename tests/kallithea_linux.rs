//! The bridge as a shared object, in the project's own ISAPI host, serving the real Kallithea on Linux.
#![cfg(target_os = "linux")]

#[path = "kallithea/mod.rs"]
mod kallithea;

use std::sync::LazyLock;

use kallithea::machine::Machine;
use kallithea::{Deployment, scenarios};

static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::linux);
static ROOT: LazyLock<Deployment> = LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "root"));
static BELOW: LazyLock<Deployment> = LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "below"));

#[test]
fn pages_at_the_root() {
    scenarios::pages_at_the_root(&ROOT);
}

#[test]
fn pages_below_the_root() {
    scenarios::pages_below_the_root(&BELOW);
}

#[test]
fn the_application_without_its_slash() {
    scenarios::the_application_without_its_slash(&BELOW);
}

#[test]
fn a_static_file() {
    scenarios::a_static_file(&BELOW);
}

#[test]
fn single_sign_on() {
    scenarios::single_sign_on(&ROOT);
}

#[test]
fn a_forged_user() {
    scenarios::a_forged_user(&ROOT);
}

#[test]
fn the_capabilities_of_mercurial() {
    scenarios::the_capabilities_of_mercurial(&ROOT, &BELOW);
}

#[test]
fn signing_on_by_a_form() {
    scenarios::signing_on_by_a_form(&BELOW);
}

#[test]
fn several_requests_at_once() {
    scenarios::several_requests_at_once(&BELOW);
}

#[test]
fn the_references_of_git() {
    scenarios::the_references_of_git(&BELOW);
}
