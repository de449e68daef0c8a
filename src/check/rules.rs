//! The rules across keys, one function per rule, each named after what it forbids.
//!
//! A rule sees a whole spec in which the schema has accepted each single value. What the author left out, or what the
//! schema removed, has its default: a rule reports nothing about an empty text. Absent: rules about the application only,
//! which are in [`kallithea`](crate::kallithea).

mod authentication;
mod bridge;
mod farm;
mod paths;
mod pool;
mod python;
mod reads;
mod site;
mod target;
mod windows;

use super::context::{Context, Rule};
use super::sound::Read;
use crate::diagnostic::Diagnostic;
use crate::kallithea;

pub(super) use reads::may_follow;

/// Runs every rule. Returns what they read out of the spec, unless one of them could not read its value and reported that.
pub(super) fn check(context: &Context<'_>, problems: &mut Vec<Diagnostic>) -> Option<Read> {
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
    // All of them run, even if one of them returns no value.
    let sign_on = authentication::sign_on(context, problems);
    let max_allowed_content_length = target::max_allowed_content_length(context, problems);
    let trusted_proxies = bridge::trusted_proxies(context, problems);
    let pool_name = pool::pool_name(context, problems);
    let front = context.spec.farm.as_ref().map(|farm| farm::front_names(context, farm, problems));
    Some(Read {
        sign_on: sign_on?,
        max_allowed_content_length: max_allowed_content_length?,
        trusted_proxies: trusted_proxies?,
        pool_name: pool_name?,
        front: match front {
            Some(names) => Some(names?),
            None => None,
        },
    })
}
