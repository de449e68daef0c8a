//! Made by kallithea-iisc 0.1.0 from deploy.yaml. Change that file and build again; edits here are lost.

use crate::settings::{Application, Identity, Level, Limits, Log, Python, Settings, Workers};

/// What the spec of this deployment decided.
#[rustfmt::skip]
pub static SETTINGS: Settings = Settings {
    deployment: "minimal",
    engine: "kallithea_engine-45c9ba7e.dll",
    python: Python {
        home: r"C:\Python311",
        version: (3, 11),
        virtual_environment: None,
    },
    application: Application {
        ini: r"C:\inetpub\kallithea\my.ini",
        distribution: r"C:\inetpub\kallithea",
        path: "/",
    },
    identity: Identity::Server,
    domains: &[],
    default_domain: "",
    trusted_proxies: &[],
    workers: Workers {
        threads: 8,
        queue_length: 100,
        drain_seconds: 75,
        preload: true,
        synchronous: false,
        slow_clients: 64,
        client_seconds: 300,
        limit_seconds: 600,
        slow_seconds: 60,
    },
    limits: Limits {
        form_megabytes: 8,
        form_fields: 10000,
        argument_kilobytes: 1024,
    },
    log: Log {
        file: r"C:\inetpub\kallithea\logs\bridge.log",
        level: Level::Info,
        max_megabytes: 10,
        keep: 5,
        failed_request_tracing: false,
    },
    environment: &[],
};
