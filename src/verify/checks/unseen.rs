//! What no harmless request shows: it is listed, so that nobody takes silence for a proof.

use super::super::report::Line;
use super::super::visit::{Question, Visit};
use crate::model::{Authentication, Provider};

pub(in super::super) fn list(visit: &Visit<'_>, lines: &mut Vec<Line>) {
    let deployment = visit.deployment;
    let mut add = |key, promise: &str, why: &str| lines.push(Question::new(key, promise).unseen(why));
    let most = deployment.limits.max_allowed_content_length;
    add(
        "requestLimits.maxAllowedContentLength",
        "a push in chunks, without a length, is refused above the limit",
        &format!(
            "no page of Microsoft says whether IIS counts it, and {most} bytes would have to be pushed to a repository"
        ),
    );
    add(
        "requestLimits.maxAllowedContentLength",
        "a push of that size arrives",
        "it would change a repository",
    );
    add(
        "applicationPool.recycling",
        "running requests end when the pool is recycled",
        "somebody would have to recycle it under load",
    );
    add("applicationPool.recycling", "the pool is recycled when the spec says so", "it takes hours");
    if let Authentication::Windows(windows) = &deployment.authentication {
        let has_kerberos = windows.providers.iter().any(|provider| !matches!(provider, Provider::Ntlm));
        if has_kerberos {
            add(
                "authentication.windowsAuthentication",
                "every browser of the domain gets a Kerberos ticket",
                "only a client of the domain gets one: run `setspn -Q`, and open the page there",
            );
        }
        add(
            "authentication.windowsAuthentication.extendedProtection",
            "a stolen sign-on of another channel is refused",
            "it takes a second computer between client and server",
        );
        if !windows.domains.is_empty() {
            add(
                "authentication.domains",
                "users of other domains are refused",
                "it takes a user of such a domain",
            );
        }
    }
    if deployment.tracing.is_some() {
        add("failedRequestTracing", "failed requests are traced", "the traces are files on the server");
    }
    if deployment.farm.is_some() {
        add(
            "farm.timeout",
            "a clone of many minutes passes the front",
            "it takes a large repository and as long",
        );
    }
}
