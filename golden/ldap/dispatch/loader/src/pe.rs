//! Finds out for which processor a Windows library was built.
//!
//! What enters: a file. What leaves: the machine that its header names. Absent: everything else that the header says.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

/// The machine field of a library's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// 32-bit Intel.
    X86,
    /// 64-bit Intel.
    X64,
    /// 64-bit ARM.
    Arm64,
    /// Something else.
    Other(u16),
}

impl Machine {
    /// The machine that this library was built for, and therefore the worker process that loaded it.
    pub const OWN: Self = if cfg!(target_arch = "x86") {
        Self::X86
    } else if cfg!(target_arch = "aarch64") {
        Self::Arm64
    } else {
        Self::X64
    };
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::X86 => formatter.write_str("32-bit (x86)"),
            Self::X64 => formatter.write_str("64-bit (x64)"),
            Self::Arm64 => formatter.write_str("64-bit (ARM64)"),
            Self::Other(number) => write!(formatter, "built for machine {number:#06x}"),
        }
    }
}

/// Offset of the field that says where the PE header begins.
const HEADER_POINTER: u64 = 0x3c;

/// Reads a library's machine; `None` when the file is not a Windows library.
pub fn machine(file: &mut (impl Read + Seek)) -> io::Result<Option<Machine>> {
    match read_header(file) {
        Ok(machine) => Ok(machine),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_header(file: &mut (impl Read + Seek)) -> io::Result<Option<Machine>> {
    if read_at::<2>(file, 0)? != *b"MZ" {
        return Ok(None);
    }
    let header = u64::from(u32::from_le_bytes(read_at(file, HEADER_POINTER)?));
    if read_at::<4>(file, header)? != *b"PE\0\0" {
        return Ok(None);
    }
    Ok(Some(match u16::from_le_bytes(read_at(file, header + 4)?) {
        0x014c => Machine::X86,
        0x8664 => Machine::X64,
        0xaa64 => Machine::Arm64,
        other => Machine::Other(other),
    }))
}

fn read_at<const N: usize>(file: &mut (impl Read + Seek), offset: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

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
}
