//! The shipped bridge, built as shared objects, serves the torture application in the project's own ISAPI host.
#![cfg(target_os = "linux")]

mod support;
mod torture;

use torture::machine::Machine;

static MACHINE: Machine = Machine::Linux;

torture::scenarios!();
