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
    Declared {
        /// The encoding. Browsers take windows-1252 for iso-8859-1, and so does the crate.
        encoding: &'static encoding_rs::Encoding,
        /// Whether the name is ISO's: the bytes 0x80 to 0x9f are then control characters, and no letters as in Windows' encodings (page
        /// "Code Page Identifiers": 28591 and 1252 are two).
        is_of_iso: bool,
    },
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

impl NotText {
    /// The place of the first byte that is wrong.
    pub fn place(self) -> usize {
        match self {
            Self::Utf16 | Self::Unmarked => 0,
            Self::Utf8 { at, .. } => at,
        }
    }

    /// What is wrong, as a sentence about the file.
    pub fn said(self) -> &'static str {
        match self {
            Self::Utf16 => "the file begins as UTF-16 but is not valid UTF-16",
            Self::Unmarked => "the file seems to be UTF-16 and has no byte-order mark",
            Self::Utf8 { .. } => "the file has bytes that are not in its encoding, UTF-8",
        }
    }
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
            Self::Declared { .. } => Self::named(name) == Some(self),
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
            Self::Declared { encoding, is_of_iso: false } => encoding.encode(text).0.into_owned(),
            Self::Declared { encoding, is_of_iso: true } => {
                text.chars().flat_map(|character| of_iso(encoding, character)).collect()
            }
        }
    }

    /// The encoding that an XML declaration calls so, if it is none of Unicode's. Bytes beyond ASCII are never US-ASCII.
    fn named(name: &str) -> Option<Self> {
        const ASCII: [&str; 3] = ["us-ascii", "ascii", "ansi_x3.4-1968"];
        const OF_WINDOWS: [&str; 4] = ["windows-", "cp125", "x-cp125", "dos-"];
        let encoding = encoding_rs::Encoding::for_label_no_replacement(name.as_bytes())?;
        let label = name.to_ascii_lowercase();
        let is_of_windows = OF_WINDOWS.iter().any(|beginning| label.starts_with(beginning));
        let is_of_iso = encoding.name().starts_with("windows-") && !is_of_windows;
        let is_other = encoding != encoding_rs::UTF_8 && !ASCII.contains(&label.as_str());
        is_other.then_some(Self::Declared { encoding, is_of_iso })
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
    let own = Encoding::named(declared_encoding(std::str::from_utf8(&bytes[..=end]).ok()?)?)?;
    let Encoding::Declared { encoding, is_of_iso } = own else { return None };
    let mut text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned();
    if is_of_iso {
        // One character for each byte.
        let pairs = text.chars().zip(bytes);
        text =
            pairs.map(|(letter, byte)| if is_control(*byte) { char::from(*byte) } else { letter }).collect();
    }
    (own.encode(&text) == bytes).then_some((own, text))
}

/// A character in one of ISO's encodings, by way of the one of Windows that has letters where ISO has control characters.
fn of_iso(encoding: &'static encoding_rs::Encoding, character: char) -> Vec<u8> {
    let bytes = encoding.encode(character.encode_utf8(&mut [0; 4])).0.into_owned();
    match (character, bytes.as_slice()) {
        ('\u{80}'..='\u{9f}', _) => vec![character as u8],
        (_, [byte]) if is_control(*byte) => format!("&#{};", u32::from(character)).into_bytes(),
        _ => bytes,
    }
}

/// Whether ISO's encodings have a control character there.
fn is_control(byte: u8) -> bool {
    matches!(byte, 0x80..=0x9f)
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
    fn an_encoding_of_iso_has_no_letters_that_only_windows_has() {
        for (name, euro) in [("iso-8859-1", "&#8364;"), ("Latin1", "&#8364;"), ("iso-8859-9", "&#8364;")] {
            let begin = format!("<?xml version='1.0' encoding='{name}'?><a b='");
            let (encoding, text) = decode(&[begin.as_bytes(), b"\xe4\x85'/>"].concat()).expect("a text");
            assert!(text.ends_with("ä\u{85}'/>"), "{text:?}");
            let written = encoding.encode(&text.replace("'/>", "€中'/>"));
            let end = [b"\xe4\x85", euro.as_bytes(), b"&#20013;'/>"].concat();
            assert_eq!(written, [begin.as_bytes(), &end].concat(), "{name}");
        }
        let windows = b"<?xml version='1.0' encoding='windows-1252'?><a b='\x80'/>";
        let (encoding, text) = decode(windows).expect("a text");
        assert!(text.contains('€') && encoding.encode(&text) == windows, "{text}");
    }

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
        for name in ["utf-8", "us-ascii", "no-such-name"] {
            let bytes =
                [format!("<?xml version='1.0' encoding='{name}'?><a b='").as_bytes(), b"\xe4'/>"].concat();
            assert!(decode(&bytes).is_err(), "{name}");
        }
        assert_eq!(decode(b"<\0a\0"), Err(NotText::Unmarked));
        assert_eq!(decode(b"\0<\0a"), Err(NotText::Unmarked));
        assert_eq!(decode(b"\xff\xfea"), Err(NotText::Utf16));
        assert_eq!(decode(b"\xff\xfe\x00\xd8"), Err(NotText::Utf16));
        assert_eq!(decode(b"a\nb\xe4"), Err(NotText::Utf8 { at: 3, line: 2 }));
    }
}
