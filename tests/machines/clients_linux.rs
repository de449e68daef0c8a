//! Real clients with `serve`: Mercurial, Git and Chromium, and the real Kallithea behind the bridge as a shared object.

mod browser;
pub mod client;
mod connection;
mod many;
mod names;
pub mod served;
mod version_control;

use std::sync::LazyLock;

use crate::kallithea::Deployment;
use crate::kallithea::machine::Machine;

static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::linux);
static ROOT: LazyLock<Deployment> = LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "clients"));
static BELOW: LazyLock<Deployment> = LazyLock::new(|| Deployment::with_kallithea(&MACHINE, "clients-below"));
