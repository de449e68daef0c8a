//! Reads what a bridge sent, as HTTP.sys and a client would.
//!
//! What enters: a request and its outcome. What leaves: a [`Response`]. Absent: anything that waits.

use std::time::Duration;

use serde::Serialize;

use super::block;
use super::exchange::Outcome;
use super::protocol::Request;

/// How the end of a body is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Framing {
    /// By Content-Length.
    Length,
    /// By chunked coding.
    Chunked,
    /// By closing the connection.
    Close,
    /// There is no body: HEAD, 204, 304, or no response at all.
    None,
}

/// What a bridge answered.
#[derive(Debug)]
pub struct Response {
    /// Status code and reason phrase; empty when no headers were sent.
    pub status: String,
    /// The headers in the order in which they were sent.
    pub headers: Vec<(String, String)>,
    /// The body without its chunked coding.
    pub body: Vec<u8>,
    /// How the body's end is marked.
    pub framing: Framing,
    /// Whether the body came to its marked end.
    pub complete: bool,
    /// Whether IIS would keep the connection.
    pub keep_alive: bool,
    /// The status of completion; none if the bridge never completed the request.
    pub log_status: Option<u32>,
    /// `dwHttpStatusCode`.
    pub http_status_code: u32,
    /// From the call to completion.
    pub duration: Duration,
    /// What IIS would not have forgiven.
    pub violations: Vec<String>,
}

impl Response {
    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

/// Reads an outcome.
pub(super) fn read(request: &Request, outcome: Outcome, duration: Duration) -> Response {
    let mut violations = outcome.violations;
    let (status, block, keep) = outcome.head.unwrap_or_default();
    let status = String::from_utf8_lossy(&status).trim_end_matches('\0').to_owned();
    let headers = parse_headers(&block, &mut violations);
    let framing = framing(request, &status, &headers, &mut violations);
    let (body, complete) = match framing {
        Framing::Chunked => join_chunks(&outcome.body),
        Framing::Length => (outcome.body.clone(), declared(&headers) == Some(outcome.body.len())),
        Framing::Close => (outcome.body.clone(), outcome.done != Some(block::STATUS_ERROR)),
        Framing::None => (outcome.body.clone(), true),
    };
    let kept = keep && outcome.done == Some(block::STATUS_SUCCESS_AND_KEEP_CONNECTION);
    let response = Response {
        status,
        headers,
        body,
        framing,
        complete,
        keep_alive: kept && framing != Framing::Close,
        log_status: outcome.done,
        http_status_code: outcome.http_status_code,
        duration,
        violations,
    };
    judge(response, outcome.client_gone, outcome.body.len())
}

/// Adds the violations that only the whole response shows.
fn judge(mut response: Response, client_gone: bool, sent: usize) -> Response {
    let mut note = |what: String| response.violations.push(what);
    match response.framing {
        Framing::None if sent > 0 => note(format!("{sent} bytes of body where none is allowed")),
        Framing::Length if declared(&response.headers).is_some_and(|length| sent > length) => {
            note("more bytes than Content-Length says".into());
        }
        _ => {}
    }
    if response.keep_alive && !response.complete && !client_gone {
        note("the connection is kept after a body that did not end".into());
    }
    if response.status.is_empty() && response.log_status.is_some_and(|status| status != block::STATUS_ERROR) {
        note("completed with success, but no headers were sent".into());
    }
    response
}

fn framing(
    request: &Request,
    status: &str,
    headers: &[(String, String)],
    violations: &mut Vec<String>,
) -> Framing {
    let code = status.split(' ').next().unwrap_or_default();
    if !status.is_empty() && (code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_digit())) {
        violations.push(format!("a status without a code: {status:?}"));
    }
    let chunked = find(headers, "transfer-encoding").is_some();
    if chunked && request.protocol != "HTTP/1.1" {
        violations.push(format!("chunked coding over {}", request.protocol));
    }
    if chunked && find(headers, "content-length").is_some() {
        violations.push("Transfer-Encoding and Content-Length in one response".into());
    }
    match code {
        "" | "204" | "304" => Framing::None,
        _ if request.method == "HEAD" => Framing::None,
        _ if chunked => Framing::Chunked,
        _ if declared(headers).is_some() => Framing::Length,
        _ => Framing::Close,
    }
}

/// Splits a header block into its lines.
fn parse_headers(block: &[u8], violations: &mut Vec<String>) -> Vec<(String, String)> {
    if block.is_empty() {
        return Vec::new();
    }
    let text: String = block.iter().map(|&byte| char::from(byte)).collect();
    let text = format!("\r\n{text}");
    let Some(lines) = text.strip_suffix("\r\n\r\n") else {
        violations.push("the header block does not end in an empty line".into());
        return Vec::new();
    };
    let mut headers = Vec::new();
    for line in lines.split("\r\n").filter(|line| !line.is_empty()) {
        match line.split_once(':') {
            Some((name, value)) if is_token(name) && !value.contains(['\r', '\n', '\0']) => {
                headers.push((name.to_owned(), value.trim().to_owned()));
            }
            _ => violations.push(format!("not a header: {line:?}")),
        }
    }
    headers
}

fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn declared(headers: &[(String, String)]) -> Option<usize> {
    find(headers, "content-length")?.parse().ok()
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Takes a chunked body apart; the flag says whether it came to its end.
fn join_chunks(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(line) = rest.windows(2).position(|pair| pair == b"\r\n") else { return (body, false) };
        let size =
            std::str::from_utf8(&rest[..line]).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
        let Some(size) = size else { return (body, false) };
        let Some(chunk) = rest.get(line + 2..line + 2 + size) else { return (body, false) };
        body.extend_from_slice(chunk);
        rest = &rest[line + 2 + size..];
        if !rest.starts_with(b"\r\n") {
            return (body, false);
        }
        rest = &rest[2..];
        if size == 0 {
            return (body, rest.is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined() {
        assert_eq!(join_chunks(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), (b"abcde".to_vec(), true));
    }

    #[test]
    fn a_body_without_its_last_chunk_is_incomplete() {
        assert_eq!(join_chunks(b"3\r\nabc\r\n"), (b"abc".to_vec(), false));
        assert_eq!(join_chunks(b"3\r\nab"), (Vec::new(), false));
    }
}
