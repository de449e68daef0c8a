//! That nothing is served without TLS if the spec requires it, and that browsers are told so.
//!
//! Pages `system.webserver/security/access` (403.4) and RFC 6797 (Strict-Transport-Security).

use super::super::client::{Answer, Ask};
use super::super::place::Place;
use super::super::report::Line;
use super::super::visit::{Question, Visit};
use crate::model::{Binding, Protocol};

const REQUIRED: &str = "tls.required";
const STRICT: &str = "tls.strictTransportSecurity";

pub(in super::super) async fn check(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    if visit.deployment.tls.required {
        let promise = || Question::new(REQUIRED, "nothing is served without TLS").explain("403.4");
        let plain: Vec<Place> = plain_places(visit);
        if plain.is_empty() {
            lines.push(promise().unseen("the spec has no http binding, so there is nothing to ask"));
        }
        let ask = Ask::get("/");
        for place in plain {
            let question = promise().asked(ask.shown(&place), "403, or a redirect to https");
            lines.push(question.judge(visit.ask_at(&place, &ask).await, is_refused));
        }
    }
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
            (seen == [wanted.as_str()], or_none("Strict-Transport-Security", &seen))
        }),
    });
}

/// The values of a header, in words.
pub(super) fn or_none(name: &str, values: &[&str]) -> String {
    if values.is_empty() { format!("no {name}") } else { format!("{name}: {}", values.join(" and ")) }
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
