//! That nothing is served without TLS if the spec requires it, and that browsers are told so.
//!
//! Pages `system.webserver/security/access` (403.4) and RFC 6797 (Strict-Transport-Security).

use super::super::client::{Answer, Ask, Failure};
use super::super::place::Place;
use super::super::report::Line;
use super::super::visit::{Question, Visit};
use super::answers;
use crate::model::{Binding, Protocol};

const REQUIRED: &str = "tls.required";
const STRICT: &str = "tls.strictTransportSecurity";

/// Asks. `plain` is where a site that is https only is asked without TLS.
pub(in super::super) async fn check(visit: &Visit<'_>, plain: Option<&Place>, lines: &mut Vec<Line>) {
    let is_required = visit.deployment.tls.required;
    let bindings = plain_places(visit);
    if bindings.is_empty() {
        lines.extend(https_only(visit, plain).await);
    }
    let ask = Ask::get("/");
    for place in bindings.iter().filter(|_| is_required) {
        let question = Question::new(REQUIRED, "nothing is served without TLS")
            .explain("403.4")
            .asked(ask.shown(place), "403, or a redirect to https");
        lines.push(question.judge(visit.ask_at(place, &ask).await, is_refused));
    }
    strict(visit, lines).await;
}

/// Asks without TLS, although the spec has no binding for that: another binding, or another machine at the name, may serve the pages.
/// `None` if the spec does not promise that nobody does.
async fn https_only(visit: &Visit<'_>, plain: Option<&Place>) -> Option<Line> {
    let is_promised = visit.deployment.tls.required || !visit.deployment.public_bindings().is_empty();
    if !visit.place.secure || !is_promised {
        return None;
    }
    let key = if visit.deployment.tls.required { REQUIRED } else { "site.bindings" };
    let question = Question::new(key, "the pages are not at port 80, which has no TLS").explain("403.4");
    let Some(plain) = plain else {
        return Some(question.unseen("--address names a port; name the one without TLS with --http-address"));
    };
    let ask = Ask::get("/");
    let question = question.asked(ask.shown(plain), "no connection, a refusal, or a redirect to https");
    let answer = match visit.ask_at(plain, &ask).await {
        Ok(answer) => answer,
        Err(Failure::Unreachable(why)) => return Some(question.is(true, format!("no connection: {why}"))),
        Err(failure) => return Some(question.unseen(failure.to_string())),
    };
    let (is_refused, seen) = is_refused(&answer);
    Some(match answer.code {
        401 => question.is(false, format!("{}: it asks for a sign-on without TLS", answer.status())),
        400 | 404 => question.is(true, seen),
        _ if is_refused => question.is(true, seen),
        // Something answers. Only the bridge has its page.
        _ => match visit.ask_at(plain, &answers::with_too_many_headers("/")).await {
            Ok(second) if answers::is_page_of_bridge(&second) => {
                question.is(false, format!("{seen}: the application"))
            }
            _ => question.is(true, format!("{seen}, but not from the bridge")),
        },
    })
}

async fn strict(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let Some(strict) = &visit.deployment.tls.strict_transport_security else { return };
    let sub_domains = if strict.include_sub_domains { "; includeSubDomains" } else { "" };
    let wanted = format!("max-age={}{sub_domains}", strict.max_age);
    let ask = Ask::get("/");
    let question = Question::new(STRICT, "browsers are told to use TLS only")
        .asked(visit.shown(&ask), format!("Strict-Transport-Security: {wanted}"))
        .explain("no-hsts");
    lines.push(match visit.place.secure {
        false => question.unseen("the server was asked without TLS, where the header has no effect"),
        true => question.judge(visit.ask(&ask).await, |answer| {
            let seen = answer.all("strict-transport-security");
            (seen == [wanted.as_str()], answers::or_none("Strict-Transport-Security", &seen))
        }),
    });
}

fn is_refused(answer: &Answer) -> (bool, String) {
    let target = answer.header("location").unwrap_or_default();
    match answer.code {
        403 => (true, answer.status()),
        300..400 => (target.starts_with("https://"), format!("{}, to {target}", answer.status())),
        _ => (false, answer.status()),
    }
}

/// The places without TLS at which clients may knock.
fn plain_places(visit: &Visit<'_>) -> Vec<Place> {
    let bindings = visit.deployment.public_bindings().iter();
    bindings
        .filter(|binding| binding.protocol == Protocol::Http)
        .map(|binding| place(visit, binding))
        .collect()
}

/// Where a binding is asked.
pub(super) fn place(visit: &Visit<'_>, binding: &Binding) -> Place {
    let is_name = !binding.host_name.is_any() && !binding.host_name.is_wildcard();
    let host = if is_name { binding.host_name.to_string() } else { visit.place.host.clone() };
    let address = visit.address.clone().unwrap_or_else(|| match is_name {
        true => host.clone(),
        false => visit.place.address.clone(),
    });
    Place {
        secure: binding.protocol == Protocol::Https,
        host,
        port: binding.port,
        address,
        address_port: binding.port,
        path: visit.place.path.clone(),
    }
}
