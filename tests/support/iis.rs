//! A stand-in of IIS: it listens with and without TLS, decides by the library of `route` what IIS answers, signs one user on by password,
//! and passes the rest to an application. One promise can be broken at a time.
//!
//! In: a spec's deployment, listeners, a fault. Out: a server that ends with its value. Absent: Windows authentication, which no client
//! of these tests has, and HTTP/2.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use kallithea_iisc::emit::emit;
use kallithea_iisc::model::{Deployment, Protocol};
use kallithea_iisc::route::{Files, Outcome, Request as Routed, Route, compiled_host, route};
use regex::Regex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

use super::certificates::Served;
pub use super::passed::{Passed, Sent};

/// The one user whose password the server knows, and the password.
pub const USER: &str = r"CORP\alice";
pub const PASSWORD: &str = "a password: with a colon";

/// A promise that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// None is.
    None,
    /// The web.config of the server says something else.
    Web(&'static str, &'static str),
    /// The applicationHost.config of the server says something else.
    Host(&'static str, &'static str),
    /// An answer lacks this header, or has it with another value.
    Header(&'static str, Option<&'static str>),
    /// A header of the client names the user.
    BelievesHeader(&'static str),
    /// Who has signed on once is signed on for the rest of the connection.
    SignsOnConnections,
    /// IIS puts its own page in place of those of the application.
    ReplacesPages,
    /// Each answer ends its connection.
    ClosesConnections,
    /// WebDAV answers OPTIONS.
    HasWebDav,
    /// This file of the server is served.
    ServesFile(&'static str),
    /// The second node does not serve.
    SecondNodeDown,
    /// A URL with this end is refused.
    RefusesUrl(&'static str),
    /// A URL with this end reaches the application.
    AcceptsUrl(&'static str),
    /// A body may have any size.
    AcceptsAnyBody,
    /// The application has a binding without TLS that no spec names.
    ServesWithoutTls,
    /// Headers may have this many bytes, and HTTP.sys's own limit does not hold.
    MostHeaders(usize),
    /// A body must have a length.
    WantsLength,
    /// IIS asks for a sign-on at the first page.
    AsksAtFirstPage,
    /// What is asked for a password is another realm.
    OtherRealm,
    /// The application breaks a promise of its own.
    Application(&'static str),
}

/// What answers behind IIS.
pub type Application = Arc<dyn Fn(&Passed, Fault) -> Sent + Send + Sync>;

/// What a listener is for.
#[derive(Debug, Clone)]
pub enum Role {
    /// The site, with TLS.
    Secure(Served),
    /// The site, without TLS.
    Plain,
    /// A node of a farm, counted from 0; with a certificate if the front asks it by TLS.
    Node(usize, Option<Served>),
}

/// A listener on a free port of this machine, so that a spec can name the port before there is a server.
pub fn listener() -> (StdListener, u16) {
    let listener = StdListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

/// A running server, which ends with this value.
pub struct Iis {
    _runtime: Runtime,
}

struct Shared {
    deployment: Deployment,
    host: String,
    web: String,
    added: Vec<(String, String)>,
    fault: Fault,
    application: Application,
}

impl Iis {
    /// Starts it on these listeners.
    pub fn start(
        deployment: Deployment,
        listeners: Vec<(StdListener, Role)>,
        fault: Fault,
        application: Application,
    ) -> Self {
        let (mut host, mut web) = (compiled_host(&deployment), web_config(&deployment));
        match fault {
            Fault::Web(from, to) => web = replaced(&web, from, to),
            Fault::Host(from, to) => host = replaced(&host, from, to),
            _ => {}
        }
        let added = added_headers(&web);
        let shared = Arc::new(Shared { deployment, host, web, added, fault, application });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        for (listener, role) in listeners {
            listener.set_nonblocking(true).expect("a socket can be switched");
            runtime.spawn(listen(Arc::clone(&shared), listener, role));
        }
        Self { _runtime: runtime }
    }
}

fn web_config(deployment: &Deployment) -> String {
    emit(deployment).get("web.config").expect("a web.config").to_owned()
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is not in {text}");
    text.replace(from, to)
}

/// The headers that the web.config adds to every answer.
fn added_headers(web: &str) -> Vec<(String, String)> {
    let (_, list) = web.split_once("<customHeaders>").expect("a list of headers");
    let (list, _) = list.split_once("</customHeaders>").expect("its end");
    let add = Regex::new(r#"<add name="([^"]+)" value="([^"]+)""#).expect("a pattern");
    add.captures_iter(list).map(|found| (found[1].to_owned(), found[2].to_owned())).collect()
}

async fn listen(shared: Arc<Shared>, listener: StdListener, role: Role) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    let acceptor = match &role {
        Role::Secure(served) | Role::Node(_, Some(served)) => Some(acceptor(served)),
        Role::Plain | Role::Node(_, None) => None,
    };
    while let Ok((stream, from)) = listener.accept().await {
        let (shared, role, acceptor) = (Arc::clone(&shared), role.clone(), acceptor.clone());
        tokio::spawn(async move {
            match acceptor {
                None => serve(shared, stream, role, from).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(shared, stream, role, from).await;
                    }
                }
            }
        });
    }
}

fn acceptor(served: &Served) -> TlsAcceptor {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![served.certificate.clone()], served.key.clone_key());
    TlsAcceptor::from(Arc::new(config.expect("a certificate with its key")))
}

async fn serve<S>(shared: Arc<Shared>, stream: S, role: Role, _from: SocketAddr)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let known = Arc::new(std::sync::Mutex::new(None::<String>));
    let service = service_fn(move |request: Request<Incoming>| {
        let (shared, role, known) = (Arc::clone(&shared), role.clone(), Arc::clone(&known));
        async move {
            let (head, body) = request.into_parts();
            // Nothing is read of a body that is only announced.
            let is_sent = head.headers.contains_key("transfer-encoding");
            let body =
                if is_sent { body.collect().await.expect("a whole body").to_bytes() } else { Bytes::new() };
            let request = Request::from_parts(head, body);
            let answered = tokio::task::spawn_blocking(move || {
                let mut known = known.lock().expect("nobody panics with it");
                shared.answer(&request, &role, &mut known)
            });
            Ok::<_, Infallible>(answered.await.expect("the stand-in does not panic"))
        }
    });
    // A client that goes away has seen enough.
    Builder::new()
        .title_case_headers(true)
        .max_headers(1000)
        .serve_connection(TokioIo::new(stream), service)
        .await
        .ok();
}

impl Shared {
    fn answer(
        &self,
        request: &Request<Bytes>,
        role: &Role,
        known: &mut Option<String>,
    ) -> Response<Full<Bytes>> {
        let headers: Vec<(String, String)> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut sent = self.decide(request, role, headers, known);
        for (name, value) in &self.added {
            sent.headers.push((name.clone(), value.clone()));
        }
        if let Fault::Header(name, value) = self.fault {
            sent.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
            sent.headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        }
        if self.fault == Fault::ClosesConnections {
            sent.headers.push(("Connection".to_owned(), "close".to_owned()));
        }
        written(sent)
    }

    fn decide(
        &self,
        request: &Request<Bytes>,
        role: &Role,
        headers: Vec<(String, String)>,
        known: &mut Option<String>,
    ) -> Sent {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
        if matches!((role, self.fault), (Role::Node(1, _), Fault::SecondNodeDown)) {
            return of_iis(503);
        }
        let is_front = self.deployment.farm.is_some() && !matches!(role, Role::Node(..));
        if is_front && self.deployment.tls.required && matches!(role, Role::Plain) {
            return of_iis(403);
        }
        let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
        if matches!(self.fault, Fault::MostHeaders(most) if bytes > most) {
            return of_iis(400);
        }
        if self.fault == Fault::WantsLength && headers.iter().any(|(name, _)| name == "transfer-encoding") {
            return of_iis(411);
        }
        if matches!(self.fault, Fault::RefusesUrl(end) if target.ends_with(end)) {
            return of_iis(404);
        }
        if matches!(self.fault, Fault::AcceptsUrl(end) if target.ends_with(end)) {
            return Sent::new(404, "Not Found", "text/html", "<p>Kallithea has no such page.");
        }
        let route = self.route(request, role, &headers, &target);
        let mut user = None;
        if !route.offers.is_empty() {
            user = self.signed_on(&headers, &route.offers).or_else(|| known.clone());
            if self.fault == Fault::SignsOnConnections {
                known.clone_from(&user);
            }
            if user.is_none() {
                return self.challenge(&route.offers);
            }
        }
        if let Fault::BelievesHeader(name) = self.fault {
            let named = headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
            user = named.map(|(_, value)| value.clone()).or(user);
        }
        let is_pass = |route: &Route| matches!(route.outcome, Outcome::Bridge { .. });
        let (path_info, code) = match &route.outcome {
            Outcome::Bridge { path_info, .. } => (path_info.clone(), 0),
            Outcome::Answered { status, why } => {
                (why.clone(), status.split('.').next().and_then(|code| code.parse().ok()).unwrap_or(400))
            }
        };
        if !is_pass(&route) {
            return of_iis(code);
        }
        let node = if let Role::Node(node, _) = role { *node } else { 0 };
        let (method, body) = (request.method().to_string(), request.body().clone());
        let passed = Passed { method, target, path_info, headers, user, node, body };
        self.passed(&passed)
    }

    fn passed(&self, passed: &Passed) -> Sent {
        if self.fault == Fault::AsksAtFirstPage && passed.method == "GET" && passed.target == "/" {
            return of_iis(401);
        }
        if self.fault == Fault::HasWebDav && passed.method == "OPTIONS" {
            return Sent::new(200, "OK", "text/plain", "").header("DAV", "1,2,3");
        }
        if self.fault == Fault::ServesFile(Box::leak(passed.path_info.clone().into_boxed_str())) {
            return Sent::new(200, "OK", "text/xml", "<configuration/>");
        }
        let sent = (self.application)(passed, self.fault);
        match self.fault {
            Fault::ReplacesPages if sent.code == 431 => {
                Sent { body: b"<html>IIS's own page</html>".to_vec(), ..sent }
            }
            _ => sent,
        }
    }

    fn route(
        &self,
        request: &Request<Bytes>,
        role: &Role,
        headers: &[(String, String)],
        target: &str,
    ) -> Route {
        let host = headers.iter().find(|(name, _)| name == "host").map_or("", |(_, value)| value.as_str());
        let name = host.split(':').next().unwrap_or_default();
        let origin = match (&self.deployment.farm, role) {
            (Some(farm), _) => format!("{}://{name}:{}", farm.protocol.as_iis(), farm.port),
            (None, Role::Secure(_)) => format!("https://{host}"),
            (None, _) if self.fault == Fault::ServesWithoutTls => {
                format!("https://{name}:{}", self.secure_port())
            }
            (None, _) => format!("http://{host}"),
        };
        let has_own_limit = matches!(self.fault, Fault::MostHeaders(_));
        let is_left_out = |name: &str, value: &str| {
            name == "host"
                || (self.fault == Fault::AcceptsAnyBody && name == "content-length")
                || (has_own_limit && value.len() > 1000)
        };
        let headers = headers.iter().filter(|(name, value)| !is_left_out(name, value)).cloned().collect();
        let routed = Routed::new(&format!("{origin}{target}"), request.method().as_str(), headers);
        route(
            Files { host: &self.host, above: &[], web: &self.web, is_web_utf16: false },
            &self.deployment,
            &routed.expect("a URL"),
        )
        .expect("XML")
    }

    /// The port of the site's binding with TLS.
    fn secure_port(&self) -> u16 {
        let mut bindings = self.deployment.public_bindings().iter();
        bindings.find(|binding| binding.protocol == Protocol::Https).expect("a binding with TLS").port
    }

    fn signed_on(&self, headers: &[(String, String)], offers: &[String]) -> Option<String> {
        let (_, given) = headers.iter().find(|(name, _)| name == "authorization")?;
        let is_right = given.strip_prefix("Basic ")? == STANDARD.encode(format!("{USER}:{PASSWORD}"));
        (is_right && offers.iter().any(|offer| offer == "Basic")).then(|| USER.to_owned())
    }

    fn challenge(&self, offers: &[String]) -> Sent {
        let mut sent = of_iis(401);
        for offer in offers {
            let realm = match self.fault {
                Fault::OtherRealm => "elsewhere",
                _ => "kallithea.corp.example.com",
            };
            let offer = if offer == "Basic" { format!("Basic realm=\"{realm}\"") } else { offer.clone() };
            sent = sent.header("WWW-Authenticate", &offer);
        }
        sent
    }
}

/// An error of IIS itself: with PassThrough it has no body.
fn of_iis(code: u16) -> Sent {
    let reason = StatusCode::from_u16(code).ok().and_then(|code| code.canonical_reason()).unwrap_or_default();
    Sent { code, reason: reason.to_owned(), headers: Vec::new(), body: Vec::new() }
}

fn written(sent: Sent) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(sent.body)));
    *response.status_mut() = StatusCode::from_u16(sent.code).expect("a code");
    let reason = ReasonPhrase::try_from(sent.reason.into_bytes()).expect("a reason phrase");
    response.extensions_mut().insert(reason);
    for (name, value) in sent.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        response.headers_mut().append(name, HeaderValue::from_str(&value).expect("a value"));
    }
    response
}
