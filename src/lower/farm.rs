//! A farm's defaults.

use super::binding;
use crate::check::FrontNames;
use crate::defaults;
use crate::model::{
    Farm, HealthCheck, IdentityType, Node, OwnPool, OwnSite, Pool, Recycling, Site, StartMode, TimeSpan,
    Version,
};
use crate::spec::{FarmSpec, Spec};

pub(super) fn farm(spec: &Spec, farm: &FarmSpec, front: &FrontNames) -> Farm {
    let name = defaults::farm_name(spec, farm);
    let health = &farm.health_check;
    Farm {
        front: Site {
            id: defaults::site_id(&front.site),
            own: Some(OwnSite {
                bindings: farm.front.bindings.iter().map(binding).collect(),
                root_folder: None,
            }),
            name: front.site.clone(),
        },
        pool: Pool { name: front.pool.clone(), own: Some(front_pool(spec)) },
        physical_path: farm.front.physical_path.clone().unwrap_or_else(|| defaults::inetpub().below(&name)),
        path: spec.virtual_directory.path.trim_end_matches('/').to_owned(),
        nodes: farm
            .nodes
            .iter()
            .map(|node| Node { name: node.name.clone(), address: node.address.clone() })
            .collect(),
        protocol: farm.node_protocol,
        port: defaults::node_port(spec, farm),
        timeout: farm.timeout,
        health_check: HealthCheck {
            path: health.path.clone(),
            interval: health.interval,
            timeout: health.timeout,
            expect: health.expect.clone(),
        },
        affinity_cookie: farm.affinity.enabled.then(|| farm.affinity.cookie_name.clone()),
        name,
    }
}

/// The front's worker process knows which nodes are healthy, so it is neither stopped nor replaced while it works
/// ("Define and Configure an Application Request Routing Server Farm").
fn front_pool(spec: &Spec) -> OwnPool {
    let never = TimeSpan::from_seconds(0);
    let knows_virtual_accounts = spec.target.iis_version >= Version::V7_5;
    OwnPool {
        identity: match knows_virtual_accounts {
            true => IdentityType::ApplicationPoolIdentity,
            false => IdentityType::NetworkService,
        },
        user_name: None,
        start_mode: knows_virtual_accounts.then_some(StartMode::AlwaysRunning),
        idle_timeout: never,
        recycling: Recycling { time: never, requests: 0, private_memory: 0, schedule: Vec::new() },
        max_processes: 1,
        queue_length: super::pool::QUEUE_LENGTH,
        shutdown_time_limit: super::pool::SHUTDOWN_TIME_LIMIT,
        environment_variables: std::collections::BTreeMap::new(),
    }
}
