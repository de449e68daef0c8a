//! The application pool's defaults.

use crate::check::Sound;
use crate::model::{IdentityType, OwnPool, Pool, Recycling, StartMode, TimeSpan, Version};
use crate::spec::{ApplicationPoolSpec, RecyclingSpec, Spec};

/// IIS's own `shutdownTimeLimit`.
pub(super) const SHUTDOWN_TIME_LIMIT: TimeSpan = TimeSpan::from_seconds(90);
/// IIS's own `periodicRestart` time.
const PERIODIC_RESTART: TimeSpan = TimeSpan::from_minutes(29 * 60);
/// IIS's own `queueLength`.
pub(super) const QUEUE_LENGTH: u32 = 1000;

pub(super) fn pool(spec: &Sound) -> Pool {
    let own = (!spec.application_pool.existing).then(|| own_pool(spec));
    Pool { name: spec.read().pool_name.clone(), own }
}

/// The pool's limit; for an existing pool it is assumed to be IIS's own.
pub(super) fn shutdown_time_limit(spec: &Spec) -> TimeSpan {
    spec.application_pool.shutdown_time_limit.unwrap_or(SHUTDOWN_TIME_LIMIT)
}

fn own_pool(spec: &Spec) -> OwnPool {
    let pool = &spec.application_pool;
    let version = spec.target.iis_version;
    OwnPool {
        identity: identity(pool, version),
        user_name: pool.identity.as_ref().and_then(|identity| identity.user_name.clone()),
        start_mode: (version >= Version::V7_5).then(|| pool.start_mode.unwrap_or(StartMode::OnDemand)),
        idle_timeout: pool.idle_timeout.unwrap_or(TimeSpan::from_seconds(0)),
        recycling: recycling(pool.recycling.as_ref()),
        max_processes: pool.max_processes.unwrap_or(1),
        queue_length: pool.queue_length.unwrap_or(QUEUE_LENGTH),
        shutdown_time_limit: shutdown_time_limit(spec),
        environment_variables: pool.environment_variables.clone(),
    }
}

/// The account's kind: the default of this IIS version, unless the author names one.
fn identity(pool: &ApplicationPoolSpec, version: Version) -> IdentityType {
    pool.identity.as_ref().map_or_else(
        || {
            if version < Version::V7_5 {
                IdentityType::NetworkService
            } else {
                IdentityType::ApplicationPoolIdentity
            }
        },
        |identity| identity.r#type,
    )
}

fn recycling(spec: Option<&RecyclingSpec>) -> Recycling {
    let spec = spec.cloned().unwrap_or_default();
    let usual = if spec.schedule.is_empty() { PERIODIC_RESTART } else { TimeSpan::from_seconds(0) };
    let mut schedule = spec.schedule;
    schedule.sort();
    Recycling {
        time: spec.time.unwrap_or(usual),
        requests: spec.requests,
        private_memory: spec.private_memory,
        schedule,
    }
}
