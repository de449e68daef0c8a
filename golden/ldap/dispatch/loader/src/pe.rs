//! For which processor a Windows library was built.
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

/// Offset of the field that says where the header proper begins.
const HEADER_POINTER: u64 = 0x3c;

/// Reads a library's machine; `None` when the file is no Windows library.
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
