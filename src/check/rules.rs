//! The rules across keys, one function per rule, each named after what it forbids.
//!
//! A rule sees a whole spec whose single values the schema has accepted. What the author left out, or what the
//! schema took out, has its default: a rule stays silent about an empty text. Absent: rules that are about the application
//! alone, which [`kallithea`](crate::kallithea) has.

mod authentication;
mod bridge;
mod farm;
mod paths;
mod pool;
mod python;
mod site;
mod target;
mod windows;

use iis_config::names::Refusal;

use super::context::{Context, Rule};
use super::sound::Read;
use crate::diagnostic::Diagnostic;
use crate::kallithea;

/// Runs every rule. What they read out of the spec comes back, unless one of them could not read its value, and said so.
pub fn check(context: &Context<'_>, problems: &mut Vec<Diagnostic>) -> Option<Read> {
    for rules in [
        target::RULES,
        paths::RULES,
        python::RULES,
        site::RULES,
        pool::RULES,
        authentication::RULES,
        windows::RULES,
        farm::RULES,
        kallithea::RULES,
    ] {
        rules.iter().for_each(|rule| rule(context, problems));
    }
    // All of them run before the first that came back without a value ends it.
    let sign_on = authentication::sign_on(context, problems);
    let max_allowed_content_length = target::max_allowed_content_length(context, problems);
    let trusted_proxies = bridge::trusted_proxies(context, problems);
    Some(Read {
        sign_on: sign_on?,
        max_allowed_content_length: max_allowed_content_length?,
        trusted_proxies: trusted_proxies?,
    })
}

/// Why IIS does not take a name, in words that follow a colon.
fn refusal(why: Refusal) -> String {
    match why {
        Refusal::Empty => "it is empty".to_owned(),
        Refusal::TooLong(most) => format!("it is longer than {most} characters"),
        Refusal::Character(found) => format!("IIS does not allow `{}` in it", found.escape_debug()),
        Refusal::Edge => "it begins or ends with a space, or ends with a dot".to_owned(),
        Refusal::Device => "Windows reserves it for a device".to_owned(),
        Refusal::NoLeadingSlash => "it must begin with `/`".to_owned(),
        Refusal::TrailingSlash => "it must not end with `/`".to_owned(),
        Refusal::Segment => "it has an empty part, or one that is `.` or `..`".to_owned(),
    }
}
