//! The settings of a bridge below a path, as the targets use them.

use kallithea_bridge_isapi::settings::{
    Application, Identity, Level, Limits, Log, Network, Python, Settings, StaticFiles, Workers,
};

pub const fn settings(
    path: &'static str,
    identity: Identity,
    trusted_proxies: &'static [Network],
) -> Settings {
    Settings {
        deployment: "fuzz",
        engine: "engine.dll",
        python: Python { home: "", version: (3, 11), virtual_environment: None },
        application: Application { ini: "", distribution: "", path, static_files: StaticFiles::Application, monitored: &[] },
        identity,
        domains: &[],
        default_domain: "",
        trusted_proxies,
        workers: Workers {
            threads: 1,
            queue_length: 1,
            drain_seconds: 1,
            preload: true,
            synchronous: false,
            slow_clients: 0,
            client_seconds: 0,
            limit_seconds: 0,
            slow_seconds: 0,
        },
        limits: Limits { form_megabytes: 8, form_fields: 10_000, argument_kilobytes: 1024 },
        log: Log { file: "", level: Level::Error, max_megabytes: 1, keep: 1, failed_request_tracing: false },
        programs: None,
        environment: &[],
    }
}
