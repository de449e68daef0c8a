//! What the application is told about a request: the variables of PEP 3333 that are text.
//!
//! What enters: a request as IIS knows it, and the settings. What leaves: an [`Arrival`]. Absent: the `wsgi.` keys,
//! which are Python objects; anything of the process's own environment; and AUTH_PASSWORD, which is never read.

use std::borrow::Cow;
use std::ffi::CStr;

use crate::client::Client;
use crate::headers::Headers;
use crate::reply::Protocol;
use crate::settings::{Identity, Settings};
use crate::url::{self, Split};

/// What is to be done with a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The application answers.
    Application(Box<Environ>),
    /// The URL is the application's path without its slash.
    Redirect {
        /// Where to: a path, percent-encoded, with the query.
        location: String,
        /// Whether the method may change on the way (301) or must not (308).
        method_may_change: bool,
    },
    /// The URL is not below the application's path.
    NotFound,
}

/// The variables of one request, and what the bridge itself needs of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Environ {
    /// Names and values, each name once.
    pub variables: Vec<(Cow<'static, str>, Value)>,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// The body's length; `None` when only its end will tell.
    pub body_length: Option<u64>,
}

/// A variable's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Bytes, which Python sees as Latin-1 (PEP 3333).
    Bytes(Vec<u8>),
    /// Text as such: a user's name.
    Text(String),
}

/// What the log and the response need to know of a request, whatever becomes of it.
#[derive(Debug, Clone)]
pub struct Line {
    /// The method.
    pub method: String,
    /// The path as the client sent it, without the query, which may hold keys.
    pub path: String,
    /// The version of HTTP.
    pub protocol: Protocol,
    /// The user whom the server authenticated.
    pub user: Option<String>,
}

/// Reads the request line and the user.
pub fn line(client: &impl Client, settings: &Settings) -> Line {
    let (path, _) = raw_path(client);
    Line {
        method: String::from_utf8_lossy(client.method()).into_owned(),
        path: String::from_utf8_lossy(&path).into_owned(),
        protocol: Protocol::parse(&protocol(client)),
        user: user(client, settings).map(|(user, _)| user),
    }
}

/// Reads the request and decides what is to be done with it.
pub fn arrival(client: &impl Client, settings: &Settings) -> Arrival {
    let Some(split) = split(client, settings.application.path) else { return Arrival::NotFound };
    if split.path_info.is_empty() && !split.script_name.is_empty() {
        let query = client.query_string();
        let mark = if query.is_empty() { "" } else { "?" };
        return Arrival::Redirect {
            location: format!("{}/{mark}{}", url::encode(&split.script_name), visible(query)),
            method_may_change: matches!(client.method(), b"GET" | b"HEAD"),
        };
    }
    Arrival::Application(Box::new(environ(client, settings, split)))
}

fn environ(client: &impl Client, settings: &Settings, split: Split) -> Environ {
    let headers = Headers::parse(&header_lines(client));
    let scheme = if is_https(client) { "https" } else { "http" };
    let mut variables: Vec<(Cow<'static, str>, Value)> = Vec::with_capacity(32);
    let mut put = |name: &'static str, value: Vec<u8>| variables.push((name.into(), Value::Bytes(value)));
    put("REQUEST_METHOD", client.method().to_vec());
    put("SCRIPT_NAME", split.script_name);
    put("PATH_INFO", if split.path_info.is_empty() { b"/".to_vec() } else { split.path_info });
    put("QUERY_STRING", client.query_string().to_vec());
    put("SERVER_PROTOCOL", protocol(client));
    put("SERVER_NAME", text(client, c"SERVER_NAME").unwrap_or_else(|| b"localhost".to_vec()));
    put("SERVER_PORT", text(client, c"SERVER_PORT").unwrap_or_else(|| default_port(scheme)));
    put("SERVER_SOFTWARE", text(client, c"SERVER_SOFTWARE").unwrap_or_else(|| b"kallithea-bridge".to_vec()));
    for (name, variable) in [("REMOTE_ADDR", c"REMOTE_ADDR"), ("REMOTE_HOST", c"REMOTE_HOST")] {
        if let Some(value) = text(client, variable) {
            put(name, value);
        }
    }
    let body_length = body_length(client, &headers);
    for (name, value) in content(client, &headers, body_length) {
        put(name, value);
    }
    for (name, value) in headers.variables(is_authenticated(client, settings)) {
        variables.push((name.into(), Value::Bytes(value)));
    }
    if let Some((user, kind)) = user(client, settings) {
        variables.push(("REMOTE_USER".into(), Value::Text(user)));
        variables.push(("AUTH_TYPE".into(), Value::Bytes(kind)));
    }
    Environ { variables, scheme, body_length }
}

/// The user and how the server authenticated them. No other source of a name is ever asked.
fn user(client: &impl Client, settings: &Settings) -> Option<(String, Vec<u8>)> {
    if settings.identity != Identity::Server {
        return None;
    }
    let kind = text(client, c"AUTH_TYPE")?;
    let user = wide(client, c"UNICODE_REMOTE_USER").or_else(|| text(client, c"REMOTE_USER").map(native))?;
    Some((user, kind))
}

/// Whether the server has used the client's Authorization itself. Where the application authenticates, a mere
/// AUTH_TYPE does not say so, since the client's own header may have put it there.
fn is_authenticated(client: &impl Client, settings: &Settings) -> bool {
    let known = settings.identity == Identity::Server || text(client, c"LOGON_USER").is_some();
    known && text(client, c"AUTH_TYPE").is_some()
}

/// CONTENT_TYPE and CONTENT_LENGTH, where they mean something.
fn content(
    client: &impl Client,
    headers: &Headers,
    body_length: Option<u64>,
) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let content_type = match client.content_type() {
        [] => headers.get("content-type").unwrap_or_default(),
        given => given,
    };
    let content_type = (!content_type.is_empty()).then(|| ("CONTENT_TYPE", content_type.to_vec()));
    let declared = headers.get("content-length").is_some();
    let length = body_length.filter(|&length| length > 0 || declared);
    content_type.into_iter().chain(length.map(|length| ("CONTENT_LENGTH", length.to_string().into_bytes())))
}

/// How long the body is. With chunked coding the server may have made up a length, which does not count; from 4 GiB
/// on only the header knows it.
fn body_length(client: &impl Client, headers: &Headers) -> Option<u64> {
    if headers.is_chunked() {
        return None;
    }
    let declared = headers.get("content-length").and_then(decimal);
    declared.or_else(|| client.total_bytes().map(u64::from))
}

/// The path below the application, from the URL as the client sent it; where that does not fit, from the path that
/// the server decoded, which some hosts know better.
fn split(client: &impl Client, application: &str) -> Option<Split> {
    let (path, is_raw) = raw_path(client);
    let decoded = url::without_dots(if is_raw { url::decode(&path) } else { path });
    url::split(&decoded, application).or_else(|| {
        let path = wide(client, c"UNICODE_PATH_INFO")?.into_bytes();
        url::split(&url::without_dots(path), application)
    })
}

/// The path as the client sent it, and whether it is still percent-encoded.
fn raw_path(client: &impl Client) -> (Vec<u8>, bool) {
    let raw = text(client, c"UNENCODED_URL").or_else(|| text(client, c"HTTP_URL"));
    if let Some(target) = raw {
        return (url::path_of(&target).to_vec(), true);
    }
    let decoded = wide(client, c"UNICODE_PATH_INFO").map(String::into_bytes);
    (decoded.or_else(|| client.path_info().map(<[u8]>::to_vec)).unwrap_or_default(), false)
}

/// The header lines; the folded form of hosts that know no other is turned back.
fn header_lines(client: &impl Client) -> Vec<u8> {
    if let Some(raw) = text(client, c"ALL_RAW") {
        return raw;
    }
    let folded = text(client, c"ALL_HTTP").unwrap_or_default();
    let mut lines = Vec::with_capacity(folded.len());
    for line in folded.split(|&byte| byte == b'\n') {
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let name = line[..colon].strip_prefix(b"HTTP_").unwrap_or_default();
        lines.extend(name.iter().map(|&byte| if byte == b'_' { b'-' } else { byte }));
        lines.extend_from_slice(&line[colon..]);
        lines.push(b'\n');
    }
    lines
}

fn protocol(client: &impl Client) -> Vec<u8> {
    text(client, c"SERVER_PROTOCOL").unwrap_or_else(|| b"HTTP/1.0".to_vec())
}

fn is_https(client: &impl Client) -> bool {
    let says = |name, yes: &[u8]| text(client, name).map(|value| value.eq_ignore_ascii_case(yes));
    says(c"HTTPS", b"on").or_else(|| says(c"SERVER_PORT_SECURE", b"1")).unwrap_or(false)
}

fn default_port(scheme: &str) -> Vec<u8> {
    if scheme == "https" { b"443".to_vec() } else { b"80".to_vec() }
}

/// A variable's bytes up to its terminator; `None` where it is empty.
fn text(client: &impl Client, name: &CStr) -> Option<Vec<u8>> {
    let mut value = client.variable(name)?;
    value.truncate(value.iter().position(|&byte| byte == 0).unwrap_or(value.len()));
    (!value.is_empty()).then_some(value)
}

/// A UTF-16 variable up to its terminator; `None` where it is empty.
fn wide(client: &impl Client, name: &CStr) -> Option<String> {
    let value = client.variable(name)?;
    let units = value.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let text = char::decode_utf16(units.take_while(|&unit| unit != 0));
    let text: String = text.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    (!text.is_empty()).then_some(text)
}

/// Bytes of unknown coding as text: UTF-8 if they can be that, else one letter for a byte.
fn native(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().map(|&byte| char::from(byte)).collect())
}

fn decimal(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value).ok().filter(|_| digits)?.parse().ok()
}

/// A query that can stand in a header.
fn visible(query: &[u8]) -> String {
    query.iter().filter(|byte| byte.is_ascii_graphic()).map(|&byte| char::from(byte)).collect()
}
