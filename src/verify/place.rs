//! Where a running server is asked: the URL that users type, and the address to connect to.
//!
//! What enters: a URL, and an address if the name in the URL must not decide. What leaves: what a request needs. Absent: sockets.

use std::fmt;

use crate::model::Protocol;
use crate::route::host_and_port;

/// A server, as a client addresses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Whether it is asked with TLS.
    pub secure: bool,
    /// The name in the header Host, and the one that the certificate must have.
    pub host: String,
    /// The port in the header Host.
    pub port: u16,
    /// Name or address to connect to.
    pub address: String,
    /// The port to connect to.
    pub address_port: u16,
    /// The application's path, without a slash at its end.
    pub path: String,
}

/// Why a text is not a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceError {
    /// The URL has no scheme that IIS serves, no host, or a port that is not a number.
    Url(String),
    /// The address is empty, or its port is not a number.
    Address(String),
}

impl fmt::Display for PlaceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => {
                write!(
                    formatter,
                    "{url:?} is not a valid URL: write https://HOST[:PORT]/PATH, without a query"
                )
            }
            Self::Address(address) => {
                write!(formatter, "{address:?} is not a valid address: write HOST or HOST:PORT")
            }
        }
    }
}

impl std::error::Error for PlaceError {}

impl Place {
    /// Reads `https://host[:port]/path`.
    pub(super) fn of(url: &str) -> Result<Self, PlaceError> {
        let wrong = || PlaceError::Url(url.to_owned());
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let protocol = Protocol::from_iis(scheme).ok_or_else(wrong)?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let is_path = path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
        let (host, port) = named(authority).filter(|_| is_path).ok_or_else(wrong)?;
        let port = port.unwrap_or(protocol.usual_port());
        Ok(Self {
            secure: protocol == Protocol::Https,
            address: host.trim_matches(['[', ']']).to_owned(),
            host,
            port,
            address_port: port,
            path: path.trim_end_matches('/').to_owned(),
        })
    }

    /// The same, reached by another address; its port stays if the address has none.
    pub(super) fn at(mut self, address: &str) -> Result<Self, PlaceError> {
        let (host, port) = named(address).ok_or_else(|| PlaceError::Address(address.to_owned()))?;
        self.address = host.trim_matches(['[', ']']).to_owned();
        self.address_port = port.unwrap_or(self.address_port);
        Ok(self)
    }

    /// The value of the header Host.
    pub(super) fn authority(&self) -> String {
        let usual = if self.secure { Protocol::Https } else { Protocol::Http }.usual_port();
        if self.port == usual { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// The URL of a target below the application.
    pub(super) fn url(&self, below: &str) -> String {
        let scheme = if self.secure { Protocol::Https } else { Protocol::Http }.as_iis();
        format!("{scheme}://{}{}{below}", self.authority(), self.path)
    }
}

/// Name and port of `name`, `name:port`, `[::1]` or `[::1]:port`.
fn named(authority: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = host_and_port(authority);
    let port = port.map(str::parse).transpose().ok()?;
    let is_bare_v6 = host.contains(':') && !host.starts_with('[');
    let is_name = |byte: u8| byte.is_ascii_graphic() && !b"/\\@?#".contains(&byte);
    (!host.is_empty() && !is_bare_v6 && host.bytes().all(is_name)).then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_and_written_again() {
        for (url, written) in [
            ("https://code.example.com", "https://code.example.com/x"),
            ("https://code.example.com:443/", "https://code.example.com/x"),
            ("http://code.example.com:8080/kallithea/", "http://code.example.com:8080/kallithea/x"),
            ("http://[::1]:80/k", "http://[::1]/k/x"),
        ] {
            assert_eq!(Place::of(url).map(|place| place.url("/x")), Ok(written.to_owned()));
        }
        for wrong in
            ["code.example.com", "ftp://x/", "https://", "https://a:b/", "https://a/?q", "https://a@b/"]
        {
            assert!(Place::of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_changes_where_to_connect_and_nothing_else() {
        let place = Place::of("https://code.example.com/").and_then(|place| place.at("[::1]:8443"));
        let place = place.expect("a place");
        assert_eq!((place.address.as_str(), place.address_port), ("::1", 8443));
        assert_eq!(place.url("/"), "https://code.example.com/");
        assert!(place.at("::1").is_err());
    }
}
