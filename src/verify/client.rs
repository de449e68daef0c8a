//! One client of HTTP/1.1 that decides nothing: each request goes out byte for byte, and the whole answer comes back.
//!
//! What enters: a place and requests. What leaves: answers with their reason phrase, headers and body. A request can announce a body
//! and wait for "100 Continue", so that a limit is tried without sending that much. Absent: redirects, proxies, cookies and retries.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::ext::ReasonPhrase;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::payload::{Outgoing, Payload};
use super::place::Place;
use super::tls::{Presented, Tls};

/// How long a connection may take.
const TO_CONNECT: Duration = Duration::from_secs(10);

/// How long an answer may take: the first request may have to wait until the application has started.
const TO_ANSWER: Duration = Duration::from_secs(120);

/// The largest body that is kept of an answer, in bytes; no page of the application is larger.
const MOST: usize = 4 << 20;

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    /// The method.
    pub method: &'static str,
    /// Path below the application, and query, as they are sent.
    pub below: String,
    /// Headers, without Host.
    pub headers: Vec<(String, String)>,
    /// What comes after the headers.
    pub body: Payload,
}

impl Ask {
    /// A request for a page below the application.
    pub(super) fn get(below: &str) -> Self {
        Self { method: "GET", below: below.to_owned(), headers: Vec::new(), body: Payload::Nothing }
    }

    /// The same with another method.
    pub(super) fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    /// The same with one more header.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a body of this many bytes, none of which is sent.
    pub(super) fn announcing(mut self, bytes: u64) -> Self {
        self.body = Payload::Announced(bytes);
        self.header("Expect", "100-continue").header("Content-Type", "application/octet-stream")
    }

    /// The same with a form of this many bytes in chunks.
    pub(super) fn in_chunks(mut self, bytes: u64) -> Self {
        self.body = Payload::Chunks(bytes);
        self.header("Content-Type", "application/x-www-form-urlencoded")
    }

    /// The same without a body in chunks: who is not signed on need not send it.
    #[cfg(windows)]
    pub(super) fn without_chunks(mut self) -> Self {
        if matches!(self.body, Payload::Chunks(_)) {
            self.body = Payload::Nothing;
        }
        self
    }

    /// How the request is shown: a long target is shortened.
    pub(super) fn shown(&self, place: &Place) -> String {
        const SHOWN: usize = 100;
        let mut url = place.url(&self.below);
        if let Some((end, _)) = url.char_indices().nth(SHOWN) {
            url.truncate(end);
            url.push_str(&format!("... ({} bytes)", place.path.len() + self.below.len()));
        }
        format!("{} {url}", self.method)
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The status code; 100 if the server asked for the announced body instead of an answer.
    pub code: u16,
    /// The reason phrase.
    pub reason: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, up to a limit that is far above every page.
    pub body: Vec<u8>,
    /// Whether the connection can be used for another request.
    pub keeps: bool,
}

impl Answer {
    /// The first value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Every value of a header.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect()
    }

    /// The body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Status code and reason phrase.
    pub(super) fn status(&self) -> String {
        format!("{} {}", self.code, self.reason).trim_end().to_owned()
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// Nothing listens there, or no name leads there.
    Unreachable(String),
    /// The connection or the answer broke off.
    Broken(String),
    /// It took too long.
    Late,
    /// The user could not, or must not, be signed on.
    Withheld(String),
    /// The request itself cannot be written; only a fault of this program causes it.
    Unwritable(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(formatter, "no connection: {why}"),
            Self::Broken(why) => write!(formatter, "no complete answer: {why}"),
            Self::Late => write!(formatter, "no answer within {} seconds", TO_ANSWER.as_secs()),
            Self::Withheld(why) => formatter.write_str(why),
            Self::Unwritable(why) => write!(formatter, "the request cannot be written: {why}"),
        }
    }
}

/// An open connection.
pub(super) struct Connection {
    sender: SendRequest<Outgoing>,
    place: Place,
    /// What the server presented for TLS.
    pub presented: Option<Presented>,
}

impl Connection {
    /// Connects to a place.
    pub(super) async fn open(place: &Place, tls: &Tls) -> Result<Self, Failure> {
        let there = (place.address.as_str(), place.address_port);
        let unreachable = |why: String| Failure::Unreachable(why);
        let stream = timeout(TO_CONNECT, TcpStream::connect(there)).await;
        let stream = stream.map_err(|_| unreachable("nothing answers".to_owned()))?;
        let stream = stream.map_err(|error| unreachable(error.to_string()))?;
        if !place.secure {
            return Self::over(stream, place, None).await;
        }
        let secured = timeout(TO_CONNECT, tls.connect(stream, &place.host)).await;
        let secured = secured.map_err(|_| unreachable("TLS does not begin".to_owned()))?;
        let (stream, presented) = secured.map_err(|error| unreachable(format!("TLS fails: {error}")))?;
        Self::over(stream, place, Some(presented)).await
    }

    /// The name by which the server is asked.
    #[cfg(windows)]
    pub(super) fn host(&self) -> &str {
        &self.place.host
    }

    async fn over<S>(stream: S, place: &Place, presented: Option<Presented>) -> Result<Self, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let connected = Builder::new().title_case_headers(true).handshake(TokioIo::new(stream)).await;
        let (sender, connection) = connected.map_err(|error| Failure::Broken(error.to_string()))?;
        // What goes wrong with the connection is the answer of the request that is under way.
        tokio::spawn(async move { connection.await.ok() });
        Ok(Self { sender, place: place.clone(), presented })
    }

    /// Sends a request, and waits for its answer.
    pub(super) async fn ask(&mut self, ask: &Ask) -> Result<Answer, Failure> {
        timeout(TO_ANSWER, self.exchange(ask)).await.map_err(|_| Failure::Late)?
    }

    async fn exchange(&mut self, ask: &Ask) -> Result<Answer, Failure> {
        let broken = |error: hyper::Error| Failure::Broken(causes(&error));
        let mut request = request(&self.place, ask).map_err(Failure::Unwritable)?;
        let invited = Arc::new((Notify::new(), AtomicBool::new(false)));
        if matches!(ask.body, Payload::Announced(_)) {
            let invited = Arc::clone(&invited);
            hyper::ext::on_informational(&mut request, move |response| {
                if response.status().as_u16() == 100 {
                    invited.1.store(true, Ordering::Release);
                    invited.0.notify_one();
                }
            });
        }
        self.sender.ready().await.map_err(broken)?;
        let answered = self.sender.send_request(request);
        tokio::select! {
            biased;
            response = answered => self.read(response.map_err(broken)?).await,
            () = invited.0.notified() => Ok(Answer {
                code: 100,
                reason: "Continue".to_owned(),
                headers: HeaderMap::new(),
                body: Vec::new(),
                keeps: false,
            }),
        }
    }

    async fn read(&mut self, response: Response<Incoming>) -> Result<Answer, Failure> {
        let (head, mut incoming) = response.into_parts();
        let reason = head.extensions.get::<ReasonPhrase>().map(ReasonPhrase::as_bytes);
        let reason = match reason {
            Some(reason) => String::from_utf8_lossy(reason).into_owned(),
            None => head.status.canonical_reason().unwrap_or_default().to_owned(),
        };
        let mut body = Vec::new();
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|error| Failure::Broken(causes(&error)))?;
            body.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
            if body.len() > MOST {
                break;
            }
        }
        let keeps = body.len() <= MOST && self.sender.ready().await.is_ok();
        Ok(Answer { code: head.status.as_u16(), reason, headers: head.headers, body, keeps })
    }
}

fn causes(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}

fn request(place: &Place, ask: &Ask) -> Result<Request<Outgoing>, String> {
    let target = format!("{}{}", place.path, ask.below);
    let uri: Uri = target.parse().map_err(|error| format!("{target:?}: {error}"))?;
    let mut request = Request::new(Outgoing::new(ask.body));
    *request.method_mut() = Method::from_bytes(ask.method.as_bytes()).map_err(|error| error.to_string())?;
    *request.uri_mut() = uri;
    let own = [("Host".to_owned(), place.authority()), ("User-Agent".to_owned(), agent())];
    for (name, value) in own.iter().chain(&ask.headers) {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|error| error.to_string())?;
        request.headers_mut().append(name, value);
    }
    if ask.method == "POST" && ask.body == Payload::Nothing {
        request.headers_mut().insert(hyper::header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    Ok(request)
}

/// How the requests name themselves in the server's log.
fn agent() -> String {
    format!("kallithea-iisc/{} verify", env!("CARGO_PKG_VERSION"))
}
