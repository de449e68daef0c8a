//! The request's headers, from the client's lines to CGI names.
//!
//! What enters: the lines as the client sent them. What leaves: each header once, under its `HTTP_` name, without
//! those that the application would mistake for the server's own; and what the lines say about the body. Absent:
//! Content-Type and Content-Length as variables, which have names of their own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

/// The bridge reads at most this many headers. IIS accepts 16 KB of them by default, and browsers send about twenty.
pub const MOST: usize = 256;

/// Bytes of memory that are kept from one request to the next. Memory beyond that is freed.
pub(crate) const KEPT: usize = 16 * 1024;

/// Folded names that claim an address, which only the server or a trusted proxy can know.
const CLAIMS: &[&[u8]] = &[
    b"CLIENT_IP",
    b"FORWARDED",
    b"REMOTE_ADDR",
    b"REMOTE_HOST",
    b"X_CLIENT_IP",
    b"X_REAL_IP",
    b"X_URL_SCHEME",
];

/// Folded names that nobody may send, not even a proxy: the server's own variables, the user's name, which only the
/// server may set, and `Proxy`, which programs take for a proxy's address.
const NEVER: &[&[u8]] = &[
    b"AUTH_PASSWORD",
    b"AUTH_TYPE",
    b"AUTH_USER",
    b"LOGON_USER",
    b"PROXY",
    b"REMOTE_USER",
    b"UNMAPPED_REMOTE_USER",
    b"X_FORWARDED_EMAIL",
    b"X_FORWARDED_GROUPS",
    b"X_FORWARDED_LOGIN",
    b"X_FORWARDED_PREFERRED_USERNAME",
    b"X_FORWARDED_USER",
    b"X_REMOTE_USER",
];

/// The prefix of a variable that holds a header.
const PREFIX: &[u8] = b"HTTP_";

/// The headers of one request. The next request can reuse the value and its memory.
#[derive(Debug, Default)]
pub struct Headers {
    /// The client's lines.
    raw: Vec<u8>,
    /// Folded names, and values that were joined from several lines.
    made: Vec<u8>,
    lines: Vec<Line>,
    are_too_many: bool,
}

/// A header: its name as sent, its folded name, and its value.
#[derive(Debug, Clone)]
struct Line {
    sent: Range<usize>,
    folded: Range<usize>,
    value: Place,
    /// The next header of the same folded name.
    next: Option<usize>,
}

/// Where a value is stored.
#[derive(Debug, Clone)]
enum Place {
    Raw(Range<usize>),
    Made(Range<usize>),
}

/// How far the client's own claims about its identity and address are trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trust {
    /// The peer is a proxy, and its `X-Forwarded-For` and similar headers are trusted.
    pub proxy: bool,
    /// The server knows the user: the Authorization header is no longer needed, and may hold a password.
    pub authenticated: bool,
}

/// What the headers say about the body's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEnd {
    /// They say nothing.
    Unsaid,
    /// After this many bytes.
    Length(u64),
    /// With the last chunk. A length that is also given may have been added by the server.
    Chunked(Option<u64>),
}

impl Headers {
    /// Reads lines `Name: value`, which `fill` appends to its buffer. A line that begins with white space continues the
    /// one before it; a line that is not a header is skipped. After [`MOST`] headers reading stops.
    pub fn read(&mut self, fill: impl FnOnce(&mut Vec<u8>)) {
        for buffer in [&mut self.raw, &mut self.made] {
            buffer.clear();
            buffer.shrink_to(KEPT);
        }
        self.lines.clear();
        self.are_too_many = false;
        fill(&mut self.raw);
        let mut begin = 0;
        while begin < self.raw.len() && !self.are_too_many {
            let rest = &self.raw[begin..];
            let end = begin + rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
            self.read_line(begin, end);
            begin = end + 1;
        }
    }

    fn read_line(&mut self, begin: usize, end: usize) {
        let line = &self.raw[begin..end];
        if matches!(line.first(), Some(b' ' | b'\t')) {
            let more = self.trimmed(begin..end);
            self.go_on(more);
        } else if let Some(colon) = line.iter().position(|&byte| byte == b':')
            && is_token(&line[..colon])
        {
            self.are_too_many = self.lines.len() == MOST;
            if self.are_too_many {
                return;
            }
            let folded = self.fold(begin..begin + colon);
            let value = Place::Raw(self.trimmed(begin + colon + 1..end));
            self.lines.push(Line { sent: begin..begin + colon, folded, value, next: None });
        }
    }

    /// The folded name of a header, appended to those before it.
    fn fold(&mut self, sent: Range<usize>) -> Range<usize> {
        let begin = self.made.len();
        self.made.extend_from_slice(PREFIX);
        let fold = |&byte: &u8| if byte == b'-' { b'_' } else { byte.to_ascii_uppercase() };
        self.made.extend(self.raw[sent].iter().map(fold));
        begin..self.made.len()
    }

    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let text = &self.raw[range.clone()];
        let front = text.len() - text.trim_ascii_start().len();
        range.start + front..range.start + front + text.trim_ascii().len()
    }

    /// Appends a continuation line to the last header's value. If that value is in `made`, it is at its end, so no byte
    /// is copied twice.
    fn go_on(&mut self, more: Range<usize>) {
        let Some(last) = self.lines.last().cloned() else { return };
        let begin = match last.value {
            Place::Made(range) => range.start,
            raw @ Place::Raw(_) => self.write_down(raw),
        };
        self.made.push(b' ');
        self.write_down(Place::Raw(more));
        if let Some(last) = self.lines.last_mut() {
            last.value = Place::Made(begin..self.made.len());
        }
    }

    /// Appends a value to `made`, and returns where it begins.
    fn write_down(&mut self, value: Place) -> usize {
        let begin = self.made.len();
        match value {
            Place::Raw(range) => self.made.extend_from_slice(&self.raw[range]),
            Place::Made(range) => self.made.extend_from_within(range),
        }
        begin
    }

    /// Whether there were more than [`MOST`] headers, so that some were not read.
    #[must_use]
    pub fn are_too_many(&self) -> bool {
        self.are_too_many
    }

    /// The value of the first header of this name.
    #[must_use]
    pub fn get(&self, name: &'static str) -> Option<&[u8]> {
        self.all(name).next()
    }

    fn all(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        let is_it = |line: &&Line| self.raw[line.sent.clone()].eq_ignore_ascii_case(name.as_bytes());
        self.lines.iter().filter(is_it).map(|line| self.value(line))
    }

    fn value(&self, line: &Line) -> &[u8] {
        match &line.value {
            Place::Raw(range) => &self.raw[range.clone()],
            Place::Made(range) => &self.made[range.clone()],
        }
    }

    /// What the headers say about the body's end; the error says what is wrong (RFC 9112, section 6.3).
    pub fn body_end(&self) -> Result<BodyEnd, &'static str> {
        let mut length = None;
        for value in self.all("content-length") {
            let said = decimal(value).ok_or("Content-Length is not a number")?;
            if length.is_some_and(|earlier| earlier != said) {
                return Err("Content-Length has two different values");
            }
            length = Some(said);
        }
        let mut codings = self.all("transfer-encoding").flat_map(|value| value.split(|&byte| byte == b','));
        match (codings.next(), codings.next()) {
            (None, _) => Ok(length.map_or(BodyEnd::Unsaid, BodyEnd::Length)),
            (Some(only), None) if only.trim_ascii().eq_ignore_ascii_case(b"chunked") => {
                Ok(BodyEnd::Chunked(length))
            }
            _ => Err("Transfer-Encoding is not chunked"),
        }
    }

    /// Joins headers that were sent several times, and drops those that must not reach the application.
    pub fn settle(&mut self, trust: Trust) {
        let firsts = self.link(trust);
        for &first in &firsts {
            if self.lines[first].next.is_some() {
                self.join(first);
            }
        }
        self.lines = firsts.into_iter().map(|first| self.lines[first].clone()).collect();
    }

    /// Finds the first header of each name that is kept, and links later ones of the same name to it in order.
    fn link(&mut self, trust: Trust) -> Vec<usize> {
        let mut firsts = Vec::with_capacity(self.lines.len());
        // The last header so far, by folded name. The map's hash is keyed at random, so nobody can make names collide.
        let mut lasts: HashMap<&[u8], usize> = HashMap::with_capacity(self.lines.len());
        for index in 0..self.lines.len() {
            let Line { sent, folded, .. } = &self.lines[index];
            let folded = &self.made[folded.clone()];
            if is_dropped(&self.raw[sent.clone()], folded, trust) {
                continue;
            }
            match lasts.entry(folded) {
                Entry::Occupied(mut last) => self.lines[last.insert(index)].next = Some(index),
                Entry::Vacant(none) => {
                    none.insert(index);
                    firsts.push(index);
                }
            }
        }
        firsts
    }

    /// Joins the values of a header and of all that are linked to it.
    fn join(&mut self, first: usize) {
        let is_cookie = self.made[self.lines[first].folded.clone()] == *b"HTTP_COOKIE";
        let separator: &[u8] = if is_cookie { b"; " } else { b"," };
        let begin = self.write_down(self.lines[first].value.clone());
        let mut next = self.lines[first].next;
        while let Some(index) = next {
            self.made.extend_from_slice(separator);
            self.write_down(self.lines[index].value.clone());
            next = self.lines[index].next;
        }
        self.lines[first].value = Place::Made(begin..self.made.len());
    }

    /// The headers under their `HTTP_` names.
    pub fn variables(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines.iter().map(|line| (&self.made[line.folded.clone()], self.value(line)))
    }
}

/// Whether a header must not reach the application.
fn is_dropped(sent: &[u8], folded: &[u8], trust: Trust) -> bool {
    let name = &folded[PREFIX.len()..];
    let is_claim = CLAIMS.contains(&name) || name.starts_with(b"X_FORWARDED_");
    let is_password = matches!(name, b"AUTHORIZATION" | b"PROXY_AUTHORIZATION");
    // `X-Forwarded-User` and `X_Forwarded_User` fold to one name, and only the first is an ordinary header.
    sent.contains(&b'_')
        || matches!(name, b"CONTENT_TYPE" | b"CONTENT_LENGTH")
        || NEVER.contains(&name)
        || name.starts_with(b"UNICODE_")
        || (is_claim && !trust.proxy)
        || (is_password && trust.authenticated)
}

/// Whether this is a valid header name.
fn is_token(name: &[u8]) -> bool {
    let valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(valid)
}

fn decimal(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value).ok().filter(|_| digits)?.parse().ok()
}
