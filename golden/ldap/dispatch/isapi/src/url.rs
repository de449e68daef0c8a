//! The request's URL, from the bytes that the client sent to the application's own path.
//!
//! What enters: the request target and the path of the IIS application. What leaves: SCRIPT_NAME and PATH_INFO as
//! bytes. Absent: the query, which nobody here touches.

/// The path of a request target: without query, and without scheme and host where a client sent them.
#[must_use]
pub fn path_of(target: &[u8]) -> &[u8] {
    let end = target.iter().position(|&byte| matches!(byte, b'?' | b'#')).unwrap_or(target.len());
    let target = &target[..end];
    if target.starts_with(b"/") {
        return target;
    }
    let Some(scheme) = target.windows(3).position(|bytes| bytes == b"://") else { return target };
    let rest = &target[scheme + 3..];
    rest.iter().position(|&byte| byte == b'/').map_or(b"/".as_slice(), |slash| &rest[slash..])
}

/// Percent-decodes a path, once. What is no escape stays as it is.
#[must_use]
pub fn decode(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, tail @ ..] = rest {
        rest = tail;
        let escape = if *first == b'%' { tail.get(..2).and_then(hexadecimal) } else { None };
        decoded.push(escape.unwrap_or(*first));
        if escape.is_some() {
            rest = &tail[2..];
        }
    }
    decoded
}

/// Percent-encodes a path so that it can stand in a Location header.
#[must_use]
pub fn encode(path: &[u8]) -> String {
    use std::fmt::Write as _;
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

/// Resolves the segments `.` and `..`, as the server did before it chose the application.
#[must_use]
pub fn without_dots(path: Vec<u8>) -> Vec<u8> {
    let dots = |segment: &[u8]| matches!(segment, b"." | b"..");
    if !path.split(|&byte| byte == b'/').any(dots) {
        return path;
    }
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut folder = false;
    for segment in path.split(|&byte| byte == b'/').skip(1) {
        folder = dots(segment);
        match segment {
            b"." => {}
            b".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let mut resolved = Vec::with_capacity(path.len());
    for segment in kept {
        resolved.push(b'/');
        resolved.extend_from_slice(segment);
    }
    if folder || resolved.is_empty() {
        resolved.push(b'/');
    }
    resolved
}

/// Takes a decoded path apart at `application`, which is `/` or `/name`: into the application's path in the URL's
/// spelling (empty, or `/name`), and the rest (empty, or beginning with a slash). `None` when the path is not below
/// it. Letters match in either case, as IIS matches them.
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

fn hexadecimal(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*pair.first()?)? * 16 + digit(*pair.get(1)?)?).ok()
}
