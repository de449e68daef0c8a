//! A web farm: `nodes/*/kallithea/node.ini`, what differs between the machines that run Kallithea, and the parts of the
//! front server's applicationHost.config that send requests to them.
//!
//! Everything else is the same on every node. The front's parts are those of URL Rewrite and Application Request Routing:
//! pages `planning-for-arr/using-the-application-request-routing-module` and
//! `configuring-application-request-routing-arr/define-and-configure-an-application-request-routing-server-farm` below
//! `https://learn.microsoft.com/en-us/iis/extensions/`.

use super::xml::Element;
use crate::kallithea::facts::NAME;
use crate::model::{Deployment, Farm, Protocol};

/// The farm: its servers, how they are reached, and how the front knows that they serve (page
/// "Define and Configure an Application Request Routing Server Farm").
pub(super) fn web_farm(deployment: &Deployment, farm: &Farm) -> Element {
    let port = match farm.protocol {
        Protocol::Http => "httpPort",
        Protocol::Https => "httpsPort",
    };
    let servers = farm.nodes.iter().map(|node| {
        let routing = Element::new("applicationRequestRouting").with(port, farm.port);
        Element::new("server").with("address", &node.address).with("enabled", true).child(routing)
    });
    let affinity = Element::new("affinity")
        .with("useCookie", farm.affinity_cookie.is_some())
        .with_some("cookieName", farm.affinity_cookie.as_ref());
    let routing = Element::new("applicationRequestRouting")
        .child(protocol(farm))
        .child(health_check(deployment, farm))
        .child(affinity);
    Element::new("webFarm").with("name", &farm.name).with("enabled", true).children(servers).child(routing)
}

/// The node sees the host name that the client requested. Kallithea uses the last address of `X-Forwarded-For`, which
/// is the one that the front adds, but does not accept a port with it. The front never caches a user's response for
/// another user.
fn protocol(farm: &Farm) -> Element {
    Element::new("protocol")
        .with("timeout", farm.timeout)
        .with("preserveHostHeader", true)
        .with("reverseRewriteHostInResponseHeaders", false)
        .with("includePortInXForwardedFor", false)
        .child(Element::new("cache").with("enabled", false))
}

/// ARR takes scheme, host name and path from the URL, and replaces the host by each server's address and port.
fn health_check(deployment: &Deployment, farm: &Farm) -> Element {
    let host = deployment.host_names().next().map_or("", |host| &**host);
    let path = format!("{}{}", farm.path, farm.health_check.path);
    Element::new("healthCheck")
        .with("url", format!("{}://{host}{path}", farm.protocol.as_iis()))
        .with("interval", farm.health_check.interval)
        .with("timeout", farm.health_check.timeout)
        .with("statusCodeMatch", "200")
        .with_some("responseMatch", farm.health_check.expect.as_ref())
}

/// The list of the server's rules. From 2.1 on, URL Rewrite encodes what a rule takes from [`global_rule`]'s variable once
/// more, unless this attribute says otherwise. It applies to every rule in the list (<https://serverfault.com/questions/882132>,
/// <https://blogs.iis.net/iisteam/url-rewrite-v2-1>).
pub(super) fn global_rules() -> Element {
    Element::new("globalRules").with("useOriginalURLEncoding", false)
}

/// The rule that sends requests for these host names to the farm: it rewrites them to a URL whose host is the farm's
/// name. What matches a pattern is decoded, so `%2F` would become `/`. `UNENCODED_URL` is the URL as the client sent it, with
/// its query (page `url-rewrite-module/url-rewrite-module-configuration-reference`, "Preserving Original URL").
pub(super) fn global_rule(deployment: &Deployment, farm: &Farm) -> Element {
    let names: Vec<String> = deployment.host_names().map(|name| name.replace('.', "\\.")).collect();
    let condition =
        |input: &str, pattern: String| Element::new("add").with("input", input).with("pattern", pattern);
    let mut conditions = Element::new("conditions")
        .child(condition("{HTTP_HOST}", format!("^({})(:[0-9]+)?$", names.join("|"))));
    if deployment.tls.required {
        conditions = conditions.child(condition("{HTTPS}", "^on$".to_owned()));
    }
    let root = farm.path.trim_start_matches('/');
    let path = if root.is_empty() { ".*".to_owned() } else { format!("^{}(/.*)?$", regex::escape(root)) };
    Element::new("rule")
        .with("name", format!("{NAME} ({})", farm.name))
        .with("patternSyntax", "ECMAScript")
        .with("stopProcessing", true)
        .child(Element::new("match").with("url", path))
        .child(conditions)
        .child(
            Element::new("action")
                .with("type", "Rewrite")
                .with("url", format!("{}://{}{{UNENCODED_URL}}", farm.protocol.as_iis(), farm.name))
                .with("appendQueryString", false),
        )
}
