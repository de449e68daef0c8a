//! How a text is encoded in a file.
//!
//! What enters: a file's bytes, or a text. What leaves: the text without its byte-order mark, or the bytes in the same
//! encoding. Absent: every encoding except UTF-8 and UTF-16, since IIS and Kallithea write no other.

use std::fmt;

/// How a file's text is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    Utf8 {
        /// Whether it has the mark.
        mark: bool,
    },
    /// UTF-16 with a byte-order mark, the lower byte first.
    Utf16LittleEndian,
    /// UTF-16 with a byte-order mark, the higher byte first.
    Utf16BigEndian,
}

/// Why bytes are not valid text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotText {
    /// They begin as UTF-16, but are not valid UTF-16.
    Utf16,
    /// They are not valid UTF-8.
    Utf8 {
        /// The place of the first invalid byte.
        at: usize,
        /// Its line, from 1.
        line: usize,
    },
}

impl fmt::Display for NotText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf16 => {
                formatter.write_str("it begins as UTF-16 but is not valid UTF-16; save it as UTF-8")
            }
            Self::Utf8 { at, line } => {
                write!(formatter, "it is not valid UTF-8 at byte {at}, in line {line}; save it as UTF-8")
            }
        }
    }
}

impl std::error::Error for NotText {}

impl Encoding {
    /// Whether an XML declaration may use this name for it.
    pub fn is_called(self, name: &str) -> bool {
        match self {
            Self::Utf8 { .. } => name.eq_ignore_ascii_case("utf-8"),
            // The byte-order mark takes precedence over the declaration.
            Self::Utf16LittleEndian | Self::Utf16BigEndian => true,
        }
    }

    /// A text in this encoding.
    pub fn encode(self, text: &str) -> Vec<u8> {
        let units = |pair: fn(u16) -> [u8; 2]| {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(pair).collect()
        };
        match self {
            Self::Utf8 { mark: true } => ["\u{feff}", text].concat().into_bytes(),
            Self::Utf8 { mark: false } => text.as_bytes().to_vec(),
            Self::Utf16LittleEndian => units(u16::to_le_bytes),
            Self::Utf16BigEndian => units(u16::to_be_bytes),
        }
    }
}

/// The encoding of a file, and its text.
pub fn decode(bytes: &[u8]) -> Result<(Encoding, String), NotText> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => Ok((Encoding::Utf16LittleEndian, wide(rest, u16::from_le_bytes)?)),
        [0xfe, 0xff, rest @ ..] => Ok((Encoding::Utf16BigEndian, wide(rest, u16::from_be_bytes)?)),
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok((Encoding::Utf8 { mark: true }, narrow(rest)?)),
        bytes => Ok((Encoding::Utf8 { mark: false }, narrow(bytes)?)),
    }
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, NotText> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.ok().filter(|_| bytes.len().is_multiple_of(2)).ok_or(NotText::Utf16)
}

fn narrow(bytes: &[u8]) -> Result<String, NotText> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        NotText::Utf8 { at, line: 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count() }
    });
    text.map(str::to_owned)
}

/// The encoding that an XML declaration names.
pub fn declared(text: &str) -> Option<&str> {
    let (declaration, _) = text.strip_prefix("<?xml")?.split_once("?>")?;
    let (_, said) = declaration.split_once("encoding")?;
    let said = said.trim_start().strip_prefix('=')?.trim_start();
    let quote = said.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    said[1..].split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_encoding() {
        for encoding in [
            Encoding::Utf8 { mark: false },
            Encoding::Utf8 { mark: true },
            Encoding::Utf16LittleEndian,
            Encoding::Utf16BigEndian,
        ] {
            assert_eq!(decode(&encoding.encode("ä\r\n𝄞")), Ok((encoding, "ä\r\n𝄞".to_owned())));
        }
        assert_eq!(decode(b"\xff\xfea"), Err(NotText::Utf16));
        assert_eq!(decode(b"\xff\xfe\x00\xd8"), Err(NotText::Utf16));
        assert_eq!(decode(b"a\nb\xe4"), Err(NotText::Utf8 { at: 3, line: 2 }));
    }
}
