//! The encoding that a file declares against its bytes.
//!
//! In: a text, how it was written, or where its bytes are not text. Out: what IIS cannot read (XML, section 4.3.3). Absent: the bytes.

use iis_config::markup::declared_encoding;

use super::Surroundings;
use crate::diagnostic::{Code, Diagnostic};

/// An XML declaration that names another encoding than that of the file, or one that nobody knows.
pub(super) fn encoding(text: &str, around: &Surroundings<'_, '_, '_>) -> Option<Diagnostic> {
    let name = declared_encoding(text)?;
    let start = name.as_ptr() as usize - text.as_ptr() as usize;
    let is_wide = WIDE.iter().any(|own| own.eq_ignore_ascii_case(name));
    let message = match around.is_utf16 {
        false if is_wide => format!("the file declares {name} and is not in UTF-16"),
        true if !is_wide => format!("the file is in UTF-16 and declares {name}"),
        // The web calls it so, XML does not.
        _ if name.eq_ignore_ascii_case("utf8") || (!is_wide && !is_known(name)) => {
            format!("`{name}` is not the name of an encoding")
        }
        _ => return None,
    };
    let help = match around.is_utf16 {
        false => "write encoding=\"utf-8\"",
        true => "write encoding=\"utf-16\", or save the file as UTF-8",
    };
    Some(Diagnostic::new(Code::ConfigEncoding, start..start + name.len(), message).help(help))
}

/// The names of UTF-16.
const WIDE: [&str; 6] = ["utf-16", "utf-16le", "utf-16be", "unicode", "ucs-2", "iso-10646-ucs-2"];

fn is_known(name: &str) -> bool {
    encoding_rs::Encoding::for_label(name.as_bytes()).is_some()
}

/// What is wrong with a file whose bytes are not text: `message`, at the byte `at`. `text` has U+FFFD in place of wrong bytes.
pub fn not_text(text: &str, at: usize, message: &str) -> Diagnostic {
    let length = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let help = "save the file as UTF-8, or declare its own encoding, as in \
                <?xml version=\"1.0\" encoding=\"windows-1252\"?>";
    Diagnostic::new(Code::ConfigEncoding, at..at + length, message).help(help)
}
