//! One HTTP request, through the bridge.
//!
//! What enters: hyper's request. What leaves: hyper's response. Header names are in title case, since hyper does not keep
//! the client's own case; HTTP.sys also passes on the names that it knows in its own case. The URL is the client's, byte
//! for byte. Absent: sockets.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use hyper::ext::ReasonPhrase;
use hyper::header::{
    AUTHORIZATION, CONNECTION, CONTENT_TYPE, EXPECT, HeaderName, HeaderValue, WWW_AUTHENTICATE,
};
use hyper::{HeaderMap, Request, Response, StatusCode, Version};
use isapi_host::{Host, Prepared, Request as HostRequest};
use tokio::runtime::Handle;

use super::asked_for::{AskedFor, asked_for};
use super::body::Stream;
use super::peer::{Answer, Connection};
use super::sign_on::Identity;
use super::{Event, Listener, SignOn};
use crate::model::RESPONSE_HEADERS;

/// Headers of the connection, which hyper manages.
const OF_THE_CONNECTION: [&str; 3] = ["Connection", "Keep-Alive", "Transfer-Encoding"];

/// What every request needs.
pub(super) struct Server {
    pub host: Host,
    pub sign_on: SignOn,
    pub listener: Listener,
}

impl Server {
    /// Answers a request; an error ends the connection.
    pub(super) async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> io::Result<Response<Stream>> {
        match asked_for(&request) {
            AskedFor::Us => {}
            AskedFor::SomebodyElse => return Ok(refusal(StatusCode::MISDIRECTED_REQUEST, &elsewhere(local))),
            AskedFor::Unclear => {
                return Ok(refusal(
                    StatusCode::BAD_REQUEST,
                    "The request must have exactly one Host header.\n",
                ));
            }
        }
        let authorization = request.headers().get(AUTHORIZATION).cloned();
        let server = Arc::clone(&self);
        let identity = blocking(move || server.sign_on.identify(authorization.as_ref())).await?;
        let Some(identity) = identity else { return Ok(challenge()) };
        let described = describe(&request, identity, local, remote);
        let prepared = Arc::new(Prepared::new(&described).map_err(io::Error::other)?);
        let (mut connection, answer) = Connection::new(Handle::current(), request.into_body());
        tokio::task::spawn_blocking(move || {
            let outcome = self.host.exchange(&prepared, &mut connection);
            // A client that stopped sending may still read, and must not mistake an incomplete response for a complete one.
            if !outcome.complete {
                connection.tear_down();
            }
            for what in outcome.violations {
                let request = format!("{} {}", prepared.method(), prepared.url());
                (self.listener)(Event::Violation(format!("{request}: {what}")));
            }
        });
        // If a bridge fails before it has sent headers, IIS can only end the connection.
        respond(answer.await.map_err(|_| io::Error::from(io::ErrorKind::ConnectionAborted))?)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)
}

/// The answer to a request that does not reach the bridge. Its body is not read.
fn refusal(status: StatusCode, words: &str) -> Response<Stream> {
    let mut response = Response::new(Stream::Whole(Some(Bytes::copy_from_slice(words.as_bytes()))));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The text for a request with another name.
fn elsewhere(local: SocketAddr) -> String {
    format!(
        "kallithea-iisc serve answers only requests for 127.0.0.1, localhost or [::1]. With any other name, \
         a foreign web page could act for you.\n\nOpen http://127.0.0.1:{}/ instead.\n",
        local.port()
    )
}

/// IIS's answer to a client that has not signed on. The request's body is not read for it.
fn challenge() -> Response<Stream> {
    let mut response = Response::new(Stream::Whole(Some(Bytes::from_static(b"Sign on first.\n"))));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let realm = HeaderValue::from_static(r#"Basic realm="kallithea-iisc serve", charset="UTF-8""#);
    response.headers_mut().insert(WWW_AUTHENTICATE, realm);
    response
}

/// A request in the form that the ISAPI host needs.
fn describe(
    request: &Request<Incoming>,
    identity: Identity,
    local: SocketAddr,
    remote: SocketAddr,
) -> HostRequest {
    let length = request.body().size_hint().exact();
    let waits = request.headers().contains_key(EXPECT);
    let usual = HostRequest::default();
    HostRequest {
        method: request.method().as_str().to_owned(),
        url: request.uri().path_and_query().map_or("*", |target| target.as_str()).to_owned(),
        headers: headers(request.headers()),
        declared_size: Some(length.unwrap_or(0)),
        chunked: length.is_none(),
        user: identity.user,
        auth_type: identity.auth_type.to_owned(),
        protocol: if request.version() == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" }.to_owned(),
        remote_addr: remote.ip().to_string(),
        local_addr: local.ip().to_string(),
        port: Some(local.port()),
        // A client that waits for "100 Continue" gets it when the application reads the body, and not before.
        read_ahead: if waits { 0 } else { usual.read_ahead },
        ..usual
    }
}

fn headers(map: &HeaderMap) -> Vec<(String, String)> {
    let value = |value: &HeaderValue| value.as_bytes().iter().copied().map(char::from).collect();
    map.iter().map(|(name, found)| (title_case(name.as_str()), value(found))).collect()
}

/// `content-type` as `Content-Type`.
fn title_case(name: &str) -> String {
    let mut begins = true;
    name.chars()
        .map(|letter| {
            let shown = if begins { letter.to_ascii_uppercase() } else { letter };
            begins = letter == '-';
            shown
        })
        .collect()
}

fn respond(answer: Answer) -> io::Result<Response<Stream>> {
    let broken = |what: &str| io::Error::other(format!("the bridge sent {what}"));
    let code = answer.head.code().and_then(|code| StatusCode::from_u16(code).ok());
    let mut response = Response::new(answer.body);
    *response.status_mut() = code.ok_or_else(|| broken("no status"))?;
    if let Some((_, reason)) = answer.head.status.split_once(' ') {
        let reason = ReasonPhrase::try_from(reason.as_bytes().to_vec());
        response.extensions_mut().insert(reason.map_err(|_| broken("an impossible status"))?);
    }
    for (name, value) in &answer.head.headers {
        if OF_THE_CONNECTION.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            continue;
        }
        let bytes: Vec<u8> = value.chars().map(|letter| letter as u8).collect();
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| broken("an impossible header"))?;
        let value = HeaderValue::from_bytes(&bytes).map_err(|_| broken("an impossible header"))?;
        response.headers_mut().append(name, value);
    }
    // The web.config makes IIS add them to every response.
    for (name, value) in RESPONSE_HEADERS {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| broken("an impossible header"))?;
        response.headers_mut().append(name, HeaderValue::from_static(value));
    }
    if !answer.keep {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_are_written_as_people_write_them() {
        assert_eq!(title_case("content-type"), "Content-Type");
        assert_eq!(title_case("x-request-id"), "X-Request-Id");
    }
}
