//! Which site and which application a request belongs to: HTTP.sys, bindings, paths.

use super::{Stop, Way, url};
use crate::iis::limits;
use crate::iis::markup::Element;

const HTTP_SYS: &str =
    "troubleshoot/developer/webapps/iis/iisadmin-service-inetinfo/httpsys-registry-windows";
const BINDINGS: &str = "iis/configuration/system.applicationhost/sites/site/bindings/binding";
const APPLICATIONS: &str = "iis/configuration/system.applicationhost/sites/site/application/";
const SITE_LIMITS: &str = "iis/configuration/system.applicationhost/sites/site/limits";

impl<'d, 'a> Way<'d, 'a> {
    /// HTTP.sys's own limits, which no configuration of IIS moves.
    pub(super) fn http_sys(&mut self) -> Result<(), Stop> {
        let decoded = url::decode(self.request.path().as_bytes());
        let text = String::from_utf8_lossy(&decoded).into_owned();
        if text.chars().any(char::is_control) {
            return Err(("400", "HTTP.sys refuses a URL with a control character in it".into()));
        }
        let segments: Vec<&str> = text.split('/').skip(1).collect();
        if segments.len() > limits::HTTP_SYS_URL_SEGMENTS as usize {
            let why = format!(
                "{} segments, and HTTP.sys takes {} (UrlSegmentMaxCount)",
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
                format!("a segment of {longest} characters, and HTTP.sys takes {most} (UrlSegmentMaxLength)"),
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
                    "request line and headers have {bytes} bytes, and HTTP.sys takes {most} (MaxRequestBytes)"
                ),
            ));
        }
        self.note(
            "HTTP.sys",
            HTTP_SYS,
            format!("{} segments, {bytes} bytes: within its limits", segments.len()),
        );
        Ok(())
    }

    /// The binding, and so the site. A site that the file has no bindings of is taken for the right one, and that is said.
    pub(super) fn binding(&mut self) -> Result<(), Stop> {
        let wanted = &self.deployment.site.name;
        let sites = self.host.descend(self.host.root(), &["system.applicationHost", "sites"]);
        let sites: Vec<&Element<'a>> =
            sites.into_iter().flat_map(|sites| self.host.named(sites, "site")).collect();
        let mut best: Option<(u8, &str, String)> = None;
        let mut on_port = false;
        for site in &sites {
            let Some(bindings) = self.host.descend(site, &["bindings"]) else { continue };
            for binding in self.host.named(bindings, "binding") {
                let information = binding.value("bindingInformation").unwrap_or_default();
                let protocol = if self.request.secure { "https" } else { "http" };
                let mut parts = information.rsplitn(3, ':');
                let (host, port) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                let is_protocol =
                    binding.value("protocol").is_some_and(|own| own.eq_ignore_ascii_case(protocol));
                if !is_protocol || port.parse() != Ok(self.request.port) {
                    continue;
                }
                on_port = true;
                if let Some(rank) = rank(host, &self.request.host)
                    && best.as_ref().is_none_or(|(known, ..)| rank > *known)
                {
                    best = Some((
                        rank,
                        site.value("name").unwrap_or_default(),
                        format!("{protocol} {information}"),
                    ));
                }
            }
        }
        match best {
            Some((_, site, binding)) if site.eq_ignore_ascii_case(wanted) => {
                self.note("binding", BINDINGS, format!("{binding}: the site {site}"));
                Ok(())
            }
            Some((_, site, binding)) => {
                Err(("-", format!("{binding} brings it to the site {site}, not to {wanted}")))
            }
            None if on_port => Err((
                "400",
                format!(
                    "no binding has the host name {}: HTTP.sys answers Invalid Hostname",
                    self.request.host
                ),
            )),
            None if self.deployment.site.own.is_none()
                && sites.iter().all(|site| self.host.descend(site, &["bindings"]).is_none()) =>
            {
                let says =
                    format!("not known here: the site {wanted} is taken to have one; --host-config tells");
                self.note("binding", BINDINGS, says);
                Ok(())
            }
            None => {
                let scheme = if self.request.secure { "https" } else { "http" };
                Err((
                    "-",
                    format!("no site listens for {scheme} on port {}: no connection", self.request.port),
                ))
            }
        }
    }

    /// The application with the longest path that the URL begins with, and the URL's two parts.
    pub(super) fn application(&mut self) -> Result<(String, String), Stop> {
        let own = self.deployment.application.path.clone();
        let decoded = url::without_dots(url::decode(&self.request.path().replace('\\', "/").into_bytes()));
        let sites = self.host.descend(self.host.root(), &["system.applicationHost", "sites"]);
        let is_it = |site: &&Element<'_>| {
            site.value("name").is_some_and(|name| name.eq_ignore_ascii_case(&self.deployment.site.name))
        };
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
        if self.deployment.target.version >= crate::iis::Version::V8_0 && segments > most {
            let why = format!("{segments} segments, and the site takes {most} (limits, maxUrlSegments)");
            return Err(("400", why));
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

/// How well a binding's host name fits; `None` for not at all.
fn rank(binding: &str, host: &str) -> Option<u8> {
    let (binding, host) = (binding.to_lowercase(), host.to_lowercase());
    match binding.strip_prefix('*') {
        _ if binding.is_empty() => Some(0),
        Some(rest) => host.ends_with(rest).then_some(1),
        None => (binding == host).then_some(2),
    }
}
