//! The request's URL, from the bytes that the client sent to the path inside the application, read as HTTP.sys reads
//! it.
//!
//! HTTP.sys decodes escapes once, treats a backslash as a slash, folds consecutive slashes, and removes the segments
//! `.` and `..`, in this order (Microsoft's KB 896287 for the backslash before the dots, KB 820129 for `%uNNNN` and for
//! what HTTP.sys refuses, dotnet/aspnetcore 44753 for the slashes). It filters the result and selects the application
//! by it. An application that read the URL in another way would receive a path that no filter has checked.
//!
//! What enters: the request target, or a path that a server has decoded, and the path of the IIS application. What leaves:
//! SCRIPT_NAME and PATH_INFO as bytes, or why there are none. Absent: the query, which stays unchanged.

use std::fmt;

/// Why a path is refused: by HTTP.sys itself, and by the bridge behind every other host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// A `%` without two hexadecimal digits after it, or half a letter in the form `%uNNNN`.
    Escape,
    /// A letter from U+0000 to U+001F, or from U+007F to U+009F.
    Control,
    /// Bytes that are not UTF-8. HTTP.sys reads them in its machine's code page, which only HTTP.sys knows.
    Coding,
    /// No slash in front, as in `OPTIONS *`.
    Relative,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Escape => "it contains a % that does not begin an escape",
            Self::Control => "it contains a control character",
            Self::Coding => "it is not valid UTF-8",
            Self::Relative => "it does not begin with a slash",
        })
    }
}

/// The path of a request target: without the query, and without scheme and host if the client sent them.
#[must_use]
pub fn path_of(target: &[u8]) -> &[u8] {
    let end = target.iter().position(|&byte| matches!(byte, b'?' | b'#')).unwrap_or(target.len());
    let target = &target[..end];
    // A target that begins with a separator is a path, whatever follows.
    let is_scheme =
        |bytes: &[u8]| bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    let scheme = target.windows(3).position(|bytes| bytes == b"://");
    let Some(scheme) = scheme.filter(|&scheme| scheme > 0 && is_scheme(&target[..scheme])) else {
        return target;
    };
    let rest = &target[scheme + 3..];
    let slash = rest.iter().position(|&byte| matches!(byte, b'/' | b'\\'));
    slash.map_or(b"/".as_slice(), |slash| &rest[slash..])
}

/// Reads a path as the client sent it. The result begins with a slash, has no other empty segment, no dot segment, no
/// backslash and no control character, and is UTF-8.
pub fn read(path: &[u8]) -> Result<Vec<u8>, Unreadable> {
    settle(decode(path)?)
}

/// Reads a path that a server has already decoded. A path that [`read`] has returned stays unchanged.
pub fn settle(mut path: Vec<u8>) -> Result<Vec<u8>, Unreadable> {
    let text = std::str::from_utf8(&path).map_err(|_| Unreadable::Coding)?;
    if text.chars().any(char::is_control) {
        return Err(Unreadable::Control);
    }
    path.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    if !path.starts_with(b"/") {
        return Err(Unreadable::Relative);
    }
    Ok(compact(path))
}

/// Percent-decodes a path once: the escapes `%NN` and `%uNNNN` (UTF-16).
pub fn decode(path: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            decoded.push(*first);
        } else if let [b'u' | b'U', ..] = tail {
            let (letter, after) = unicode(tail).ok_or(Unreadable::Escape)?;
            decoded.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            rest = after;
        } else {
            decoded.push(tail.get(..2).and_then(byte).ok_or(Unreadable::Escape)?);
            rest = &tail[2..];
        }
    }
    Ok(decoded)
}

/// Percent-encodes a path for a Location header.
#[must_use]
pub fn encode(path: &[u8]) -> String {
    use fmt::Write as _;
    let mut encoded = String::with_capacity(path.len());
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Splits a path from [`read`] after `application`, which is `/` or `/name`: into the application's path in the URL's
/// spelling (empty, or `/name`), and the rest (empty, or beginning with a slash). `None` when the path is not below it.
/// ASCII letters match in either case, as in IIS.
#[must_use]
pub fn split(mut path: Vec<u8>, application: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let application = application.trim_end_matches('/').as_bytes();
    let begin = path.get(..application.len())?;
    let rest = &path[application.len()..];
    let is_below = begin.eq_ignore_ascii_case(application) && (rest.is_empty() || rest.starts_with(b"/"));
    is_below.then(|| {
        let rest = path.split_off(application.len());
        (path, rest)
    })
}

/// Whether a PATH_INFO escapes any Windows folder that it is joined to: a share (`//host`), a drive (`/C:`), or anything
/// with a backslash. No page of an application has such a path. Drives have ASCII letters, but Python treats any letter
/// before a colon as a drive.
#[must_use]
pub fn is_elsewhere(path_info: &[u8]) -> bool {
    let first = path_info.strip_prefix(b"/").unwrap_or(path_info);
    let letter = first.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    let after = &first[letter.map_or(0, char::len_utf8)..];
    first.starts_with(b"/") || letter.is_some() && after.starts_with(b":") || path_info.contains(&b'\\')
}

/// Removes empty segments and `.`, and each `..` with the segment before it, if there is one.
fn compact(path: Vec<u8>) -> Vec<u8> {
    let is_odd = |segment: &[u8]| matches!(segment, b"" | b"." | b"..");
    let below = path.strip_suffix(b"/").unwrap_or(&path);
    if !below.split(|&byte| byte == b'/').skip(1).any(is_odd) {
        return path;
    }
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut is_folder = false;
    for segment in path.split(|&byte| byte == b'/').skip(1) {
        is_folder = is_odd(segment);
        match segment {
            b"" | b"." => {}
            b".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let mut compacted = Vec::with_capacity(path.len());
    for segment in kept {
        compacted.push(b'/');
        compacted.extend_from_slice(segment);
    }
    if is_folder || compacted.is_empty() {
        compacted.push(b'/');
    }
    compacted
}

/// The letter of `uNNNN`, or of two of these with a percent sign between them, and the rest.
fn unicode(escape: &[u8]) -> Option<(char, &[u8])> {
    let (first, rest) = unit(escape)?;
    if let Some(letter) = char::from_u32(first.into()) {
        return Some((letter, rest));
    }
    let (second, rest) = unit(rest.strip_prefix(b"%")?)?;
    let letter = char::decode_utf16([first, second]).next()?.ok()?;
    Some((letter, rest))
}

fn unit(escape: &[u8]) -> Option<(u16, &[u8])> {
    let digits = escape.strip_prefix(b"u").or_else(|| escape.strip_prefix(b"U"))?;
    let (digits, rest) = digits.split_at_checked(4)?;
    Some((u16::from_be_bytes([byte(&digits[..2])?, byte(&digits[2..])?]), rest))
}

fn byte(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*pair.first()?)? * 16 + digit(*pair.get(1)?)?).ok()
}
