//! How a text is encoded in a file.
//!
//! What enters: a file's bytes, or a text. What leaves: the text without its byte-order mark, or the bytes in the same
//! encoding. An XML declaration may name another one, such as windows-1252; IIS and Kallithea write only UTF-8 and UTF-16. Absent: a
//! guess at an encoding that the file does not declare.

use std::fmt;

use iis_config::markup::declared_encoding;

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
    /// Another one, which its XML declaration names.
    Declared(&'static encoding_rs::Encoding),
}

/// Why bytes are not valid text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotText {
    /// They begin as UTF-16, but are not valid UTF-16.
    Utf16,
    /// They seem to be UTF-16, but have no byte-order mark, which XML demands (section 4.3.3).
    Unmarked,
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
            Self::Unmarked => {
                formatter.write_str("it seems to be UTF-16, but has no byte-order mark; save it as UTF-8")
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
            Self::Declared(own) => encoding_rs::Encoding::for_label(name.as_bytes()) == Some(own),
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
            // What it does not have becomes a reference, such as `&#8364;`.
            Self::Declared(own) => own.encode(text).0.into_owned(),
        }
    }
}

/// The encoding of a file, and its text.
pub fn decode(bytes: &[u8]) -> Result<(Encoding, String), NotText> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => Ok((Encoding::Utf16LittleEndian, wide(rest, u16::from_le_bytes)?)),
        [0xfe, 0xff, rest @ ..] => Ok((Encoding::Utf16BigEndian, wide(rest, u16::from_be_bytes)?)),
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok((Encoding::Utf8 { mark: true }, narrow(rest)?)),
        // The first character of every configuration file.
        [b'<', 0, ..] | [0, b'<', ..] => Err(NotText::Unmarked),
        bytes => match narrow(bytes) {
            Ok(text) => Ok((Encoding::Utf8 { mark: false }, text)),
            Err(why) => as_declared(bytes).ok_or(why),
        },
    }
}

/// The text in the encoding that the XML declaration names, if every byte of it can be written again.
fn as_declared(bytes: &[u8]) -> Option<(Encoding, String)> {
    let end = bytes.iter().position(|byte| *byte == b'>')?;
    let name = declared_encoding(std::str::from_utf8(&bytes[..=end]).ok()?)?;
    let encoding = encoding_rs::Encoding::for_label_no_replacement(name.as_bytes())?;
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned();
    let is_same = encoding != encoding_rs::UTF_8 && encoding.encode(&text).0 == bytes;
    is_same.then_some((Encoding::Declared(encoding), text))
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
        for (bytes, text) in [
            (&b"<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><a b=\"\xe4\"/>"[..], "ä"),
            (b"<?xml version='1.0' encoding='Windows-1251'?><a b=\"\xc6\"/>", "Ж"),
            (b"<?xml version=\"1.0\" encoding=\"gb2312\"?><a b=\"\xd6\xd0\"/>", "中"),
        ] {
            let (encoding, read) = decode(bytes).expect("a text");
            assert!(read.contains(text), "{read}");
            assert_eq!(encoding.encode(&read), bytes);
        }
        assert!(decode(b"<?xml version=\"1.0\" encoding=\"utf-8\"?><a b=\"\xe4\"/>").is_err());
        assert_eq!(decode(b"<\0a\0"), Err(NotText::Unmarked));
        assert_eq!(decode(b"\0<\0a"), Err(NotText::Unmarked));
        assert_eq!(decode(b"\xff\xfea"), Err(NotText::Utf16));
        assert_eq!(decode(b"\xff\xfe\x00\xd8"), Err(NotText::Utf16));
        assert_eq!(decode(b"a\nb\xe4"), Err(NotText::Utf8 { at: 3, line: 2 }));
    }
}
