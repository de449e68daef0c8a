//! Asks a running server, from outside, about every promise of a spec that a request can show.
//!
//! What enters: a compiled spec, and who asks where. What leaves: a [`Report`] with a line for each promise: what was asked, expected and
//! seen, or why it was not looked at. No request changes anything on a server that keeps its promises. What IIS must answer is what
//! [`route`](crate::route) says of the compiled configuration. Absent: the server's files, and its operating system.

mod checks;
mod client;
mod payload;
mod place;
mod report;
mod sign_on;
mod tls;
mod visit;
#[cfg(windows)]
mod windows;

use std::fmt;
use std::io;

use crate::model::server::ServerPlan;
use crate::model::{Deployment, Protocol};
use crate::route::{compiled_host, host_and_port};
use client::{Ask, Failure};
use place::{Place, PlaceError};
pub(crate) use report::{Line, Report};
pub(crate) use sign_on::Credentials;
use tls::Tls;
use visit::Visit;

/// Whom to ask, and as whom.
pub(crate) struct Order<'a> {
    /// The spec's deployment.
    pub deployment: &'a Deployment,
    /// The web.config that was compiled from it.
    pub web_config: &'a str,
    /// The URL of the application, if it is not that of the spec.
    pub url: Option<&'a str>,
    /// `HOST` or `HOST:PORT` to connect to, if the name in the URL must not decide.
    pub address: Option<&'a str>,
    /// `HOST` or `HOST:PORT` that is asked without TLS although the site is https only, if not port 80 beside the URL's port.
    pub http_address: Option<&'a str>,
    /// Addresses of a farm's nodes, by their names, if they are not those of the spec.
    pub nodes: &'a [(String, String)],
    /// Whether HTTP.sys was told to accept more than 16 KB of headers.
    pub headers: LongHeaders,
    /// Who asks.
    pub credentials: &'a Credentials,
    /// The repositories that hg and git are tried with.
    pub repositories: Repositories,
}

/// What was done to HTTP.sys's limits for headers, which no file of the deployment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LongHeaders {
    /// Nobody says.
    Unknown,
    /// They were raised, as `install.ps1 -LongHeaders` does.
    Allowed,
}

/// Names of repositories.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repositories {
    /// Mercurial's.
    pub hg: Vec<String>,
    /// Git's.
    pub git: Vec<String>,
}

/// Why nothing was asked.
#[derive(Debug)]
pub enum VerifyError {
    /// The spec does not say at which URL the server is.
    NoUrl,
    /// A URL or an address is not valid.
    Place(PlaceError),
    /// The spec has no node of this name.
    NoNode(String),
    /// The machine has no certificate authorities.
    Trust(String),
    /// The server does not answer at this URL; the second text is the reason.
    Silent(String, String),
    /// The operating system refuses what every connection needs.
    Io(io::Error),
}

impl fmt::Display for VerifyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUrl => formatter.write_str(
                "the spec does not determine the URL of the site: name it with --url https://HOST/PATH",
            ),
            Self::Place(error) => error.fmt(formatter),
            Self::NoNode(name) => {
                write!(formatter, "the spec has no node {name:?}: use a name of `farm.nodes`")
            }
            Self::Trust(why) => write!(
                formatter,
                "this machine's trust store cannot be used ({why}): install the package ca-certificates, or set \
                 SSL_CERT_FILE to a file with certificate authorities"
            ),
            Self::Silent(url, why) => write!(
                formatter,
                "{url} cannot be asked: {why}. Check that the site is started and the name leads to it, or name \
                 the server's address with --address"
            ),
            Self::Io(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for VerifyError {}

impl From<PlaceError> for VerifyError {
    fn from(error: PlaceError) -> Self {
        Self::Place(error)
    }
}

/// Asks the server.
///
/// # Errors
/// See [`VerifyError`]. A promise that is not kept is no error, but a line of the report.
pub(crate) fn verify(order: &Order<'_>) -> Result<Report, VerifyError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(VerifyError::Io)?.block_on(visited(order))
}

async fn visited(order: &Order<'_>) -> Result<Report, VerifyError> {
    let deployment = order.deployment;
    let url = order.url.map(str::to_owned).or_else(|| public_url(deployment)).ok_or(VerifyError::NoUrl)?;
    let named = Place::of(&url)?;
    let place = order.address.map_or(Ok(named.clone()), |address| named.clone().at(address))?;
    let nodes = order.nodes.iter().map(|(name, address)| node(order, &place, name, address));
    let nodes = nodes.collect::<Result<Vec<_>, _>>()?;
    let plain = plain_place(order, &place)?;
    let tls = Tls::of_this_machine().map_err(|error| VerifyError::Trust(error.to_string()))?;
    let mut visit = Visit {
        deployment,
        host_config: compiled_host(deployment),
        web_config: order.web_config,
        compiled_url: compiled_url(deployment, &url),
        address: order.address.map(|_| place.address.clone()),
        place,
        tls,
        credentials: order.credentials,
        without_user: None,
    };
    if let Err(why @ (Failure::Unreachable(_) | Failure::Late)) = visit.ask(&Ask::get("/")).await {
        return Err(VerifyError::Silent(visit.place.url("/"), why.to_string()));
    }
    let mut lines = Vec::new();
    checks::transport::check(&visit, plain.as_ref(), &mut lines).await;
    checks::certificate::check(&visit, &mut lines).await;
    checks::sign_on::check_offers(&visit, &mut lines).await;
    checks::sign_on::check_user(&mut visit, &mut lines).await;
    let address = order.address.map(str::to_owned);
    if !checks::application::check(&visit, &mut lines).await {
        return Ok(Report::new(visit.place.url("/"), address, order.credentials.who(), lines));
    }
    checks::sign_on::check_each_request(&visit, &mut lines).await;
    checks::spoofing::check(&visit, &mut lines).await;
    checks::pages_of_others::check(&visit, &mut lines).await;
    checks::answers::check(&visit, &mut lines).await;
    checks::urls::check(&visit, &mut lines).await;
    checks::subfolder::check(&visit, &mut lines).await;
    checks::sizes::check(&visit, order.headers, &mut lines).await;
    checks::files::check(&visit, &mut lines).await;
    checks::open_pages::check(&visit, &mut lines).await;
    checks::repositories::check(&visit, &order.repositories, &mut lines).await;
    if let Some(farm) = &deployment.farm {
        checks::farm::check(&visit, farm, &nodes, &mut lines).await;
    }
    checks::unseen::list(&visit, &mut lines);
    Ok(Report::new(visit.place.url("/"), address, order.credentials.who(), lines))
}

/// Where clients go that use http although the site is https only: port 80 (RFC 9110, section 4.2.1). `None` if the caller gave another
/// port for https alone, so that nobody knows where the one without TLS is.
fn plain_place(order: &Order<'_>, place: &Place) -> Result<Option<Place>, PlaceError> {
    let port = Protocol::Http.usual_port();
    let plain = Place { secure: false, port, address_port: port, ..place.clone() };
    match (order.http_address, order.address) {
        (Some(address), _) => plain.at(address).map(Some),
        (None, Some(address)) if host_and_port(address).1.is_some() => Ok(None),
        (None, _) => Ok(Some(plain)),
    }
}

/// The address of a node that the caller gave. The name in Host stays the public one, as it is behind the front.
fn node(order: &Order<'_>, place: &Place, name: &str, address: &str) -> Result<(String, Place), VerifyError> {
    let farm = order.deployment.farm.as_ref();
    let Some(farm) = farm.filter(|farm| farm.nodes.iter().any(|node| node.name == name)) else {
        return Err(VerifyError::NoNode(name.to_owned()));
    };
    let port = farm.protocol.usual_port();
    let public = Place {
        secure: farm.protocol == Protocol::Https,
        port,
        address_port: farm.port,
        path: farm.path.clone(),
        ..place.clone()
    };
    Ok((name.to_owned(), public.at(address)?))
}

/// The URL that users type, without a slash at its end.
fn public_url(deployment: &Deployment) -> Option<String> {
    if deployment.farm.is_some() {
        return deployment.public_url();
    }
    let url = ServerPlan::of(deployment).url;
    (!url.is_empty()).then(|| url.trim_end_matches('/').to_owned())
}

/// The URL as the IIS that runs the bridge sees it: a node's in a farm, and the spec's own even if the server is asked by another.
fn compiled_url(deployment: &Deployment, asked: &str) -> String {
    match &deployment.farm {
        Some(farm) => {
            let host = deployment.host_names().next().map_or("localhost", |host| &**host);
            format!("{}://{host}:{}{}", farm.protocol.as_iis(), farm.port, farm.path)
        }
        None => public_url(deployment).unwrap_or_else(|| asked.trim_end_matches('/').to_owned()),
    }
}
