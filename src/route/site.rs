//! Which site and which application a request belongs to: HTTP.sys, bindings, paths.

use iis_config::hosting::of_site;
use iis_config::limits;
use iis_config::markup::Element;
use kallithea_bridge_isapi::url;
use kallithea_bridge_isapi::url::Unreadable;

use super::{Stop, Way};
use crate::model::Protocol;

const HTTP_SYS: &str =
    "troubleshoot/developer/webapps/iis/iisadmin-service-inetinfo/httpsys-registry-windows";
const BINDINGS: &str = "iis/configuration/system.applicationhost/sites/site/bindings/binding";
const APPLICATIONS: &str = "iis/configuration/system.applicationhost/sites/site/application/";
const SITE_LIMITS: &str = "iis/configuration/system.applicationhost/sites/site/limits";

impl<'d, 'a> Way<'d, 'a> {
    /// HTTP.sys's own limits, which no configuration of IIS changes.
    pub(super) fn http_sys(&mut self) -> Result<(), Stop> {
        let text = self.read()?;
        let segments: Vec<&str> = text.split('/').skip(1).collect();
        if segments.len() > limits::HTTP_SYS_URL_SEGMENTS as usize {
            let why = format!(
                "{} segments, and HTTP.sys allows {} (UrlSegmentMaxCount)",
                segments.len(),
                limits::HTTP_SYS_URL_SEGMENTS
            );
            return Err(("400", why));
        }
        let longest = segments.iter().map(|segment| segment.chars().count()).max().unwrap_or(0);
        if longest > limits::HTTP_SYS_URL_SEGMENT_LENGTH as usize {
            let most = limits::HTTP_SYS_URL_SEGMENT_LENGTH;
            return Err((
                "400",
                format!(
                    "a segment of {longest} characters, and HTTP.sys allows {most} (UrlSegmentMaxLength)"
                ),
            ));
        }
        let headers: usize =
            self.request.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
        let bytes = self.request.method.len() + self.request.target.len() + 12 + headers;
        if bytes > limits::HTTP_SYS_REQUEST_BYTES as usize {
            let most = limits::HTTP_SYS_REQUEST_BYTES;
            return Err((
                "400",
                format!(
                    "request line and headers have {bytes} bytes, and HTTP.sys allows {most}: raise MaxRequestBytes \
                     and MaxFieldLength to 65534, as the runbook says"
                ),
            ));
        }
        let count = segments.len();
        self.note(
            "HTTP.sys",
            HTTP_SYS,
            format!("{text}: {count} segments, {bytes} bytes: within its limits"),
        );
        Ok(())
    }

    /// The path as HTTP.sys reads it and as everything after it gets it: this runs the bridge's own code.
    pub(super) fn read(&self) -> Result<String, Stop> {
        let read = url::read(self.request.path().as_bytes()).map_err(|why| match why {
            Unreadable::Coding => {
                let why = "the path is not UTF-8: HTTP.sys reads it in the server's own code page, which is \
                    unknown";
                ("-", why.to_owned())
            }
            why => ("400", format!("HTTP.sys refuses the path: {why}")),
        })?;
        Ok(String::from_utf8_lossy(&read).into_owned())
    }

    /// The bridge's own check of the path, before the application gets it.
    pub(super) fn admission(&mut self, path_info: &str) -> Result<(), Stop> {
        if url::is_elsewhere(path_info.as_bytes()) {
            let why = format!("the bridge refuses the path {path_info:?}: Windows would read it as a drive");
            return Err(("404.0", why));
        }
        Ok(())
    }

    /// The binding, and so the site. If the file has no bindings for a site, that site is assumed to match, and the step says
    /// so.
    pub(super) fn binding(&mut self) -> Result<(), Stop> {
        let wanted = &self.deployment.site.name;
        let sites = self.host.descend(self.host.root(), &["system.applicationHost", "sites"]);
        let sites: Vec<&Element<'a>> =
            sites.into_iter().flat_map(|sites| self.host.named(sites, "site")).collect();
        let listening: Vec<_> = sites.iter().flat_map(|site| self.listening(site)).collect();
        let of_name = |(information, site): &(&'d str, &'d str)| {
            let host = information.rsplit(':').next().unwrap_or_default();
            rank(host, &self.request.host).map(|rank| (rank, *information, *site))
        };
        // Of several with the same rank, the first in the file wins.
        let best = listening.iter().rev().filter_map(of_name).max_by_key(|(rank, ..)| *rank);
        let scheme = self.scheme();
        match best {
            Some((_, information, site)) if site.eq_ignore_ascii_case(wanted) => {
                self.starts(site)?;
                self.note("binding", BINDINGS, format!("{scheme} {information}: the site {site}"));
                Ok(())
            }
            Some((_, information, site)) => {
                Err(("-", format!("{scheme} {information} leads to the site {site}, not to {wanted}")))
            }
            None if !listening.is_empty() => {
                let host = &self.request.host;
                Err((
                    "400",
                    format!("no binding has the host name {host}: HTTP.sys answers Invalid Hostname"),
                ))
            }
            None if self.deployment.site.own.is_none()
                && sites.iter().all(|site| self.host.descend(site, &["bindings"]).is_none()) =>
            {
                let says =
                    format!("unknown; assuming that the site {wanted} has one; use --host-config to check");
                self.note("binding", BINDINGS, says);
                Ok(())
            }
            None => {
                let port = self.request.port;
                Err(("-", format!("no site listens for {scheme} on port {port}, so there is no connection")))
            }
        }
    }

    /// Whether IIS starts the site: its own `serverAutoStart`, or that of all sites.
    fn starts(&self, site: &str) -> Result<(), Stop> {
        let stopped = of_site(self.host, site, "serverAutoStart").filter(|start| start.says("false"));
        let Some(stopped) = stopped else { return Ok(()) };
        let all = if stopped.is_default { " of siteDefaults" } else { "" };
        let why = format!(
            "the site {site:?} does not start together with IIS (serverAutoStart{all}), so nothing answers"
        );
        Err(("-", why))
    }

    fn scheme(&self) -> &'static str {
        if self.request.secure { Protocol::Https.as_iis() } else { Protocol::Http.as_iis() }
    }

    /// A site's bindings for the request's protocol and port, each with the site's name.
    fn listening(&self, site: &'d Element<'a>) -> Vec<(&'d str, &'d str)> {
        let bindings = self.host.descend(site, &["bindings"]).into_iter();
        let bindings = bindings.flat_map(|bindings| self.host.named(bindings, "binding"));
        let bindings = bindings.filter(|binding| binding.says("protocol", self.scheme()));
        let information = bindings.filter_map(|binding| binding.value("bindingInformation"));
        let is_port = |information: &&str| {
            let port = information.rsplit(':').nth(1).unwrap_or_default();
            port.parse() == Ok(self.request.port)
        };
        let name = site.value("name").unwrap_or_default();
        information.filter(is_port).map(|information| (information, name)).collect()
    }

    /// The application with the longest path with which the URL begins, and the URL's two parts.
    pub(super) fn application(&mut self) -> Result<(String, String), Stop> {
        let own = self.deployment.application.path.clone();
        let decoded = self.read()?.into_bytes();
        let sites = self.host.descend(self.host.root(), &["system.applicationHost", "sites"]);
        let is_it = |site: &&Element<'_>| site.says("name", &self.deployment.site.name);
        let site = sites.and_then(|sites| self.host.named(sites, "site").find(is_it));
        let paths = site.into_iter().flat_map(|site| self.host.named(site, "application"));
        let paths: Vec<&str> = paths.filter_map(|application| application.value("path")).collect();
        let belongs = |path: &str| url::split(decoded.clone(), path).is_some();
        let best = paths.iter().filter(|path| belongs(path)).max_by_key(|path| path.len());
        match best {
            Some(best) if best.eq_ignore_ascii_case(&own) => {}
            Some(best) => return Err(("-", format!("it belongs to the application {best}, not to {own}"))),
            None => return Err(("404.0", format!("it is not below {own}"))),
        }
        let segments = decoded.iter().filter(|byte| **byte == b'/').count() as u64;
        let site_limit =
            site.and_then(|site| self.host.descend(site, &["limits"])?.value("maxUrlSegments")?.parse().ok());
        let most: u64 = site_limit.unwrap_or(u64::from(limits::DEFAULT_MAX_URL_SEGMENTS));
        if self.deployment.target.version >= iis_config::Version::V8_0 && segments > most {
            let why = format!("{segments} segments, and the site allows {most} (limits, maxUrlSegments)");
            return Err(("404.20", why));
        }
        self.note("URL segments", SITE_LIMITS, format!("{segments} of {most}"));
        let (script_name, rest) = url::split(decoded, &own).unwrap_or_default();
        let rest = if rest.is_empty() { b"/".to_vec() } else { rest };
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (script_name, rest) = (shown(&script_name), shown(&rest));
        self.note(
            "application",
            APPLICATIONS,
            format!("{own}: SCRIPT_NAME {script_name:?}, PATH_INFO {rest:?}"),
        );
        Ok((script_name, rest))
    }
}

/// How well a binding's host name matches; `None` if it does not.
fn rank(binding: &str, host: &str) -> Option<u8> {
    let (binding, host) = (binding.to_lowercase(), host.to_lowercase());
    match binding.strip_prefix('*') {
        _ if binding.is_empty() => Some(0),
        Some(rest) => host.ends_with(rest).then_some(1),
        None => (binding == host).then_some(2),
    }
}
