//! The server variables of a request, as IIS names and encodes them.
//!
//! In: a request. Out: bytes as `GetServerVariable` returns them, including the terminator. Both encodings are prepared, so
//! that a repeated request costs nothing here. Absent: variables that only a configured IIS can know (certificates, cache
//! URLs).

use std::collections::HashMap;

use kallithea_bridge_isapi::url;

use super::protocol::Request;

/// The longest name of a variable.
const LONGEST_NAME: usize = 256;

/// The variables of one request, by name.
#[derive(Debug)]
pub(super) struct Variables {
    values: HashMap<Vec<u8>, Value>,
    missing: Vec<String>,
}

/// One variable, including its terminators.
#[derive(Debug)]
struct Value {
    /// In the server's own code page; a character that the page lacks becomes a question mark.
    narrow: Vec<u8>,
    /// In UTF-16, little-endian.
    wide: Vec<u8>,
}

impl Variables {
    pub(super) fn new(request: &Request, body_length: u64) -> Self {
        let mut values = HashMap::with_capacity(64);
        let headers = all_headers(request, body_length);
        let mut add = |name: String, value: &str| values.insert(name.into_bytes(), Value::new(value));
        for (name, value) in url(request).into_iter().chain(identity(request)).chain(connection(request)) {
            add(name.to_owned(), &value);
        }
        for (name, value) in &headers {
            add(format!("HEADER_{}", name.to_ascii_uppercase()), value);
            add(format!("HTTP_{}", name.to_ascii_uppercase().replace('-', "_")), value);
        }
        for (name, header) in [("CONTENT_LENGTH", "content-length"), ("CONTENT_TYPE", "content-type")] {
            add(name.into(), find(&headers, header).unwrap_or_default());
        }
        add("SERVER_NAME".into(), &server_name(&headers));
        add("ALL_RAW".into(), &raw(&headers));
        add("ALL_HTTP".into(), &folded(&headers));
        let missing = request.missing.iter().map(|name| name.to_ascii_uppercase()).collect();
        Self { values, missing }
    }

    /// A variable as `GetServerVariable` returns it, including the terminator; `UNICODE_` names in UTF-16.
    pub(super) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        let mut folded = [0; LONGEST_NAME];
        let folded = folded.get_mut(..name.len())?;
        folded.copy_from_slice(name);
        folded.make_ascii_uppercase();
        let is_missing = |missing: &String| match missing.strip_suffix('*') {
            Some(begin) => folded.starts_with(begin.as_bytes()),
            None => folded == missing.as_bytes(),
        };
        if self.missing.iter().any(is_missing) {
            return None;
        }
        match folded.strip_prefix(b"UNICODE_") {
            Some(plain) => self.values.get(plain).map(|value| value.wide.as_slice()),
            None => self.values.get(&*folded).map(|value| value.narrow.as_slice()),
        }
    }

    /// A variable for the control block, even if `GetServerVariable` does not know it.
    pub(super) fn narrow(&self, name: &str) -> &[u8] {
        self.values.get(name.as_bytes()).map_or(b"\0", |value| value.narrow.as_slice())
    }
}

impl Value {
    fn new(value: &str) -> Self {
        let narrow = |letter: char| u8::try_from(u32::from(letter)).unwrap_or(b'?');
        Self {
            narrow: value.chars().chain(['\0']).map(narrow).collect(),
            wide: value.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect(),
        }
    }
}

fn url(request: &Request) -> Vec<(&'static str, String)> {
    let (path, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    let path = decode(path);
    let translated = format!(r"C:\inetpub\wwwroot{}", path.replace('/', r"\"));
    // If the extension has its own path, PATH_INFO is what follows it.
    let own = request.script_name.as_deref().filter(|own| path.starts_with(*own));
    let script_name = own.map_or_else(|| path.clone(), ToOwned::to_owned);
    let path_info = path[own.map_or(0, str::len)..].to_owned();
    vec![
        ("HTTP_URL", request.url.clone()),
        ("UNENCODED_URL", request.url.clone()),
        ("URL", path),
        ("SCRIPT_NAME", script_name),
        ("PATH_INFO", path_info),
        ("PATH_TRANSLATED", translated),
        ("QUERY_STRING", query.into()),
        ("REQUEST_METHOD", request.method.clone()),
        ("APPL_MD_PATH", "/LM/W3SVC/1/ROOT".into()),
        ("APPL_PHYSICAL_PATH", r"C:\inetpub\wwwroot\".into()),
        ("INSTANCE_ID", "1".into()),
        ("INSTANCE_META_PATH", "/LM/W3SVC/1".into()),
    ]
}

fn identity(request: &Request) -> Vec<(&'static str, String)> {
    let password = if request.auth_type == "Basic" { "a password" } else { "" };
    let user = || request.user.clone();
    vec![
        ("AUTH_TYPE", request.auth_type.clone()),
        ("AUTH_USER", user()),
        ("LOGON_USER", request.logon_user.clone().unwrap_or_else(user)),
        ("REMOTE_USER", user()),
        ("UNMAPPED_REMOTE_USER", user()),
        ("AUTH_PASSWORD", password.into()),
    ]
}

fn connection(request: &Request) -> Vec<(&'static str, String)> {
    let (https, usual_port) = if request.https { ("on", 443) } else { ("off", 80) };
    let port = request.port.unwrap_or(usual_port).to_string();
    vec![
        ("HTTPS", https.into()),
        ("SERVER_PORT", port),
        ("SERVER_PORT_SECURE", u8::from(request.https).to_string()),
        ("SERVER_PROTOCOL", request.protocol.clone()),
        ("HTTP_VERSION", request.protocol.clone()),
        ("SERVER_SOFTWARE", request.software.clone().unwrap_or_else(|| "Microsoft-IIS/10.0".into())),
        ("GATEWAY_INTERFACE", "CGI/1.1".into()),
        ("REMOTE_ADDR", request.remote_addr.clone()),
        ("REMOTE_HOST", request.remote_addr.clone()),
        ("REMOTE_PORT", "50000".into()),
        ("LOCAL_ADDR", request.local_addr.clone()),
        ("REQUEST_FLAGS", "0".into()),
    ]
}

/// The given headers, and those that every client must send with such a request.
fn all_headers(request: &Request, body_length: u64) -> Vec<(String, String)> {
    let mut headers = request.headers.clone();
    let mut add = |name: &str, value: String| {
        if find(&headers, name).is_none() {
            headers.push((name.into(), value));
        }
    };
    add("Host", "localhost".into());
    if request.chunked {
        add("Transfer-Encoding", "chunked".into());
    } else if body_length > 0 {
        add("Content-Length", body_length.to_string());
    }
    headers
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn server_name(headers: &[(String, String)]) -> String {
    let host = find(headers, "host").unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.into(),
        _ => host.into(),
    }
}

fn raw(headers: &[(String, String)]) -> String {
    headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}

fn folded(headers: &[(String, String)]) -> String {
    let name = |name: &str| name.to_ascii_uppercase().replace('-', "_");
    headers.iter().map(|(header, value)| format!("HTTP_{}:{value}\n", name(header))).collect()
}

/// A path as IIS has it in the variables that are not raw. What HTTP.sys would have refused is decoded as far as possible, so
/// that a bridge can still be tested with it.
fn decode(path: &str) -> String {
    let decoded = url::decode(path.as_bytes()).unwrap_or_else(|_| decoded_in_parts(path));
    let text = String::from_utf8_lossy(&decoded).into_owned();
    match url::settle(text.clone().into_bytes()) {
        Ok(settled) => String::from_utf8_lossy(&settled).into_owned(),
        Err(_) => text,
    }
}

fn decoded_in_parts(path: &str) -> Vec<u8> {
    let mut parts = path.split('%');
    let mut decoded = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let escape = format!("%{part}").into_bytes();
        decoded.extend(url::decode(&escape).unwrap_or(escape));
    }
    decoded
}
