//! The application pool: its owner, and which settings of the application's own pool differ from the spec's defaults.

use iis_config::TimeSpan;

use super::draft::{Draft, File, Why};
use super::server::Server;
use crate::diagnostic::is_suspicious;
use crate::diagnostic::redact::{is_secret_value, suggests_secret};
use crate::spec::{
    AccountName, ApplicationPoolSpec, ArchitectureSpec, IdentitySpec, IdentityTypeSpec, Pointer,
    StartModeSpec, pointer,
};

/// The spec's defaults that differ from those of an empty key (see [`lower`](crate::lower)).
const IDLE_TIMEOUT: TimeSpan = TimeSpan::from_seconds(0);
const PERIODIC_RESTART: TimeSpan = TimeSpan::from_minutes(29 * 60);
const SHUTDOWN_TIME_LIMIT: TimeSpan = TimeSpan::from_seconds(90);
const QUEUE_LENGTH: u32 = 1000;

/// Where a pool's times of day are.
const SCHEDULE: [&str; 3] = ["recycling", "periodicRestart", "schedule"];

pub(super) fn read(server: &Server<'_, '_>, draft: &mut Draft) {
    let name = &server.pool_name;
    let is_32_bit = server.pool_value(&[], "enable32BitAppOnWin64").eq_ignore_ascii_case("true");
    if is_32_bit {
        draft.spec.target.architecture = ArchitectureSpec::X86;
    }
    if name != &draft.spec.name {
        draft.spec.application_pool.name = draft.read(pointer!(application_pool.name), name);
    }
    let Some(pool) = server.pool else {
        draft.remark(
            pointer!(application_pool.name),
            "The file has no application pool with this name: the deployment creates its own.",
        );
        return;
    };
    if let Some(why) = shared(server) {
        draft.remark(pointer!(application_pool.name), why);
        let enabled = is_32_bit.then_some(true);
        draft.spec.application_pool = ApplicationPoolSpec {
            name: draft.read(pointer!(application_pool.name), name),
            existing: true,
            enable_32_bit_app_on_win64: enabled,
            ..Default::default()
        };
        return;
    }
    own(server, draft);
    if server.host.descend(pool, &["processModel"]).is_none_or(|model| model.value("idleTimeout").is_none()) {
        draft.remark(
            pointer!(application_pool.idle_timeout),
            "This is IIS's default. Without this key the worker process never stops when idle, because \
             Kallithea takes seconds to start.",
        );
    }
    environment_variables(server, draft);
}

/// Why the pool is an existing one that the deployment shares, if it is.
fn shared(server: &Server<'_, '_>) -> Option<String> {
    let pool = server.pool?;
    if server.owner.is_some() {
        return (!server.owns(pool)).then(|| "The pool has no comment of this deployment.".to_owned());
    }
    let others = server.pool_users().saturating_sub(1);
    match others {
        0 if server.pool_name.eq_ignore_ascii_case(&server.default_pool()) => {
            Some("Every application that does not name a pool uses this one.".to_owned())
        }
        0 => None,
        others => Some(format!(
            "{others} other application{} this pool.",
            if others == 1 { " uses" } else { "s use" }
        )),
    }
}

fn own(server: &Server<'_, '_>, draft: &mut Draft) {
    let model = |name| server.pool_value(&["processModel"], name);
    let number = |below: &[&str], name| server.pool_value(below, name).parse::<u32>().ok();
    let pool = &mut draft.spec.application_pool;
    pool.identity = identity(&model("identityType"), &model("userName"));
    pool.start_mode = StartModeSpec::from_iis(&server.pool_value(&[], "startMode"))
        .filter(|mode| *mode != StartModeSpec::default());
    let mut unread = Vec::new();
    let mut span = |pointer: Pointer, written: String, usual| match written.parse::<TimeSpan>() {
        Ok(span) => Some(span).filter(|span| *span != usual),
        // A text that is not a time span stays as written, and `check` reports it.
        Err(_) => {
            unread.push((pointer, written));
            None
        }
    };
    pool.idle_timeout = span(pointer!(application_pool.idle_timeout), model("idleTimeout"), IDLE_TIMEOUT);
    pool.max_processes = number(&["processModel"], "maxProcesses").filter(|processes| *processes != 1);
    pool.queue_length = number(&[], "queueLength").filter(|length| *length != QUEUE_LENGTH);
    pool.shutdown_time_limit =
        span(pointer!(application_pool.shutdown_time_limit), model("shutdownTimeLimit"), SHUTDOWN_TIME_LIMIT);
    let restart = ["recycling", "periodicRestart"];
    let times = schedule(server);
    let mut recycling = crate::spec::RecyclingSpec {
        requests: number(&restart, "requests").unwrap_or_default(),
        private_memory: number(&restart, "privateMemory").unwrap_or_default(),
        schedule: times.iter().filter_map(|time| time.parse().ok()).collect(),
        ..Default::default()
    };
    let usual = if times.is_empty() { PERIODIC_RESTART } else { TimeSpan::from_seconds(0) };
    recycling.time =
        span(pointer!(application_pool.recycling?.time), server.pool_value(&restart, "time"), usual);
    let is_read = recycling.schedule.len() == times.len();
    pool.recycling = (recycling != crate::spec::RecyclingSpec::default()).then_some(recycling);
    for (pointer, written) in unread {
        draft.write(pointer, written);
    }
    if !is_read {
        draft.write(pointer!(application_pool.recycling?.schedule), times);
        let schedule = server.pool.and_then(|pool| server.host.descend(pool, &SCHEDULE));
        schedule.into_iter().for_each(|schedule| draft.take(File::Host, schedule.offset));
    }
}

fn identity(kind: &str, user_name: &str) -> Option<IdentitySpec> {
    let kind = IdentityTypeSpec::from_iis(kind).filter(|kind| *kind != IdentityTypeSpec::default())?;
    let is_named = kind == IdentityTypeSpec::SpecificUser && !user_name.is_empty();
    let user_name = is_named.then(|| AccountName::from(user_name));
    Some(IdentitySpec { r#type: kind, user_name })
}

fn schedule(server: &Server<'_, '_>) -> Vec<String> {
    let schedule = server.pool.and_then(|pool| server.host.descend(pool, &SCHEDULE));
    let times = schedule.into_iter().flat_map(|schedule| server.host.named(schedule, "add"));
    times.filter_map(|time| time.value("value").map(ToOwned::to_owned)).collect()
}

fn environment_variables(server: &Server<'_, '_>, draft: &mut Draft) {
    let variables = server.pool.and_then(|pool| server.host.descend(pool, &["environmentVariables"]));
    for variable in variables.into_iter().flat_map(|all| server.host.named(all, "add")) {
        let (name, value) =
            (variable.value("name").unwrap_or_default(), variable.value("value").unwrap_or_default());
        if suggests_secret(name) || is_secret_value(value) || is_suspicious(name, value) {
            let what = format!(
                "environment variable {name}: it may be a secret, and secrets are not copied; it stays on \
                 the server"
            );
            draft.leave(Why::Author, File::Host, variable.offset, what);
        } else if !name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        {
            let what =
                format!("environment variable {name}: the spec accepts only capital letters, digits and `_`");
            draft.leave(Why::Unknown, File::Host, variable.offset, what);
        } else {
            draft.spec.application_pool.environment_variables.insert(name.to_owned(), value.to_owned());
        }
    }
}
