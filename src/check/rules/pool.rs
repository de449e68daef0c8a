//! The application pool: its name, its account, its owner.

use iis_config::schema::{self, Bounds, Value};
use iis_config::{TimeSpan, Version};

use super::Rule;
use crate::check::context::{Context, unread};
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::{IdentityTypeSpec, PoolName, Unread, pointer};

pub(super) const RULES: &[Rule] =
    &[existing_pool, identity_user_name, bad_environment_variable, time_span_out_of_range];

/// The pool's name. Without one, the pool has the deployment's name, which IIS may refuse.
pub(super) fn pool_name(context: &Context<'_>, problems: &mut Vec<Diagnostic>) -> Option<PoolName> {
    let spec = context.spec;
    if context.written(pointer!(application_pool.name)) {
        return spec.application_pool.name.clone();
    }
    match spec.name.parse().map_err(Unread::Pool) {
        Ok(name) => Some(name),
        Err(why) => {
            let problem = unread(&spec.name, why, context.span(pointer!(application_pool.name)));
            problems.extend((!spec.name.is_empty()).then_some(problem));
            None
        }
    }
}

fn existing_pool(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let pool = &context.spec.application_pool;
    if !pool.existing {
        return;
    }
    if !context.written(pointer!(application_pool.name)) {
        problems.push(
            Diagnostic::new(
                Code::ExistingPool,
                context.span(pointer!(application_pool.existing)),
                "the name of the existing application pool is missing",
            )
            .help("add `name`"),
        );
    }
    let owned = [
        (pointer!(application_pool.identity), pool.identity.is_some()),
        (pointer!(application_pool.start_mode), pool.start_mode.is_some()),
        (pointer!(application_pool.idle_timeout), pool.idle_timeout.is_some()),
        (pointer!(application_pool.recycling), pool.recycling.is_some()),
        (pointer!(application_pool.max_processes), pool.max_processes.is_some()),
        (pointer!(application_pool.queue_length), pool.queue_length.is_some()),
        (pointer!(application_pool.shutdown_time_limit), pool.shutdown_time_limit.is_some()),
        (pointer!(application_pool.environment_variables), !pool.environment_variables.is_empty()),
    ];
    for (pointer, _) in owned.into_iter().filter(|(_, given)| *given) {
        let message = format!("`{}` would change a pool that other applications may use", pointer.key());
        problems.push(
            Diagnostic::new(Code::ExistingPool, context.span(&pointer), message)
                .help("remove it, or give the deployment its own pool with `existing: false`"),
        );
    }
}

fn identity_user_name(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(identity) = &context.spec.application_pool.identity else { return };
    let (pointer, message, help) = match (identity.r#type, &identity.user_name) {
        (IdentityTypeSpec::SpecificUser, None) => (
            pointer!(application_pool.identity?.r#type),
            "`SpecificUser` needs the account's name".to_owned(),
            "add `userName: DOMAIN\\name`; you type its password on the server",
        ),
        (IdentityTypeSpec::SpecificUser, Some(_)) => return,
        (_, None) => return,
        (kind, Some(name)) => (
            pointer!(application_pool.identity?.user_name),
            format!("`{}` is a built-in account, so `{name}` would be ignored", kind.as_iis()),
            "set `type: SpecificUser`, or remove the name",
        ),
    };
    problems.push(Diagnostic::new(Code::IdentityUserName, context.span(&pointer), message).help(help));
}

fn bad_environment_variable(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let spec = context.spec;
    let maps = [
        (pointer!(application_pool.environment_variables), &spec.application_pool.environment_variables),
        (pointer!(bridge.environment_variables), &spec.bridge.environment_variables),
    ];
    for (pointer, variables) in maps {
        for (name, value) in variables {
            let is_the_bridges = pointer == pointer!(bridge.environment_variables);
            let fault = match fault(name, value) {
                None if is_the_bridges => unexpanded(name, value),
                found => found,
            };
            let Some((what, help)) = fault else { continue };
            let span = context.key_span(&pointer, name);
            problems.push(
                Diagnostic::new(Code::BadEnvironmentVariable, span, format!("`{name}` {what}")).help(help),
            );
        }
    }
}

/// The schema checks the form of a time span; its longest value is a limit of IIS itself.
fn time_span_out_of_range(context: &Context<'_>, problems: &mut Vec<Diagnostic>) {
    let pool = &context.spec.application_pool;
    let add = "system.applicationHost/applicationPools/add";
    let spans = [
        (
            pointer!(application_pool.idle_timeout),
            pool.idle_timeout,
            format!("{add}/processModel@idleTimeout"),
        ),
        (
            pointer!(application_pool.shutdown_time_limit),
            pool.shutdown_time_limit,
            format!("{add}/processModel@shutdownTimeLimit"),
        ),
        (
            pointer!(application_pool.recycling?.time),
            pool.recycling.as_ref().and_then(|recycling| recycling.time),
            format!("{add}/recycling/periodicRestart@time"),
        ),
    ];
    for (pointer, given, attribute) in spans {
        let (Some(given), Some((least, most))) = (given, bounds(&attribute)) else { continue };
        if !(least..=most).contains(&given) {
            let span = context.span(&pointer);
            let named = pointer.key();
            problems.push(
                Diagnostic::new(Code::OutOfRange, span, format!("IIS does not accept this `{named}`"))
                    .help(format!("use a value from {least} to {most}")),
            );
        }
    }
}

/// The smallest and the largest time span that IIS accepts.
fn bounds(attribute: &str) -> Option<(TimeSpan, TimeSpan)> {
    match schema::attribute(attribute)?.value(Version::V10_0) {
        Value::TimeSpan(Bounds::Within { low, high, .. }) => {
            let span = |seconds: i64| u64::try_from(seconds).ok().map(TimeSpan::from_seconds);
            Some((span(low)?, span(high)?))
        }
        _ => None,
    }
}

/// The bridge passes a value as it is: `PATH: "%PATH%;C:\Git"` would leave nothing of the server's `PATH`.
fn unexpanded(name: &str, value: &str) -> Option<(&'static str, &'static str)> {
    // The text between two percent signs, if it can be a name and is no format of a date.
    let is_name = |text: &str| {
        let letters = |found: char| found.is_ascii_alphanumeric() || "_()".contains(found);
        text.len() > 2 && text.chars().all(letters) && !text.starts_with(|first: char| first.is_ascii_digit())
    };
    let parts: Vec<_> = value.split('%').collect();
    let has_name = parts.len() > 2 && parts[1..parts.len() - 1].iter().any(|text| is_name(text));
    match (has_name, name) {
        (false, _) => None,
        (true, "PATH") => Some((
            "names a variable between `%`, which the bridge does not replace: Kallithea would find no program",
            "remove it, and write the path of git.exe into `bridge.git`",
        )),
        (true, _) => Some((
            "names a variable between `%`, which the bridge does not replace",
            "write the value that the variable has on the server",
        )),
    }
}

fn fault(name: &str, value: &str) -> Option<(&'static str, &'static str)> {
    let legal = |found: char| found.is_ascii_uppercase() || found.is_ascii_digit() || found == '_';
    if name.is_empty() || !name.chars().all(legal) || name.starts_with(|first: char| first.is_ascii_digit()) {
        return Some((
            "is not a name that every program reads the same way",
            "use capital letters, digits and `_`",
        ));
    }
    if name.starts_with("PYTHON") {
        return Some((
            "would change how Python starts, which only the bridge may decide",
            "use `python.home` and `python.virtualEnvironment`",
        ));
    }
    if name == "GIT_CONFIG_COUNT" && !value.bytes().all(|digit| digit.is_ascii_digit()) {
        return Some((
            "must be a number, or Git refuses to start",
            "write how many `GIT_CONFIG_KEY_` variables there are",
        ));
    }
    if value.is_empty() || value.contains(|found: char| found.is_control()) {
        return Some(("must have a value of exactly one line", "write the value, or remove the variable"));
    }
    None
}
