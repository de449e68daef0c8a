//! The shipped bridge, built as shared objects, serves the torture application in the project's own ISAPI host.

use crate::torture::machine::Machine;

static MACHINE: Machine = Machine::Linux;

crate::torture::scenarios!(&super::MACHINE);
