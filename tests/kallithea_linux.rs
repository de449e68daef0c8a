//! The bridge as a shared object, in the project's own ISAPI host, serving the real Kallithea on Linux.
#![cfg(target_os = "linux")]

#[path = "kallithea/mod.rs"]
mod kallithea;

use std::sync::LazyLock;

use kallithea::machine::Machine;
use kallithea::{Deployment, scenarios};

scenarios::on_machine!(Machine::linux);

#[test]
fn the_references_of_git() {
    scenarios::the_references_of_git(&BELOW);
}
