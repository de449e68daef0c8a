//! What the stand-in of IIS passes on to an application, and what comes back.
//!
//! In: a request that IIS has accepted. Out: an answer, of a function or of an application that runs as its own server. Absent: IIS.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::ext::ReasonPhrase;
use hyper::header::{HeaderName, HeaderValue};
use hyper_util::rt::TokioIo;

use super::iis::Application;

/// A request that IIS has passed on.
#[derive(Debug)]
pub struct Passed {
    pub method: String,
    /// The whole target, as it was sent.
    pub target: String,
    /// The part below the application, decoded.
    pub path_info: String,
    pub headers: Vec<(String, String)>,
    pub user: Option<String>,
    /// The node of a farm.
    pub node: usize,
    /// A body that came in chunks.
    pub body: Bytes,
}

impl Passed {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The query, as it was sent.
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    pub code: u16,
    pub reason: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Sent {
    pub fn new(code: u16, reason: &str, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type".to_owned(), kind.to_owned())];
        Self { code, reason: reason.to_owned(), headers, body: body.into() }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// An application that runs as its own server, such as `serve`: every request is passed on, and its answer comes back.
pub fn behind(address: String) -> Application {
    Arc::new(move |passed, _| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(forward(&address, passed))
    })
}

async fn forward(address: &str, passed: &Passed) -> Sent {
    let stream = tokio::net::TcpStream::connect(address).await.expect("the application listens");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection);
    let mut request = Request::new(Full::new(passed.body.clone()));
    *request.method_mut() = passed.method.parse().expect("a method");
    *request.uri_mut() = passed.target.parse().expect("a target");
    let own = ["host", "authorization", "content-length", "expect", "connection"];
    for (name, value) in passed.headers.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        request.headers_mut().append(name, HeaderValue::from_str(value).expect("a value"));
    }
    request.headers_mut().insert("host", HeaderValue::from_str(address).expect("a host"));
    let answer = sender.send_request(request).await.expect("the application answers");
    let reason = answer
        .extensions()
        .get::<ReasonPhrase>()
        .map(|reason| String::from_utf8_lossy(reason.as_bytes()).into_owned());
    let reason = reason.unwrap_or_else(|| answer.status().canonical_reason().unwrap_or_default().to_owned());
    // The stand-in frames bodies itself, and adds the headers of the web.config, as `serve` does.
    let left_out = [
        "transfer-encoding",
        "content-length",
        "x-content-type-options",
        "x-frame-options",
        "referrer-policy",
    ];
    let headers = answer.headers().iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
    let headers = headers
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let code = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("a whole body").to_bytes().to_vec();
    Sent { code, reason, headers, body }
}
