//! The name with which a request addresses this server: only this machine's own names are answered.
//!
//! What enters: a request's target and its Host header. What leaves: whether it is meant for this server. Another
//! site can let its own name resolve to 127.0.0.1 (DNS rebinding), and a browser then treats this server as that
//! site: it would send requests in the user's name, and let the page read the answers. The browser sends that name
//! with the request, so such a request can be recognized. Absent: the port, which a forwarder may choose.

use hyper::header::HOST;
use hyper::{Request, Version};

/// The names of this machine that no name server decides. IPv6 addresses are in brackets (RFC 3986, section 3.2.2).
const OWN_NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Whether a request is meant for this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AskedFor {
    /// With one of the machine's own names; or without a name, as HTTP/1.0 allows and no browser does.
    Us,
    /// With the name of another site.
    SomebodyElse,
    /// Without a name although HTTP/1.1 requires one, or with several (RFC 9112, section 3.2).
    Unclear,
}

/// The host that a request addresses. A name in the target counts like one in the header: both must be this machine's.
pub(super) fn asked_for<T>(request: &Request<T>) -> AskedFor {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (host, another) = (hosts.next(), hosts.next());
    if another.is_some() || (host.is_none() && request.version() != Version::HTTP_10) {
        return AskedFor::Unclear;
    }
    let header = host.map(|host| host.to_str().unwrap_or_default());
    let target = request.uri().authority().map(|authority| authority.as_str());
    match header.into_iter().chain(target).all(is_own) {
        true => AskedFor::Us,
        false => AskedFor::SomebodyElse,
    }
}

/// Whether `name:port` is one of the machine's own names, in any case and with or without the dot of a full name.
fn is_own(authority: &str) -> bool {
    let (name, port) = match authority.rsplit_once(':') {
        // A colon within brackets belongs to the address.
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (authority, "0"),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    port.bytes().all(|digit| digit.is_ascii_digit())
        && OWN_NAMES.iter().any(|own| own.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(version: Version, target: &str, hosts: &[&str]) -> AskedFor {
        let mut request = Request::builder().version(version).uri(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        asked_for(&request.body(()).expect("a request"))
    }

    #[test]
    fn the_machine_s_own_names_are_ours() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "localhost",
            "LocalHost:8080",
            "localhost.",
            "LOCALHOST.:80",
            "[::1]",
            "[::1]:8080",
            "127.0.0.1.",
            "localhost:",
        ] {
            assert_eq!(asked(Version::HTTP_11, "/", &[host]), AskedFor::Us, "{host}");
        }
        assert_eq!(asked(Version::HTTP_10, "/", &[]), AskedFor::Us);
        assert_eq!(asked(Version::HTTP_11, "http://localhost:8080/", &["localhost:8080"]), AskedFor::Us);
    }

    #[test]
    fn every_other_name_is_not() {
        for host in [
            "evil.example.com",
            "evil.example.com:8080",
            "localhost.evil.example.com",
            "localhost@evil.example.com",
            "evil@localhost",
            "127.0.0.1.evil.example.com",
            "127.0.0.2",
            "0.0.0.0",
            "0",
            "2130706433",
            "127.1",
            "::1",
            "[::]",
            "[::1].",
            "[::1]x",
            "localhost..",
            "localhost:80:80",
            "localhost:x",
            " ",
            "",
            "kallithea",
            "[::ffff:127.0.0.1]",
            "localhost/",
            "xlocalhost",
            "127.0.0.1, evil.example.com",
        ] {
            assert_ne!(asked(Version::HTTP_11, "/", &[host]), AskedFor::Us, "{host}");
        }
        assert_eq!(
            asked(Version::HTTP_11, "http://evil.example.com/", &["localhost"]),
            AskedFor::SomebodyElse
        );
        assert_eq!(asked(Version::HTTP_10, "http://evil.example.com/", &[]), AskedFor::SomebodyElse);
        assert_eq!(asked(Version::HTTP_11, "/", &[]), AskedFor::Unclear);
        assert_eq!(asked(Version::HTTP_11, "/", &["localhost", "evil.example.com"]), AskedFor::Unclear);
    }
}
