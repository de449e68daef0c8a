//! For which machine a library was built.

use std::io::Cursor;

use kallithea_bridge_loader::pe::{Machine, machine};

fn library(number: u16) -> Vec<u8> {
    let mut file = b"MZ".to_vec();
    file.resize(0x3c, 0);
    file.extend(0x80_u32.to_le_bytes());
    file.resize(0x80, 0);
    file.extend(b"PE\0\0");
    file.extend(number.to_le_bytes());
    file
}

fn read(file: Vec<u8>) -> Option<Machine> {
    machine(&mut Cursor::new(file)).expect("memory can be read")
}

#[test]
fn the_machine_is_read_from_the_header() {
    assert_eq!(read(library(0x014c)), Some(Machine::X86));
    assert_eq!(read(library(0x8664)), Some(Machine::X64));
    assert_eq!(read(library(0xaa64)), Some(Machine::Arm64));
    assert_eq!(read(library(0x01c4)), Some(Machine::Other(0x01c4)));
}

#[test]
fn other_files_have_no_machine() {
    let cut = |length: usize| library(0x8664)[..length].to_vec();
    for file in [Vec::new(), b"M".to_vec(), b"\x7fELF".to_vec(), cut(0x40), cut(0x82), cut(0x85)] {
        assert_eq!(read(file), None);
    }
    let mut far = library(0x8664);
    far[0x3c..0x40].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(read(far), None);
}

#[test]
fn machines_are_named_for_people() {
    assert_eq!(Machine::X86.to_string(), "32-bit (x86)");
    assert_eq!(Machine::Other(0x01c4).to_string(), "built for machine 0x01c4");
}
