//! What the bridge tells the application about a request: the text variables of PEP 3333.
//!
//! What enters: a request as IIS knows it, and the settings. What leaves: an [`Arrival`], and the variables. Absent:
//! the `wsgi.` keys, which are Python objects; the process's own environment; and AUTH_PASSWORD, which is never read.
//! Each server variable is read once.

mod address;

use std::ffi::CStr;
use std::net::IpAddr;
use std::ops::Range;

use crate::client::Client;
use crate::headers::{self, BodyEnd, Headers, Trust};
use crate::reply::Protocol;
use crate::settings::{Identity, Settings};
use crate::url::Unreadable;
use crate::{account, domains, fallback, proxies, url};

/// What the bridge does with a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The application answers.
    Application,
    /// The URL is the application's path without its slash.
    Redirect {
        /// Where to: a path, percent-encoded, with the query.
        location: String,
        /// Whether the method may change on the way (301) or must not (308).
        method_may_change: bool,
    },
    /// The URL is not below the application's path.
    NotFound,
    /// The path below the application's leads to a drive or a share of Windows.
    Elsewhere,
    /// The URL has no path that HTTP.sys would accept.
    Unreadable(Unreadable),
    /// The user belongs to a domain that the settings do not name.
    Forbidden,
    /// The client has typed the user's name in a form that does not identify one account.
    Unclear,
    /// The request contradicts itself; this is the reason.
    Bad(&'static str),
    /// The request has more than [`crate::headers::MOST`] headers.
    TooManyHeaders,
}

/// The variables of one request, and what the bridge itself needs from them. The next request can reuse the value and
/// its memory.
#[derive(Debug, Default)]
pub struct Environ {
    /// The values of the variables, one after the other.
    text: Vec<u8>,
    variables: Vec<(&'static str, Range<usize>)>,
    headers: Headers,
    method: Vec<u8>,
    /// The path as the client sent it, without the query, which may hold keys.
    path: Vec<u8>,
    is_path_encoded: bool,
    user: Option<String>,
    kind: Range<usize>,
    protocol: Option<Protocol>,
    is_https: bool,
    body_length: Option<u64>,
}

impl Environ {
    /// Reads the request line and the user.
    pub fn read_line(&mut self, client: &impl Client, settings: &Settings) {
        self.text.clear();
        self.text.shrink_to(headers::KEPT);
        self.variables.clear();
        self.read_method(client);
        self.read_path(client);
        let protocol = self.ask(client, c"SERVER_PROTOCOL");
        let protocol = protocol.unwrap_or_else(|| self.write_down(b"HTTP/1.0"));
        self.protocol = Some(Protocol::parse(&self.text[protocol.clone()]));
        self.variables.push(("SERVER_PROTOCOL", protocol));
        self.user = None;
        self.kind = self.ask(client, c"AUTH_TYPE").unwrap_or_default();
        if settings.identity == Identity::Server && !self.kind.is_empty() && self.is_logged_on(client) {
            self.user = self.ask_wide(client, c"UNICODE_REMOTE_USER").or_else(|| {
                fallback::note("UNICODE_REMOTE_USER", "REMOTE_USER");
                let range = self.ask(client, c"REMOTE_USER")?;
                Some(native(&self.text[range]))
            });
        }
    }

    /// Reads the rest of a request after its line, and decides what to do with it. Afterwards the client's address is
    /// known, whatever the decision.
    pub fn arrive(&mut self, client: &impl Client, settings: &Settings) -> Arrival {
        if let Err(arrival) = self.read_message(client, settings) {
            return arrival;
        }
        let (script_name, path_info) = match self.split(client, settings.application.path) {
            Ok(parts) => parts,
            Err(arrival) => return arrival,
        };
        if !self.settle_user(client, settings) {
            return Arrival::Unclear;
        }
        if self.user().is_some_and(|user| !domains::admits(settings.domains, user)) {
            return Arrival::Forbidden;
        }
        if path_info.is_empty() && !script_name.is_empty() {
            let query = client.query_string();
            let mark = if query.is_empty() { "" } else { "?" };
            return Arrival::Redirect {
                location: format!("{}/{mark}{}", url::encode(&script_name), visible(query)),
                method_may_change: matches!(self.method(), b"GET" | b"HEAD"),
            };
        }
        self.put("SCRIPT_NAME", &script_name);
        self.put("PATH_INFO", if path_info.is_empty() { b"/" } else { &path_info });
        self.put("QUERY_STRING", client.query_string());
        if self.user.is_some() {
            self.variables.push(("AUTH_TYPE", self.kind.clone()));
        }
        Arrival::Application
    }

    /// Reads the connection's variables, the headers, and what they say about the body. A request that contradicts
    /// itself is refused before anything else, since nobody can tell where the next request on its connection begins.
    fn read_message(&mut self, client: &impl Client, settings: &Settings) -> Result<(), Arrival> {
        self.read_connection(client);
        self.read_headers(client);
        let length = self.read_body_length(client);
        let content_type = match client.content_type() {
            [] => self.headers.get("content-type").unwrap_or_default().to_vec(),
            given => given.to_vec(),
        };
        if !content_type.is_empty() {
            self.put("CONTENT_TYPE", &content_type);
        }
        let trust =
            Trust { proxy: self.is_proxy(settings), authenticated: self.is_authenticated(client, settings) };
        self.headers.settle(trust);
        if self.headers.are_too_many() {
            return Err(Arrival::TooManyHeaders);
        }
        if self.method.is_empty() {
            return Err(Arrival::Bad("it has no method"));
        }
        length.map_err(Arrival::Bad)
    }

    /// The variables that Python reads as Latin-1 (PEP 3333), each name once. The user is not among them.
    pub fn variables(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let own = self.variables.iter().map(|(name, range)| (name.as_bytes(), &self.text[range.clone()]));
        let method = [(&b"REQUEST_METHOD"[..], self.method.as_slice())];
        method.into_iter().chain(own).chain(self.headers.variables())
    }

    /// The value of one variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.variables().find(|(found, _)| *found == name.as_bytes()).map(|(_, value)| value)
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &[u8] {
        &self.method
    }

    /// The path as the client sent it, without the query.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// The user that the server authenticated: `REMOTE_USER`, as text. After [`Environ::arrive`] it is Windows' name for
    /// the account; before that, it is the server's value.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The version of HTTP.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol.unwrap_or(Protocol::Http10)
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }

    /// The body's length; `None` when it is known only at the body's end.
    #[must_use]
    pub fn body_length(&self) -> Option<u64> {
        self.body_length
    }

    fn read_connection(&mut self, client: &impl Client) {
        let https = self.ask(client, c"HTTPS");
        self.is_https = match https {
            Some(range) => self.text[range].eq_ignore_ascii_case(b"on"),
            None => {
                fallback::note("HTTPS", "SERVER_PORT_SECURE");
                self.ask(client, c"SERVER_PORT_SECURE").is_some_and(|range| self.text[range] == *b"1")
            }
        };
        let port: &[u8] = if self.is_https { b"443" } else { b"80" };
        self.ask_for("SERVER_NAME", client, c"SERVER_NAME", b"localhost");
        self.ask_for("SERVER_PORT", client, c"SERVER_PORT", port);
        self.ask_for("SERVER_SOFTWARE", client, c"SERVER_SOFTWARE", b"kallithea-bridge");
        if let Some(range) = self.ask(client, c"REMOTE_ADDR") {
            self.variables.push(("REMOTE_ADDR", range.clone()));
            // A server that looks up host names would give one in REMOTE_HOST. Few do, so the address is used at once.
            self.variables.push(("REMOTE_HOST", range));
        }
    }

    /// Reads the header lines. Hosts that know only the folded form have it converted back.
    fn read_headers(&mut self, client: &impl Client) {
        self.headers.read(|raw| {
            if client.variable(c"ALL_RAW", raw) {
                return raw.truncate(raw.iter().position(|&byte| byte == 0).unwrap_or(raw.len()));
            }
            fallback::note("ALL_RAW", "ALL_HTTP");
            let mut folded = Vec::new();
            client.variable(c"ALL_HTTP", &mut folded);
            unfold(&folded, raw);
        });
    }

    /// Determines the body's length. With chunked coding the server may have added its own length, if it already knew
    /// the whole body. From 4 GiB on, only the header has the length.
    fn read_body_length(&mut self, client: &impl Client) -> Result<(), &'static str> {
        let counted = client.total_bytes().map(u64::from);
        self.body_length = match self.headers.body_end()? {
            BodyEnd::Chunked(Some(said)) if counted != Some(said) => {
                return Err("Content-Length and Transfer-Encoding contradict each other");
            }
            BodyEnd::Chunked(_) => None,
            BodyEnd::Length(said) => Some(said),
            BodyEnd::Unsaid => counted,
        };
        let is_said = self.headers.get("content-length").is_some();
        if let Some(length) = self.body_length.filter(|&length| length > 0 || is_said) {
            self.put("CONTENT_LENGTH", length.to_string().as_bytes());
        }
        Ok(())
    }

    /// Reads the method, from the variable where the control block has none.
    fn read_method(&mut self, client: &impl Client) {
        self.method.clear();
        self.method.extend_from_slice(client.method());
        if self.method.is_empty()
            && let Some(range) = self.ask(client, c"REQUEST_METHOD")
        {
            fallback::note("method in its control block", "REQUEST_METHOD");
            self.method.extend_from_slice(&self.text[range.clone()]);
            self.text.truncate(range.start);
        }
    }

    /// Replaces what the client has typed with Windows' name for the user's account; `false` where the account is not
    /// clear.
    fn settle_user(&mut self, client: &impl Client, settings: &Settings) -> bool {
        let Some(said) = &self.user else { return true };
        let kind = &self.text[self.kind.clone()];
        let name = account::name(said, kind, settings.default_domain, client);
        let is_settled = name.is_some();
        self.user = name.or_else(|| self.user.take());
        is_settled
    }

    /// The client's address: the peer's, or the one that the peer names if it is a trusted proxy. For an IPv6 address
    /// this is the first half, which is one customer's network.
    #[must_use]
    pub fn client(&self, settings: &Settings) -> Option<IpAddr> {
        let peer = self.get("REMOTE_ADDR")?;
        // With too many headers the proxy's own may not have been read, and the one that was read may be the
        // client's.
        let is_known = !self.headers.are_too_many();
        let named = self.get("HTTP_X_FORWARDED_FOR").filter(|_| is_known).unwrap_or_default();
        proxies::client(peer, named, settings.trusted_proxies)
    }

    fn is_proxy(&self, settings: &Settings) -> bool {
        let peer = self.get("REMOTE_ADDR").unwrap_or_default();
        !settings.trusted_proxies.is_empty() && proxies::is_trusted(peer, settings.trusted_proxies)
    }

    /// Whether the server has used the client's Authorization itself. Where the application authenticates, AUTH_TYPE
    /// alone does not prove this, since it may come from the client's own header.
    fn is_authenticated(&mut self, client: &impl Client, settings: &Settings) -> bool {
        !self.kind.is_empty()
            && (settings.identity == Identity::Server || self.ask(client, c"LOGON_USER").is_some())
    }

    /// Whether the server has logged a user on. A filter can set REMOTE_USER without a logon, and AUTH_TYPE may come
    /// from a client's header. Where the host does not know LOGON_USER, AUTH_TYPE must suffice.
    fn is_logged_on(&mut self, client: &impl Client) -> bool {
        let begin = self.text.len();
        let is_known = client.variable(c"LOGON_USER", &mut self.text);
        let is_said = self.text.get(begin).is_some_and(|&first| first != 0);
        self.text.truncate(begin);
        if !is_known {
            fallback::note("LOGON_USER", "AUTH_TYPE");
        }
        is_said || !is_known
    }

    fn put(&mut self, name: &'static str, value: &[u8]) {
        let range = self.write_down(value);
        self.variables.push((name, range));
    }

    fn ask_for(&mut self, name: &'static str, client: &impl Client, variable: &CStr, otherwise: &[u8]) {
        let range = self.ask(client, variable).unwrap_or_else(|| self.write_down(otherwise));
        self.variables.push((name, range));
    }

    fn write_down(&mut self, value: &[u8]) -> Range<usize> {
        let begin = self.text.len();
        self.text.extend_from_slice(value);
        begin..self.text.len()
    }

    /// A variable's bytes up to its terminator; `None` where it is empty or unknown.
    fn ask(&mut self, client: &impl Client, name: &CStr) -> Option<Range<usize>> {
        let begin = self.text.len();
        client.variable(name, &mut self.text);
        let value = &self.text[begin..];
        let length = value.iter().position(|&byte| byte == 0).unwrap_or(value.len());
        self.text.truncate(begin + length);
        (length > 0).then_some(begin..begin + length)
    }

    /// A UTF-16 variable up to its terminator; `None` where it is empty or unknown.
    fn ask_wide(&mut self, client: &impl Client, name: &CStr) -> Option<String> {
        let begin = self.text.len();
        client.variable(name, &mut self.text);
        let units = self.text[begin..].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let text = char::decode_utf16(units.take_while(|&unit| unit != 0));
        let text: String = text.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        self.text.truncate(begin);
        (!text.is_empty()).then_some(text)
    }
}

/// Makes header lines from `HTTP_NAME:value` lines.
fn unfold(folded: &[u8], lines: &mut Vec<u8>) {
    for line in folded.split(|&byte| matches!(byte, b'\n' | 0)) {
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let name = line[..colon].strip_prefix(b"HTTP_").unwrap_or_default();
        lines.extend(name.iter().map(|&byte| if byte == b'_' { b'-' } else { byte }));
        lines.extend_from_slice(&line[colon..]);
        lines.push(b'\n');
    }
}

/// Bytes of unknown encoding as text: UTF-8 if they are valid, otherwise one letter for each byte.
fn native(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes)
        .map_or_else(|_| bytes.iter().map(|&byte| char::from(byte)).collect(), ToOwned::to_owned)
}

/// The query without the bytes that a header cannot hold.
fn visible(query: &[u8]) -> String {
    query.iter().filter(|byte| byte.is_ascii_graphic()).map(|&byte| char::from(byte)).collect()
}
