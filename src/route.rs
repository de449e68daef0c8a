//! Follows one request through IIS: what the compiled configuration, or a server's with the deployment in it, does with it.
//!
//! What enters: the two files and a request. What leaves: every rule that was checked, with its result, and where the request
//! ends: at the bridge, or with an answer of IIS itself. Each rule names Microsoft's page, below
//! `https://learn.microsoft.com/en-us/`. Absent: what needs the running server (what listens on an address, whether a
//! password is right), what a rule of URL Rewrite does except that of a farm's [`front`], and modules of other vendors.

mod above;
mod authorization;
mod filtering;
mod front;
mod handler;
mod server;
mod site;

use std::fmt;

use iis_config::check::{Level, LevelKind};
use iis_config::effective::Effective;
use iis_config::markup::{self, Document, Flaw};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::diagnostic::Diagnostic;
use crate::emit::{parts, xml};
use crate::model::{Deployment, Protocol};
pub(crate) use filtering::{BODY_TOO_LARGE, HEADER_TOO_LONG};
pub use front::{Front, front};

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Whether it uses `https`, and not `http`.
    pub secure: bool,
    /// The host, without its port.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Path and query as the client sends them.
    pub target: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
}

/// Why a text is not the URL of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlError {
    /// It has no scheme.
    NoScheme,
    /// IIS does not support its scheme.
    WrongScheme(String),
    /// Its port is not a 16-bit number.
    BadPort(String),
    /// It has no host name.
    NoHost,
    /// The request has more than one header Host.
    SeveralHosts,
}

impl fmt::Display for UrlError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScheme => formatter.write_str("begin the URL with http:// or https://"),
            Self::WrongScheme(scheme) => {
                write!(formatter, "IIS does not serve {scheme}: begin the URL with http:// or https://")
            }
            Self::BadPort(port) => write!(formatter, "{port:?} is not a valid port"),
            Self::NoHost => formatter.write_str("the URL has no host name"),
            Self::SeveralHosts => {
                formatter.write_str("give the header Host once: HTTP.sys answers 400 to a request with two")
            }
        }
    }
}

impl std::error::Error for UrlError {}

impl Request {
    /// Reads `https://host[:port]/path?query`. A header Host names the site instead of the URL's host, as it does in IIS; the
    /// connection, and so the port, stays the URL's (page `system.applicationhost/sites/site/bindings/binding`).
    ///
    /// # Errors
    /// See [`UrlError`].
    pub fn new(url: &str, method: &str, headers: Vec<(String, String)>) -> Result<Self, UrlError> {
        let (scheme, rest) = url.split_once("://").ok_or(UrlError::NoScheme)?;
        let Some(protocol) = Protocol::from_iis(scheme) else {
            return Err(UrlError::WrongScheme(scheme.to_ascii_lowercase()));
        };
        let secure = protocol == Protocol::Https;
        let end = rest.find(['/', '\\', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let (host, port) = host_and_port(authority);
        let port = match port {
            Some(port) => port.parse().map_err(|_| UrlError::BadPort(port.to_owned()))?,
            None => protocol.usual_port(),
        };
        if host.is_empty() {
            return Err(UrlError::NoHost);
        }
        let mut named = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Host"));
        let host = match (named.next(), named.next()) {
            (Some(_), Some(_)) => return Err(UrlError::SeveralHosts),
            (Some((_, value)), None) => host_and_port(value.trim()).0,
            (None, _) => host,
        };
        let target = target.split('#').next().unwrap_or_default();
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Ok(Self { method: method.to_ascii_uppercase(), secure, host: host.to_owned(), port, target, headers })
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The path, as it is sent.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The query, as it is sent.
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// The name and the port of a URL or of a header Host, as they are written. Brackets around an IPv6 address stay.
pub(crate) fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':').filter(|_| !authority.ends_with(']')) {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

/// A rule that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RoutedStep")]
pub struct Step {
    /// What was checked.
    pub rule: &'static str,
    /// The result.
    pub says: String,
    /// Microsoft's page about it.
    #[serde(serialize_with = "address")]
    pub page: &'static str,
}

/// The address of one of Microsoft's pages.
fn address<S: Serializer>(page: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("https://learn.microsoft.com/en-us/{page}"))
}

/// Where a request ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Outcome {
    /// At the bridge.
    Bridge {
        /// SCRIPT_NAME.
        script_name: String,
        /// PATH_INFO, decoded.
        path_info: String,
        /// The value of REMOTE_USER.
        remote_user: String,
    },
    /// Before the bridge: IIS answers.
    Answered {
        /// IIS's status with its sub-status: `404.11`, or two if its updates decide. It is `-` if there is no answer.
        status: &'static str,
        /// Why, and what to do.
        why: String,
    },
}

/// A request's whole path through IIS.
#[derive(Debug, Clone)]
pub struct Route {
    /// Every rule that was checked, in order.
    pub steps: Vec<Step>,
    /// The ways to sign on that IIS offers to a client that has not done so, as in the spec; empty if IIS asks nobody, or if the
    /// request ends before.
    pub offers: Vec<String>,
    /// Where it ends.
    pub outcome: Outcome,
}

/// Why a rule ends a request: the status and the words.
type Stop = (&'static str, String);

/// The compiled configuration as one applicationHost.config, for a server whose own file is not available.
pub fn compiled_host(deployment: &Deployment) -> String {
    let mut root = xml::Element::new("configuration");
    parts(deployment).iter().for_each(|part| root.place(&part.around, part.element.clone()));
    root.document("the compiled parts")
}

/// The files that decide about a request, without byte-order marks.
#[derive(Debug, Clone, Copy)]
pub struct Files<'t> {
    /// An applicationHost.config with the deployment in it.
    pub host: &'t str,
    /// The web.config files of the folders above the application, as far as they are known, the outermost first.
    pub above: &'t [FileAbove<'t>],
    /// The application's web.config.
    pub web: &'t str,
    /// Whether the application's web.config is in UTF-16.
    pub is_web_utf16: bool,
}

/// A web.config of a folder above the application.
#[derive(Debug, Clone, Copy)]
pub struct FileAbove<'t> {
    /// How messages call it.
    pub name: &'t str,
    /// The path of its folder in the site: `/`, or `/name`.
    pub path: &'t str,
    /// Its text.
    pub text: &'t str,
    /// Whether it is in UTF-16.
    pub is_utf16: bool,
}

impl FileAbove<'_> {
    /// The file as a level above a path of the site.
    pub(crate) fn level<'d, 'a>(&self, document: &'d Document<'a>, path: &str) -> Level<'d, 'a> {
        let is_name = |name: &&str| !name.is_empty();
        let own = self.path.split('/').filter(is_name).count();
        let below: Vec<&str> = path.split('/').filter(is_name).skip(own).collect();
        Level { name: self.name.to_owned(), document, below: below.join("/"), kind: LevelKind::Web }
    }
}

/// Follows a request.
///
/// # Errors
/// If applicationHost.config or the application's web.config is not XML.
pub fn route(files: Files<'_>, deployment: &Deployment, request: &Request) -> Result<Route, Flaw> {
    on_way(files, deployment, request, |mut way| {
        let outcome = way.walk().unwrap_or_else(|(status, why)| Outcome::Answered { status, why });
        Route { steps: way.steps, offers: way.offers, outcome }
    })
}

/// What is wrong with one of the files that configure an application, whatever the request.
#[derive(Debug)]
pub struct Broken {
    /// The place of the file in [`Files::above`]; `None` is the application's own web.config.
    pub file: Option<usize>,
    /// What IIS refuses in it because of the files above it or by itself, and a redirect.
    pub found: Vec<Diagnostic>,
}

/// What the files above an application break of it.
///
/// # Errors
/// As [`route`].
pub fn broken(files: Files<'_>, deployment: &Deployment) -> Result<Vec<Broken>, Flaw> {
    let (method, host, target) =
        ("GET".to_owned(), "localhost".to_owned(), deployment.application.path.clone());
    let request = Request { method, secure: false, host, port: 80, target, headers: Vec::new() };
    on_way(files, deployment, &request, |way| way.broken())
}

/// Reads the files, and follows a request through them.
fn on_way<T>(
    files: Files<'_>,
    deployment: &Deployment,
    request: &Request,
    follow: impl FnOnce(Way<'_, '_>) -> T,
) -> Result<T, Flaw> {
    let (host, web) = (markup::parse(files.host)?, markup::parse(files.web)?);
    let parsed: Vec<_> = files.above.iter().map(|file| markup::parse(file.text).ok()).collect();
    let above = files.above.iter().zip(&parsed);
    let above = above.map(|(file, parsed)| Above { file: *file, document: parsed.as_ref() }).collect();
    let (steps, offers) = (Vec::new(), Vec::new());
    let is_web_utf16 = files.is_web_utf16;
    Ok(follow(Way { host: &host, above, web: &web, is_web_utf16, deployment, request, steps, offers }))
}

/// The web.config of a folder above the application, if it could be read as XML.
#[derive(Clone, Copy)]
struct Above<'d, 'a> {
    file: FileAbove<'d>,
    document: Option<&'d Document<'a>>,
}

impl<'d, 'a> Above<'d, 'a> {
    /// The file as a level above a path of the site.
    fn level(&self, path: &str) -> Option<Level<'d, 'a>> {
        Some(self.file.level(self.document?, path))
    }
}

/// A request on its way through IIS.
struct Way<'d, 'a> {
    host: &'d Document<'a>,
    above: Vec<Above<'d, 'a>>,
    web: &'d Document<'a>,
    is_web_utf16: bool,
    deployment: &'d Deployment,
    request: &'d Request,
    steps: Vec<Step>,
    offers: Vec<String>,
}

impl<'d, 'a> Way<'d, 'a> {
    fn note(&mut self, rule: &'static str, page: &'static str, says: impl Into<String>) {
        self.steps.push(Step { rule, says: says.into(), page });
    }

    fn effective(&self) -> Effective<'d, 'a> {
        // A `<location>` of one page applies to it, and so do those around it.
        let path = self.read().unwrap_or_else(|_| self.deployment.application.path.clone());
        let (location, version) = (self.deployment.location_of(&path), self.deployment.target.version);
        let mut effective = Effective::new(self.host, self.web, location, version);
        effective.levels.splice(1..1, self.above.iter().filter_map(|file| file.level(&path)));
        if let (Some(own), Some(below)) = (effective.levels.last_mut(), self.below_application(&path)) {
            own.below = below.to_owned();
        }
        effective
    }

    /// What is after the application in a path of the site.
    fn below_application<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.get(self.deployment.application.path.trim_matches('/').len() + 1..)
            .map(|rest| rest.trim_matches('/'))
    }

    fn walk(&mut self) -> Result<Outcome, Stop> {
        self.http_sys()?;
        self.binding()?;
        self.global_rules(None);
        let (script_name, path_info) = self.application()?;
        self.pool()?;
        self.configuration_above()?;
        self.configuration()?;
        self.redirect()?;
        self.rewriting();
        self.filtering()?;
        self.transport()?;
        let remote_user = self.authentication()?;
        self.authorization()?;
        self.webdav()?;
        self.handler()?;
        self.restriction()?;
        self.bitness()?;
        self.admission(&path_info)?;
        Ok(Outcome::Bridge { script_name, path_info, remote_user })
    }
}
