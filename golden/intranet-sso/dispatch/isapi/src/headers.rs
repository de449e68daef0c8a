//! The request's headers, from the client's lines to names of the CGI kind.
//!
//! What enters: the lines as the client sent them. What leaves: each header once, under its `HTTP_` name, without
//! those that the application would take for the server's word. Absent: Content-Type and Content-Length, which have
//! variables of their own.

/// The headers of one request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Headers {
    lines: Vec<(String, Vec<u8>)>,
}

/// Folded names that claim an identity or an address, which only the server can know.
const CLAIMS: &[&str] = &[
    "AUTH_PASSWORD",
    "AUTH_TYPE",
    "AUTH_USER",
    "CLIENT_IP",
    "FORWARDED",
    "LOGON_USER",
    "PROXY",
    "REMOTE_ADDR",
    "REMOTE_HOST",
    "REMOTE_USER",
    "UNMAPPED_REMOTE_USER",
    "X_CLIENT_IP",
    "X_REAL_IP",
    "X_REMOTE_USER",
    "X_URL_SCHEME",
];

/// Folded beginnings of such names.
const CLAIM_BEGINNINGS: &[&str] = &["X_FORWARDED_", "UNICODE_"];

impl Headers {
    /// Reads lines `Name: value`. A line that begins with white space goes on with the one before it.
    #[must_use]
    pub fn parse(raw: &[u8]) -> Self {
        let mut lines: Vec<(String, Vec<u8>)> = Vec::new();
        for line in raw.split(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                if let Some((_, value)) = lines.last_mut() {
                    value.push(b' ');
                    value.extend_from_slice(line.trim_ascii());
                }
            } else if let Some(colon) = line.iter().position(|&byte| byte == b':')
                && let Some(name) = token(&line[..colon])
            {
                lines.push((name.to_owned(), line[colon + 1..].trim_ascii().to_vec()));
            }
        }
        Self { lines }
    }

    /// The value of the first header of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.lines
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }

    /// Whether the body is chunked, and its Content-Length, if any, therefore without meaning.
    #[must_use]
    pub fn is_chunked(&self) -> bool {
        let last = |value: &[u8]| value.to_ascii_lowercase().ends_with(b"chunked");
        self.lines.iter().any(|(name, value)| name.eq_ignore_ascii_case("transfer-encoding") && last(value))
    }

    /// The headers under their `HTTP_` names, each once. `authenticated` drops the client's Authorization, which has
    /// done its service once the server knows the user, and which may hold a password.
    #[must_use]
    pub fn variables(&self, authenticated: bool) -> Vec<(String, Vec<u8>)> {
        let mut variables: Vec<(String, Vec<u8>)> = Vec::with_capacity(self.lines.len());
        for (name, value) in &self.lines {
            let Some(variable) = variable(name, authenticated) else { continue };
            match variables.iter_mut().find(|(found, _)| *found == variable) {
                Some((_, joined)) => {
                    joined.extend_from_slice(if variable == "HTTP_COOKIE" { b"; " } else { b"," });
                    joined.extend_from_slice(value);
                }
                None => variables.push((variable, value.clone())),
            }
        }
        variables
    }
}

/// The variable for a header, or `None` for one that does not reach the application.
fn variable(name: &str, authenticated: bool) -> Option<String> {
    // `X-Forwarded-User` and `X_Forwarded_User` fold to one name, and only the first is an ordinary header.
    if name.contains('_') {
        return None;
    }
    let folded = name.to_ascii_uppercase().replace('-', "_");
    let claim = CLAIMS.contains(&folded.as_str())
        || CLAIM_BEGINNINGS.iter().any(|begin| folded.starts_with(begin))
        || (authenticated && matches!(folded.as_str(), "AUTHORIZATION" | "PROXY_AUTHORIZATION"))
        || matches!(folded.as_str(), "CONTENT_TYPE" | "CONTENT_LENGTH");
    (!claim).then(|| format!("HTTP_{folded}"))
}

/// A header's name, if it is one.
fn token(name: &[u8]) -> Option<&str> {
    let valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let name = std::str::from_utf8(name).ok()?;
    (!name.is_empty() && name.as_bytes().iter().all(valid)).then_some(name)
}
